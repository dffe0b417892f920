"""What activities of other servers mean here, one by one; and what is looked at again where it comes from."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from comments_service.federation.checks import PAGES
from comments_service.federation.groups import SOFTWARE_JOB
from comments_service.federation.remote import FETCHES
from comments_service.federation.rooms import Federation
from comments_service.federation.texts import CHAIN
from tests.peers.recording import Json
from tests.service.forging import Scene, a_scene
from tests.service.running import wait_until


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_scene(tmp_path_factory.mktemp("meanings")) as made:
        yield made


def reactions(scene: Scene) -> dict[str, int]:
    scene.fate("")  # all that came was looked at
    found = dict(scene.rows("SELECT kind, count(*) FROM reaction GROUP BY kind"))
    ((likes, boosts, quotes),) = scene.rows(
        "SELECT likes, boosts, quotes FROM thread WHERE page_key = 'blogs/drempels'"
    )
    assert (likes, boosts, quotes) == (found.get("like", 0), found.get("boost", 0), found.get("quote", 0))
    return {kind: count for kind, count in found.items() if count}


def site_of(scene: Scene) -> str:
    return str(scene.rows("SELECT id FROM own_actor WHERE kind = 'site'")[0][0])


def accepted(scene: Scene, kind: str, told: object, **fields: object) -> Json:
    activity = scene.peer.activity(scene.mies, kind, told, **fields)
    assert scene.send(activity) == 202, scene.peer.said
    return activity


@pytest.mark.parametrize(
    ("kind", "counted"), [("Like", "like"), ("EmojiReact", "like"), ("Dislike", "dislike"), ("Announce", "boost")]
)
def test_a_reaction_counts_once_and_is_undone(scene: Scene, kind: str, counted: str) -> None:
    first = accepted(scene, kind, scene.post, content="\N{PARTY POPPER}")
    accepted(scene, kind, scene.post)
    assert reactions(scene) == {counted: 1}
    accepted(scene, "Undo", first["id"] if kind == "Announce" else first)  # by its id or whole
    assert reactions(scene) == {}


def test_what_a_group_announces_whole_is_no_boost_whatever_id_it_bears(scene: Scene) -> None:
    accepted(scene, "Announce", {"type": "Delete", "id": scene.post, "actor": scene.mies})
    assert reactions(scene) == {}


@pytest.mark.parametrize("is_named", [True, False])
def test_who_moves_follows_on_only_if_the_new_place_names_the_old_one(scene: Scene, is_named: bool) -> None:
    name = f"m{int(is_named)}"
    mover = scene.peer.person(name)
    there = scene.victim.person(f"{name}-there", alsoKnownAs=[mover] if is_named else ["https://other.example/x"])
    scene.peer.follow(scene.inbox, mover, f"{scene.url}/ap/actors/{site_of(scene)}")
    scene.fate("")
    follows = "SELECT count(*) FROM follower JOIN actor ON actor.id = actor_id WHERE uri = ?"
    assert scene.rows(follows, mover) == [(1,)]
    assert scene.send(scene.peer.activity(mover, "Move", mover, target=there)) == 202
    scene.fate("")
    assert scene.rows(follows, mover) == [(int(is_named),)]


def test_a_move_of_somebody_else_moves_nobody(scene: Scene) -> None:
    mover = scene.peer.person("stays")
    scene.peer.follow(scene.inbox, mover, f"{scene.url}/ap/actors/{site_of(scene)}")
    accepted(scene, "Move", mover, target=scene.vera)
    scene.fate("")
    follows = "SELECT count(*) FROM follower JOIN actor ON actor.id = actor_id WHERE uri = ?"
    assert scene.rows(follows, mover) == [(1,)]


@pytest.mark.parametrize(("kind", "state"), [("instance", "live"), ("site", "retired")])
def test_who_sends_nothing_cannot_be_followed_and_says_so(scene: Scene, kind: str, state: str) -> None:
    ((own, before),) = scene.rows("SELECT id, state FROM own_actor WHERE kind = ?", kind)
    scene.rows("UPDATE own_actor SET state = ? WHERE id = ?", state, own)
    try:
        follow = scene.peer.follow(scene.inbox, scene.peer.person(f"volger-{kind}"), f"{scene.url}/ap/actors/{own}")
        wait_until(lambda: any(one["object"]["id"] == follow["id"] for one in scene.peer.of_kind("Reject")), 30)
        assert scene.rows(
            "SELECT count(*) FROM follower JOIN actor ON actor.id = actor_id WHERE uri = ?", follow["actor"]
        ) == [(0,)]
    finally:
        scene.rows("UPDATE own_actor SET state = ? WHERE id = ?", before, own)


def test_a_report_names_what_is_ours_and_says_why_in_plain_text(scene: Scene) -> None:
    note = scene.note()
    scene.create(note)
    assert scene.fate(note["id"]) == "shown"
    accepted(scene, "Flag", [scene.mies, note["id"], scene.post], content="<b>Reclame</b>")
    accepted(scene, "Flag", ["https://elsewhere.example/1"], content="Niets van hier")
    accepted(scene, "Flag", [*(f"https://elsewhere.example/{number}" for number in range(20)), scene.post], content="x")
    scene.fate("")
    ((comment_id,),) = scene.rows("SELECT id FROM comment WHERE origin_uri = ?", note["id"])
    found = scene.rows("SELECT comment_id, actor_uri, content FROM report ORDER BY comment_id IS NULL")
    assert found == [(comment_id, scene.mies, "Reclame"), (None, scene.mies, "Reclame")]


def test_a_quote_is_approved_with_a_stamp_and_not_from_another_origin(scene: Scene) -> None:
    quoting = scene.peer.note(scene.mies, "Lees dit.", quote=scene.post)
    accepted(scene, "QuoteRequest", scene.post, instrument=quoting["id"])

    def answers() -> list[Json]:
        return [one for one in scene.peer.of_kind("Accept") if one["object"]["type"] == "QuoteRequest"]

    wait_until(lambda: bool(answers()), 30)
    (answer,) = answers()
    assert answer["object"]["instrument"] == quoting["id"]
    assert reactions(scene) == {"quote": 1}
    (quote_id,) = scene.rows("SELECT id FROM reaction WHERE kind = 'quote'")[0]
    assert answer["result"].endswith(quote_id)
    accepted(scene, "QuoteRequest", scene.post, instrument="https://elsewhere.example/notes/1")
    assert reactions(scene) == {"quote": 1}
    accepted(scene, "Delete", quoting["id"])
    assert reactions(scene) == {}


def test_who_blocks_us_is_hidden_and_gets_nothing_until_they_undo_it(scene: Scene) -> None:
    who = scene.peer.person("blokker")
    site = f"{scene.url}/ap/actors/{site_of(scene)}"
    note = scene.peer.note(who, "Van een blokker.", scene.post)
    scene.create(note)
    assert scene.fate(note["id"]) == "shown"
    block = scene.peer.activity(who, "Block", site)
    scene.send(block)
    assert scene.fate(note["id"]) == "hidden"
    assert not any("Van een blokker" in html for html in scene.shown())
    later = scene.peer.note(who, "Nog eens.", scene.post)
    scene.create(later)
    assert scene.fate(later["id"]) == "blocks-us"
    scene.send(scene.peer.activity(who, "Undo", block))
    after = scene.peer.note(who, "Weer goed.", scene.post)
    scene.create(after)
    assert scene.fate(after["id"]) == "shown"


def test_a_delete_wins_though_what_it_deletes_comes_later(scene: Scene) -> None:
    note = scene.note()
    accepted(scene, "Delete", note["id"])
    scene.create(note)
    assert scene.fate(note["id"]) == "deleted-before-it-came"
    assert scene.rows("SELECT count(*) FROM comment WHERE origin_uri = ?", note["id"]) == [(0,)]


def test_one_text_that_comes_through_several_inboxes_is_one_comment(scene: Scene) -> None:
    note = scene.note()
    ids = [row[0] for row in scene.rows("SELECT id FROM own_actor WHERE kind IN ('site', 'instance')")]
    for inbox in (scene.inbox, *(f"{scene.url}/ap/actors/{one}/inbox" for one in ids)):
        assert scene.peer.create(inbox, note) == 202
    assert scene.fate(note["id"]) == "shown"
    assert scene.rows("SELECT count(*) FROM comment WHERE origin_uri = ?", note["id"]) == [(1,)]


def test_an_older_edit_overwrites_nothing(scene: Scene) -> None:
    note = scene.note()
    scene.create(note)
    said = []
    for minutes, words in ((10, "Nieuwste."), (5, "Ouder."), (None, "Zonder tijd.")):
        when = datetime.now(UTC) + timedelta(minutes=minutes or 0)
        accepted(scene, "Update", {**note, "content": words, **({"updated": when.isoformat()} if minutes else {})})
        scene.fate("")
        said.append(scene.rows("SELECT html FROM comment WHERE origin_uri = ?", note["id"])[0][0])
    assert said == ["Nieuwste."] * 3


@pytest.mark.parametrize(("depth", "expected"), [(CHAIN, "shown"), (CHAIN + 1, "not-in-a-thread")])
def test_unknown_parents_are_fetched_so_far_and_no_further(scene: Scene, depth: int, expected: str) -> None:
    parent = scene.post
    for number in range(depth):
        parent = scene.peer.note(scene.mies, f"Ouder {number}.", parent)["id"]
    note = scene.peer.note(scene.mies, "Het jongste.", parent)
    scene.peer.asked.clear()
    scene.create(note)
    assert scene.fate(note["id"]) == expected
    assert len(scene.peer.asked) <= FETCHES


def test_what_was_edited_or_deleted_where_it_comes_from_is_so_here_after_a_while(scene: Scene) -> None:
    edited, gone, stone, private, odd = notes = [scene.note() for _ in range(5)]
    for note in notes:
        scene.create(note)
        assert scene.fate(note["id"]) == "shown"
    peer = scene.peer
    peer.documents[path(edited)] = {**edited, "content": "Bewerkt.", "updated": datetime.now(UTC).isoformat()}
    peer.gone.add(path(gone))
    peer.documents[path(stone)] = {"id": stone["id"], "type": "Tombstone"}
    peer.documents[path(private)] = {**private, "to": [scene.mies], "cc": []}
    peer.documents[path(odd)] = {**odd, "type": "Place"}
    peer.asked.clear()
    scene.look(timedelta(hours=1))
    assert peer.asked == []
    scene.look(timedelta(hours=7))
    assert scene.rows("SELECT html FROM comment WHERE origin_uri = ?", edited["id"]) == [("Bewerkt.",)]
    reasons = [scene.fate(note["id"]) for note in (gone, stone, private)]
    assert reasons == ["deleted", "deleted", "not-addressed-to-everyone"]
    states = "SELECT state, text FROM comment WHERE origin_uri = ?"
    assert [scene.rows(states, note["id"]) for note in (gone, stone, private)] == [[("removed", "")]] * 3
    assert scene.fate(odd["id"]) == "shown"  # whatever else is wrong there is no reason to take it away
    peer.asked.clear()
    scene.look(timedelta(hours=7, minutes=30))
    assert peer.asked == []  # it was looked at, odd as it is


def test_answers_that_never_came_are_taken_from_where_they_stand_and_loops_end(scene: Scene) -> None:
    peer, note = scene.peer, scene.note()
    first, second = (peer.note(scene.mies, f"Gat {number}.", note["id"]) for number in range(2))
    here, there = f"{peer.url}/replies", f"{scene.victim.url}/replies"
    page = {"type": "CollectionPage", "items": [first["id"]], "next": there}
    peer.documents["/replies"] = {"id": here, "type": "Collection", "first": page}
    scene.victim.documents["/replies"] = {"id": there, "type": "CollectionPage", "items": [second["id"]]}
    peer.documents[path(note)] = {**note, "replies": here}
    scene.create(note)
    assert scene.fate(note["id"]) == "shown"
    scene.victim.asked.clear()
    scene.look(timedelta(hours=14))
    assert scene.fate(first["id"]) == "shown"
    assert scene.fate(second["id"]) == ""  # its page is said to stand on another server
    assert "/replies" not in scene.victim.asked
    peer.documents["/replies"] = {"id": here, "type": "Collection", "items": [], "next": f"{here}?page=1"}
    peer.asked.clear()
    scene.look(timedelta(hours=21))
    assert 0 < sum(one.startswith("/replies") for one in peer.asked) <= 2 * PAGES  # which all say that they go on


@pytest.mark.parametrize(("where", "known"), [("", "lemmy"), ("elsewhere", None)])
def test_what_a_server_runs_is_asked_of_itself_alone(scene: Scene, where: str, known: str | None) -> None:
    asked, told = (scene.victim, scene.peer) if where else (scene.peer, scene.peer)
    asked.documents["/.well-known/nodeinfo"] = {"links": [{"href": f"{told.url}/nodeinfo"}]}
    scene.peer.documents["/nodeinfo"] = {"software": {"name": "Lemmy"}}

    async def ask(federation: Federation) -> None:
        await federation.handlers[SOFTWARE_JOB]([asked.url])

    scene.look(timedelta(), ask)
    assert scene.rows("SELECT software FROM server WHERE host = ?", asked.host) == [(known,)]


def path(note: Json) -> str:
    return str(note["id"]).partition("/notes/")[1] + str(note["id"]).rpartition("/")[2]


def test_a_like_of_what_nobody_sees_is_counted_nowhere(scene: Scene) -> None:
    note = scene.note()
    scene.create(note)
    accepted(scene, "Delete", note["id"])
    accepted(scene, "Like", note["id"])
    accepted(scene, "Announce", f"{scene.url}/blogs/weg/")
    scene.create(scene.peer.note(scene.mies, "Lees dit.", quote=note["id"]))
    assert reactions(scene) == {}


def test_a_profile_says_that_messages_are_not_read(scene: Scene) -> None:
    (own,) = scene.rows("SELECT id FROM own_actor WHERE kind = 'site'")[0]
    shown = httpx2.get(f"{scene.url}/ap/actors/{own}").json()
    assert shown["summary"] == "<p>Privéberichten worden hier niet gelezen.</p>"


@pytest.mark.parametrize("lang", ["", "/en"])
def test_a_commenter_is_found_by_their_page_too(scene: Scene, lang: str) -> None:
    person = "0" * 25 + ("1" if lang else "2")
    columns = "id, site_id, kind, subject, handle, state, profile, made_at, changed_at"
    values = (person, "plein", "commenter", person, f"lid_{person[-1]}", "live", "{}", "2026", "2026")
    scene.rows(f"INSERT INTO own_actor ({columns}) VALUES ({', '.join('?' * len(values))})", *values)  # noqa: S608
    asked = f"{scene.url}/.well-known/webfinger?resource={scene.url}{lang}/people/{person}"
    found = httpx2.get(asked).json()
    assert found["links"][0]["href"] == f"{scene.url}/ap/actors/{person}"
    assert httpx2.get(asked.replace(person, "0" * 26)).status_code == 404


def test_nothing_is_fetched_from_a_server_that_is_blocked(scene: Scene) -> None:
    note = scene.victim.note(scene.vera, "Van elders.", scene.post)
    create = scene.victim.activity(scene.vera, "Create", note)
    block = "INSERT INTO server (host, policy) VALUES (?, 'block') ON CONFLICT (host) DO UPDATE SET policy = 'block'"
    scene.rows(block, scene.victim.host)
    try:
        scene.victim.asked.clear()
        accepted(scene, "Announce", create)
        accepted(scene, "Create", note["id"])
        answer = scene.peer.note(scene.mies, "Antwoord.", note["id"])
        scene.create(answer)
        assert scene.fate(answer["id"]) == "blocked"
        assert scene.victim.asked == []
    finally:
        scene.rows("UPDATE server SET policy = NULL WHERE host = ?", scene.victim.host)


def test_what_grows_too_long_when_it_is_made_safe_is_refused(scene: Scene) -> None:
    note = scene.note(content="< " * 30_000)
    assert scene.create(note) == 202, scene.peer.said
    assert scene.fate(note["id"]) == "too-long"
