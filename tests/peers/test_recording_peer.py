"""One site and a server that behaves like Mastodon: every way in and out, edits, deletes, and what stays private."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.peers.plein import Json, Plein, site
from tests.peers.recording import Peer
from tests.service.running import wait_until

SECONDS = 60


@dataclass
class Scene:
    site: Plein
    peer: Peer
    mies: str  # someone on the peer
    page: str  # of a post that was sent
    article: Json  # as the peer got it

    @property
    def inbox(self) -> str:
        return f"{self.site.url}/ap/inbox"

    def texts(self) -> list[str]:
        return [text for _, text, _ in self.site.texts(self.page)]

    def reply(self, text: str, in_reply_to: str | None = None, **fields: object) -> Json:
        note = self.peer.note(self.mies, text, in_reply_to or self.article["id"], **fields)
        assert self.peer.create(self.inbox, note) == 202
        return note

    def fate(self, uri: str) -> str:
        return str(self.one("SELECT fate || ':' || reason FROM fate WHERE uri = ?", uri) or "")

    def one(self, sql: str, *values: str) -> object:
        """The first value that the site's database answers, None when there is none."""
        with closing(sqlite3.connect(self.site.folder / "plein.db")) as database:
            row = database.execute(sql, values).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    one = site(tmp_path_factory.mktemp("site"), "127.0.0.2")
    with Peer().serving() as peer:
        try:
            one.start()
            one.log_in("Anna", "anna")
            one.log_in("Bram")
            mies = peer.person("mies")
            inbox = f"{one.url}/ap/inbox"
            for handle in ("redactie", "buurt"):
                peer.follow(inbox, mies, one.actor(handle))
            wait_until(lambda: len(peer.of_kind("Accept")) == 2, SECONDS)
            tags = ["fiets", {"title": "op straat", "url": f"{one.url}/tags/op-straat/"}]
            page = one.post("fiets", "Fietsen", "Over fietsen.", tags={"nl": tags})
            wait_until(lambda: len(peer.boosts) == 1 and bool(peer.statuses), SECONDS)
            (article,) = peer.statuses.values()
            yield Scene(one, peer, mies, page, article)
        finally:
            one.stop()


def test_a_new_post_arrives_as_an_article_and_its_group_boosts_it(scene: Scene) -> None:
    article = scene.article
    assert (article["type"], article["name"], article["content"]) == ("Article", "Fietsen", "<p>Over fietsen.</p>")
    assert article["contentMap"] == {"nl": article["content"]}
    found = [(tag["name"], tag["href"]) for tag in article["tag"]]
    assert found == [("#fiets", article["url"]), ("#opStraat", f"{scene.site.url}/tags/op-straat/")]
    assert scene.peer.boosts == {(scene.site.actor("buurt"), article["id"])}
    status, shown = scene.site.ask("GET", article["id"].removeprefix(scene.site.url))
    assert (status, shown["id"]) == (200, article["id"])


def test_an_answer_stands_under_the_post_with_where_it_came_from(scene: Scene) -> None:
    note = scene.reply("Mooi stuk.")
    wait_until(lambda: "Mooi stuk." in scene.texts(), SECONDS)
    assert ("Mies", "Mooi stuk.", scene.peer.host) in scene.site.texts(scene.page)
    assert scene.fate(note["id"]) == "shown:"
    _, replies = scene.site.ask("GET", f"{scene.article['id']}/replies".removeprefix(scene.site.url))
    assert note["id"] in replies["first"]["orderedItems"]


def test_the_page_without_javascript_names_the_server_and_folds_what_is_warned_of(scene: Scene) -> None:
    scene.reply("Achter de vouw.", summary="Let <op>")
    wait_until(lambda: "Achter de vouw." in scene.texts(), SECONDS)
    for path in ("/threads/blogs/fiets", "/en/threads/blogs/fiets"):
        page = scene.site.get(path)[1].decode()
        assert f'<span class="nl-data-badge">mies@{scene.peer.host}</span>' in page
        assert f'href="{scene.peer.url}/@mies" rel="ugc nofollow noopener"' in page
        assert "<details><summary>Let</summary><p>Achter de vouw.</p></details>" in page


def test_an_edit_and_a_delete_of_it_are_followed(scene: Scene) -> None:
    note = scene.reply("Met een foutt.")
    wait_until(lambda: "Met een foutt." in scene.texts(), SECONDS)
    newer = {**note, "content": "<p>Zonder fout.</p>", "contentMap": {}, "updated": "2030-01-01T00:00:00Z"}
    scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Update", newer))
    wait_until(lambda: "Zonder fout." in scene.texts(), SECONDS)
    older = {**newer, "content": "<p>Van eerder.</p>", "updated": "2029-01-01T00:00:00Z"}
    scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Update", older))
    scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Delete", note["id"]))
    wait_until(lambda: "Zonder fout." not in scene.texts(), SECONDS)
    assert "Van eerder." not in scene.texts()
    scene.peer.create(scene.inbox, note)  # a copy that comes late
    after = scene.reply("Daarna.")
    wait_until(lambda: scene.fate(after["id"]) == "shown:", SECONDS)
    assert "Met een foutt." not in scene.texts()
    assert scene.fate(note["id"]).startswith("gone")


def test_an_answer_can_be_edited_when_what_it_answers_is_gone(scene: Scene) -> None:
    parent = scene.reply("Gaat weg.")
    wait_until(lambda: "Gaat weg." in scene.texts(), SECONDS)
    note = scene.reply("Blijft staan.", parent["id"])
    wait_until(lambda: "Blijft staan." in scene.texts(), SECONDS)
    scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Delete", parent["id"]))
    wait_until(lambda: "Gaat weg." not in scene.texts(), SECONDS)
    newer = {**note, "content": "<p>Blijft beter staan.</p>", "contentMap": {}, "updated": "2030-01-01T00:00:00Z"}
    scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Update", newer))
    wait_until(lambda: "Blijft beter staan." in scene.texts(), SECONDS)


def test_what_answers_an_object_of_ours_that_never_was_is_refused_without_asking(scene: Scene) -> None:
    note = scene.reply("Waarop?", f"{scene.site.url}/ap/objects/01HZZZZZZZZZZZZZZZZZZZZZZZ")
    wait_until(lambda: scene.fate(note["id"]) == "refused:not-in-a-thread: " + note["id"], SECONDS)


@pytest.mark.parametrize(
    "addressed",
    [
        {"to": ["{mies}/followers"], "cc": []},
        {"to": ["{author}"], "cc": []},
        {"to": ["https://www.w3.org/ns/activitystreams#public"], "cc": []},
        {"to": [], "cc": []},
    ],
)
def test_what_is_not_for_everyone_is_shown_nowhere(scene: Scene, addressed: dict[str, list[str]]) -> None:
    fill = {"mies": scene.mies, "author": scene.article["attributedTo"]}
    fields: dict[str, Any] = {name: [one.format(**fill) for one in value] for name, value in addressed.items()}
    before = scene.site.thread(scene.page)["commentCount"]
    note = scene.reply(f"Geheim {addressed}.", **fields)
    wait_until(lambda: scene.fate(note["id"]).startswith("private"), SECONDS)
    assert scene.site.thread(scene.page)["commentCount"] == before
    assert not any("Geheim" in text for text in scene.texts())


def test_a_local_answer_reaches_who_is_answered_and_its_edit_and_delete_too(scene: Scene) -> None:
    note = scene.reply("Vraag?")
    wait_until(lambda: "Vraag?" in scene.texts(), SECONDS)
    (asked,) = [item for item in scene.site.thread(scene.page)["items"] if "Vraag?" in item["html"]]
    answer_id = scene.site.comment("Anna", scene.page, "Antwoord.", asked["id"])
    peer = scene.peer
    wait_until(lambda: any(one.get("inReplyTo") == note["id"] for one in peer.statuses.values()), SECONDS)
    (answer,) = [one for one in peer.statuses.values() if one.get("inReplyTo") == note["id"]]
    assert answer["type"] == "Note"
    assert not {"name", "summary"} & set(answer)
    assert answer["source"] == {"content": "Antwoord.", "mediaType": "text/markdown"}
    assert [tag["href"] for tag in answer["tag"]] == [scene.mies]
    assert scene.mies in answer["cc"]
    scene.site.act("Anna", "PATCH", f"/api/v1/comments/{answer_id}", {"text": "Beter antwoord."})
    wait_until(lambda: "Beter antwoord." in peer.statuses[answer["id"]]["content"], SECONDS)
    path = answer["id"].removeprefix(scene.site.url)
    assert scene.site.get(path)[0] == 200
    scene.site.act("Anna", "DELETE", f"/api/v1/comments/{answer_id}", None)
    wait_until(lambda: answer["id"] in peer.tombstones, SECONDS)
    assert scene.site.get(path)[0] == 410


def test_what_a_command_hides_is_gone_for_servers_at_once(scene: Scene) -> None:
    comment_id = scene.site.comment("Anna", scene.page, "Wordt verborgen.")
    peer = scene.peer
    wait_until(lambda: any("verborgen" in one["content"] for one in peer.statuses.values()), SECONDS)
    (uri,) = [uri for uri, one in peer.statuses.items() if "verborgen" in one["content"]]
    path = uri.removeprefix(scene.site.url)
    wait_until(lambda: scene.one("SELECT count(*) FROM delivery") == 0, SECONDS)  # the site has nothing left to write
    assert scene.site.get(path)[0] == 200
    scene.site.command("hide", comment_id)
    wait_until(lambda: scene.site.get(path)[0] == 410)
    wait_until(lambda: uri in peer.tombstones, 2 * SECONDS)


def test_what_names_a_comment_of_ours_makes_no_second_one(scene: Scene) -> None:
    before = scene.reply("Doe mee.")
    wait_until(lambda: scene.fate(before["id"]) == "shown:", SECONDS)
    scene.site.comment("Anna", scene.page, "Eén keer.")
    wait_until(lambda: any("Eén keer." in status["content"] for status in scene.peer.statuses.values()), SECONDS)
    ours = next(uri for uri, status in scene.peer.statuses.items() if "Eén keer." in status["content"])
    scene.peer.redirects["/notes/ours"] = ours
    for told in (ours, f"{scene.peer.url}/notes/ours"):
        assert scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Create", told)) == 202
    after = scene.reply("Na het noemen.")
    wait_until(lambda: scene.fate(after["id"]) == "shown:", SECONDS)
    wait_until(lambda: scene.one("SELECT count(*) FROM arrival") == 0, SECONDS)
    assert scene.one("SELECT count(*) FROM comment WHERE html LIKE '%Eén keer.%'") == 1


def test_a_comment_of_someone_who_did_not_agree_stays_here(scene: Scene) -> None:
    scene.site.comment("Bram", scene.page, "Alleen hier.")
    scene.site.comment("Anna", scene.page, "Overal.")
    wait_until(
        lambda: any(
            "Overal." in item["html"] and item.get("travels") for item in scene.site.thread(scene.page)["items"]
        ),
        SECONDS,
    )
    assert not any("Alleen hier." in str(one) for one in scene.peer.inbox)


def test_a_comment_on_the_page_of_a_group_travels_and_answers_something_that_can_be_read(scene: Scene) -> None:
    peer, page = scene.peer, "groups/buurt"
    group = scene.site._page("group", "Buurt", "buurt")
    group["translations"]["nl"]["body"] = f"{scene.site.url}/bodies/buurt.html"
    (scene.site.folder / "bodies" / "buurt.html").write_text("<p>De buurt.</p>", "utf-8")
    scene.site.pages[page] = group
    scene.site.announce()
    scene.reply("Wat een buurt.", f"{scene.site.url}/{page}/")  # so that somebody takes part
    wait_until(lambda: len(scene.site.texts(page)) == 1, SECONDS)
    scene.site.comment("Anna", page, "Over de buurt.")
    wait_until(lambda: any("Over de buurt." in str(one) for one in peer.inbox), SECONDS)
    (note,) = [one["object"] for one in peer.inbox if "Over de buurt." in str(one)]
    status, article = scene.site.ask("GET", note["inReplyTo"].removeprefix(scene.site.url))
    assert (status, article["name"], article["content"]) == (200, "Buurt", "<p>De buurt.</p>")
    assert article["attributedTo"] == scene.site.actor("buurt")
    assert [tag["href"] for tag in note["tag"]] == [scene.site.actor("buurt")]


def test_a_server_that_threads_by_group_gets_activities_whole_instead_of_ids(scene: Scene) -> None:
    site, group = scene.site, scene.site.actor("buurt")
    with Peer("127.0.0.5").serving() as lemmy:
        lemmy.documents["/.well-known/nodeinfo"] = {"links": [{"href": f"{lemmy.url}/nodeinfo"}]}
        lemmy.documents["/nodeinfo"] = {"software": {"name": "Lemmy"}}
        lotte = lemmy.person("lotte")
        lemmy.follow(scene.inbox, lotte, group)
        asked = "SELECT software FROM server WHERE host = ?"
        wait_until(lambda: scene.one(asked, lemmy.host) == "lemmy", SECONDS)
        wait_until(lambda: bool(lemmy.of_kind("Accept")), SECONDS)
        page = site.post("brug", "De brug", "Over de brug.")
        (article,) = told(lemmy, "Create", "Over de brug.")
        assert article["attributedTo"] == site.actor("redactie")
        note = scene.reply("Wat een brug.", article["id"])
        assert told(lemmy, "Create", "Wat een brug.") == [note]
        answered = next(one for one in site.thread(page)["items"] if "Wat een brug." in one["html"])["id"]
        mine = site.comment("Anna", page, "Vind ik ook.", answered)
        told(lemmy, "Create", "Vind ik ook.")
        site.act("Anna", "PATCH", f"/api/v1/comments/{mine}", {"text": "Vind ik niet."})
        told(lemmy, "Update", "Vind ik niet.")
        like = scene.peer.activity(scene.mies, "Like", article["id"])
        scene.peer.send(scene.inbox, like)
        told(lemmy, "Like", like["id"])
        scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Undo", like))
        told(lemmy, "Undo", like["id"])
        joris = scene.peer.person("joris")
        scene.peer.send(scene.inbox, scene.peer.activity(joris, "Delete", note["id"]))  # which is not his
        scene.peer.send(scene.inbox, scene.peer.activity(scene.mies, "Delete", note["id"]))
        told(lemmy, "Delete", note["id"])
        site.act("Anna", "DELETE", f"/api/v1/comments/{mine}", None)
        wait_until(lambda: len(wrapped(lemmy, "Delete")) == 2, SECONDS)
        assert {one["actor"] for one in lemmy.inbox} == {group}
        assert not [one for one in lemmy.of_kind("Announce") if isinstance(one["object"], str)]
        assert joris not in str(lemmy.inbox)
        assert (group, article["id"]) in scene.peer.boosts  # whoever threads not by group still gets the id
        lemmy.send(scene.inbox, lemmy.activity(lotte, "Undo", lemmy.activity(lotte, "Follow", group)))
        count = "SELECT count(*) FROM follower JOIN actor ON actor.id = actor_id WHERE server = ?"
        wait_until(lambda: scene.one(count, lemmy.host) == 0, SECONDS)
        assert lemmy.asked.count("/nodeinfo") == 1


def wrapped(peer: Peer, kind: str) -> list[Json]:
    announced = [one["object"] for one in peer.of_kind("Announce")]
    return [one for one in announced if isinstance(one, dict) and one["type"] == kind]


def told(peer: Peer, kind: str, words: str) -> list[Json]:
    """Wait until a group announced an activity of a kind, whole, with these words in it; return its objects."""
    wait_until(lambda: any(words in str(one) for one in wrapped(peer, kind)), SECONDS)
    return [one["object"] for one in wrapped(peer, kind) if words in str(one)]


def test_likes_boosts_and_quotes_are_counted_and_undone(scene: Scene) -> None:
    peer, article = scene.peer, scene.article["id"].removeprefix(scene.site.url)
    like = peer.activity(scene.mies, "Like", scene.article["id"])
    boost = peer.activity(
        scene.mies, "Announce", scene.article["id"], to=["https://www.w3.org/ns/activitystreams#Public"]
    )
    quote, asked = (peer.note(scene.mies, "Lees dit.", quote=scene.article["id"]) for _ in range(2))
    for activity in (like, like, boost):
        peer.send(scene.inbox, activity)
    peer.create(scene.inbox, quote)
    peer.send(scene.inbox, peer.activity(scene.mies, "QuoteRequest", scene.article["id"], instrument=asked["id"]))

    def totals() -> tuple[int, int, int]:
        likes, shares = (scene.site.ask("GET", f"{article}/{part}")[1]["totalItems"] for part in ("likes", "shares"))
        return likes, shares, scene.site.thread(scene.page)["quotes"]

    wait_until(lambda: totals() == (1, 1, 2), SECONDS)
    wait_until(lambda: any("result" in one for one in peer.of_kind("Accept")), SECONDS)
    (stamp,) = [one["result"].removeprefix(scene.site.url) for one in peer.of_kind("Accept") if "result" in one]
    status, shown = scene.site.ask("GET", stamp)
    assert (status, shown["type"], shown["interactingObject"]) == (200, "QuoteAuthorization", asked["id"])
    assert "Lees dit." not in scene.texts()
    peer.send(scene.inbox, peer.activity(scene.mies, "Undo", like))
    peer.send(scene.inbox, peer.activity(scene.mies, "Undo", boost["id"]))
    for note in (quote, asked):
        peer.send(scene.inbox, peer.activity(scene.mies, "Delete", note["id"]))
    wait_until(lambda: totals() == (0, 0, 0), SECONDS)
    assert scene.site.ask("GET", stamp)[0] == 404


def test_an_edited_post_is_updated_and_a_withdrawn_one_deleted_and_gone(scene: Scene) -> None:
    page = scene.site.post("weg", "Gaat weg", "Eerst.")
    peer = scene.peer
    wait_until(lambda: any(one.get("name") == "Gaat weg" for one in peer.statuses.values()), SECONDS)
    (uri,) = [uri for uri, one in peer.statuses.items() if one.get("name") == "Gaat weg"]
    scene.site.post("weg", "Gaat weg", "Later.")
    wait_until(lambda: "Later." in peer.statuses[uri]["content"], SECONDS)
    del scene.site.pages[page]
    scene.site.announce(f"?withdraw={page}")
    wait_until(lambda: uri in peer.tombstones, SECONDS)
    assert scene.site.get(uri.removeprefix(scene.site.url))[0] == 410


def test_who_unfollows_or_blocks_gets_nothing_more(scene: Scene) -> None:
    peer = scene.peer
    klaas = peer.person("klaas")
    plein = scene.site.actor("plein")

    def followers() -> int:
        return int(scene.site.ask("GET", f"{plein.removeprefix(scene.site.url)}/followers")[1]["totalItems"])

    def is_accepted(follow: str) -> bool:
        return any(one["object"]["id"] == follow for one in peer.of_kind("Accept"))

    for undo in (None, "whole", "id", "block"):
        follow = peer.follow(scene.inbox, klaas, plein)
        wait_until(partial(is_accepted, follow["id"]), SECONDS)
        wait_until(lambda: followers() == 1, SECONDS)
        if undo is not None:
            what = follow if undo == "whole" else follow["id"]
            told = peer.activity(klaas, "Undo", what) if undo != "block" else peer.activity(klaas, "Block", plein)
            peer.send(scene.inbox, told)
            wait_until(lambda: followers() == 0, SECONDS)


def test_what_stands_there_is_answered_from_here_and_its_thread_comes_along(scene: Scene) -> None:
    site, peer = scene.site, scene.peer
    note = peer.note(scene.mies, "Wie weet een brug?")
    lotte = peer.person("lotte")
    known = [peer.note(lotte, text, note["id"]) for text in ("Ik niet.", "Ik ook niet.")]
    page = {"type": "CollectionPage", "items": [known[0]["id"]], "next": f"{peer.url}/replies/2"}
    peer.documents["/replies/1"] = {"id": f"{peer.url}/replies/1", "type": "Collection", "first": page}
    peer.documents["/replies/2"] = {"id": f"{peer.url}/replies/2", "type": "CollectionPage", "items": [known[1]["id"]]}
    note["replies"] = f"{peer.url}/replies/1"
    assert "Wie weet een brug?" in site.submit("Anna", f"/authorize_interaction?uri={note['id']}")[1]
    status, place = site.submit("Anna", "/authorize_interaction", {"uri": note["id"]})
    assert status == 303, place
    key = place.removeprefix("/threads/").removesuffix("#write")
    site.comment("Anna", key, "Ik weet er een.")
    wait_until(lambda: any(one.get("inReplyTo") == note["id"] for one in peer.statuses.values()), SECONDS)
    (answer,) = [one for one in peer.statuses.values() if one.get("inReplyTo") == note["id"]]
    assert (answer["attributedTo"], answer["content"]) == (site.actor("anna"), "<p>Ik weet er een.</p>")
    assert [tag["href"] for tag in answer["tag"]] == [scene.mies]
    scene.reply("Waar dan?", answer["id"])
    wait_until(lambda: len(site.texts(key)) == 4, SECONDS)
    assert {name for name, _, _ in site.texts(key)} == {"Anna", "Lotte", "Mies"}


def test_killed_and_started_again_it_has_lost_nothing_and_does_nothing_twice(scene: Scene) -> None:
    """What was under way when it was killed waits five minutes for its process: the test lets that time pass."""
    site, peer = scene.site, scene.peer
    page = site.post("val", "De val", "Over de val.")
    wait_until(lambda: any(one.get("name") == "De val" for one in peer.statuses.values()), SECONDS)
    post = next(uri for uri, one in peer.statuses.items() if one.get("name") == "De val")
    notes = [scene.reply(f"Nummer {number}.", post) for number in range(5)]
    texts = [f"Nummer {number}." for number in range(5)]
    for text in ("Vlak ervoor.", "Erna."):
        site.comment("Anna", page, text)
        texts.append(text)
        if text == "Vlak ervoor.":
            site.stop(signal.SIGKILL)
            with closing(sqlite3.connect(site.folder / "plein.db")) as database, database:
                for table in ("job", "delivery"):
                    database.execute(f"UPDATE {table} SET due_at = '2026-01-01T00:00:00.000Z'")  # noqa: S608
            site.start()
    for note in notes:  # as a server sends them again that got no answer
        assert peer.create(scene.inbox, note) == 202
    wait_until(lambda: sorted(text for _, text, _ in site.texts(page)) == sorted(texts), SECONDS)
    mine = ("<p>Vlak ervoor.</p>", "<p>Erna.</p>")
    wait_until(lambda: sum(one["content"] in mine for one in peer.statuses.values()) == 2, SECONDS)
    told = {(one["id"], one["object"]["id"]) for one in peer.of_kind("Create") if one["object"]["content"] in mine}
    assert len(told) == 2  # whatever came again came under the same ids
