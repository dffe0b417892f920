"""Activities that are signed well by someone who may not say that: for another's words, of one server or of two."""

from collections.abc import Callable, Iterator

import pytest

from tests.peers.recording import Json
from tests.service.forging import Scene, a_scene
from tests.service.running import wait_until


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_scene(tmp_path_factory.mktemp("meanings")) as made:
        yield made


def note_of(scene: Scene, text: str, **fields: object) -> Json:
    return scene.peer.note(scene.mies, text, scene.post, **fields)


def forged(**fields: str) -> Callable[[Scene], Json]:
    """A note that mies sends, of which something is not his to say."""
    return lambda scene: note_of(
        scene, "Vals.", **{name: said.format(victim=scene.victim.url, eve=scene.eve) for name, said in fields.items()}
    )


NOT_HIS: dict[str, Callable[[Scene], Json]] = {
    "an id at another server": forged(id="{victim}/notes/1"),
    "an author at another server": forged(attributedTo="{victim}/users/vera"),
    "an author of another server for an id there": forged(id="{victim}/n", attributedTo="{victim}/users/vera"),
    "the neighbour's words": forged(attributedTo="{eve}"),
    "no author": lambda scene: {**note_of(scene, "Vals."), "attributedTo": None},
    "an id inside": lambda scene: {**note_of(scene, "Vals."), "id": "http://127.0.0.1/notes/1"},
    "an id of ours": lambda scene: {
        **note_of(scene, "Vals."),
        "id": f"{scene.url}/ap/objects/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    },
    "an answer to what is elsewhere": lambda scene: scene.peer.note(scene.mies, "Vals.", f"{scene.victim.url}/none"),
}


@pytest.mark.parametrize("name", NOT_HIS)
def test_nobody_writes_for_another(scene: Scene, name: str) -> None:
    note = NOT_HIS[name](scene)
    activity = scene.peer.activity(scene.mies, "Create", note, to=note["to"], cc=note["cc"])
    assert scene.send(activity) == 202
    scene.fate("")
    assert not any("Vals" in html for html in scene.shown())
    assert set(scene.reached) <= scene.allowed


@pytest.mark.parametrize("kind", ["Update", "Delete", "Undo"])
def test_nobody_changes_what_a_neighbour_wrote(scene: Scene, kind: str) -> None:
    note = note_of(scene, f"Echt {kind}.")
    assert scene.create(note) == 202
    wait_until(lambda: any(f"Echt {kind}." in html for html in scene.shown()))
    for told in (
        note["id"],
        {**note, "content": "<p>Vals.</p>"},
        {**note, "attributedTo": scene.eve, "content": "Vals"},
        {**note, "attributedTo": scene.eve, "to": [scene.eve], "cc": []},  # as if it were not for everyone
    ):
        assert scene.send(scene.peer.activity(scene.eve, kind, told, to=note["to"])) == 202
        scene.fate("")
        assert any(f"Echt {kind}." in html for html in scene.shown())
        assert not any("Vals" in html for html in scene.shown())


def test_an_edit_need_not_repeat_what_it_answers_and_one_for_fewer_people_takes_back(scene: Scene) -> None:
    note = note_of(scene, "Eerst.")
    assert scene.create(note) == 202
    wait_until(lambda: any("Eerst." in html for html in scene.shown()))
    newer = {**note, "inReplyTo": None, "content": "<p>Daarna.</p>", "updated": "2026-12-01T12:00:00Z"}
    assert scene.send(scene.peer.activity(scene.mies, "Update", newer, to=note["to"])) == 202
    wait_until(lambda: any("Daarna." in html for html in scene.shown()))
    kept = {**newer, "content": "<p>Onder ons.</p>", "to": [f"{scene.mies}/followers"], "cc": []}
    assert scene.send(scene.peer.activity(scene.mies, "Update", kept, to=kept["to"])) == 202
    wait_until(lambda: not any("Daarna." in html for html in scene.shown()))
    assert not any("Onder ons" in html for html in scene.shown())


def test_nobody_takes_back_in_advance_what_a_neighbour_will_write(scene: Scene) -> None:
    note = note_of(scene, "Later.")
    assert scene.send(scene.peer.activity(scene.eve, "Delete", note["id"])) == 202
    scene.fate("")
    assert scene.create(note) == 202
    wait_until(lambda: any("Later." in html for html in scene.shown()))


@pytest.mark.parametrize("is_deleted", [False, True])
def test_nobody_keeps_a_neighbours_words_out_by_taking_their_id_first(scene: Scene, is_deleted: bool) -> None:
    """What stands at the id says whose it is."""
    note = note_of(scene, f"Echt, verwijderd {is_deleted}.")
    taken = {**note, "attributedTo": scene.eve, "content": "<p>Vals bezet.</p>"}
    assert scene.send(scene.peer.activity(scene.eve, "Create", taken, to=note["to"])) == 202
    assert any("Vals bezet." in html for html in scene.shown())
    if is_deleted:
        assert scene.send(scene.peer.activity(scene.eve, "Delete", note["id"])) == 202
    assert scene.create(note) == 202
    assert scene.fate(note["id"]) == "shown"
    for who in (scene.eve, scene.peer.person(f"fop_{is_deleted}".lower())):
        again = {**taken, "attributedTo": who, "summary": "!"}
        assert scene.send(scene.peer.activity(who, "Create", again, to=note["to"])) == 202
    assert [html for html in scene.shown() if "Vals bezet" in html or "Echt, verwijderd" in html] == [note["content"]]
    assert scene.send(scene.peer.activity(scene.mies, "Delete", note["id"])) == 202
    asked = len(scene.peer.asked)
    assert scene.create({**note, "summary": "te laat"}) == 202
    assert note["content"] not in scene.shown()
    assert scene.peer.asked[asked:] == []  # who deleted it said so


@pytest.mark.parametrize("whole", [True, False])
def test_nobody_undoes_the_like_of_a_neighbour(scene: Scene, whole: bool) -> None:
    like = scene.peer.activity(scene.mies, "Like", scene.post)
    assert scene.send(like) == 202
    scene.fate("")
    assert scene.send(scene.peer.activity(scene.eve, "Undo", like if whole else like["id"])) == 202
    scene.fate("")
    liked = "SELECT count(*) FROM reaction JOIN actor ON actor.id = actor_id WHERE actor.uri = ?"
    assert scene.rows(liked, scene.mies) == [(1,)]


def test_nobody_takes_the_id_of_a_neighbours_like_so_that_it_stays(scene: Scene) -> None:
    like = scene.peer.activity(scene.mies, "Like", f"{scene.url}/blogs/dicht/")
    assert scene.send({**like, "actor": scene.eve}) == 202
    scene.fate("")
    assert scene.send(like) == 202
    assert scene.send(scene.peer.activity(scene.mies, "Undo", like["id"])) == 202
    scene.fate("")
    liked = "SELECT actor.uri FROM reaction JOIN actor ON actor.id = actor_id WHERE page_key = 'blogs/dicht'"
    assert scene.rows(liked) == [(scene.eve,)]


def test_nobody_deletes_a_neighbour(scene: Scene) -> None:
    assert scene.create(note_of(scene, "Blijft.")) == 202
    wait_until(lambda: any("Blijft." in html for html in scene.shown()))
    assert scene.send(scene.peer.activity(scene.eve, "Delete", scene.mies)) == 202
    scene.fate("")
    assert any("Blijft." in html for html in scene.shown())


def test_what_its_owner_did_not_sign_is_fetched_from_its_owner(scene: Scene) -> None:
    """An Announce of a group carries what others wrote; what counts is what their own server says."""
    true = scene.victim.note(scene.vera, "Zegt vera.", scene.post)
    said = {**true, "content": "<p>Vals.</p>"}
    wrapped = scene.peer.activity(scene.vera, "Create", said)
    assert scene.send(scene.peer.activity(scene.mies, "Announce", wrapped)) == 202
    scene.fate("")
    assert not any("Vals" in html for html in scene.shown())
    assert scene.create({"id": true["id"], "attributedTo": scene.mies, **true}, key_of=scene.mies) in (202, 401)
    assert scene.send(scene.peer.activity(scene.mies, "Create", true["id"])) == 202
    wait_until(lambda: any("Zegt vera." in html for html in scene.shown()))
    assert "/notes/" in "".join(scene.victim.asked)


def test_a_chain_of_answers_does_not_lead_inside(scene: Scene) -> None:
    note = scene.peer.note(scene.mies, "Vals.", "http://169.254.169.254/latest")
    assert scene.create(note) == 202
    wait_until(lambda: bool(scene.rows("SELECT 1 FROM job WHERE kind = 'arrival' AND last_error LIKE '%address%'")))
    assert set(scene.reached) <= scene.allowed


def test_nobody_speaks_for_our_own_actors(scene: Scene) -> None:
    [(site,)] = scene.rows("SELECT id FROM own_actor WHERE kind = 'site'")
    ours = f"{scene.url}/ap/actors/{site}"
    like = scene.peer.activity(ours, "Like", scene.post)
    before = scene.counts()
    assert scene.send(like, key_of=scene.mies, key_id=f"{ours}#main-key") == 401
    assert scene.send(like, key_of=scene.mies, key_id=f"{scene.mies}#main-key") == 202  # passed on, and passed over
    assert scene.counts() == before
