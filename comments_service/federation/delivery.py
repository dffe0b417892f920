"""Delivery: every activity to every inbox at least once, with the same id, and never again after a recorded 2xx."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service.errors import Unavailable
from comments_service.federation import signatures
from comments_service.federation.keys import OwnKey, OwnKeys
from comments_service.federation.uris import Uris
from comments_service.network import Client
from comments_service.store import deliveries as rows
from comments_service.store import followers as follower_rows
from comments_service.store import servers as server_rows
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import moment, number, optional, text

BATCH = 64
LEASE = timedelta(minutes=5)
IDLE_SECONDS = 30.0
ANSWER_BYTES = 64_000
CONTENT_TYPE = "application/activity+json"
# After the first, second, … failed attempt: some four days, as long as a server may be down over a long weekend.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440, 1440))
PASSING = (408, 425, 429)  # what else is 4xx says no for good
SIGN_ANEW = (400, 401)
RESTS_AFTER = 10  # failures in a row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What came of one POST. `status` is 0 when there was no answer."""

    activity_id: str
    inbox: str
    server: str
    number: int  # the first is 1
    status: int
    error: str
    signature: str = "cavage"

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def retry_delay(attempt: int, status: int) -> timedelta | None:
    """Return how long to wait after a failed attempt (the first is 1), or None to give up."""
    if 400 <= status < 500 and status not in PASSING:
        return None
    return DELAYS[attempt - 1] if attempt <= len(DELAYS) else None


class Delivery:
    """Sends what is queued. `step` does one batch; `run` is the loop of a serving process."""

    def __init__(self, store: Store, uris: Uris, keys: OwnKeys, client: Client, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._uris = uris
        self._keys = keys
        self._client = client
        self._clock = clock

    async def step(self) -> bool:
        """Make one attempt for each of the deliveries that are due, BATCH at most. Return False when none was."""
        now = self._clock()
        due = await self._store.read(rows.next_due)
        if due is None or moment(due, "due_at") > now:
            return False
        claimed = await self._store.write(rows.claim, limit=BATCH, now=now, lost_at=now + LEASE)
        if claimed:
            ids = sorted({text(row, "activity_id") for row in claimed})
            activities = {text(row, "id"): row for row in await self._store.read(rows.activities, ids)}
            keys = {text(row, "own_actor_id"): None for row in activities.values()}
            own = {actor_id: await self._keys.key(actor_id) for actor_id in keys}
            attempts = await asyncio.gather(
                *(self._attempt(row, activities[text(row, "activity_id")], own) for row in claimed)
            )
            await self._store.write(_record, attempts, now=self._clock())
        return True

    async def run(self) -> None:
        """Deliver until cancelled; woken by every commit that queues something."""
        loop = asyncio.get_running_loop()
        wake = asyncio.Event()

        def on_commit(touched: Iterable[tuple[str, str]]) -> None:
            if rows.QUEUE in touched and not loop.is_closed():
                loop.call_soon_threadsafe(wake.set)

        self._store.on_commit(on_commit)
        while True:
            wake.clear()
            try:
                if await self.step():
                    continue
                due = await self._store.read(rows.next_due)
            except Exception:  # a full disk or a locked file passes; the loop stays
                log.exception("deliveries could not be read or recorded")
                due = None
            wait = IDLE_SECONDS if due is None else (moment(due, "due_at") - self._clock()).total_seconds()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(wait, 0.05), IDLE_SECONDS)):
                    await wake.wait()

    async def _attempt(self, row: Row, activity: Row, own: dict[str, OwnKey]) -> Attempt:
        inbox, server, body = text(row, "inbox"), text(row, "server"), text(activity, "document").encode()
        key = own[text(activity, "own_actor_id")]
        known = self._store.look(server_rows.get, server)
        kinds = ["cavage", "rfc9421"]
        if known is not None and known["signature"] == "rfc9421":
            kinds.reverse()
        status, error, kind = 0, "", kinds[0]
        try:
            for kind in kinds:
                sign = signatures.sign_cavage if kind == "cavage" else signatures.sign_rfc9421
                signed = sign(key.private, self._uris.key(key.actor_id), "POST", inbox, body, now=self._clock())
                headers = {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE, **signed}
                answer = await self._client.request("POST", inbox, headers, body, most_bytes=ANSWER_BYTES)
                status = answer.status
                error = "" if status < 300 else f"{status} {answer.content[:200].decode('utf-8', 'replace')}"
                if status not in SIGN_ANEW:
                    break
        except Unavailable as unavailable:
            error = str(unavailable)
        attempt = number(row, "attempts")
        return Attempt(text(row, "activity_id"), inbox, server, attempt, status, error[:500], kind)


def _record(tx: Transaction, attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Write down what came of a batch; servers that fail again and again rest, longer each time."""
    for attempt in attempts:
        activity_id, inbox = attempt.activity_id, attempt.inbox
        known = server_rows.get(tx, attempt.server)
        if attempt.is_taken:
            rows.delivered(tx, activity_id, inbox, now=now)
            server_rows.succeeded(tx, attempt.server)
            if (optional(known, "signature") if known else None) != attempt.signature:
                server_rows.put(tx, attempt.server, signature=attempt.signature)
            continue
        delay = retry_delay(attempt.number, attempt.status)
        if delay is None:
            rows.give_up(tx, activity_id, inbox, attempt.error, now=now)
        else:
            rows.put_off(tx, activity_id, inbox, attempt.error, until=now + delay)
        if attempt.status == 410:
            follower_rows.drop_inbox(tx, inbox)
        if attempt.status == 0 or attempt.status >= 500:
            failures = (number(known, "failures") if known else 0) + 1
            rests = (
                now + timedelta(minutes=min(360, 2 ** (failures - RESTS_AFTER))) if failures >= RESTS_AFTER else None
            )
            server_rows.failed(tx, attempt.server, rests)
