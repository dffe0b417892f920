"""What another process wrote to the same file is seen by readers, whatever goes wrong meanwhile."""

import sqlite3
from pathlib import Path

import pytest

from comments_service import app
from comments_service.store import sqlite
from tests.service.running import Service, a_service, wait_until

THREAD = "/api/v1/threads/blogs/drempels"


def says(service: Service) -> str:
    html: str = service.client.get(THREAD).json()["items"][0]["html"]
    return html


def change(other: sqlite3.Connection, html: str) -> None:
    other.execute("UPDATE comment SET html = ?", (html,))


def test_a_write_of_another_process_that_then_holds_the_file_is_seen_and_so_is_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(app, "LOOK_SECONDS", 0.05)
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        service.comment("Eerst")
        assert says(service) == "<p>Eerst</p>"
        other = sqlite.connect(service.settings.service.database)
        change(other, "tweede")
        other.execute("BEGIN IMMEDIATE")  # nobody else can write now
        wait_until(lambda: says(service) == "tweede")
        other.execute("ROLLBACK")
        change(other, "derde")
        wait_until(lambda: says(service) == "derde")
        other.close()


def test_a_look_at_the_file_that_fails_is_not_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_SECONDS", 0.05)
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        service.comment("Eerst")
        assert says(service) == "<p>Eerst</p>"
        other_writes, failures = sqlite.SqliteStore.other_writes, iter([sqlite3.OperationalError("disk I/O error")])

        async def fail_once(store: sqlite.SqliteStore) -> bool:
            for error in failures:
                raise error
            return await other_writes(store)

        monkeypatch.setattr(sqlite.SqliteStore, "other_writes", fail_once)
        other = sqlite.connect(service.settings.service.database)
        change(other, "tweede")
        wait_until(lambda: says(service) == "tweede")
        other.close()
