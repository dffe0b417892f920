"""The SQLite engine: one writer with group commit, and readers beside it.

A reader that starts after an answer sees what was answered, because WAL gives a new read transaction everything that
was committed before it began.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from comments_service.errors import PleinError, Unavailable
from comments_service.store.protocol import A, Parameters, Row, Transaction
from comments_service.store.writer import BatchLost, Unit, Waiting, Writer, catch_up

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[Iterable[tuple[str, str]]], None]

log = logging.getLogger(__name__)

READERS = 2  # threads; more of them only wait for the interpreter, and each holds memory
BATCH_UNITS = 128  # at most this many units share a COMMIT
ENOUGH_UNITS = 32  # for a batch: the loop answers and prepares others while these are made durable
GATHER_SECONDS = 0.01  # at most, before an idle writer begins with fewer
WRITER_CACHE_KILOBYTES = 4000  # what a batch changes stays in memory until its COMMIT
LOG_PAGES = 4000  # of 4 kB, then they are copied into the file: what many batches changed is copied once
BUSY_SECONDS = 10.0  # how long another process may hold the file before writes fail


class SqliteTransaction:
    """One unit of work on a connection. See protocol.Transaction."""

    def __init__(self, connection: sqlite3.Connection, waiting: Waiting | None = None) -> None:
        """`waiting` takes what may be executed `later`; None: nothing waits."""
        self._connection = connection
        self._waiting = waiting
        self.touched: set[tuple[str, str]] = set()

    def _execute(self, sql: str, parameters: Parameters | None) -> sqlite3.Cursor:
        # A unit that swallowed an error after which SQLite rolled back would go on in autocommit.
        if not self._connection.in_transaction:
            raise BatchLost
        catch_up(self._connection, self._waiting or [])
        return self._connection.execute(sql, parameters or {})

    def later(self, sql: str, parameters: Parameters) -> None:
        if self._waiting is None:
            self._execute(sql, parameters)
        else:
            self._waiting.append((sql, parameters))

    def run(self, sql: str, parameters: Parameters | None = None) -> int:
        return self._execute(sql, parameters).rowcount

    def one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        cursor = self._execute(sql, parameters)
        row = cursor.fetchone()
        names = [column[0] for column in cursor.description or ()]
        return None if row is None else dict(zip(names, row, strict=True))

    def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        cursor = self._execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def touch(self, site_id: str, page_key: str) -> None:
        self.touched.add((site_id, page_key))


class _Glance(SqliteTransaction):
    """Statements that are each a transaction of their own."""

    def _execute(self, sql: str, parameters: Parameters | None) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters or {})


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
        self._asked: list[Unit] = []  # and not yet given to the writer
        self._is_writing = False
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        connection = connect(path)
        connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KILOBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        connection.execute("PRAGMA temp_store = MEMORY")  # what a statement of many rows keeps to undo itself
        self._writer = Writer(connection, SqliteTransaction, self._tell, self._go_on, log=Path(f"{path}-wal"))
        self._writer.start()

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in one read transaction: all it sees is of one moment."""

        def call() -> T:
            return _read(self._reader(), lambda tx: query(tx, *args, **kwargs))

        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def look(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See protocol.Store. Only the thread of the event loop may call it."""
        if self._looking is None:
            self._looking = self._connect_reader()
        return query(_Glance(self._looking), *args, **kwargs)

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write_one(lambda tx, _: [use_case(tx, *args, **kwargs)], None)

    async def write_one(self, use_case: Callable[[Transaction, list[A]], Sequence[T | PleinError]], asked: A) -> T:
        """See protocol.Store. Only the thread of the event loop may call it."""
        if self._is_closed:
            raise Unavailable("closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._gather, time.monotonic() + GATHER_SECONDS)
        self._asked.append(Unit(use_case, asked, future))
        return await future

    def _gather(self, end: float, before: int = 0) -> None:
        """Let an idle writer begin when there is enough for it, or when a turn of the loop asks no more."""
        if before < len(self._asked) < ENOUGH_UNITS and time.monotonic() < end:
            asyncio.get_running_loop().call_soon(self._gather, end, len(self._asked))
        elif self._asked and not self._is_writing:
            self._is_writing = True
            most = min(BATCH_UNITS, max(ENOUGH_UNITS, len(self._asked) // 2))
            asked, self._asked = self._asked[:most], self._asked[most:]
            self._writer.take(asked, most_milliseconds=int(BUSY_SECONDS * 1000))

    def _go_on(self) -> None:
        self._is_writing = False
        self._gather(time.monotonic() + GATHER_SECONDS)

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
                try:
                    future.set_result(connection.execute("PRAGMA data_version").fetchone()[0])
                except sqlite3.Error as error:  # it must not end the writer, for whom all others would wait
                    future.set_exception(error)

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
        asked, self._asked = self._asked, []
        if asked:
            self._writer.queue.put((asked, False))
        self._writer.queue.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._connections:
            connection.close()

    def _reader(self) -> sqlite3.Connection:
        """The connection of this thread. One that could not be opened, of files too many, is tried again."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect_reader()
        return cast(sqlite3.Connection, self._local.connection)

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
        if _is_migrated(connection):
            return []
        from comments_service.store import schema  # with the library for it, whose 7 MB then stay

        return schema.migrate(connection)
    finally:
        connection.close()


def _is_migrated(connection: sqlite3.Connection) -> bool:
    steps = {file.stem for file in (Path(__file__).parent / "migrations").glob("m*.sql")}
    try:
        return steps <= {name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations")}
    except sqlite3.OperationalError:  # there is no such table yet
        return False
