"""Looking at texts of other servers where they come from: are they still there, were they edited, who answered them.

Some Deletes and edits never reach us, and answers come only from servers that know us: so known comments are looked at
again now and then, and gaps are filled from the `replies` of their own servers.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import fates, received
from comments_service.fates import Fate
from comments_service.federation import reading, wire
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.texts import Texts
from comments_service.federation.vocabulary import Refusal, RemoteObject
from comments_service.store import comments as comment_rows
from comments_service.store import received as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text

SECONDS = 60  # between two rounds
AT_ONCE = 20  # comments in one round
YOUNG = timedelta(days=7)
OFTEN, SELDOM = timedelta(hours=6), timedelta(days=30)  # how often a young comment is looked at, and any other
PAGES = 3  # of one collection of answers
ANSWERS = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checks(Room):
    texts: Texts

    async def run(self) -> None:
        """Look again until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self.step()
            except Exception:  # the loop stays, whatever another server answers
                log.exception("comments from elsewhere could not be looked at")

    async def step(self) -> int:
        """Look at the comments that were not looked at for longest; return how many were due."""
        due = await self.store.read(self._due, now=self.clock())
        for row in due:
            await self.store.write(_checked, text(row, "id"), now=self.clock())  # whatever comes of it
            try:
                if (value := await self.ask(text(row, "origin_uri"), budget := Budget())) is not None:
                    await self.fill(value, value.replies, budget)
            except Refusal as refusal:
                log.info("a comment of %s cannot be looked at: %s", wire.host(text(row, "origin_uri")), refusal.reason)
        return len(due)

    async def ask(self, uri: str, budget: Budget) -> RemoteObject | None:
        """Take in a text as its own server has it; one that is gone there goes here too. Raises Refusal."""
        try:
            value = await self.remote.remote_object(uri, budget)
        except Refusal as refusal:
            if refusal.reason == "gone" or (refusal.reason, refusal.detail) == ("not-a-text", "Tombstone"):
                await self.store.write(_take_back, uri, now=self.clock())
                return None
            raise
        await self.texts.take(value, budget)
        return value

    async def where_is(self, address: str) -> Fate:
        """Return what became of a reply, by its id or page. One that never came is fetched, and judged as if it had."""
        uri = address
        try:
            uri = self.remote.uri(address.strip())
            if self.uris.parse(uri) is not None:
                raise Refusal("ours")
            if (known := await self.store.read(fates.find, self.site_id, uri)) is not None:
                return known
            value = await self.remote.remote_object(uri, budget := Budget())
            await self.texts.take(value, budget)
            if (found := await self.store.read(fates.find, self.site_id, value.uri)) is not None:
                return found
            raise Refusal("not-a-reply")
        except Refusal as refusal:
            return Fate(uri, "refused", str(refusal), self.clock())

    def _due(self, tx: Transaction, *, now: datetime) -> list[Row]:
        seldom = rows.to_check(tx, self.site_id, now - SELDOM, None, limit=AT_ONCE)
        return seldom or rows.to_check(tx, self.site_id, now - OFTEN, now - YOUNG, limit=AT_ONCE)

    async def fill(self, value: RemoteObject, collection: str | None, budget: Budget) -> None:
        """Take in what a collection of a text names and that never came. Raises Refusal."""
        async for uri in self._answers(collection, wire.origin(value.uri), budget):
            if not await self.store.read(_is_judged, self.site_id, uri):
                try:
                    await self.texts.take_address(uri, budget)
                except Refusal as refusal:
                    if refusal.reason == "too-many-fetches":
                        raise

    async def _answers(self, address: str | None, origin: str, budget: Budget) -> AsyncIterator[str]:
        """Addresses in a collection and its pages, which stay on their server. Ours are left out."""
        seen: set[str] = set()
        count = 0
        while address is not None and wire.origin(address) == origin and address not in seen and len(seen) < PAGES:
            seen.add(address)
            document = await self.remote.document(address, budget)
            first = document.get("first")
            page = first if isinstance(first, dict) else document
            for uri in reading.addresses(page.get("orderedItems", page.get("items")), self.remote.http_ok):
                if self.uris.parse(uri) is None and count < ANSWERS:
                    count += 1
                    yield uri
            following = page.get("next") if page is first else document.get("next") or first
            address = reading.address_of(following, self.remote.http_ok)


def _checked(tx: Transaction, comment_id: str, *, now: datetime) -> None:
    comment_rows.change(tx, comment_id, checked_at=now)


def _take_back(tx: Transaction, uri: str, *, now: datetime) -> None:
    for known in rows.copies(tx, uri):
        received.take_back(tx, known, now=now)


def _is_judged(tx: Transaction, site_id: str, uri: str) -> bool:
    """Tell whether an answer came already, and would be judged in the same way again."""
    fate = fates.find(tx, site_id, uri)
    return rows.find(tx, site_id, uri) is not None or (fate is not None and fate.reason != "parent-not-shown")
