"""What the inbox takes before it knows anybody: a bounded body of the right kind, read in one way."""

import asyncio
import json
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from starlette.requests import Request
from starlette.types import Message

from comments_service.federation import inbox
from tests.service.running import Service, a_service

ACTIVITY = "application/activity+json"
LIKE = {"id": "https://a.example/1", "type": "Like", "actor": "https://a.example/a", "object": "https://b.example/"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_service(tmp_path_factory.mktemp("inbox")) as running:
        yield running


def refusal(service: Service, body: bytes | Iterator[bytes], **headers: str) -> tuple[int, str]:
    named = {"Content-Type": ACTIVITY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = service.client.post("/ap/inbox", content=body, headers=named)
    return answer.status_code, str(answer.json().get("error", ""))


def test_a_body_that_does_not_say_how_long_it_is_is_counted(service: Service) -> None:
    assert refusal(service, iter([b"[" * 100_000] * 10))[0] == 413
    assert refusal(service, b"[" * 1_000_000)[0] == 413


def test_a_body_that_trickles_in_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(inbox, "BODY_SECONDS", 0.01)
    headers = [(b"content-type", ACTIVITY.encode())]
    request = Request({"type": "http", "method": "POST", "path": "/ap/inbox", "headers": headers}, receive)
    box = inbox.Inbox(*[Mock()] * 5)  # it comes to none of them
    assert asyncio.run(box.receive(request)).status_code == 408


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"Content_Type": "application/json"}, 415, "not-activitystreams"),
        ({"Content_Type": "text/html"}, 415, "not-activitystreams"),
        ({"Content_Type": ""}, 415, "not-activitystreams"),
        ({"Content_Encoding": "gzip"}, 415, "not-encoded-plainly"),
        ({"Content_Encoding": "identity, br"}, 415, "not-encoded-plainly"),
        ({}, 401, "not-signed"),
        ({"Content_Type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}, 401, "not-signed"),
        ({"Signature": "x"}, 400, "bad-uri"),
        ({"Signature": 'keyId="https://b.example/key"'}, 401, "key-of-another-origin"),
        ({"Signature": 'keyId="https://a.example@b.example/key"'}, 400, "bad-uri"),
        ({"Signature": 'keyId="http://a.example/key"'}, 400, "not-https"),
        ({"Signature_Input": "(((("}, 401, "bad-signature"),
    ],
)
def test_what_is_wrong_is_named(service: Service, headers: dict[str, str], status: int, reason: str) -> None:
    assert refusal(service, json.dumps(LIKE).encode(), **headers) == (status, reason)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"{",
            b'"x"',
            b"null",
            b"\xff",
            b'{"type":"Like","type":"Follow"}',
            b'{"a":NaN}',
            b'{"a":"\\ud800"}',
        ),
        *(b"[" * 200_000, b'{"a":' * 50_000, b"{}", b'{"type":"Like"}', b'{"type":"Like","actor":"x"}'),
        *(b'{"type":{},"actor":[]}', b'{"type":"Like","actor":{"id":["https://a.example/"]}}', b"\x00" * 100_000),
        b'{"type":"Like","actor":"https://a.example:0/"}',
        b'{"type":"Like","actor":"https://127.1/a"}',
        b'{"type":"Like","actor":"https://a.example/../b"}',
        b'{"type":"' + b"x" * 200_000 + b'","actor":"https://a.example/a"}',
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_crashes(service: Service, body: bytes) -> None:
    status, reason = refusal(service, body)
    assert status == 400
    assert reason in ("bad-json", "bad-uri", "not-an-activity", "too-deep")


def test_a_strangers_delete_and_what_means_nothing_are_answered_at_once(service: Service) -> None:
    for activity in ({**LIKE, "type": "Delete", "object": LIKE["actor"]}, {**LIKE, "type": "Arrive"}):
        answer = service.client.post(
            "/ap/inbox", content=json.dumps(activity).encode(), headers={"Content-Type": ACTIVITY}
        )
        assert (answer.status_code, answer.content) == (202, b"")
