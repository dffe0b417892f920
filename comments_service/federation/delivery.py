"""Delivery: every activity to every inbox at least once, with the same id, and never again after a recorded 2xx."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from comments_service import servers
from comments_service.errors import Unavailable
from comments_service.federation import signatures
from comments_service.federation.keys import OwnKeys
from comments_service.jobs import Alarm
from comments_service.network import Client
from comments_service.store import deliveries as rows
from comments_service.store import followers as follower_rows
from comments_service.store import servers as server_rows
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import moment, number, text, to_json, values

AT_ONCE = 64  # requests under way
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
class Attempt:
    """What came of one POST. `status` is 0 when there was no answer."""

    row: Row  # of the delivery
    activity: Row
    status: int = 0
    error: str = ""
    signature: str = "cavage"
    retry_after: str | None = None

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


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


@dataclass(frozen=True)
class Delivery:
    """Sends what is queued of one site. `step` makes one batch of attempts; `run` is the loop of a serving process."""

    store: Store
    site_id: str
    keys: OwnKeys
    client: Client
    clock: Callable[[], datetime]
    _busy: Counter[str] = field(default_factory=Counter)  # servers, and how many requests to each are under way

    async def step(self) -> bool:
        """Make an attempt for each of the deliveries that are due, AT_ONCE at most. Return False when none was."""
        claimed = await self._claim(AT_ONCE)
        await asyncio.gather(*(self._deliver(*one) for one in claimed))
        return bool(claimed)

    async def run(self) -> None:
        """Deliver until cancelled; woken by every commit that queues something and by every request that ends."""
        alarm = Alarm(self.store, rows.QUEUE)
        async with asyncio.TaskGroup() as group:
            while True:
                alarm.clear()
                due = None
                try:
                    if (free := AT_ONCE - self._busy.total()) >= AT_ONCE // 2:
                        for one in (claimed := await self._claim(free)):
                            group.create_task(self._deliver(*one)).add_done_callback(lambda _: alarm.ring())
                        if not claimed:
                            due = await self.store.read(rows.next_due, self.site_id)
                except Exception:  # a full disk or a locked file passes; the loop stays
                    log.exception("deliveries could not be read")
                await alarm.wait(moment(due, "due_at") if due else None, self.clock())

    async def _claim(self, most: int) -> list[tuple[Row, Row]]:
        """Count an attempt for what is due, in the store, before any is made. Return deliveries with activities."""
        now = self.clock()
        due = await self.store.read(rows.next_due, self.site_id)
        if due is None or moment(due, "due_at") > now:
            return []
        claimed = await self.store.write(
            rows.claim,
            self.site_id,
            to_json(list(self._busy)),
            limit=most,
            per_server=PER_SERVER,
            now=now,
            lost_at=now + LEASE,
        )
        ids = to_json(sorted({text(row, "activity_id") for row in claimed}))
        activities = {text(row, "id"): row for row in await self.store.read(rows.activities, ids)}
        self._busy.update(text(row, "server") for row in claimed)
        return [(row, activities[text(row, "activity_id")]) for row in claimed]

    async def _deliver(self, row: Row, activity: Row) -> None:
        server = text(row, "server")
        try:
            attempt = await self._attempt(row, activity)
            await self.store.write(_record, attempt, now=self.clock())
        except Exception:  # it is tried again when its lease ends
            log.exception("a delivery to %s could not be made or recorded", server)
        finally:
            self._busy[server] -= 1
            if not self._busy[server]:
                del self._busy[server]

    async def _attempt(self, row: Row, activity: Row) -> Attempt:
        inbox, server, body = text(row, "inbox"), text(row, "server"), text(activity, "document").encode()
        if self.store.look(servers.policy_of, server) == "block":
            return Attempt(row, activity, 403, "blocked")
        key = await self.keys.key(text(activity, "own_actor_id"))
        key_id = f"{values(activity, 'document')['actor']}#main-key"  # of the host that it was when it was said
        known = self.store.look(server_rows.get, server)
        kinds = list(KINDS)
        if known is not None and known["signature"] == "rfc9421":
            kinds.reverse()
        done = Attempt(row, activity)
        try:
            for kind in kinds:
                signed = await asyncio.to_thread(
                    KINDS[kind], key.private, key_id, "POST", inbox, body, now=self.clock()
                )
                headers = {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE, **signed}
                answer = await self.client.request("POST", inbox, headers, body, most_bytes=ANSWER_BYTES)
                said = f"{answer.status} {answer.content[:200].decode('utf-8', 'replace')}"
                done = Attempt(row, activity, answer.status, said, kind, answer.headers.get("retry-after"))
                if answer.status not in SIGN_ANEW:
                    break
        except Unavailable as unavailable:
            return Attempt(row, activity, error=str(unavailable)[:500])
        return done


def _record(tx: Transaction, attempt: Attempt, *, now: datetime) -> None:
    """Write down what came of an attempt; a server that fails again and again rests, longer each time."""
    activity_id, inbox = text(attempt.row, "activity_id"), text(attempt.row, "inbox")
    server = text(attempt.row, "server")
    known: Mapping[str, object] = server_rows.get(tx, server) or {"signature": None, "failures": 0}
    if attempt.is_taken:
        rows.delivered(tx, activity_id, inbox, now=now)
        if known["failures"]:
            server_rows.succeeded(tx, server)
        if known["signature"] != attempt.signature:
            server_rows.put(tx, server, signature=attempt.signature)
        return
    asked = retry_after(attempt.retry_after, now)
    age = now - moment(attempt.activity, "made_at")
    tries = number(attempt.row, "attempts")
    delay = retry_delay(tries, attempt.status, age, asked=asked, luck=random.random())  # noqa: S311 - no secret
    if delay is None:
        rows.give_up(tx, activity_id, inbox, attempt.error, now=now)
    else:
        rows.put_off(tx, activity_id, inbox, attempt.error, until=now + delay)
    if attempt.status == 410:
        follower_rows.drop_inbox(tx, inbox)
    if attempt.status in (0, 429) or attempt.status >= 500:
        rests = max(rest(int(str(known["failures"])) + 1), min(asked, timedelta(days=1)))
        server_rows.failed(tx, server, now + rests if rests else None)
