"""Forged activities, each refused with its reason; nothing is stored, and nobody is asked but those who may be."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from comments_service.federation import signatures
from tests.service.forging import Scene, a_scene

OTHER_KEY = rsa.generate_private_key(65537, 2048)
PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.1.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",  # noqa: S104 - not to bind to
    "100.64.0.1",
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_scene(tmp_path_factory.mktemp("forgery")) as made:
        yield made


# What the inbox itself refuses: the answer says why.


def with_headers(**headers: str) -> Callable[[Scene], int]:
    return lambda scene: scene.create(headers={name.replace("_", "-"): value for name, value in headers.items()})


def at(moment: timedelta, sign: Callable[..., dict[str, str]] = signatures.sign_cavage) -> Callable[[Scene], int]:
    return lambda scene: scene.create(now=datetime.now(UTC) + moment, sign=sign)


def covering(names: str) -> Callable[[Scene], int]:
    """Say that only these headers are signed, and sign them well."""

    def sign(
        key: rsa.RSAPrivateKey, key_id: str, method: str, url: str, body: bytes, *, now: datetime
    ) -> dict[str, str]:
        headers = signatures.sign_cavage(key, key_id, method, url, body, now=now)
        known = {name.lower(): value for name, value in headers.items()}
        known["(request-target)"] = f"{method.lower()} /{url.partition('://')[2].partition('/')[2]}"
        text = "\n".join(f"{name}: {known[name]}" for name in names.split())
        signed = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        headers["Signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signed}"'
        return headers

    return lambda scene: scene.create(sign=sign)


def replayed(scene: Scene) -> int:
    """Somebody else's request, as it was, to another path."""
    activity = scene.peer.activity(scene.mies, "Like", scene.post)
    body = json.dumps(activity).encode()
    headers = signatures.sign_cavage(
        scene.peer.keys[scene.mies],
        f"{scene.mies}#main-key",
        "POST",
        f"{scene.url}/ap/elsewhere",
        body,
        now=datetime.now(UTC),
    )
    return scene.send(activity, headers=headers)


def without(header: str, sign: Callable[..., dict[str, str]] = signatures.sign_cavage) -> Callable[[Scene], int]:
    def signed(*arguments: Any, **named: Any) -> dict[str, str]:
        return {name: value for name, value in sign(*arguments, **named).items() if name != header}

    return lambda scene: scene.create(sign=signed)


def twice(scene: Scene) -> int:
    def sign(*arguments: Any, **named: Any) -> dict[str, str]:
        headers = signatures.sign_cavage(*arguments, **named)
        return {**headers, "Signature": headers["Signature"] + f',keyId="{scene.eve}#main-key"'}

    return scene.create(sign=sign)


def with_another_key(scene: Scene) -> int:
    known = scene.peer.keys[scene.mies]
    scene.peer.keys[scene.mies] = OTHER_KEY
    try:
        return scene.create()
    finally:
        scene.peer.keys[scene.mies] = known


def redirected_key(scene: Scene) -> int:
    """A key at the victim's server that is eve's document in truth: what names a key must come from its owner."""
    scene.victim.documents["/upload"] = {
        **scene.victim.documents["/users/vera"],
        "publicKey": {
            "id": f"{scene.victim.url}/upload",
            "owner": scene.vera,
            "publicKeyPem": scene.peer.pem(scene.eve),
        },
    }
    note = scene.victim.note(scene.vera, "Vals.", scene.post)
    return scene.victim.create(scene.inbox, note, key_of=scene.eve, key_id=f"{scene.victim.url}/upload")


RFC = signatures.sign_rfc9421
REFUSED: dict[str, tuple[Callable[[Scene], int], int, str]] = {
    "no signature": (without("Signature"), 401, "not-signed"),
    "no signature of the newer kind": (without("Signature", RFC), 401, "bad-signature"),
    "half a signature of the newer kind": (without("Signature-Input", RFC), 400, "bad-uri"),
    "another body": (
        lambda scene: scene.create(body=b'{"type":"Like","actor":"%s"}' % scene.mies.encode()),
        401,
        "bad-digest",
    ),
    "another body, newer kind": (
        lambda scene: scene.create(sign=RFC, body=b'{"type":"Like","actor":"%s"}' % scene.mies.encode()),
        401,
        "bad-digest",
    ),
    "a space more": (
        lambda scene: scene.send(
            like := scene.peer.activity(scene.mies, "Like", scene.post), body=json.dumps(like).encode() + b" "
        ),
        401,
        "bad-digest",
    ),
    "no digest": (without("Digest"), 401, "bad-digest"),
    "no digest, newer kind": (without("Content-Digest", RFC), 401, "bad-digest"),
    "a weak digest": (with_headers(Digest="MD5=abc"), 401, "bad-digest"),
    "two digests": (with_headers(Digest="SHA-256=a,SHA-256=b"), 401, "bad-digest"),
    "digest not signed": (covering("(request-target) host date"), 401, "digest-not-signed"),
    "date not signed": (covering("(request-target) host digest"), 401, "time-not-signed"),
    "target not signed": (covering("host date digest"), 401, "target-not-signed"),
    "host not signed": (covering("(request-target) date digest"), 401, "target-not-signed"),
    "another path": (replayed, 401, "bad-signature"),
    "another host": (with_headers(Host="other.example"), 401, "other-host"),
    "another date": (with_headers(Date="Wed, 25 Nov 2020 10:00:00 GMT"), 401, "too-old"),
    "no date at all": (with_headers(Date="yesterday"), 401, "bad-date"),
    "seventy minutes old": (at(timedelta(minutes=-70)), 401, "too-old"),
    "seventy minutes old, newer kind": (at(timedelta(minutes=-70), RFC), 401, "too-old"),
    "six minutes ahead": (at(timedelta(minutes=6)), 401, "in-the-future"),
    "six minutes ahead, newer kind": (at(timedelta(minutes=6), RFC), 401, "in-the-future"),
    "a parameter twice": (twice, 401, "bad-signature"),
    "another key": (with_another_key, 401, "bad-signature"),
    "no key": (with_headers(Signature="x"), 400, "bad-uri"),
    "a key that is no address": (lambda scene: scene.create(key_id="javascript:alert(1)"), 400, "bad-uri"),
    "a key with a name in its address": (
        lambda scene: scene.create(key_id=scene.mies.replace("://", "://x@") + "#main-key"),
        400,
        "bad-uri",
    ),
    "a key of another server": (lambda scene: scene.create(key_of=scene.vera), 401, "key-of-another-origin"),
    "a key that is nowhere": (lambda scene: scene.create(key_id=f"{scene.peer.url}/nowhere#k"), 401, "gone"),
    "a key of a note": (lambda scene: scene.create(key_id=scene.note()["id"]), 401, "not-an-actor"),
    "the neighbour's key": (lambda scene: scene.create(key_of=scene.eve), 401, "signer-is-not-actor"),
    "a key beside the owner's document": (redirected_key, 401, "key-not-named"),
    "an id of another server": (
        lambda scene: scene.send(
            {**scene.peer.activity(scene.mies, "Like", scene.post), "id": f"{scene.victim.url}/1"}
        ),
        401,
        "id-of-another-origin",
    ),
    "an id on another port": (
        lambda scene: scene.send({**scene.peer.activity(scene.mies, "Like", scene.post), "id": "http://127.0.0.4:1/1"}),
        401,
        "id-of-another-origin",
    ),
    "an actor of another server": (
        lambda scene: scene.send(
            {**scene.peer.activity(scene.vera, "Like", scene.post), "id": None}, key_of=scene.mies
        ),
        401,
        "key-of-another-origin",
    ),
    "an actor twice": (
        lambda scene: scene.create(
            raw=b'{"type":"Like","actor":"%b","actor":"%b"}' % (scene.mies.encode(), scene.vera.encode())
        ),
        400,
        "bad-json",
    ),
    "deep": (lambda scene: scene.create(raw=b'{"a":' * 40 + b"1" + b"}" * 40), 400, "too-deep"),
    "giant": (lambda scene: scene.create(raw=b'{"a":"' + b"x" * 300_000 + b'"}'), 413, ""),
    "not a number": (lambda scene: scene.create(raw=b'{"a":NaN}'), 400, "bad-json"),
    "compressed": (with_headers(Content_Encoding="gzip"), 415, "not-encoded-plainly"),
    "plain JSON": (with_headers(Content_Type="application/json"), 415, "not-activitystreams"),
}


def at_home(host: str) -> Callable[[Scene], int]:
    def forge(scene: Scene) -> int:
        like = {**scene.peer.activity(scene.mies, "Like", scene.post), "actor": f"http://{host}/a", "id": None}
        return scene.send(like, key_of=scene.mies, key_id=f"http://{host}/a#main-key")

    return forge


REFUSED |= {f"an actor at {host}": (at_home(host), 401, "unreachable") for host in PRIVATE}


@pytest.mark.parametrize("name", REFUSED)
def test_a_forged_activity_is_refused_with_its_reason(scene: Scene, name: str) -> None:
    forge, status, reason = REFUSED[name]
    before = scene.counts()
    scene.victim.said = ""
    assert forge(scene) == status
    answered = json.loads(scene.victim.said or scene.peer.said)
    assert answered.get("error") == (reason or None)
    assert scene.counts() == before
    assert set(scene.reached) <= scene.allowed
