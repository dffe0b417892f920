"""Two sites of this software, each a process of its own with TLS: people of the one answer on the other."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import pytest

from tests.peers.authority import Authority
from tests.peers.plein import Plein, named_site
from tests.service.running import wait_until

SECONDS = 40
ELSEWHERE = "/authorize_interaction"


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

    def note(self, text: str) -> str:
        """The id of a comment of Anna's, once her site says it to others."""
        outbox = self.a.actor("anna").removeprefix(self.a.url) + "/outbox?before=~"
        wait_until(lambda: text in str(self.a.ask("GET", outbox)), SECONDS)
        notes = [one["object"] for one in self.a.ask("GET", outbox)[1]["orderedItems"] if one["type"] == "Create"]
        return str(next(one["id"] for one in notes if text in one["content"]))

    def act(self, uri: str, **form: str) -> None:
        """Let Bert do something with what stands at an address, or undo it."""
        status, shown = self.b.submit("Bert", ELSEWHERE, {"uri": uri, **form})
        assert status == 303, shown

    def sees(self, *words: str, uri: str = "") -> bool:
        """Tell whether Bert reads all of this about an address, or in his news."""
        shown = self.b.submit("Bert", ELSEWHERE + (f"?uri={quote(uri, safe='')}" if uri else ""))[1]
        return all(word in shown for word in words)

    def is_settled(self) -> bool:
        """Whatever Bert did or undid was told, and looked at."""
        waiting = ((self.b, "interaction WHERE is_wanted = 0"), (self.b, "delivery"), (self.a, "arrival"))
        for site, of in waiting:
            with closing(sqlite3.connect(site.folder / "plein.db")) as database:
                if database.execute(f"SELECT 1 FROM {of}").fetchone():  # noqa: S608 - of ours
                    return False
        return True

    def open(self, text: str) -> str:
        """Let Bert find the post at b; return the key of its thread there."""
        status, place = self.b.submit("Bert", ELSEWHERE, {"uri": self.id_of_post(text)})
        assert status == 303, place
        return place.removeprefix("/threads/").removesuffix("#write")

    def texts(self) -> tuple[list[str], list[str]]:
        found = [
            [text for _, text, _ in site.texts(page)] for site, page in ((self.a, self.page), (self.b, self.elsewhere))
        ]
        return found[0], found[1]

    def wait_for(self, *texts: str) -> None:
        wait_until(lambda: all(text in here for here in self.texts() for text in texts), SECONDS)

    def wait_until_at(self, site: Plein, page: str, text: str) -> None:
        wait_until(lambda: text in str(site.texts(page)), SECONDS)

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
    status, place = b.submit("Bert", ELSEWHERE, {"uri": sites.post})
    assert status == 303, place
    match = re.fullmatch(r"/threads/(elsewhere/[0-9a-z]{26})#write", place)
    assert match, place
    sites.elsewhere = match[1]
    b.comment("Bert", sites.elsewhere, "Antwoord van B.")
    sites.wait_for("Antwoord van B.", "Eerst van A.")
    assert f"bert@{b.host}" in str(a.thread(sites.page))


def test_what_is_not_for_everyone_stays_where_it_is(sites: Sites) -> None:
    """Dirk did not agree that his comments travel, so neither do answers to them; and one post is for readers there."""
    a, b = sites.a, sites.b
    a.log_in("Dirk")
    page = a.post("steeg", "De steeg", "Over de steeg.")
    his = a.comment("Dirk", page, "Blijft hier.")
    a.comment("Anna", page, "Blijft ook hier.", his)
    a.comment("Anna", page, "Mag weg.")
    a.post("tuin", "De tuin", "Over de tuin.", federate=False)
    sites.note("Mag weg.")  # nobody at b follows yet: it comes along only if it is told before b asks
    there = sites.open("Over de steeg.")
    sites.wait_until_at(b, there, "Mag weg.")
    assert [text for _, text, _ in b.texts(there)] == ["Mag weg."]
    assert "De tuin" not in b.submit("Bert", f"{ELSEWHERE}?uri={quote(f'{a.url}/blogs/tuin/', safe='')}")[1]


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
    sites.note("Over de kosten.")
    status, place = b.submit("Cora", ELSEWHERE, {"uri": sites.note("Over het wegdek.")})
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


def test_who_follows_a_group_there_by_its_handle_reads_what_it_boosts_until_they_unfollow(sites: Sites) -> None:
    a = sites.a
    group = a.actor("buurt")
    assert sites.sees("Buurt", f"buurt@{a.host}", uri=f"@buurt@{a.host}")
    sites.act(f"@buurt@{a.host}", do="Follow")
    wait_until(lambda: sites.sees("U volgt deze gebruiker.", uri=group), SECONDS)
    followers = group.removeprefix(a.url) + "/followers"
    assert a.ask("GET", followers)[1]["totalItems"] == 1
    a.post("sluis", "De sluis", "Over de sluis.")
    wait_until(lambda: sites.sees("De sluis", "via Buurt"), SECONDS)
    sites.act(group, undo="Follow", back="yes")
    wait_until(lambda: a.ask("GET", followers)[1]["totalItems"] == 0, SECONDS)
    assert not sites.sees("De sluis")


def test_likes_boosts_and_quotes_are_counted_there_and_undone(sites: Sites) -> None:
    a, b = sites.a, sites.b
    page = a.post("kade", "De kade", "Over de kade.")
    mine, post = a.comment("Anna", page, "Van Anna."), sites.id_of_post("Over de kade.")
    note, there = sites.note("Van Anna."), sites.open("Over de kade.")
    sites.wait_until_at(b, there, "Van Anna.")

    def counted() -> list[int]:
        thread = a.thread(page)
        comment = next(one for one in thread["items"] if one["id"] == mine)
        return [one.get(name, 0) for one in (thread, comment) for name in ("likes", "boosts", "quotes")]

    vote = f"/api/v1/comments/{sites.id_of(b, there, 'Van Anna.')}/vote"
    for uri, kind in ((post, "Like"), (post, "Announce"), (note, "Announce")):
        sites.act(uri, do=kind)
    assert b.act("Bert", "PUT", vote, {"value": 1})[0] == 200
    quoting = b.comment("Bert", there, f"Lees dit:\n\n{note}")
    wait_until(lambda: counted() == [1, 1, 0, 1, 1, 1], SECONDS)
    outbox = b.actor("bert").removeprefix(b.url) + "/outbox?before=~"

    def stamped() -> str:
        items = b.ask("GET", outbox)[1]["orderedItems"]
        of_note = next(one["object"]["id"] for one in items if one["type"] == "Create" and note in str(one))
        return str(b.ask("GET", of_note.removeprefix(b.url))[1].get("quoteAuthorization", ""))

    wait_until(lambda: stamped().startswith(f"{a.url}/ap/quotes/"), SECONDS)
    stamp = a.ask("GET", stamped().removeprefix(a.url))[1]
    assert (stamp["interactionTarget"], stamp["attributedTo"]) == (note, a.actor("anna"))
    for uri, kind in ((post, "Like"), (post, "Announce"), (note, "Announce")):
        sites.act(uri, undo=kind)
    assert b.act("Bert", "DELETE", vote, None)[0] in (200, 204)
    assert b.act("Bert", "DELETE", f"/api/v1/comments/{quoting}", None)[0] == 204
    wait_until(lambda: counted() == [0] * 6, SECONDS)


def test_who_blocks_somebody_there_is_not_shown_there_until_they_undo_it(sites: Sites) -> None:
    a, b = sites.a, sites.b
    page = a.post("haven", "De haven", "Over de haven.")
    there, anna = sites.open("Over de haven."), a.actor("anna")
    b.comment("Bert", there, "Van Bert.")
    sites.wait_until_at(a, page, "Van Bert.")
    sites.act(anna, do="Block")
    wait_until(lambda: not a.texts(page), SECONDS)
    sites.act(anna, undo="Block")
    wait_until(sites.is_settled, SECONDS)
    b.comment("Bert", there, "Weer goed.")
    sites.wait_until_at(a, page, "Weer goed.")
    a.comment("Anna", page, "Ook weer goed.")
    sites.wait_until_at(b, there, "Ook weer goed.")
    assert [text for _, text, _ in a.texts(page)] == ["Ook weer goed.", "Weer goed."]


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
