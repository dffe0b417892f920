"""Two sites of this software, each a process of its own with TLS: people of the one answer on the other."""

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import pytest

from tests.peers.authority import Authority
from tests.peers.plein import Plein, named_site
from tests.service.running import wait_until

SECONDS = 40


@dataclass
class Sites:
    """Anna has an account at `a`, where the post stands; Bert has one at `b`."""

    a: Plein
    b: Plein
    page: str  # key of the post at a
    post: str  # its id
    elsewhere: str  # key of its thread at b
    authority: Authority

    def id_of_post(self, text: str) -> str:
        """The id of the post that was sent last, once it holds a text."""
        outbox = self.a.actor("redactie").removeprefix(self.a.url) + "/outbox?before=~"
        wait_until(lambda: text in str(self.a.ask("GET", outbox)), SECONDS)
        return str(self.a.ask("GET", outbox)[1]["orderedItems"][0]["object"]["id"])

    def open(self, text: str) -> str:
        """Let Bert find the post at b; return the key of its thread there."""
        status, place = self.b.submit("Bert", "/authorize_interaction", {"uri": self.id_of_post(text)})
        assert status == 303, place
        return place.removeprefix("/threads/").removesuffix("#write")

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
    try:
        a.begin()
        b.start()
        a.wait()
        a.log_in("Anna", "anna")
        b.log_in("Bert", "bert")
        page = a.post("fiets", "Fietsen", "Over fietsen.")
        a.comment("Anna", page, "Eerst van A.")
        made = Sites(a, b, page, "", "", authority)
        made.post = made.id_of_post("Over fietsen.")
        yield made
    finally:  # each would wait for the other to close its idle connections
        a.stop(signal.SIGKILL)
        b.stop(signal.SIGKILL)


def test_a_reader_finds_the_way_by_their_own_server_and_answers_there(sites: Sites) -> None:
    a, b = sites.a, sites.b
    status, shown = a.submit("Anna", f"/answer?page={sites.page}", {"you": f"@bert@{b.host}"})
    link = re.search(r'href="https://([^"/]+)(/authorize_interaction[^"]+)"', shown)
    assert link, shown
    path = unescape(link[2])
    assert (link[1], path) == (b.host, f"/authorize_interaction?uri={quote(sites.post, safe='')}")
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


def test_edits_and_deletions_travel_both_ways(sites: Sites) -> None:
    a, b = sites.a, sites.b
    mine = b.comment("Bert", sites.elsewhere, "Van B, met een foutje.")
    other = a.comment("Anna", sites.page, "Van A, met een foutje.")
    sites.wait_for("Van B, met een foutje.", "Van A, met een foutje.")
    for site, name, one, text in ((b, "Bert", mine, "Van B, beter."), (a, "Anna", other, "Van A, beter.")):
        assert site.act(name, "PATCH", f"/api/v1/comments/{one}", {"text": text})[0] == 200
    sites.wait_for("Van B, beter.", "Van A, beter.")
    for site, name, one in ((b, "Bert", mine), (a, "Anna", other)):
        assert site.act(name, "DELETE", f"/api/v1/comments/{one}", None)[0] == 204
    wait_until(lambda: not any("beter" in text for here in sites.texts() for text in here), SECONDS)


def test_a_comment_there_can_be_answered_by_its_address_and_its_thread_comes_along(sites: Sites) -> None:
    """Cora never was in the thread: her site fetches what stood there before."""
    a, b = sites.a, sites.b
    b.log_in("Cora", "cora")
    page = a.post("brug", "De brug", "Over de brug.")
    first = a.comment("Anna", page, "Over de leuning.")
    reply = a.comment("Anna", page, "Over het wegdek.", first)
    a.comment("Anna", page, "Over de kosten.")
    outbox = a.actor("anna").removeprefix(a.url) + "/outbox?before=~"
    wait_until(lambda: "Over de kosten." in str(a.ask("GET", outbox)), SECONDS)
    notes = [one["object"] for one in a.ask("GET", outbox)[1]["orderedItems"]]
    (note,) = [one for one in notes if "Over het wegdek." in one["content"]]
    status, place = b.submit("Cora", "/authorize_interaction", {"uri": note["id"]})
    assert status == 303, place
    match = re.fullmatch(r"/threads/(elsewhere/[0-9a-z]{26})\?reply=([0-9A-Z]{26})#c-\2", place)
    assert match, place
    assert "Over het wegdek." in b.submit("Cora", place)[1]
    b.comment("Cora", match[1], "Glad is het.", match[2])
    wait_until(lambda: len(b.texts(match[1])) == 4, SECONDS)
    wait_until(lambda: ("Cora", "Glad is het.", b.host) in a.texts(page), SECONDS)
    found = [one for item in a.thread(page)["items"] for one in item["replies"]["items"]]
    assert [one["inReplyTo"] for one in found if "Glad" in one["html"]] == [reply]


def test_a_post_that_is_edited_or_withdrawn_is_so_on_the_other_site(sites: Sites) -> None:
    a, b = sites.a, sites.b
    page = a.post("tram", "De tram", "Over de tram.")
    there = sites.open("Over de tram.")
    b.comment("Bert", there, "Rijdt hij nog?")
    wait_until(lambda: len(a.texts(page)) == 1, SECONDS)
    a.post("tram", "De oude tram", "Over de tram.")
    wait_until(lambda: b.thread(there)["title"] == {"nl": "De oude tram"}, SECONDS)
    del a.pages[page]
    a.announce(f"?withdraw={page}")
    wait_until(lambda: b.get(f"/threads/{there}")[0] == 404, SECONDS)


def test_ten_comments_on_both_sites_are_the_same_thread_though_one_was_killed(sites: Sites) -> None:
    """b is killed in the middle; both clocks then go on by ten minutes, so that nobody waits for the next try."""
    a, b = sites.a, sites.b
    page = a.post("plein", "Het plein", "Over het plein.")
    pages = {a: page, b: sites.open("Over het plein.")}
    said: list[str] = []

    def say(site: Plein, name: str, in_reply_to: str | None = None) -> None:
        said.append(f"Nummer {len(said) + 1} van {name}.")
        parent = in_reply_to and sites.id_of(site, pages[site], in_reply_to)
        site.comment(name, pages[site], said[-1], parent)

    def is_whole(site: Plein) -> bool:
        return sorted(text for _, text, _ in site.texts(pages[site])) == sorted(said)

    say(b, "Bert")
    wait_until(lambda: is_whole(a), SECONDS)
    say(a, "Anna", said[0])
    wait_until(lambda: is_whole(b), SECONDS)
    say(b, "Bert", said[1])
    say(a, "Anna")
    wait_until(lambda: is_whole(a) and is_whole(b), SECONDS)
    say(b, "Bert", said[3])
    say(b, "Bert")
    b.stop(signal.SIGKILL)
    say(a, "Anna", said[0])
    say(a, "Anna")
    b.start()
    sites.authority.go_ahead(600)
    say(b, "Bert", said[0])
    say(a, "Anna")
    wait_until(lambda: is_whole(a) and is_whole(b), SECONDS)

    def shape(site: Plein) -> list[tuple[str, str | None]]:
        found = [one for item in site.thread(pages[site])["items"] for one in (item, *item["replies"]["items"])]
        names = {one["id"]: one["html"] for one in found}
        return sorted((one["html"], one["inReplyTo"] and names[one["inReplyTo"]]) for one in found)

    assert shape(a) == shape(b)
