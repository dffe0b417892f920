"""A file that cannot grow: no acknowledged write is lost, no failed unit is stored, no reader falls behind."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from comments_service.errors import Unavailable
from comments_service.store import sqlite
from comments_service.store.sqlite import open_store
from tests.faults.filling import has, put

pytestmark = pytest.mark.fault

OTHER_WRITER = """
import sys
from comments_service.store import sqlite
connection = sqlite.connect(__import__("pathlib").Path(sys.argv[1]))
number = 0
while True:
    connection.execute("INSERT INTO day_salt (day, salt) VALUES (?, '')", (f"other {number}",))
    sys.stdout.write(f"other {number}\\n")
    sys.stdout.flush()
    number += 1
"""


def stored(path: Path) -> set[str]:
    connection = sqlite.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    names = {name for (name,) in connection.execute("SELECT day FROM day_salt")}
    connection.close()
    return names


def test_a_full_disk_in_mid_batch_with_another_process_writing(tmp_path: Path) -> None:
    path = tmp_path / "plein.db"
    sqlite.migrate(path)
    other = subprocess.Popen([sys.executable, "-c", OTHER_WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "other 0\n"  # it writes from here on
        filling = subprocess.run(
            [sys.executable, "-m", "tests.faults.filling", str(path), str(2_500_000)],
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        other.kill()
    others = {"other 0", *other.communicate()[0].split("\n")[:-1]}
    assert filling.returncode == 0, filling.stderr
    outcome = json.loads(filling.stdout)
    acknowledged, failed = set(outcome["acknowledged"]), set(outcome["failed"])
    assert len(acknowledged) > 64
    assert failed, "the file was never full"
    assert len(others) > 1
    assert outcome["missed"] == []
    names = stored(path)
    assert acknowledged | {f"{name} twin" for name in acknowledged} | others <= names
    assert not (failed | {f"{name} twin" for name in failed}) & names


def test_a_database_at_its_last_page_fails_only_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plein.db"
    sqlite.migrate(path)
    open_plainly = sqlite.connect

    def connect(path: Path) -> sqlite3.Connection:
        connection = open_plainly(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 40}")
        return connection

    async def run() -> tuple[set[str], dict[str, str]]:
        acknowledged: set[str] = set()
        failed: dict[str, str] = {}
        store = await open_store(path)

        async def write(name: str) -> None:
            try:
                await store.write(put, name)
            except Unavailable as error:
                failed[name] = error.reason
            else:
                acknowledged.add(name)
                assert await store.read(has, name)

        await asyncio.gather(*(write(f"unit {number}") for number in range(300)))
        await store.close()
        return acknowledged, failed

    monkeypatch.setattr(sqlite, "connect", connect)

    acknowledged, failed = asyncio.run(run())
    monkeypatch.undo()
    assert acknowledged
    assert set(failed.values()) == {"disk-full"}
    names = stored(path)
    assert {name for name in names if not name.endswith(" twin")} == acknowledged
    assert {name.removesuffix(" twin") for name in names if name.endswith(" twin")} == acknowledged
