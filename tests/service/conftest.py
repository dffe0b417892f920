"""What the rules are tested on: one transaction on a real SQLite file, no event loop, no mock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comments_service.store import sqlite
from comments_service.store.protocol import Transaction
from tests.service.running import an_empty_store


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Transaction]:
    """A unit of work on a fresh store with every migration applied."""
    (tmp_path / "plein.db").write_bytes(an_empty_store())
    connection = sqlite.connect(tmp_path / "plein.db")
    connection.execute("BEGIN IMMEDIATE")
    yield sqlite.SqliteTransaction(connection)
    connection.close()
