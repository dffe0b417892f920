"""Keys and documents of other servers: asked for seldom, believed only where they come from."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from comments_service import app
from comments_service.federation import reading, remote, signatures, wire
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.rooms import Federation
from comments_service.federation.vocabulary import Refusal
from comments_service.network import Answer, Sign
from comments_service.store import arrivals
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, forget_old
from tests.service.forging import Scene, a_scene
from tests.service.running import serving

ACTIVITY = "application/activity+json"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_scene(tmp_path_factory.mktemp("remote")) as made:
        yield made


def test_a_key_that_was_changed_is_fetched_once_and_then_not_for_five_minutes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ria = scene.peer.person("ria")
    assert scene.send(scene.peer.activity(ria, "Like", scene.post)) == 202
    for again, status, fetches in (
        (timedelta(minutes=5), 401, 0),
        (timedelta(0), 202, 1),
        (timedelta(hours=1), 401, 0),
    ):
        monkeypatch.setattr(remote, "AGAIN", again)
        scene.peer.keys[ria] = rsa.generate_private_key(65537, 2048)
        scene.peer.documents["/users/ria"]["publicKey"]["publicKeyPem"] = scene.peer.pem(ria)
        scene.peer.asked.clear()
        assert [scene.send(scene.peer.activity(ria, "Like", scene.post)) for _ in range(3)] == [status] * 3
        assert scene.peer.asked.count("/users/ria") == fetches


def test_forgeries_do_not_make_us_ask_whatever_key_they_name(scene: Scene) -> None:
    tom = scene.peer.person("tom")
    like = scene.peer.activity(tom, "Like", scene.post)
    scene.peer.asked.clear()
    assert {scene.send(like, key_id=f"{tom}#{number}") for number in range(10)} == {401}
    assert scene.peer.asked.count("/users/tom") == 1


def test_nobody_makes_a_neighbour_mute_by_naming_their_key(scene: Scene) -> None:
    thief = scene.peer.person("dief")
    lena = scene.peer.person("lena")
    scene.peer.documents["/users/dief"]["publicKey"]["id"] = f"{lena}#main-key"
    kim = scene.peer.person("kim")
    assert scene.send(scene.peer.activity(kim, "Move", kim, target=thief)) == 202  # so that we look at the thief
    scene.fate("")
    assert scene.rows("SELECT count(*) FROM actor WHERE uri = ?", thief) == [(1,)]
    for number in range(3):
        assert scene.send(scene.peer.activity(lena, "Like", f"{scene.post}?{number}")) == 202, scene.peer.said
    assert scene.peer.asked.count("/users/lena") == 1


@pytest.mark.parametrize("form", ["key", "stub", "unnamed"])
def test_a_key_may_have_an_address_of_its_own_if_its_owner_names_it(scene: Scene, form: str) -> None:
    """GoToSocial answers there with a part of the actor, others with the key alone."""
    gina = scene.peer.person(f"gina_{form}")
    path, key_id = f"/users/gina_{form}", f"{gina}/main-key"
    key = {"id": key_id, "owner": gina, "publicKeyPem": scene.peer.pem(gina)}
    stub = {"id": gina, "type": "Person", "preferredUsername": "gina", "publicKey": key}
    scene.peer.documents[f"{path}/main-key"] = stub if form == "stub" else key
    if form != "unnamed":
        scene.peer.documents[path]["publicKey"] = key
    status = scene.send(scene.peer.activity(gina, "Like", scene.post), key_id=key_id)
    assert (status, scene.peer.asked.count(path)) == (401 if form == "unnamed" else 202, 1)
    assert ("key-not-named" in scene.peer.said) == (form == "unnamed")


@pytest.mark.parametrize("owner", [None, "https://victim.example/users/a"])
def test_a_key_with_an_address_of_its_own_names_an_owner_on_its_origin(scene: Scene, owner: str | None) -> None:
    hugo = scene.peer.person("hugo" if owner else "hugo2")
    key = {"id": f"{hugo}/main-key", "owner": owner, "publicKeyPem": scene.peer.pem(hugo)}
    scene.peer.documents[hugo.removeprefix(scene.peer.url) + "/main-key"] = key
    assert scene.send(scene.peer.activity(hugo, "Like", scene.post), key_id=f"{hugo}/main-key") == 401
    assert "key-not-named" in scene.peer.said


def test_who_cannot_be_fetched_again_is_who_they_were(scene: Scene) -> None:
    siem = scene.peer.person("siem")
    assert scene.send(scene.peer.activity(siem, "Like", scene.post)) == 202
    scene.fate("")
    scene.peer.gone.add("/users/siem")

    async def ask(federation: Federation) -> None:
        scene.peer.asked.clear()
        for _ in range(2):
            assert (await federation.remote.actor(siem, Budget()))["name"] == "Siem"
        assert scene.peer.asked == ["/users/siem"]  # and asked seldom
        with pytest.raises(Refusal):
            await federation.remote.actor(f"{siem}/nobody", Budget())

    scene.look(timedelta(days=2), ask)


def test_what_was_asked_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_REMEMBERED", 3)
    asking = a_remote({})
    now = datetime.now(UTC)
    for number in range(20):
        monkeypatch.setattr(asking, "_clock", partial(now.__add__, 2 * number * remote.AGAIN))
        asking._ask_seldom(str(number))
        asking._lock(str(number))
    assert len(asking._asked) <= 5
    assert len(asking._asking) <= 5
    with pytest.raises(Refusal, match="asked-lately"):
        asking._ask_seldom("19")


def test_a_stranger_who_is_gone_costs_nothing(scene: Scene) -> None:
    scene.peer.person("gone")
    gone = f"{scene.peer.url}/users/gone"
    scene.peer.asked.clear()
    actors = scene.rows("SELECT count(*) FROM actor")
    assert scene.send(scene.peer.activity(gone, "Delete", gone)) == 202
    assert (scene.peer.asked, scene.rows("SELECT count(*) FROM actor")) == ([], actors)
    assert scene.counts()[0] == 0


def test_a_request_that_comes_again_does_nothing(scene: Scene) -> None:
    like = scene.peer.activity(scene.mies, "Like", scene.post)
    body = json.dumps(like).encode()
    key, now = scene.peer.keys[scene.mies], datetime.now(UTC)
    headers = signatures.sign_cavage(key, f"{scene.mies}#main-key", "POST", scene.inbox, body, now=now)
    undo = scene.peer.activity(scene.mies, "Undo", like)
    reactions = "SELECT count(*) FROM reaction JOIN actor ON actor.id = actor_id WHERE actor.uri = ?"
    for activity, found in ((like, 1), (undo, 0), (like, 0)):
        assert scene.send(activity, headers=headers if activity is like else {}) == 202
        scene.fate("")
        assert scene.rows(reactions, scene.mies) == [(found,)]
    listening = socket.socket()
    listening.bind(("127.0.0.2", 0))
    port = listening.getsockname()[1]
    with serving(app.create(scene.settings), listening):  # as after a restart, or a second process
        again = {**headers, "Host": scene.url.removeprefix("http://"), "Content-Type": ACTIVITY}
        assert httpx2.post(f"http://127.0.0.2:{port}/ap/inbox", content=body, headers=again).status_code == 202
    assert scene.rows("SELECT count(*) FROM arrival") == [(0,)]
    assert scene.rows(reactions, scene.mies) == [(0,)]


def test_what_came_is_remembered_as_long_as_it_may_come_again(tx: Transaction) -> None:
    came = b"x" * 32
    assert arrivals.see(tx, came, now=NOW)
    assert not arrivals.see(tx, came, now=NOW)
    forget_old(tx, now=NOW + signatures.BACK + signatures.AHEAD)
    assert arrivals.is_seen(tx, came)
    forget_old(tx, now=NOW + timedelta(hours=2))
    assert not arrivals.is_seen(tx, came)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"])
def test_a_document_that_redirects_inside_is_not_followed(scene: Scene, host: str) -> None:
    name = f"r{host.strip('[]').replace(':', '').replace('.', '')}"
    person = scene.peer.person(name)
    scene.peer.redirects[f"/users/{name}"] = f"http://{host}/users/{name}"
    assert scene.send(scene.peer.activity(person, "Like", scene.post)) == 401
    assert json.loads(scene.peer.said)["error"] == "unreachable"
    assert set(scene.reached) <= scene.allowed


def test_an_open_redirect_of_a_server_speaks_not_for_its_people(scene: Scene) -> None:
    noor = scene.victim.person("noor")
    scene.peer.documents["/fake"] = {
        **scene.victim.documents["/users/noor"],
        "publicKey": {"id": f"{noor}#main-key", "owner": noor, "publicKeyPem": scene.peer.pem(scene.eve)},
    }
    scene.victim.redirects["/users/noor"] = f"{scene.peer.url}/fake"
    like = scene.victim.activity(noor, "Like", scene.post)
    assert scene.victim.send(scene.inbox, like, key_of=scene.eve, key_id=f"{noor}#main-key") == 401
    assert json.loads(scene.victim.said)["error"] == "other-id"


def test_who_is_blocked_is_refused_before_anything_is_asked(scene: Scene) -> None:
    bad = scene.victim.person("bad")
    assert scene.victim.send(scene.inbox, scene.victim.activity(bad, "Like", scene.post)) == 202  # its key is known
    scene.fate("")
    with sqlite3.connect(scene.database) as database:
        database.execute("INSERT INTO server (host, policy) VALUES (?, 'block')", [wire.host(bad)])
    scene.victim.asked.clear()
    assert scene.victim.send(scene.inbox, scene.victim.activity(bad, "Like", scene.post)) == 403
    assert scene.victim.asked == []
    like = scene.victim.activity(scene.victim.person("worse"), "Like", scene.post)
    assert scene.victim.send(scene.inbox, like) == 403
    assert scene.victim.asked == []


class Canned:
    """A client that knows its answers; what is fetched is noted."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers, self.fetched = answers, list[str]()

    def http_ok(self, host: str) -> bool:
        return not host

    async def get(self, url: str, *, accept: str, sign: Sign | None = None, most_bytes: int) -> Answer:
        del accept, sign, most_bytes
        self.fetched.append(url)
        return self.answers[url]


class Undecided:
    """A store in which nothing was decided about any server."""

    def look(self, *_: object) -> None: ...


def a_remote(answers: Mapping[str, Answer]) -> Remote:
    made = Remote(Undecided(), None, "plein", Canned(answers), None, lambda: datetime.now(UTC))  # type: ignore[arg-type]

    async def nobody() -> None: ...

    made._signer = nobody  # type: ignore[method-assign]
    return made


def answer(url: str, own_id: object, kind: str = ACTIVITY, status: int = 200) -> Answer:
    return Answer(url, status, {"content-type": kind}, json.dumps({"id": own_id, "type": "Note"}).encode())


def document(answers: Mapping[str, Answer], budget: int = 20) -> object:
    try:
        return asyncio.run(a_remote(answers).document("https://a.example/1", Budget(budget)))["id"]
    except Refusal as refusal:
        return refusal.reason


HERE, THERE = "https://a.example/1", "https://b.example/1"
PROFILE = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (ACTIVITY, HERE),
        (f"{ACTIVITY}; charset=utf-8", HERE),
        (f'application/ld+json; profile="{PROFILE}"', HERE),
        *(
            (kind, "not-activitystreams")
            for kind in ("application/ld+json", "application/json", "text/html", "", f"text/html; {ACTIVITY}")
        ),
    ],
)
def test_only_activitystreams_is_read(kind: str, found: str) -> None:
    assert document({HERE: answer(HERE, HERE, kind)}) == found


def test_a_document_is_believed_only_where_its_id_leads() -> None:
    assert document({HERE: answer(HERE, THERE), THERE: answer(THERE, THERE)}) == THERE
    assert document({HERE: answer(HERE, THERE), THERE: answer(THERE, HERE)}) == "other-id"
    assert document({HERE: answer(HERE, THERE), THERE: answer(HERE, THERE)}) == "other-id"
    assert document({HERE: answer(THERE, HERE)}) == "other-id"  # redirected to one that speaks for it
    assert document({HERE: answer(HERE, THERE)}, budget=1) == "too-many-fetches"
    assert document({HERE: answer(HERE, None)}) == "bad-uri"
    assert document({HERE: answer(HERE, "http://a.example/1")}) == "not-https"


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "gone"), (410, "gone"), (500, "unreachable"), (204, "unreachable")]
)
def test_a_status_says_whether_it_is_gone(status: int, reason: str) -> None:
    assert document({HERE: answer(HERE, HERE, status=status)}) == reason


def jrd(subject: str, href: str) -> Answer:
    links = [{"rel": "self", "type": ACTIVITY, "href": href}]
    return Answer(HERE, 200, {}, json.dumps({"subject": f"acct:{subject}", "links": links}).encode())


@pytest.mark.parametrize(
    ("here", "there", "handle"),
    [
        (jrd("mies@a.example", HERE), None, "mies@a.example"),
        (jrd("mies@a.example", THERE), None, None),  # WebFinger leads to somebody else
        (jrd("mies@b.example", HERE), jrd("mies@b.example", HERE), "mies@b.example"),
        (jrd("mies@b.example", HERE), jrd("mies@b.example", THERE), None),  # b.example says otherwise
        (jrd("mies@b.example", HERE), jrd("mies@c.example", HERE), None),  # and c.example was not asked
        (jrd("mies@b.example/upload.json?", HERE), jrd("mies@b.example", HERE), "mies@a.example"),  # anyone's file
        (jrd("mies <b>@b.example", HERE), jrd("mies <b>@b.example", HERE), "mies@a.example"),
    ],
)
def test_a_handle_counts_when_its_own_server_says_so(here: Answer, there: Answer | None, handle: str | None) -> None:
    asked = {
        f"https://{name}.example/.well-known/webfinger?resource=acct:mies%40{name}.example": said
        for name, said in (("a", here), ("b", there))
        if said
    }
    person = reading.actor(
        {"id": HERE, "type": "Person", "preferredUsername": "mies", "inbox": f"{HERE}/inbox"}, lambda _: False
    )
    assert asyncio.run(a_remote(asked)._handle(person, Budget())) == handle
