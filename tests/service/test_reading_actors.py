"""Actors and keys of other servers: read, or refused when they could harm."""

import pytest

from comments_service.federation import reading
from comments_service.federation.vocabulary import Refusal, RemoteActor

Json = dict[str, object]

PEER = "https://peer.example"
ANNA = f"{PEER}/users/anna"
ACTOR: Json = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
    "id": ANNA,
    "type": "Person",
    "preferredUsername": "anna",
    "name": "Anna <b>van</b> Dam &amp; co",
    "inbox": f"{ANNA}/inbox",
    "followers": f"{ANNA}/followers",
    "endpoints": {"sharedInbox": f"{PEER}/inbox"},
    "publicKey": {"id": f"{ANNA}#main-key", "owner": ANNA, "publicKeyPem": "PEM"},
    "url": f"{PEER}/@anna",
    "icon": {"type": "Image", "url": f"{PEER}/anna.png"},
}


def an_actor(**members: object) -> RemoteActor:
    return reading.actor({**ACTOR, **members})


def test_an_actor_is_read_whole() -> None:
    found = an_actor()
    assert (found.uri, found.kind, found.username, found.name) == (ANNA, "Person", "anna", "Anna van Dam & co")
    assert (found.inbox, found.shared_inbox) == (f"{ANNA}/inbox", f"{PEER}/inbox")
    assert (found.url, found.avatar, found.is_indexable) == (f"{PEER}/@anna", f"{PEER}/anna.png", True)
    assert (found.key_id, found.public_key) == (f"{ANNA}#main-key", "PEM")


@pytest.mark.parametrize(
    ("icon", "avatar"),
    [(f"{PEER}/a.png", f"{PEER}/a.png"), ([{"url": f"{PEER}/b.png"}], f"{PEER}/b.png"), (7, None), (None, None)],
)
def test_what_an_actor_leaves_out_or_writes_otherwise_harms_nothing(icon: object, avatar: str | None) -> None:
    found = an_actor(icon=icon, endpoints="none", url=None, name=None)
    assert (found.avatar, found.shared_inbox, found.url, found.name) == (avatar, None, ANNA, "anna")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"type": "Note"}, "not-an-actor"),
        ({"type": None}, "not-an-actor"),
        ({"type": [{"type": "Person"}]}, "not-an-actor"),
        ({"id": None}, "bad-uri"),
        ({"id": "http://peer.example/users/anna"}, "not-https"),
        ({"id": "https://anna@peer.example/users/anna"}, "bad-uri"),
        ({"preferredUsername": None}, "bad-username"),
        ({"preferredUsername": "an na"}, "bad-username"),
        ({"preferredUsername": "anna@evil.example"}, "bad-username"),
        ({"preferredUsername": "a" * 65}, "bad-username"),
        ({"inbox": None}, "no-inbox"),
        ({"inbox": "https://victim.example/inbox"}, "endpoint-of-another-origin"),
        ({"inbox": "https://peer.example:8443/inbox"}, "endpoint-of-another-origin"),
        ({"endpoints": {"sharedInbox": "https://victim.example/inbox"}}, "endpoint-of-another-origin"),
        ({"inbox": "https://peer.example@victim.example/"}, "no-inbox"),
    ],
)
def test_an_actor_that_could_harm_or_cannot_be_reached_is_refused(members: Json, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        an_actor(**members)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "key",
    [
        None,
        "PEM",
        {"id": f"{ANNA}#main-key", "owner": f"{PEER}/users/bea", "publicKeyPem": "PEM"},
        {"id": "https://evil.example/key", "owner": ANNA, "publicKeyPem": "PEM"},
        {"id": f"{ANNA}#main-key", "owner": ANNA, "publicKeyPem": "x" * 10_000},
        {"id": f"{ANNA}#main-key", "owner": ANNA, "publicKeyPem": ["PEM"]},
        {"owner": ANNA, "publicKeyPem": "PEM"},
    ],
)
def test_a_key_that_is_not_its_own_is_no_key(key: object) -> None:
    assert an_actor(publicKey=key).key_id is None


@pytest.mark.parametrize(
    "key",
    [[None, {"id": f"{ANNA}/key", "owner": ANNA, "publicKeyPem": "P"}], {"id": f"{ANNA}/key", "publicKeyPem": "P"}],
)
def test_a_key_may_stand_in_a_list_and_leave_out_its_owner(key: object) -> None:
    assert an_actor(publicKey=key).key_id == f"{ANNA}/key"


@pytest.mark.parametrize(
    ("members", "is_indexable"),
    [
        ({"indexable": True}, True),
        ({"indexable": False}, False),
        ({"summary": "<p>hoi #nobot</p>"}, False),
        ({"summary": '<a href="x">#<span>NoIndex</span></a>'}, False),
        ({"summary": "#nobotany"}, True),
    ],
)
def test_who_does_not_want_to_be_found_is_believed(members: Json, is_indexable: bool) -> None:
    assert an_actor(**members).is_indexable is is_indexable


@pytest.mark.parametrize("name", [None, "", " ", "\u200b", "\u2066\u202e", {"a": 1}, 1])
def test_an_actor_without_a_name_that_shows_has_its_username(name: object) -> None:
    assert an_actor(name=name).name == "anna"
