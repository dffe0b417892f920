"""What comes in and is not taken: each reason, what is left of it, and that nothing is stored beside it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from comments_service import ids
from comments_service.federation import signatures
from comments_service.federation.inbox import ARRIVAL_JOB
from comments_service.federation.rooms import Federation
from comments_service.federation.vocabulary import PUBLIC
from tests.peers.recording import Json
from tests.service.forging import Scene, a_scene

CLOSED, GROUP = "blogs/dicht", "groups/bouwers"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_scene(tmp_path_factory.mktemp("incoming")) as made:
        yield made


def accepted(scene: Scene, kind: str, told: object, *, by: str = "", **fields: object) -> Json:
    activity = scene.peer.activity(by or scene.mies, kind, told, **fields)
    assert scene.send(activity) == 202, scene.peer.said
    scene.fate("")
    return activity


def shown(scene: Scene, note: Json) -> Json:
    assert scene.create(note) == 202, scene.peer.said
    assert scene.fate(note["id"]) == "shown"
    return note


def site_actor(scene: Scene) -> str:
    (found,) = scene.rows("SELECT id FROM own_actor WHERE kind = 'site'")
    return f"{scene.url}/ap/actors/{found[0]}"


def answer_to_what_was_deleted(scene: Scene) -> Json:
    parent = shown(scene, scene.note())
    accepted(scene, "Delete", parent["id"])
    return scene.peer.note(scene.mies, "Te laat.", parent["id"])


def answer_to_what_stays_here(scene: Scene) -> Json:
    scene.rows("UPDATE page SET federates = 0 WHERE key = ?", GROUP)
    return scene.peer.note(scene.mies, "Waar is het?", f"{scene.url}/{GROUP}/")


REFUSED: dict[str, Callable[[Scene], Json]] = {
    "thread-closed": lambda scene: scene.peer.note(scene.mies, "Dicht.", f"{scene.url}/{CLOSED}/"),
    "no-text": lambda scene: scene.note(content="<p> </p><script>x()</script>", contentMap=None),
    "not-a-text": lambda scene: scene.note(type="Place"),
    "not-a-reply": lambda scene: scene.peer.note(scene.mies, "Dag!", to=[PUBLIC, site_actor(scene)]),
    "parent-not-shown": answer_to_what_was_deleted,
    "not-in-a-thread": lambda scene: scene.peer.note(scene.mies, "Waarop?", f"{scene.url}/blogs/nergens/"),
    "no-such-page": answer_to_what_stays_here,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused_says_why_and_is_kept_nowhere(scene: Scene, reason: str) -> None:
    note = REFUSED[reason](scene)
    assert scene.create(note) == 202, scene.peer.said
    assert scene.fate(note["id"]) == reason
    assert scene.rows("SELECT * FROM comment WHERE origin_uri = ?", note["id"]) == []
    scene.rows("UPDATE page SET federates = 1 WHERE key = ?", GROUP)


def test_an_author_is_who_their_document_says(scene: Scene) -> None:
    scene.peer.documents["/users/alias"] = scene.peer.documents["/users/mies"]
    note = scene.peer.note(f"{scene.peer.url}/users/alias", "Van wie?", scene.post)
    accepted(scene, "Create", note["id"])
    assert scene.fate(note["id"]) == "not-the-author"


def test_of_a_stranger_only_the_delete_of_themselves_is_passed_over(scene: Scene) -> None:
    hugo = scene.peer.person("hugo")
    for kind, told in (("Update", hugo), ("Delete", f"{hugo}/notes/1")):
        activity = scene.peer.activity(hugo, kind, told)
        assert scene.send(activity, key_of=scene.mies, key_id=f"{hugo}#main-key") == 401


def test_the_query_of_an_inbox_is_signed_too(scene: Scene) -> None:
    like = scene.peer.activity(scene.mies, "Like", scene.post)
    assert scene.peer.send(f"{scene.inbox}?x=1", like) == 202
    signed = scene.peer.keys[scene.mies], f"{scene.mies}#main-key", "POST", f"{scene.inbox}?x=2"
    headers = signatures.sign_cavage(*signed, json.dumps(like).encode(), now=datetime.now(UTC))
    assert scene.peer.send(f"{scene.inbox}?x=1", like, headers=headers) == 401


def test_what_somebody_writes_to_nobody_here_has_no_fate(scene: Scene) -> None:
    note = scene.peer.note(scene.mies, "Dag allemaal.")
    assert scene.create(note) == 202
    assert scene.fate(note["id"]) == ""


def test_an_answer_that_is_emptied_goes(scene: Scene) -> None:
    note = shown(scene, scene.note())
    accepted(scene, "Update", {**note, "content": "<p> </p>", "contentMap": None})
    assert scene.rows("SELECT state FROM comment WHERE origin_uri = ?", note["id"]) == [("removed",)]


def test_an_edit_waits_for_nobody_while_its_page_is_away(scene: Scene) -> None:
    note = shown(scene, scene.peer.note(scene.mies, "Eerst.", f"{scene.url}/{GROUP}/"))
    scene.rows("UPDATE page SET federates = 0 WHERE key = ?", GROUP)
    accepted(scene, "Update", {**note, "content": "<p>Later.</p>", "contentMap": None})
    scene.rows("UPDATE page SET federates = 1 WHERE key = ?", GROUP)
    kept = "SELECT state, html FROM comment WHERE origin_uri = ?"
    assert scene.rows(kept, note["id"]) == [("shown", "<p>Eerst.</p>")]
    assert scene.fate(note["id"]) == "shown"


def test_a_delete_of_nothing_and_one_of_another_server_store_nothing(scene: Scene) -> None:
    accepted(scene, "Delete", [])
    accepted(scene, "Delete", f"{scene.victim.url}/notes/1")
    accepted(scene, "Delete", f"{scene.url}/ap/objects/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert scene.rows("SELECT uri FROM tombstone WHERE uri NOT LIKE ?", f"{scene.peer.url}%") == []


def test_a_delete_by_somebody_unknown_wins_of_what_comes_later(scene: Scene) -> None:
    nora = scene.peer.person("nora")
    note = scene.peer.note(nora, "Van Nora.", scene.post)
    accepted(scene, "Delete", note["id"], by=nora)
    assert scene.create(note) == 202
    assert scene.fate(note["id"]) == "deleted-before-it-came"


def test_who_is_gone_takes_everything_along(scene: Scene) -> None:
    otto = scene.peer.person("otto")
    note = shown(scene, scene.peer.note(otto, "Van Otto.", scene.post))
    accepted(scene, "Like", scene.post, by=otto)
    accepted(scene, "Delete", otto, by=otto)
    assert scene.rows("SELECT name, handle FROM actor WHERE uri = ?", otto) == [("", None)]
    assert scene.rows("SELECT state, html FROM comment WHERE origin_uri = ?", note["id"]) == [("removed", "")]
    left = "SELECT 1 FROM reaction JOIN actor ON actor.id = actor_id WHERE actor.uri = ?"
    assert scene.rows(left, otto) == []


@pytest.mark.parametrize("whole", [True, False])
def test_who_unfollows_follows_no_more(scene: Scene, whole: bool) -> None:
    site, count = site_actor(scene), "SELECT count(*) FROM follower"
    follow = accepted(scene, "Follow", site)
    other = f"{follow['id']}/other"
    assert scene.rows(count) == [(1,)]
    accepted(scene, "Undo", {**follow, "id": other, "object": scene.post} if whole else other)
    assert scene.rows(count) == [(1,)]
    accepted(scene, "Undo", follow if whole else follow["id"])
    assert scene.rows(count) == [(0,)]


@pytest.mark.parametrize("about", ["", "/inbox", "?x"])
def test_only_an_actor_of_ours_can_be_followed(scene: Scene, about: str) -> None:
    whom = site_actor(scene) + about if about else scene.post
    accepted(scene, "Follow", whom)
    assert scene.rows("SELECT count(*) FROM follower") == [(0,)]


@pytest.mark.parametrize("whose", ["mies", "eve"])
def test_a_changed_profile_is_fetched_and_only_ones_own(scene: Scene, whose: str) -> None:
    """As WordPress says it, which gives such an Update no id, and names its object by address only."""
    uri = f"{scene.peer.url}/users/{whose}"
    accepted(scene, "Like", scene.post, by=uri)
    scene.peer.documents[f"/users/{whose}"]["name"] = "Anders"
    body = json.dumps({"type": "Update", "actor": scene.mies, "object": uri})
    arrived = "INSERT INTO arrival (id, actor_uri, body, arrived_at) VALUES (?, ?, ?, '2026')"
    scene.rows(arrived, whose, scene.mies, body)

    async def handle(federation: Federation) -> None:
        await federation.handlers[ARRIVAL_JOB]([whose])

    scene.look(timedelta(minutes=10), handle)
    assert scene.rows("SELECT name FROM actor WHERE uri = ?", uri) == [("Anders" if whose == "mies" else "Eve",)]
    assert scene.rows("SELECT count(*) FROM arrival") == [(0,)]


def test_what_is_older_than_a_week_is_looked_at_once_a_month(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_maker", ids.UlidMaker())  # other tests made ids of later moments
    note = scene.note()
    shown(scene, note)
    for days, is_asked in ((3, True), (9, False), (34, True), (35, False)):
        scene.peer.asked.clear()
        scene.look(timedelta(days=days))
        assert (urlsplit(note["id"]).path in scene.peer.asked) == is_asked, days  # other tests have notes here too
