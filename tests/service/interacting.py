"""What somebody does on other servers, for tests: by the forms of a page, and what other servers hear of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.peers.recording import Json
from tests.service.forging import Scene, a_scene
from tests.service.running import OWN_PAGE, wait_until
from tests.service.test_elsewhere import PATH, Reader

WISHES = "SELECT kind, answer FROM interaction WHERE is_wanted = 1 ORDER BY kind"


@contextmanager
def who_agreed(folder: Path) -> Iterator[Reader]:
    """Anna, who agreed that her comments travel."""
    with a_scene(folder) as scene, httpx2.Client(base_url=scene.url, headers=OWN_PAGE, timeout=10) as browser:
        made = Reader(scene, browser)
        made.log_in()
        agreed = {"name": "Anna", "handle": "anna", "federation": "on"}
        assert browser.patch("/api/v1/me", json=agreed).status_code == 200
        yield made


def forget(reader: Reader) -> None:
    """Let all that was done be told, and then forgotten."""
    waiting = "SELECT 1 FROM interaction WHERE is_wanted = 0 UNION ALL SELECT 1 FROM delivery WHERE failed_at IS NULL"
    wait_until(lambda: not reader.scene.rows(waiting))
    reader.scene.rows("DELETE FROM interaction")
    reader.scene.rows("DELETE FROM news")
    reader.scene.peer.inbox.clear()


def act(reader: Reader, uri: object, **form: str) -> httpx2.Response:
    return reader.browser.post(PATH, data={"uri": str(uri), **form})


def done(reader: Reader, uri: object, **form: str) -> None:
    answer = act(reader, uri, **form)
    assert answer.status_code == 303, answer.text


def came(scene: Scene, kind: str, number: int = 1) -> Json:
    """The activity of a kind that came last, once so many came."""
    wait_until(lambda: len(scene.peer.of_kind(kind)) >= number)
    assert len(scene.peer.of_kind(kind)) == number
    return scene.peer.of_kind(kind)[-1]


def own(scene: Scene) -> str:
    ((actor_id,),) = scene.rows("SELECT id FROM own_actor WHERE kind = 'commenter' ORDER BY generation DESC LIMIT 1")
    return f"{scene.url}/ap/actors/{actor_id}"


def follow(reader: Reader, who: str, answer: str = "Accept") -> Json:
    """Let Anna follow somebody of the peer, and take in what they say of that."""
    done(reader, who, do="Follow")
    scene = reader.scene
    told = came(scene, "Follow", len(scene.peer.of_kind("Follow")) or 1)
    if answer:
        assert scene.send(scene.peer.activity(who, answer, told)) == 202
        scene.fate("")
    return told


def wait_for(scene: Scene, query: str, *values: object) -> list[tuple[object, ...]]:
    wait_until(lambda: bool(scene.rows(query, *values)))
    return scene.rows(query, *values)
