"""The queue: an attempt is counted before it is made, retries have an end, nothing runs twice at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comments_service import jobs
from comments_service.jobs import Jobs, enqueue, retry_delay
from comments_service.store.protocol import Row, Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def rows(tx: Transaction) -> list[Row]:
    return tx.all("SELECT kind, attempts, failed_at, last_error FROM job ORDER BY id")


def with_store(path: Path, work: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await open_store(path / "plein.db")
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


def test_the_delay_grows_and_ends() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, len(jobs.DELAYS) + 2)]
    known = [delay for delay in delays if delay is not None]
    assert known == sorted(known)
    assert delays[-1] is None


def test_a_job_is_done_once_in_the_order_of_coming(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        done: list[str] = []

        async def handler(ids: Sequence[str]) -> None:
            done.extend(ids)

        queue = Jobs(store, {"greet": handler}, Clock())
        await store.write(enqueue, "greet", "a", "b", now=NOW)
        await store.write(enqueue, "greet", "c", now=NOW)
        await store.write(enqueue, "greet", "later", now=NOW + timedelta(minutes=1))
        assert [await queue.step() for _ in range(3)] == [True, True, False]
        assert done == ["a", "b", "c"]
        assert len(await store.read(rows)) == 1

    with_store(tmp_path, work)


def test_an_attempt_is_counted_before_it_is_made_and_the_last_failure_is_kept(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        clock = Clock()
        seen: list[object] = []

        async def handler(ids: Sequence[str]) -> None:
            seen.append((await store.read(rows))[0]["attempts"])
            raise OSError(f"no way to {ids[0]}")

        queue = Jobs(store, {"greet": handler}, clock)
        await store.write(enqueue, "greet", "a", now=NOW)
        for _ in range(len(jobs.DELAYS) + 1):
            assert await queue.step()
            assert not await queue.step()
            clock.now += timedelta(days=1)
        assert seen == [1, 2, 3, 4, 5, 6]
        assert not await queue.step()
        row = (await store.read(rows))[0]
        assert row["failed_at"] is not None
        assert row["last_error"] == "OSError: no way to a"

    with_store(tmp_path, work)


def test_a_job_of_a_process_that_died_is_claimed_again_after_its_lease(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        clock = Clock()
        started, died = asyncio.Event(), asyncio.Event()

        async def hang(ids: Sequence[str]) -> None:
            del ids
            started.set()
            await died.wait()

        done: list[str] = []

        async def handler(ids: Sequence[str]) -> None:
            done.extend(ids)

        await store.write(enqueue, "greet", "a", now=NOW)
        first = asyncio.create_task(Jobs(store, {"greet": hang}, clock).step())
        await started.wait()
        second = Jobs(store, {"greet": handler}, clock)
        assert not await second.step()  # one at a time
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        clock.now += jobs.LEASE
        assert await second.step()
        assert done == ["a"]

    with_store(tmp_path, work)


def test_what_others_handle_is_left_for_them(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        done = []

        async def handler(ids: Sequence[str]) -> None:
            done.append(ids)

        await store.write(enqueue, "unknown", now=NOW)
        await store.write(enqueue, "greet", "a", now=NOW)
        jobs = Jobs(store, {"greet": handler}, Clock())
        assert await jobs.step()
        assert not await jobs.step()
        assert done == [("a",)]
        assert [(row["kind"], row["attempts"]) for row in await store.read(rows)] == [("unknown", 0)]

    with_store(tmp_path, work)


def test_the_loop_is_woken_by_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 3600.0)

    async def work(store: SqliteStore) -> None:
        done = asyncio.Event()

        async def handler(ids: Sequence[str]) -> None:
            del ids
            done.set()

        loop = asyncio.create_task(Jobs(store, {"greet": handler}, lambda: datetime.now(UTC)).run())
        await store.write(enqueue, "greet", "a", now=datetime.now(UTC))
        await asyncio.wait_for(done.wait(), 60)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    with_store(tmp_path, work)


def test_the_loop_ends_when_it_is_cancelled_in_the_moment_of_a_commit(tmp_path: Path) -> None:
    """A server that stops cancels it, perhaps just when somebody's write wakes it: it must not stay."""

    async def work(store: SqliteStore) -> None:
        loop = asyncio.create_task(Jobs(store, {}, Clock()).run())
        await store.write(rows)
        for _ in range(50):  # until the loop waits for the next commit
            await store.read(rows)
        store._tell(set())
        asyncio.get_running_loop().call_soon(loop.cancel)  # after the waking, before the loop goes on
        await asyncio.wait([loop], timeout=60)
        assert loop.cancelled()

    with_store(tmp_path, work)
