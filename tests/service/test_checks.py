"""Collections of answers as other servers page them, which of them are asked for, and a loop that stays."""

import asyncio
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

import pytest

from comments_service.federation import checks
from comments_service.federation.checks import ANSWERS, PAGES, Checks
from comments_service.federation.house import House
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.texts import Texts
from comments_service.federation.uris import Uris
from comments_service.federation.vocabulary import Refusal
from comments_service.settings import Settings, SiteSettings
from comments_service.store import fates as fate_rows
from comments_service.store.protocol import Store, Transaction
from tests.service.builders import NOW, SITE, SITE_URL, a_page
from tests.service.strangers import a_reply, a_stranger
from tests.service.test_reading import a_note

PEER, OURS = "https://peer.example", f"{SITE_URL}/ap/objects/01ARZ3NDEKTSV4RRFFQ69G5FAV"
ALL, MORE, LAST = (f"{PEER}/replies{number}" for number in ("", "/2", "/3"))
ONE, TWO, THREE = (f"{PEER}/notes/{number}" for number in (1, 2, 3))
Documents = Mapping[str, dict[str, object]]


class Canned(Remote):
    """Knows its documents."""

    def __init__(self, documents: Documents) -> None:
        self.documents, self.asked = documents, list[str]()

    @property
    def http_ok(self) -> Any:
        return lambda _: False

    async def document(self, uri: str, budget: Budget) -> dict[str, object]:
        del budget
        self.asked.append(uri)
        return self.documents[uri]


class Taking(Texts):
    """Notes what it is to take, and refuses it."""

    async def take_address(self, uri: str, budget: Budget) -> None:
        budget.take()
        cast(Canned, self.remote).asked.append(uri)
        raise Refusal("not-in-a-thread")


class Nothing:
    """A store in which nothing was judged before."""

    async def read(self, *_: object) -> bool:
        return False


def some_checks(documents: Documents) -> tuple[Checks, Canned]:
    remote, store = Canned(documents), cast(Store, Nothing())
    settings = Settings(site=SiteSettings(id=SITE, name="Plein", url=SITE_URL))
    room = store, settings, House(Uris(SITE_URL), SITE_URL), remote, lambda: NOW
    return Checks(*room, Taking(*room)), remote


def page(*items: object, **members: object) -> dict[str, object]:
    return {"type": "CollectionPage", "items": list(items), **members}


@pytest.mark.parametrize(
    ("documents", "found", "asked"),
    [
        ({ALL: page(ONE, {"id": TWO})}, [ONE, TWO], [ALL]),
        ({ALL: {"orderedItems": [ONE], "items": [TWO]}}, [ONE], [ALL]),
        ({ALL: {"items": ONE}}, [ONE], [ALL]),
        ({ALL: page(None, 7, "no", OURS, "http://peer.example/1", ONE)}, [ONE], [ALL]),
        ({ALL: {"first": page(ONE, next=MORE)}, MORE: page(TWO)}, [ONE, TWO], [ALL, MORE]),
        ({ALL: {"first": page(ONE)}}, [ONE], [ALL]),
        ({ALL: {"first": MORE}, MORE: page(ONE, next=LAST), LAST: page(TWO)}, [ONE, TWO], [ALL, MORE, LAST]),
        ({ALL: page(ONE, next=MORE, first=LAST), MORE: page(TWO)}, [ONE, TWO], [ALL, MORE]),
        ({ALL: page(ONE, next=ALL)}, [ONE], [ALL]),
        ({ALL: page(ONE, next="https://victim.example/replies")}, [ONE], [ALL]),
        ({ALL: page(*(f"{PEER}/{number}" for number in range(2 * ANSWERS)))}, ANSWERS, [ALL]),
        ({ALL: {"first": MORE}, MORE: page(ONE, next=LAST), LAST: page(TWO, next=f"{LAST}0")}, [ONE, TWO], PAGES),
    ],
)
def test_answers_are_read_in_every_shape_and_not_without_end(
    documents: Documents, found: list[str] | int, asked: list[str] | int
) -> None:
    looking, remote = some_checks(documents)

    async def answers() -> list[str]:
        return [uri async for uri in looking._answers(ALL, PEER, Budget())]

    read = asyncio.run(answers())
    assert (len(read) if isinstance(found, int) else read) == found
    assert (len(remote.asked) if isinstance(asked, int) else remote.asked) == asked


def test_one_answer_that_is_refused_keeps_no_other_out_until_enough_was_asked() -> None:
    looking, remote = some_checks({ALL: page(ONE, TWO, THREE)})
    with pytest.raises(Refusal, match="too-many-fetches"):
        asyncio.run(looking.fill(a_note(id=ALL), ALL, Budget(2)))
    assert remote.asked == [ALL, ONE, TWO]


def test_what_was_judged_is_not_asked_for_again_unless_it_would_be_judged_otherwise(tx: Transaction) -> None:
    a_page(tx, "blogs/drempels")
    comment_id = a_reply(tx, a_stranger(tx))
    (known,) = tx.all("SELECT origin_uri FROM comment WHERE id = :id", {"id": comment_id})
    tx.run("DELETE FROM fate")
    for uri, reason in ((ONE, "no-text"), (TWO, "parent-not-shown")):
        fate_rows.decide(tx, SITE, uri, None, "refused", reason, now=NOW)
    uris = (str(known["origin_uri"]), ONE, TWO, THREE)
    assert [checks._is_judged(tx, SITE, uri) for uri in uris] == [True, True, False, False]


def test_the_loop_goes_on_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0)
    rounds: list[datetime] = []

    class Failing(Checks):
        async def step(self) -> int:
            rounds.append(self.clock())
            raise asyncio.CancelledError if len(rounds) == 3 else ValueError("of another server")

    looking, _ = some_checks({})
    failing = Failing(**{field.name: getattr(looking, field.name) for field in fields(Checks)})
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(failing.run())
    assert len(rounds) == 3
