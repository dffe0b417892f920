"""Delivery: every activity to every inbox at least once, with the same id, and never again after a recorded 2xx."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from comments_service.errors import Unavailable
from comments_service.federation import signatures
from comments_service.federation.keys import OwnKey, OwnKeys
from comments_service.jobs import Alarm, work
from comments_service.network import Client
from comments_service.store import deliveries as rows
from comments_service.store import followers as follower_rows
from comments_service.store import servers as server_rows
from comments_service.store.protocol import Clock, Row, Store, Transaction
from comments_service.store.rows import moment, number, optional, text, to_json, values

AT_ONCE = 128  # requests under way
PER_SERVER = 4
LEASE = timedelta(minutes=5)  # after which an attempt that was never finished counts as lost
ANSWER_BYTES = 64_000
CONTENT_TYPE = "application/activity+json"
# After the first, second, … failed attempt: some four days, as long as a server may be down over a long weekend.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440, 1440))
OLD = timedelta(days=7)  # an activity that a resting server did not get until then is not tried again
PASSING = (401, 408, 425, 429)  # what else is 4xx says no for good
SIGN_ANEW = (400, 401)
KINDS = {"cavage": signatures.sign_cavage, "rfc9421": signatures.sign_rfc9421}
RESTS_AFTER = 3  # failures in a row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """An activity as it is sent, whoever gets it."""

    activity: Row
    body: bytes
    key: OwnKey
    key_id: str


@dataclass(frozen=True)
class Attempt:
    """What came of one POST. `status` is 0 when there was no answer."""

    row: Row  # of the delivery
    letter: Letter
    status: int = 0
    error: str = ""
    signature: str = "cavage"
    retry_after: str | None = None


def retry_delay(
    attempt: int, status: int, age: timedelta, *, asked: timedelta = timedelta(), luck: float = 0.5
) -> timedelta | None:
    """Return how long to wait after a failed attempt (the first is 1) of an activity, or None to give up.

    `asked` is what the server asked for, of at most a day; `luck`, from 0 to 1, spreads what failed together.
    """
    if (400 <= status < 500 and status not in PASSING) or attempt > len(DELAYS) or age > OLD:
        return None
    return max(DELAYS[attempt - 1] * (0.75 + luck / 2), min(asked, timedelta(days=1)))


def rest(failures: int) -> timedelta:
    """Return how long a server rests that failed so many times in a row: from half a minute to six hours."""
    return timedelta(minutes=min(360, 2 ** (failures - RESTS_AFTER) / 2)) if failures >= RESTS_AFTER else timedelta()


def retry_after(value: str | None, now: datetime) -> timedelta:
    """Read Retry-After: seconds or a date (RFC 9110, section 10.2.3); nothing when it says neither."""
    if value is None:
        return timedelta()
    if value.isdecimal():
        return timedelta(seconds=int(value[:6]))
    with contextlib.suppress(ValueError):
        said = parsedate_to_datetime(value)
        return max((said if said.tzinfo else said.replace(tzinfo=UTC)) - now, timedelta())
    return timedelta()


@dataclass(eq=False)
class Delivery:
    """Sends what is queued of one site. `step` makes one batch of attempts; `run` is the loop of a serving process."""

    store: Store
    site_id: str
    keys: OwnKeys
    client: Client
    clock: Clock
    is_alone: bool = False  # in a process that serves nobody: its one thread signs too
    _busy: Counter[str] = field(default_factory=Counter)  # servers, and how many requests to each are under way
    _taken: list[Attempt] = field(default_factory=list)  # and not recorded yet
    _recording: asyncio.Lock = field(default_factory=asyncio.Lock)
    _alarm: Alarm | None = None

    async def step(self) -> bool:
        """Make an attempt for each of the deliveries that are due, AT_ONCE at most. Return False when none was."""
        claimed = await self._claim(AT_ONCE)
        await self._deliver(claimed)
        return bool(claimed)

    async def run(self) -> None:
        """Deliver until cancelled; woken by every commit that queues something and by every request that ends."""
        self._alarm = Alarm(self.store, rows.QUEUE)
        async with asyncio.TaskGroup() as group:

            async def step() -> bool:
                if (free := AT_ONCE - self._busy.total()) >= AT_ONCE // 2 and (claimed := await self._claim(free)):
                    group.create_task(self._deliver(claimed))
                return False  # the end of a request rings, or the next one is due

            await work(step, self._alarm, self.clock, partial(self.store.look, rows.next_due, self.site_id))

    async def _claim(self, most: int) -> list[Row]:
        """Count an attempt for what is due, in the store, before any is made."""
        now = self.clock()
        due = self.store.look(rows.next_due, self.site_id)
        if due is None or due > now:
            return []
        bounds = {"limit": most, "per_server": PER_SERVER}
        busy = to_json(list(self._busy))
        claimed = await self.store.write(rows.claim, self.site_id, busy, **bounds, now=now, lost_at=now + LEASE)
        self._busy.update(text(row, "server") for row in claimed)
        return claimed

    async def _deliver(self, claimed: Sequence[Row]) -> None:
        """Sign for each server and send; what fails here is tried again when its lease ends."""
        try:
            attempts = await self._attempts(claimed)
            here = len(attempts) // 2 if self.is_alone else 0
            signing = asyncio.get_running_loop().run_in_executor(None, list, map(self._headers, attempts[here:]))
            headers = [*map(self._headers, attempts[:here]), *await signing]
        except Exception:
            log.exception("deliveries could not be prepared")
            self._free(claimed)
        else:
            await asyncio.gather(*map(self._make, attempts, headers))

    async def _attempts(self, claimed: Sequence[Row]) -> list[Attempt]:
        """Return what is to be tried. What would go to a blocked server is refused by us already."""
        activities, policies = await self.store.read(_known, claimed)
        letters = {}
        for activity in activities:
            key = await self.keys.key(text(activity, "own_actor_id"))
            key_id = f"{values(activity, 'document')['actor']}#main-key"  # of the host that it was when it was said
            letters[activity["id"]] = Letter(activity, text(activity, "document").encode(), key, key_id)
        return [
            Attempt(row, letters[row["activity_id"]], 403, "blocked")
            if policies.get(text(row, "server")) == "block"
            else Attempt(row, letters[row["activity_id"]], signature=optional(row, "signature") or "cavage")
            for row in claimed
        ]

    def _headers(self, attempt: Attempt) -> Mapping[str, str]:
        """Return the headers that sign an attempt; none for what is refused already or goes to what is no address."""
        letter, inbox, sign = attempt.letter, text(attempt.row, "inbox"), KINDS[attempt.signature]
        if attempt.error:
            return {}
        try:
            signed = sign(letter.key.private, letter.key_id, "POST", inbox, letter.body, now=self.clock())
        except ValueError:
            return {}
        return {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE, **signed}

    async def _make(self, attempt: Attempt, headers: Mapping[str, str]) -> None:
        """Make one attempt and record what came of it."""
        try:
            attempt = await self._send(attempt, headers)
            if attempt.status in SIGN_ANEW:
                (other,) = KINDS.keys() - {attempt.signature}
                again = Attempt(attempt.row, attempt.letter, signature=other)
                attempt = await self._send(again, await asyncio.to_thread(self._headers, again))
            if 200 <= attempt.status < 300:
                self._taken.append(attempt)
                if not self._recording.locked():
                    await self._record()
                return
            await self.store.write(_failed, attempt, now=self.clock())
        except Exception:
            log.exception("a delivery to %s could not be made or recorded", attempt.row["server"])
        self._free([attempt.row])

    async def _send(self, attempt: Attempt, headers: Mapping[str, str]) -> Attempt:
        row, letter, inbox = attempt.row, attempt.letter, text(attempt.row, "inbox")
        if not headers:
            return Attempt(row, letter, attempt.status, attempt.error or f"{inbox} is no address")
        try:
            answer = await self.client.request("POST", inbox, headers, letter.body, most_bytes=ANSWER_BYTES)
        except Unavailable as unavailable:
            return Attempt(row, letter, error=str(unavailable)[:500])
        said = f"{answer.status} {answer.content[:200].decode('utf-8', 'replace')}"
        return Attempt(row, letter, answer.status, said, attempt.signature, answer.headers.get("retry-after"))

    async def _record(self) -> None:
        """Record what was taken, together with what is taken meanwhile."""
        async with self._recording:
            while self._taken:
                taken, self._taken = self._taken, []
                try:
                    await self.store.write(_took, taken, now=self.clock())
                except Exception:
                    log.exception("%d deliveries could not be recorded", len(taken))
                self._free([attempt.row for attempt in taken])

    def _free(self, done: Sequence[Row]) -> None:
        self._busy -= Counter(text(row, "server") for row in done)
        if self._alarm:
            self._alarm.ring()


def _known(tx: Transaction, claimed: Sequence[Row]) -> tuple[list[Row], Mapping[str, str]]:
    ids = {text(row, "activity_id") for row in claimed}
    return rows.activities(tx, to_json(sorted(ids))), server_rows.policies(tx, {text(row, "server") for row in claimed})


def _took(tx: Transaction, taken: Sequence[Attempt], *, now: datetime) -> None:
    """Write down what was taken: it is never sent again."""
    rows.delivered(tx, [one.row for one in taken], now=now)
    server_rows.took(tx, {text(one.row, "server"): one.signature for one in taken})


def _failed(tx: Transaction, attempt: Attempt, *, now: datetime) -> None:
    """Write down what was not taken; a server that fails again and again rests, longer each time."""
    server = text(attempt.row, "server")
    asked = retry_after(attempt.retry_after, now)
    age = now - moment(attempt.letter.activity, "made_at")
    tries = number(attempt.row, "attempts")
    delay = retry_delay(tries, attempt.status, age, asked=asked, luck=random.random())  # noqa: S311 - no secret
    rows.put_off(tx, attempt.row, attempt.error, until=None if delay is None else now + delay, now=now)
    if attempt.status == 410:
        follower_rows.drop_inbox(tx, text(attempt.row, "inbox"))
    if attempt.status in (0, 429) or attempt.status >= 500:
        known = server_rows.get(tx, server) or {"failures": 0}
        rests = max(rest(number(known, "failures") + 1), min(asked, timedelta(days=1)))
        server_rows.failed(tx, server, now + rests if rests else None)
