"""The durable queue. A row holds a kind and ids; its handler is given by app.py and is safe to run twice."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from comments_service.ids import new_id
from comments_service.store import jobs as rows
from comments_service.store.protocol import Clock, Store, Transaction
from comments_service.store.rows import number, text, texts, to_json

Handler = Callable[[Sequence[str]], Awaitable[None]]
"""Gets the ids of the row. Raises to be tried again later."""

DELAYS = (10, 60, 300, 1800, 7200)  # seconds after the first, second, … failed attempt
LEASE = timedelta(minutes=5)  # a claimed job that is not finished by then belongs to a process that died
IDLE_SECONDS = 30.0  # how long a quiet loop sleeps at most: other processes may enqueue too

log = logging.getLogger(__name__)


def enqueue(tx: Transaction, kind: str, *ids: str, now: datetime) -> None:
    """Queue a job in the caller's transaction."""
    rows.add(tx, new_id(now), kind, to_json(ids), now=now)


def retry_delay(attempt: int) -> timedelta | None:
    """Return how long to wait after a failed attempt (the first is 1), or None to give up."""
    return timedelta(seconds=DELAYS[attempt - 1]) if attempt <= len(DELAYS) else None


class Alarm:
    """Wakes the loop of a worker: a commit that touches its queue, or any commit without one; `ring`; or its time.

    Made within the event loop. Each round of the loop calls `clear`, looks at what is to be done, then `wait`, which
    goes on for `gather_seconds` more: what happens together is then found together.
    """

    def __init__(self, store: Store, queue: tuple[str, str] | None = None, *, gather_seconds: float = 0) -> None:
        loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self.clear, self.ring, self._gather_seconds = self._rung.clear, self._rung.set, gather_seconds

        def on_commit(touched: Iterable[tuple[str, str]]) -> None:
            if (queue is None or queue in touched) and not loop.is_closed():
                loop.call_soon_threadsafe(self.ring)

        store.on_commit(on_commit)

    async def wait(self, until: datetime | None, now: datetime) -> None:
        """Wait until it rings, but not past `until`, nor longer than IDLE_SECONDS."""
        seconds = IDLE_SECONDS if until is None else (until - now).total_seconds()
        with contextlib.suppress(TimeoutError):
            # wait_for of Python 3.11 forgets that it was cancelled when it is woken at that moment
            async with asyncio.timeout(min(max(seconds, 0.05), IDLE_SECONDS)):
                await self._rung.wait()
        await asyncio.sleep(self._gather_seconds)


async def work(
    step: Callable[[], Awaitable[bool]], alarm: Alarm, clock: Clock, due: Callable[[], datetime | None] = lambda: None
) -> None:
    """Take a step until cancelled: again at once while it did something, else when the alarm rings or one is due."""
    while True:
        alarm.clear()
        until = None
        try:
            if await step():
                continue
            until = due()
        except Exception:  # a full disk or a locked file passes; the loop stays
            log.exception("a worker could not reach the store")
        await alarm.wait(until, clock())


class Jobs:
    """Runs what is queued of the kinds that have a handler here, one after another: of other kinds others run beside.

    `step` does one job; `run` is the loop of a serving process.
    """

    def __init__(self, store: Store, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self._store = store
        self._handlers = handlers
        self._kinds = to_json(list(handlers))
        self._clock = clock
        self._done: str | None = None  # the last job, until that is noted

    async def step(self) -> bool:
        """Do the job that is due first. Return False when none was due.

        That it is done the next step notes, in the unit that claims the next job: a commit for each job, not two.
        """
        now = self._clock()
        due = self._store.look(rows.next_due, self._kinds)
        if self._done is None and (due is None or due > now):
            return False
        row = await self._store.write(rows.claim, self._kinds, done=self._done, now=now, lost_at=now + LEASE)
        self._done = None
        if row is None:
            return False
        job_id, attempt = text(row, "id"), number(row, "attempts")
        try:
            async with asyncio.timeout(LEASE.total_seconds() / 2):
                await self._handlers[text(row, "kind")](texts(row, "ids"))
        except Exception as error:  # whatever a handler raises is a failed attempt, never the end of the loop
            delay = retry_delay(attempt)
            log.warning("job %s %s failed (attempt %d): %r", text(row, "kind"), job_id, attempt, error)
            reason = f"{type(error).__name__}: {error}"[:500]
            now = self._clock()
            await self._store.write(rows.put_off, job_id, reason, until=now + delay if delay else None, now=now)
        else:
            self._done = job_id
        return True

    async def run(self) -> None:
        """Do jobs until cancelled; woken by every commit that adds one."""
        due = partial(self._store.look, rows.next_due, self._kinds)
        await work(self.step, Alarm(self._store, rows.QUEUE), self._clock, due)
