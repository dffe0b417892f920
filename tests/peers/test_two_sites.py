"""Two sites of this software, each a process of its own with TLS: people of the one answer on the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.peers.authority import Authority
from tests.peers.plein import Plein, named_site
from tests.service.running import wait_until

SECONDS = 20
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


@dataclass
class Sites:
    """Anna has an account at `a`, where the post stands; Bert has one at `b`."""

    a: Plein
    b: Plein
    page: str  # key of the post at a
    post: str  # its id
    elsewhere: str  # key of its thread at b
    authority: Authority

    def texts(self) -> tuple[list[str], list[str]]:
        found = [
            [text for _, text, _ in site.texts(page)] for site, page in ((self.a, self.page), (self.b, self.elsewhere))
        ]
        return found[0], found[1]

    def wait_for(self, *texts: str) -> None:
        wait_until(lambda: all(text in here for here in self.texts() for text in texts), SECONDS)

    def id_of(self, site: Plein, page: str, text: str) -> str:
        for item in site.thread(page)["items"]:
            for one in (item, *item["replies"]["items"]):
                if text in one["html"]:
                    return str(one["id"])
        raise LookupError(text)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("sites")
    authority = Authority.make(folder, "a.test", "b.test")
    a, b = (named_site(folder / name, f"{name}.test", authority) for name in ("a", "b"))
    a.start()
    b.start()
    try:
        a.log_in("Anna", "anna")
        b.log_in("Bert", "bert")
        page = a.post("fiets", "Fietsen", "Over fietsen.")
        a.comment("Anna", page, "Eerst van A.")
        outbox = a.actor("redactie").removeprefix(a.url) + "/outbox?before=~"
        wait_until(lambda: bool(a.ask("GET", outbox)[1]["orderedItems"]), SECONDS)
        post = str(a.ask("GET", outbox)[1]["orderedItems"][0]["object"]["id"])
        yield Sites(a, b, page, post, "", authority)
    finally:
        a.stop()
        b.stop()


def test_a_reader_finds_the_way_by_their_own_server_and_answers_there(sites: Sites) -> None:
    a, b = sites.a, sites.b
    _, found = b.ask("GET", f"/.well-known/webfinger?resource=acct:bert@{b.host}")
    (template,) = [link["template"] for link in found["links"] if link["rel"] == SUBSCRIBE]
    assert template == f"{b.url}/authorize_interaction?uri={{uri}}"
    path = template.removeprefix(b.url).replace("{uri}", sites.post)
    status, shown = b.submit("Bert", path)
    assert status == 200, shown
    assert "Over fietsen." in shown
    assert f"redactie@{a.host}" in shown
    assert b.get(f"/api/v1/threads/elsewhere/{'0' * 26}")[0] == 404
    status, place = b.submit("Bert", "/authorize_interaction", {"uri": sites.post})
    assert status == 303, place
    match = re.fullmatch(r"/threads/(elsewhere/[0-9a-z]{26})#write", place)
    assert match, place
    sites.elsewhere = match[1]
    b.comment("Bert", sites.elsewhere, "Antwoord van B.")
    sites.wait_for("Antwoord van B.", "Eerst van A.")
    assert f"bert@{b.host}" in str(a.thread(sites.page))
