"""The one that writes to SQLite: what waits together runs in one transaction, and is answered after its COMMIT.

When a unit fails after it wrote something, the batch is run again with a savepoint around each unit (always having them
would cost half as much again).
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from comments_service.errors import PleinError, Unavailable
from comments_service.store.protocol import Parameters, Transaction

log = logging.getLogger(__name__)

Place = tuple[str, str]  # site id, page key
Waiting = list[tuple[str, Parameters]]  # statements that nobody in their unit waits for
LONGEST_LOG = 64 * 1024 * 1024  # bytes; mostly it is begun anew at a quarter of it
PATIENCE_MILLISECONDS = 100

_REASONS = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_IOERR: "disk-error",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "disk-error",
    sqlite3.SQLITE_NOMEM: "out-of-memory",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}


class BatchLost(Exception):
    """SQLite rolled the whole transaction back; nothing of it may go on."""


class Entangled(Exception):
    """A unit failed after it had written, without a savepoint to go back to."""


@dataclass(eq=False)
class Unit:
    """Something that waits for a use case, and what became of it. Those of one use case become one call."""

    use_case: Callable[[Transaction, list[Any]], Sequence[object]]
    asked: object  # None of a use case that takes one at a time, and may take long
    future: "asyncio.Future[Any]"
    is_begun: bool = False
    value: object = None
    error: BaseException | None = None
    touched: Iterable[Place] = ()

    def accept(self) -> bool:
        """Tell whether the caller still waits; what has begun once is done, also when the batch is run again."""
        self.is_begun = self.is_begun or not self.future.cancelled()
        return self.is_begun

    def answer(self) -> None:
        """Called on the caller's loop."""
        if self.future.done():  # the caller went away
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Writer(threading.Thread):
    """The only thread that commits, batch after batch, until it gets None."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        transaction: Callable[[sqlite3.Connection, Waiting | None], Transaction],
        tell: Callable[[set[Place]], None],
        done: Callable[[], None],
        log: Path,
    ) -> None:
        """`tell` is called after each COMMIT, `done` on the loop after the answers to a batch.

        `log` is the file that SQLite begins anew when nobody reads from it. Readers who are never all done keep it
        from that, and it would grow as long as they do.
        """
        super().__init__(name="store-writer", daemon=True)
        self.queue: SimpleQueue[tuple[list[Unit], bool] | Callable[[sqlite3.Connection], None] | None] = SimpleQueue()
        self._connection = connection
        self._transaction = transaction
        self._tell = tell
        self._done = done
        self._log = log
        self._longest = LONGEST_LOG
        self._waiting: Waiting = []

    def take(self, units: list[Unit], *, most_milliseconds: int) -> None:
        """Write a batch; call it on the loop, after the last one is done.

        Short units run at once, and what none of them waits for is left to the writer, with the COMMIT: two threads
        that both work mostly wait for each other. Waiting for another process is the writer's.
        """
        is_begun = all(unit.asked is not None for unit in units)
        if is_begun:
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                self._run_all(units, waiting=self._waiting)
            except (sqlite3.Error, BatchLost, Entangled):
                is_begun = False
                self._roll_back()
            self._connection.execute(f"PRAGMA busy_timeout = {most_milliseconds}")
        self.queue.put((units, is_begun))

    def run(self) -> None:
        try:
            while (item := self.queue.get()) is not None:
                if isinstance(item, tuple):
                    self._write(*item)
                else:
                    item(self._connection)
        finally:
            self._connection.close()

    def _write(self, units: list[Unit], is_begun: bool) -> None:
        lost = self._batch(units, is_begun=is_begun)
        for unit in units:
            # Which unit broke the batch is not known: each is tried alone once, so that one cannot take others with it.
            again = lost is not None and lost.reason != "busy"
            if fault := self._batch([unit], careful=True) if again else lost:
                unit.error, unit.touched = fault, ()
        self._shorten_log()
        self._tell(set[Place]().union(*(unit.touched for unit in units)))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            units[0].future.get_loop().call_soon_threadsafe(self._answer, units)  # one wake-up for all

    def _answer(self, units: Iterable[Unit]) -> None:
        for unit in units:
            try:
                unit.answer()
            except Exception:  # such as a StopIteration, which no future takes: it must not cost others their answer
                unit.future.set_exception(RuntimeError("a use case failed"))
                log.exception("a use case raised what cannot be told")
        self._done()

    def _batch(self, units: list[Unit], *, is_begun: bool = False, careful: bool = False) -> Unavailable | None:
        """Run units in one transaction; `careful`: each in a savepoint. Return why it was lost, or None."""
        try:
            if not is_begun:
                self._run_all(units, careful=careful)
            catch_up(self._connection, self._waiting)
            self._connection.execute("COMMIT")
        except Entangled:
            self._roll_back()
            return self._batch(units, careful=True)
        except (sqlite3.Error, BatchLost) as error:
            self._roll_back()
            return unavailable(error)
        return None

    def _shorten_log(self) -> None:
        """Wait a moment for those who read from the log. When they take longer, it may become twice as long first."""
        with suppress(OSError, sqlite3.Error):
            if (length := self._log.stat().st_size) > self._longest:
                (before,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
                self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MILLISECONDS}")
                is_busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._connection.execute(f"PRAGMA busy_timeout = {before}")
                self._longest = 2 * length if is_busy else LONGEST_LOG

    def _roll_back(self) -> None:
        self._waiting.clear()
        with suppress(sqlite3.Error):  # of a disk that fails: the next BEGIN says so to its callers
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _run_all(self, units: list[Unit], *, careful: bool = False, waiting: Waiting | None = None) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        calls: dict[object, list[Unit]] = {}
        for number, unit in enumerate(units):
            calls.setdefault(number if careful else unit.use_case, []).append(unit)
        for together in calls.values():
            self._run(together, waiting, with_savepoint=careful)

    def _run(self, units: list[Unit], waiting: Waiting | None, *, with_savepoint: bool) -> None:
        """Call a use case for its units; an error undoes them alone.

        Raises Entangled when that needs a savepoint around each, and BatchLost.
        """
        for unit in units:
            unit.value, unit.error, unit.touched = None, None, ()
        units = [unit for unit in units if unit.accept()]
        if not units:
            return
        connection = self._connection
        transaction, before = self._transaction(connection, waiting), len(waiting or ())
        if with_savepoint:
            connection.execute("SAVEPOINT unit")
        changes = connection.total_changes
        try:
            values = units[0].use_case(transaction, [unit.asked for unit in units])
            for unit, value in zip(units, values, strict=True):
                unit.value, unit.error = value, value if isinstance(value, PleinError) else None
        except BaseException as error:
            if not connection.in_transaction:
                raise BatchLost from error
            if with_savepoint:
                connection.execute("ROLLBACK TO unit")
            elif len(units) > 1 or connection.total_changes != changes:
                raise Entangled from error
            del self._waiting[before:]
            units[0].error = unavailable(error) if _is_trouble(error) else error
        else:
            units[0].touched = transaction.touched
        if not connection.in_transaction:
            raise BatchLost
        if with_savepoint:
            connection.execute("RELEASE unit")


def catch_up(connection: sqlite3.Connection, waiting: Waiting) -> None:
    """Execute what waits, in its order."""
    while waiting:
        connection.execute(*waiting.pop(0))


def _primary_code(error: BaseException | None) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_trouble(error: BaseException) -> bool:
    """Tell whether SQLite failed for a reason outside the unit: no space, no access, a lock."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _REASONS


def unavailable(error: BaseException) -> Unavailable:
    """Return the error that a caller gets when a write could not be made durable."""
    cause = error.__cause__ if isinstance(error, BatchLost) else error
    answer = Unavailable(_REASONS.get(_primary_code(cause), "disk-error"))
    answer.__cause__ = error
    return answer
