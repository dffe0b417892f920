"""The SQLite engine: one writer thread with group commit, and readers beside it.

Every waiting unit runs in one transaction; one COMMIT (fsync) makes them durable together, and only then is anyone
answered. When a unit fails after it wrote something, the batch is run again with a savepoint around each unit (always
having them would cost half as much again). A reader that starts after an answer sees what was answered, because WAL
gives a new read transaction everything that was committed before it began.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Concatenate, ParamSpec, TypeVar

from comments_service.errors import Unavailable
from comments_service.store import schema
from comments_service.store.protocol import Row, Transaction, Value

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[Iterable[tuple[str, str]]], None]

log = logging.getLogger(__name__)

READERS = 2  # threads; more of them only wait for the interpreter, and each holds memory
BATCH_UNITS = 128  # at most this many units share a COMMIT
BATCH_SECONDS = 0.05  # and no unit joins a batch that has run this long
GATHER_SECONDS = 0.01  # at most, before the writer begins
WRITER_CACHE_KILOBYTES = 4000  # what a batch changes stays in memory until its COMMIT
LOG_PAGES = 4000  # of 4 kB, then they are copied into the file: what many batches changed is copied once
BUSY_SECONDS = 10.0  # how long another process may hold the file before writes fail

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


class SqliteTransaction:
    """One unit of work on a connection. See protocol.Transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.touched: set[tuple[str, str]] = set()

    def _execute(self, sql: str, parameters: Mapping[str, Value] | None) -> sqlite3.Cursor:
        # A unit that swallowed an error after which SQLite rolled back would go on in autocommit.
        if not self._connection.in_transaction:
            raise BatchLost
        return self._connection.execute(sql, parameters or {})

    def run(self, sql: str, parameters: Mapping[str, Value] | None = None) -> int:
        return self._execute(sql, parameters).rowcount

    def one(self, sql: str, parameters: Mapping[str, Value] | None = None) -> Row | None:
        cursor = self._execute(sql, parameters)
        row = cursor.fetchone()
        names = [column[0] for column in cursor.description or ()]
        return None if row is None else dict(zip(names, row, strict=True))

    def all(self, sql: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        cursor = self._execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def touch(self, site_id: str, page_key: str) -> None:
        self.touched.add((site_id, page_key))


class _Glance(SqliteTransaction):
    """Statements that are each a transaction of their own."""

    def _execute(self, sql: str, parameters: Mapping[str, Value] | None) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters or {})


@dataclass(eq=False)
class _Unit:
    """A waiting use case, and what became of it."""

    use_case: Callable[[Transaction], object]
    future: "asyncio.Future[object]"
    is_begun: bool = False
    value: object = None
    error: BaseException | None = None
    touched: set[tuple[str, str]] = field(default_factory=set)

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


def _answer_all(units: Iterable[_Unit]) -> None:
    for unit in units:
        try:
            unit.answer()
        except Exception:  # such as a StopIteration, which no future takes: it must not cost others their answer
            unit.future.set_exception(RuntimeError("a use case failed"))
            log.exception("a use case raised what cannot be told")


class _Writer(threading.Thread):
    """The only thread that writes. Takes units from a queue until it gets None."""

    def __init__(self, path: Path, tell: Callable[[set[tuple[str, str]]], None]) -> None:
        super().__init__(name="store-writer", daemon=True)
        self.queue: SimpleQueue[list[_Unit] | Callable[[sqlite3.Connection], None] | None] = SimpleQueue()
        self._path = path
        self._tell = tell

    def run(self) -> None:
        connection = connect(self._path)
        connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KILOBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        try:
            while (item := self.queue.get()) is not None:
                if isinstance(item, list):
                    self._write(connection, item)
                else:
                    item(connection)
        finally:
            connection.close()

    def _write(self, connection: sqlite3.Connection, first: list[_Unit]) -> None:
        units, lost = self._batch(connection, first)
        if lost is not None and lost.reason != "busy":
            # Which unit broke the batch is not known: each is tried alone once, so that one cannot take others with it.
            for unit in units:
                _, lost = self._batch(connection, [unit], careful=True)
                self._answer([unit], lost)
        else:
            self._answer(units, lost)

    def _answer(self, units: list[_Unit], lost: Unavailable | None) -> None:
        if lost is None:
            self._tell(set().union(*(unit.touched for unit in units if unit.error is None)))
        waiting: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
        for unit in units:
            unit.error = lost or unit.error
            waiting.setdefault(unit.future.get_loop(), []).append(unit)
        for loop, theirs in waiting.items():
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_answer_all, theirs)  # one wake-up for all

    def _batch(
        self, connection: sqlite3.Connection, first: list[_Unit], *, careful: bool = False
    ) -> tuple[list[_Unit], Unavailable | None]:
        """Run units in one transaction; `careful`: each in a savepoint. Return them, and why it was lost or None."""
        units = list(first)
        begun = time.monotonic()
        try:
            connection.execute("BEGIN IMMEDIATE")
            for unit in first:
                _run(connection, unit, with_savepoint=careful)
            while not careful and len(units) < BATCH_UNITS and time.monotonic() - begun < BATCH_SECONDS:
                try:
                    item = self.queue.get_nowait()
                except Empty:
                    break
                if not isinstance(item, list):
                    self.queue.put(item)  # closing and looking wait for the end of the batch
                    break
                units += item
                for unit in item:
                    _run(connection, unit)
            connection.execute("COMMIT")
        except Entangled:
            connection.execute("ROLLBACK")
            return self._batch(connection, units, careful=True)
        except (sqlite3.Error, BatchLost) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return units, unavailable(error)
        return units, None


def _run(connection: sqlite3.Connection, unit: _Unit, *, with_savepoint: bool = False) -> None:
    """Run one unit; its own error undoes it alone. Raises Entangled when that needs a savepoint, and BatchLost."""
    unit.value, unit.error, unit.touched = None, None, set()
    if not unit.accept():
        return
    transaction = SqliteTransaction(connection)
    if with_savepoint:
        connection.execute("SAVEPOINT unit")
    changes = connection.total_changes
    try:
        unit.value = unit.use_case(transaction)
    except BaseException as error:
        if not connection.in_transaction:
            raise BatchLost from error
        if with_savepoint:
            connection.execute("ROLLBACK TO unit")
        elif connection.total_changes != changes:
            raise Entangled from error
        unit.error = unavailable(error) if _is_trouble(error) else error
    if not connection.in_transaction:
        raise BatchLost
    if with_savepoint:
        connection.execute("RELEASE unit")
    unit.touched = transaction.touched if unit.error is None else set()


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


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection on which transactions are begun by hand and COMMIT means on disk."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # mail addresses are in it; SQLite gives its -wal and -shm files the same mode
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:  # another process is doing the same; the busy timeout does not cover this
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class SqliteStore:
    """The store on one SQLite file. See protocol.Store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listeners: list[Listener] = []
        self._is_closed = False
        self._data_version: int | None = None
        self._connections: list[sqlite3.Connection] = []
        self._looking: sqlite3.Connection | None = None
        self._asked: list[_Unit] = []  # in this turn of the loop
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "store-reader", initializer=self._open_reader)
        self._writer = _Writer(path, self._tell)
        self._writer.start()

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in one read transaction: all it sees is of one moment."""

        def call() -> T:
            return _read(self._local.connection, lambda tx: query(tx, *args, **kwargs))

        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def look(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See protocol.Store. Only the thread of the event loop may call it."""
        if self._looking is None:
            self._looking = self._connect_reader()
        return query(_Glance(self._looking), *args, **kwargs)

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._is_closed:
            raise Unavailable("closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._gather, loop, 0, loop.time() + GATHER_SECONDS)
        unit = _Unit(lambda tx: use_case(tx, *args, **kwargs), future)  # type: ignore[arg-type]  # Future is invariant
        self._asked.append(unit)
        return await future

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int, end: float) -> None:
        """Let the writer begin when a turn of the loop asks no more: while both work, each waits for the other."""
        if before < len(self._asked) < BATCH_UNITS and loop.time() < end:
            loop.call_soon(self._gather, loop, len(self._asked), end)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        asked, self._asked = self._asked, []
        for first in range(0, len(asked), BATCH_UNITS):
            self._writer.queue.put(asked[first : first + BATCH_UNITS])

    def on_commit(self, listener: Listener) -> None:
        """See protocol.Store. Called in the writer's thread after every COMMIT, also with nothing touched.

        A listener must be quick and safe to call from another thread; what it raises is dropped.
        """
        self._listeners.append(listener)

    async def other_writes(self) -> bool:
        """Tell whether another process committed since the last call (PRAGMA data_version); False the first time."""
        future: Future[int] = Future()

        def look(connection: sqlite3.Connection) -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(connection.execute("PRAGMA data_version").fetchone()[0])

        if self._is_closed:
            raise Unavailable("closed")
        self._writer.queue.put(look)
        seen = await asyncio.wrap_future(future)
        before, self._data_version = self._data_version, seen
        return before is not None and before != seen

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._hand_over()
        self._writer.queue.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._connections:
            connection.close()

    def _open_reader(self) -> None:
        self._local.connection = self._connect_reader()

    def _connect_reader(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -400")  # kilobytes: the system keeps the file's pages too
        self._connections.append(connection)
        return connection

    def _tell(self, touched: set[tuple[str, str]]) -> None:
        for listener in self._listeners:
            try:
                listener(touched)
            except Exception:  # a listener must not cost a writer the answer
                log.exception("a commit listener failed")


def _read(connection: sqlite3.Connection, query: Callable[[Transaction], T]) -> T:
    connection.execute("BEGIN")
    try:
        return query(SqliteTransaction(connection))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")  # nothing was written


async def open_store(path: Path) -> SqliteStore:
    """Open the store at `path`, with every migration applied. Raises sqlite3.Error when the file cannot be used."""
    await asyncio.to_thread(migrate, path)
    return SqliteStore(path)


def migrate(path: Path) -> list[str]:
    """Apply the migrations that are pending and return their names."""
    connection = connect(path)
    try:
        return schema.migrate(connection)
    finally:
        connection.close()
