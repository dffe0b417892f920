"""The store: group commit, savepoints, what readers see and when listeners hear."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from sqlite_utils import Migrations

from comments_service.errors import Conflict, Unavailable
from comments_service.store import schema, sqlite
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store


def put(tx: Transaction, day: str, salt: str = "") -> str:
    """The smallest use case: one row."""
    tx.run("INSERT INTO day_salt (day, salt) VALUES (:day, :salt)", {"day": day, "salt": salt})
    return day


def days(tx: Transaction) -> list[object]:
    return [row["day"] for row in tx.all("SELECT day FROM day_salt ORDER BY day")]


def with_store(path: Path, work: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await open_store(path / "plein.db")
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


def test_a_unit_that_fails_is_undone_alone(tmp_path: Path) -> None:
    def put_and_refuse(tx: Transaction) -> None:
        put(tx, "refused")
        raise Conflict("no")

    async def work(store: SqliteStore) -> None:
        outcomes = await asyncio.gather(
            store.write(put, "a"),
            store.write(put_and_refuse),
            store.write(put, "a"),
            store.write(put, "b"),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [str, Conflict, sqlite3.IntegrityError, str]
        assert await store.read(days) == ["a", "b"]

    with_store(tmp_path, work)


def test_waiting_units_share_a_commit_and_hear_of_it_before_their_callers(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        commits: list[set[tuple[str, str]]] = []
        told: set[str] = set()
        open_gate = threading.Event()

        def listen(touched: Iterable[tuple[str, str]]) -> None:
            commits.append(set(touched))
            told.update(key for _, key in commits[-1])

        def wait_at_the_gate(tx: Transaction) -> None:
            assert open_gate.wait(60)
            tx.touch("plein", "gate")

        def touch(tx: Transaction, day: str) -> str:
            tx.touch("plein", put(tx, day))
            return day

        def touch_and_refuse(tx: Transaction) -> None:
            tx.touch("plein", "refused")
            raise Conflict("no")

        async def write_and_look(day: str) -> None:
            await store.write(touch, day)
            assert day in told  # listeners came first

        store.on_commit(listen)
        first = asyncio.create_task(store.write(wait_at_the_gate))
        rest = [asyncio.create_task(write_and_look(str(number))) for number in range(50)]
        refused = asyncio.create_task(store.write(touch_and_refuse))
        await asyncio.sleep(0)  # every task has queued its unit
        open_gate.set()
        await asyncio.gather(first, *rest)
        with pytest.raises(Conflict):
            await refused
        assert len(commits) <= 3
        assert ("plein", "refused") not in set().union(*commits)

    with_store(tmp_path, work)


def put_all(tx: Transaction, asked: list[str]) -> list[str | Conflict]:
    """Store days; "no" is refused, and "bad" breaks all that come with it."""
    outcomes: list[str | Conflict] = []
    for day in asked:
        outcomes.append(Conflict(f"{len(asked)} came") if day == "no" else put(tx, day))
        tx.touch("plein", day)
    if "bad" in asked:
        raise ArithmeticError(len(asked))
    return outcomes


def test_what_waits_for_one_use_case_is_one_call_and_each_is_answered(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        commits: list[set[tuple[str, str]]] = []
        store.on_commit(lambda touched: commits.append(set(touched)))
        *others, refused = await asyncio.gather(
            *(store.write_one(put_all, day) for day in ("a", "b", "no")), return_exceptions=True
        )
        assert others == ["a", "b"]
        assert str(refused) == "3 came"
        assert {("plein", "a"), ("plein", "b")} <= commits[0]
        assert len(commits) == 1

    with_store(tmp_path, work)


def test_what_breaks_a_call_of_many_fails_alone(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        days_asked = ("a", "bad", "b", "a")
        outcomes = await asyncio.gather(
            store.write(put, "c"), *(store.write_one(put_all, day) for day in days_asked), return_exceptions=True
        )
        assert [type(one) for one in outcomes] == [str, str, ArithmeticError, str, sqlite3.IntegrityError]
        assert str(outcomes[2]) == "1"  # it was alone then
        assert await store.read(days) == ["a", "b", "c"]

    with_store(tmp_path, work)


def put_later(tx: Transaction, asked: Sequence[str]) -> list[str | Conflict]:
    for day in asked:
        tx.later("INSERT INTO day_salt (day, salt) VALUES (?, '')", [day])
    if "no" in asked:
        raise Conflict("no")
    return list(asked)


def put_and_look(tx: Transaction, asked: Sequence[str]) -> list[str | Conflict]:
    put_later(tx, asked)
    return [str(days(tx)) for _ in asked]


def test_what_is_left_to_the_writer_fails_alone_and_goes_with_what_asked_for_it(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        other, *outcomes = await asyncio.gather(
            store.write_one(put_all, "c"),
            *(store.write_one(put_later, day) for day in ("a", "b", "a", "c")),
            return_exceptions=True,
        )
        assert other == "c"
        assert [type(one) for one in outcomes] == [str, str, sqlite3.IntegrityError, sqlite3.IntegrityError]
        with pytest.raises(Conflict):
            await store.write_one(put_later, "no")
        assert await store.read(days) == ["a", "b", "c"]
        assert await store.write_one(put_and_look, "d") == str(["a", "b", "c", "d"])

    with_store(tmp_path, work)


def test_nobody_waits_in_the_loop_for_another_process_that_writes(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        other = sqlite.connect(tmp_path / "plein.db")
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.write_one(put_all, "a"))
        assert await store.read(days) == []  # the loop goes on, and the read comes back through it
        assert not writing.done()
        other.execute("ROLLBACK")
        other.close()
        assert await writing == "a"
        assert await store.write_one(put_all, "b") == "b"

    with_store(tmp_path, work)


def test_what_is_asked_while_a_batch_is_committed_follows_it(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        async def ask(number: int) -> None:
            for turn in range(10):
                day = f"{number}-{turn}"
                assert await (store.write_one(put_all, day) if number % 3 else store.write(put, day)) == day
                assert day in await store.read(days)

        await asyncio.gather(*(ask(number) for number in range(20)))
        assert len(await store.read(days)) == 200

    with_store(tmp_path, work)


def test_a_listener_that_fails_costs_nobody_the_answer(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        def fail(touched: Iterable[tuple[str, str]]) -> None:
            raise RuntimeError(touched)

        store.on_commit(fail)
        assert await store.write(put, "a") == "a"

    with_store(tmp_path, work)


def test_a_unit_whose_caller_went_away_before_it_ran_does_not_run(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        open_gate = threading.Event()
        first = asyncio.create_task(store.write(lambda _: open_gate.wait(60)))
        gone = asyncio.create_task(store.write(put, "gone"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        open_gate.set()
        await first
        await store.write(put, "after")
        assert await store.read(days) == ["after"]

    with_store(tmp_path, work)


def test_a_unit_that_swallows_a_lost_transaction_cannot_go_on_in_autocommit(tmp_path: Path) -> None:
    def roll_back_and_go_on(tx: Transaction) -> None:
        tx.run("ROLLBACK")  # as SQLite does when the disk is full
        put(tx, "after")

    async def work(store: SqliteStore) -> None:
        outcomes = await asyncio.gather(
            store.write(put, "a"), store.write(roll_back_and_go_on), store.write(put, "b"), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [str, Unavailable, str]
        assert await store.read(days) == ["a", "b"]

    with_store(tmp_path, work)


def test_readers_cannot_write(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await store.read(put, "a")
        assert await store.read(days) == []

    with_store(tmp_path, work)


def test_a_read_sees_every_write_that_was_answered(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        async def write_and_read(number: int) -> None:
            day = await store.write(put, f"{number:03}")
            assert day in await store.read(days)

        await asyncio.gather(*(write_and_read(number) for number in range(200)))

    with_store(tmp_path, work)


def test_writes_of_another_process_are_told_and_own_ones_are_not(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        assert not await store.other_writes()
        await store.write(put, "own")
        assert not await store.other_writes()
        other = sqlite.connect(tmp_path / "plein.db")
        other.execute("INSERT INTO day_salt VALUES ('other', '')")
        other.close()
        assert await store.other_writes()
        assert not await store.other_writes()

    with_store(tmp_path, work)


def test_a_file_that_another_process_holds_too_long_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)

    async def work(store: SqliteStore) -> None:
        other = sqlite.connect(tmp_path / "plein.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="busy"):
            await store.write(put, "a")
        other.execute("ROLLBACK")
        other.close()
        assert await store.write(put, "a") == "a"

    with_store(tmp_path, work)


def test_a_closed_store_finishes_what_it_accepted_and_refuses_the_rest(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        accepted = asyncio.create_task(store.write(put, "a"))
        await asyncio.sleep(0)
        await store.close()
        assert await accepted == "a"
        with pytest.raises(Unavailable, match="closed"):
            await store.write(put, "b")

    with_store(tmp_path, work)


def test_the_file_is_durable_and_private(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "plein.db")
    pragmas = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    connection.close()
    assert pragmas == ["wal", 2, 1]
    assert stat.S_IMODE((tmp_path / "plein.db").stat().st_mode) == 0o600


def test_a_migration_waits_for_a_process_that_is_writing(tmp_path: Path) -> None:
    path = tmp_path / "plein.db"
    first, second = sqlite.connect(path), sqlite.connect(path)
    statements: SimpleQueue[str] = SimpleQueue()
    second.set_trace_callback(statements.put)
    first.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor() as threads:
        migrating = threads.submit(schema.migrate, second)
        while not statements.get(timeout=60).startswith("BEGIN"):
            pass
        with suppress(Empty):  # a plain BEGIN would read on now, and fail when it comes to write
            statements.get(timeout=0.3)
        first.execute("CREATE TABLE other (id TEXT) STRICT")
        first.execute("COMMIT")
        files = sorted((Path(schema.__file__).parent / "migrations").glob("*.sql"))
        assert migrating.result(60) == [file.stem for file in files]
    first.close()
    second.close()


def test_a_service_that_starts_again_does_not_hold_what_migrations_need(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; import comments_service.__main__; from comments_service.store.sqlite import migrate; "
        "done = migrate(pathlib.Path(sys.argv[1])); sys.exit(len(done) + 100 * ('sqlite_utils' in sys.modules))"
    )
    sqlite.migrate(tmp_path / "plein.db")
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "plein.db")], check=False).returncode == 0


def test_processes_that_start_together_all_start(tmp_path: Path) -> None:
    code = "import sys, pathlib; from comments_service.store.sqlite import migrate; migrate(pathlib.Path(sys.argv[1]))"
    starting = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "plein.db")]) for _ in range(3)]
    assert [process.wait(60) for process in starting] == [0, 0, 0]


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "migrations", Migrations("service"))
    schema._step("wrong", "CREATE TABLE fine (id TEXT) STRICT;\nCREATE TABLE wrong (id NOTATYPE) STRICT;\n")
    connection = sqlite.connect(tmp_path / "plein.db")
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == []
    connection.close()


def test_every_table_is_strict(tmp_path: Path) -> None:
    sqlite.migrate(tmp_path / "plein.db")
    connection = sqlite.connect(tmp_path / "plein.db")
    loose = connection.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    assert loose == []
