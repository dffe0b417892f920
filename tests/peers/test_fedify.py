"""Fedify (the library of Ghost) over TLS: what its person does reaches us, and what we do reaches it."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.peers import fedify
from tests.peers.authority import Authority
from tests.peers.fedify import Fedify
from tests.peers.plein import Plein, named_site
from tests.service.running import wait_until

SECONDS = 40


@dataclass
class Scene:
    site: Plein
    peer: Fedify
    page: str  # its key
    post: str  # the id of the Article
    authority: Authority

    def counts(self, page: str) -> tuple[int, int, int]:
        thread = self.site.thread(page)
        return thread["likes"], thread["boosts"], thread["quotes"]

    def texts(self) -> list[str]:
        return [text for _, text, _ in self.site.texts(self.page)]

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.texts(), SECONDS)

    def comment(self, text: str, in_reply_to: str | None = None) -> tuple[str, str]:
        """Let Anna write; return the id of the comment here, and the one by which mies knows it."""
        mine = self.site.comment("Anna", self.page, text, in_reply_to)
        wait_until(lambda: any(f"<p>{text}</p>" == one["content"] for one in self.peer.timeline.values()), SECONDS)
        return mine, next(uri for uri, one in self.peer.timeline.items() if one["content"] == f"<p>{text}</p>")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if not fedify.is_installed():
        if os.environ.get("CI") == "true":
            pytest.fail("Fedify is needed: python3 .ci/environment.py fedify")
        pytest.skip("Fedify is not installed: python3 .ci/environment.py fedify")
    folder = tmp_path_factory.mktemp("fedify")
    authority = Authority.make(folder, "a.test", "fedi.test")
    site = named_site(folder / "a", "a.test", authority)
    try:
        site.begin()
        with fedify.running("fedi.test", authority) as peer:
            site.wait()
            site.log_in("Anna", "anna")
            follows = []
            for handle in ("redactie", "buurt"):
                found = peer.do("find", handle=f"@{handle}@{site.host}")
                assert found == site.actor(handle)
                follows.append(peer.do("follow", uri=found))
            wait_until(lambda: sorted(peer.accepted) == follows, SECONDS)
            page = site.post("fiets", "Fietsen", "Over fietsen.")
            wait_until(lambda: bool(peer.timeline and peer.boosts), SECONDS)
            (post,) = peer.timeline
            yield Scene(site, peer, page, post, authority)
    finally:
        site.stop(signal.SIGKILL)


def test_a_followed_author_brings_a_post_in_its_language_and_its_group_boosts_it(scene: Scene) -> None:
    article = scene.peer.timeline[scene.post]
    assert (article["type"], article["name"], article["language"]) == ("Article", "Fietsen", "nl")
    assert article["content"] == "<p>Over fietsen.</p>"
    assert article["author"] == scene.site.actor("redactie")
    assert scene.peer.boosts == [(scene.site.actor("buurt"), scene.post)]


def test_an_edited_post_is_edited_there_and_a_withdrawn_one_goes(scene: Scene) -> None:
    site, peer = scene.site, scene.peer
    page = site.post("weg", "Gaat weg", "Eerst.")
    wait_until(lambda: any(one["name"] == "Gaat weg" for one in peer.timeline.values()), SECONDS)
    uri = next(uri for uri, one in peer.timeline.items() if one["name"] == "Gaat weg")
    site.post("weg", "Gaat weg", "Later.")
    wait_until(lambda: peer.timeline[uri]["content"] == "<p>Later.</p>", SECONDS)
    del site.pages[page]
    site.announce(f"?withdraw={page}")
    wait_until(lambda: uri not in peer.timeline, SECONDS)


def test_an_answer_from_there_stands_here_is_edited_and_deleted(scene: Scene) -> None:
    uri = scene.peer.do("reply", uri=scene.post, text="Mooi stuk.")
    scene.wait_for("Mooi stuk.")
    assert ("Mies", "Mooi stuk.", scene.peer.host) in scene.site.texts(scene.page)
    assert f"mies@{scene.peer.host}" in str(scene.site.thread(scene.page))
    scene.peer.do("edit", uri=scene.post, id=uri, text="Heel mooi stuk.")
    scene.wait_for("Heel mooi stuk.")
    scene.peer.do("delete", uri=scene.post, id=uri)
    wait_until(lambda: "Heel mooi stuk." not in scene.texts(), SECONDS)


def test_an_answer_from_here_reaches_who_is_answered_is_edited_and_deleted(scene: Scene) -> None:
    uri = scene.peer.do("reply", uri=scene.post, text="Waarom?")
    scene.wait_for("Waarom?")
    (root,) = [item["id"] for item in scene.site.thread(scene.page)["items"] if "Waarom?" in item["html"]]
    mine, id_there = scene.comment("Daarom.", root)
    note = scene.peer.timeline[id_there]
    assert (note["type"], note["inReplyTo"], note["author"]) == ("Note", uri, scene.site.actor("anna"))
    scene.site.act("Anna", "PATCH", f"/api/v1/comments/{mine}", {"text": "Daarom dus."})
    wait_until(lambda: scene.peer.timeline[id_there]["content"] == "<p>Daarom dus.</p>", SECONDS)
    scene.site.act("Anna", "DELETE", f"/api/v1/comments/{mine}", None)
    wait_until(lambda: id_there not in scene.peer.timeline, SECONDS)


def test_what_is_not_for_everyone_is_shown_nowhere(scene: Scene) -> None:
    before = scene.site.thread(scene.page)["commentCount"]
    note = scene.peer.do("reply", uri=scene.post, text="Onder ons.", only="the author")
    found = "SELECT fate FROM fate WHERE uri = ?"
    with sqlite3.connect(scene.site.folder / "plein.db") as database:
        wait_until(lambda: database.execute(found, [note]).fetchone() == ("private",), SECONDS)
        assert database.execute("SELECT count(*) FROM comment WHERE text LIKE '%Onder ons%'").fetchone() == (0,)
    assert scene.site.thread(scene.page)["commentCount"] == before


def test_what_somebody_wrote_there_is_answered_from_here_and_its_thread_comes_along(scene: Scene) -> None:
    site, peer = scene.site, scene.peer
    note = peer.do("write", text="Wie weet een brug?")
    peer.do("write", text="Ik niet.", answers=note)
    assert f"mies@{peer.host}" in site.submit("Anna", f"/authorize_interaction?uri={note}")[1]
    status, place = site.submit("Anna", "/authorize_interaction", {"uri": note})
    assert status == 303, place
    key = place.removeprefix("/threads/").removesuffix("#write")
    site.comment("Anna", key, "Ik weet er een.")
    wait_until(lambda: any(one["inReplyTo"] == note for one in peer.timeline.values()), SECONDS)
    (mine,) = [uri for uri, one in peer.timeline.items() if one["inReplyTo"] == note]
    peer.do("reply", uri=mine, text="Waar dan?")
    texts = {("Anna", "Ik weet er een."), ("Mies", "Ik niet."), ("Mies", "Waar dan?")}
    wait_until(lambda: {(name, text) for name, text, _ in site.texts(key)} == texts, SECONDS)


def test_likes_boosts_and_quotes_are_counted_and_taken_back(scene: Scene) -> None:
    peer = scene.peer
    like, boost = peer.do("like", uri=scene.post), peer.do("boost", uri=scene.post)
    quote = peer.do("quote", uri=scene.post, text="Lees dit.")
    wait_until(lambda: scene.counts(scene.page) == (1, 1, 1), SECONDS)
    assert "Lees dit." not in scene.texts()
    peer.do("undo", id=like)
    peer.do("undo", id=boost)
    peer.do("delete", uri=scene.post, id=quote)
    wait_until(lambda: scene.counts(scene.page) == (0, 0, 0), SECONDS)


def test_killed_and_started_again_it_has_lost_nothing_and_does_nothing_twice(scene: Scene) -> None:
    """The clock then goes on by ten minutes, so that nobody waits for what was under way."""
    site, peer = scene.site, scene.peer
    page = site.post("val", "De val", "Over de val.")
    wait_until(lambda: any(one["name"] == "De val" for one in peer.timeline.values()), SECONDS)
    post = next(uri for uri, one in peer.timeline.items() if one["name"] == "De val")
    site.log_in("Bert", "bert")
    said = [f"Nummer {number}." for number in range(3)]
    for text in said:
        peer.do("reply", uri=post, text=text)
    site.comment("Bert", page, "Vlak ervoor.")
    site.stop(signal.SIGKILL)
    site.start()
    scene.authority.go_ahead(600)
    site.comment("Bert", page, "Erna.")
    mine = ("<p>Vlak ervoor.</p>", "<p>Erna.</p>")
    wait_until(lambda: sum(one["content"] in mine for one in peer.timeline.values()) == 2, SECONDS)
    wait_until(lambda: len(site.texts(page)) == 5, SECONDS)
    assert sorted(text for _, text, _ in site.texts(page)) == sorted([*said, "Vlak ervoor.", "Erna."])
    ids = {uri for uri, one in peer.timeline.items() if one["content"] in mine}
    assert sorted(uri for _, uri in peer.created if uri in ids) == sorted(ids)


def test_who_unfollows_or_blocks_gets_nothing_more(scene: Scene) -> None:
    site, peer = scene.site, scene.peer
    followers = site.actor("plein").removeprefix(site.url) + "/followers"
    follow = peer.do("follow", uri=site.actor("plein"))
    wait_until(lambda: site.ask("GET", followers)[1]["totalItems"] == 1, SECONDS)
    peer.do("undo", id=follow)
    wait_until(lambda: site.ask("GET", followers)[1]["totalItems"] == 0, SECONDS)
    peer.do("reply", uri=scene.post, text="Nog een woord.")
    scene.wait_for("Nog een woord.")
    peer.do("block", uri=site.actor("anna"))
    wait_until(lambda: "Nog een woord." not in scene.texts(), SECONDS)
    site.comment("Anna", scene.page, "Voor wie ons niet blokkeert.")
    outbox = site.actor("anna").removeprefix(site.url) + "/outbox?before=~"
    wait_until(lambda: "Voor wie ons niet blokkeert." in str(site.ask("GET", outbox)), SECONDS)
    told = "SELECT count(*) FROM activity JOIN {} AS sent ON sent.activity_id = activity.id WHERE document LIKE ?"
    with sqlite3.connect(site.folder / "plein.db") as database:  # both are written with the activity, or never
        for table in ("delivery", "delivered"):
            assert database.execute(told.format(table), ["%Voor wie ons niet blokkeert.%"]).fetchone() == (0,)
