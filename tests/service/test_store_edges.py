"""The store at the edges: no file may be opened for a while, and readers who are never all done."""

import asyncio
import os
import resource
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from comments_service.store import sqlite, writer
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import open_store


def put(tx: Transaction, day: str) -> None:
    tx.run("INSERT INTO day_salt (day, salt) VALUES (:day, '')", {"day": day})


def days(tx: Transaction) -> list[object]:
    return [row["day"] for row in tx.all("SELECT day FROM day_salt ORDER BY day")]


def test_a_process_that_had_no_room_for_another_file_reads_again_when_it_has(tmp_path: Path) -> None:
    async def run() -> None:
        store = await open_store(tmp_path / "plein.db")
        most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.open(tmp_path, os.O_RDONLY)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            with pytest.raises(sqlite3.OperationalError):
                await store.read(days)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        assert await store.read(days) == []
        await store.close()

    asyncio.run(run())


def test_the_log_stays_short_beside_readers_who_are_never_all_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOG_PAGES", 10)
    monkeypatch.setattr(writer, "LONGEST_LOG", 200_000, raising=False)
    path = tmp_path / "plein.db"
    is_over = threading.Event()
    most = 0

    def length() -> int:
        return Path(f"{path}-wal").stat().st_size

    def read() -> None:
        one, other = sqlite.connect(path), sqlite.connect(path)
        while not is_over.is_set():
            for connection in (one, other):  # there is always one that reads
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM day_salt").fetchall()
        one.close()
        other.close()

    async def run() -> None:
        nonlocal most
        store = await open_store(path)
        reader = threading.Thread(target=read)
        reader.start()
        for number in range(500):
            await store.write(put, f"{number:05}")
            most = max(most, length())
        is_over.set()
        await asyncio.to_thread(reader.join)
        assert len(await store.read(days)) == 500
        await store.close()

    asyncio.run(run())
    assert most < 1_000_000


def test_a_look_that_fails_does_not_end_the_writer(tmp_path: Path) -> None:
    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql == "PRAGMA data_version":
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *parameters)  # type: ignore[arg-type]

    connect = sqlite3.connect

    async def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", partial(connect, factory=Failing))
            store = await open_store(tmp_path / "plein.db")
        with pytest.raises(sqlite3.OperationalError):
            async with asyncio.timeout(20):
                await store.other_writes()
        async with asyncio.timeout(20):
            await store.write(put, "a")
        await store.close()

    asyncio.run(run())
