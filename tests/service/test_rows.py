"""Rows by what their columns hold, and values made of them: a column of another type is a fault of ours."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from pydantic import ValidationError

from comments_service.store import rows
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW


@dataclass(frozen=True)
class Job:
    id: str
    due: datetime
    attempts: int
    last_error: str | None
    is_late: bool = False


def jobs(tx: Transaction) -> list[str]:
    for name, error in (("a", None), ("b", "no answer"), ("c", None)):
        rows.insert(tx, "job", id=name, kind="mail", ids="[]", due_at=NOW, created_at=NOW, last_error=error)
    return ["a", "b", "c"]


def test_a_row_is_found_changed_and_dropped_by_all_that_it_is_asked_for(tx: Transaction) -> None:
    jobs(tx)
    assert rows.find(tx, "job", id="b", last_error=None) is None
    assert rows.find(tx, "job", id="a", last_error=None) is not None
    rows.change(tx, "job", {"last_error": None, "kind": "mail"}, last_error="late", due_at=NOW)
    assert [row["last_error"] for row in tx.all("SELECT last_error FROM job ORDER BY id")] == [
        "late",
        "no answer",
        "late",
    ]
    assert rows.delete(tx, "job", last_error="late", due_at=NOW) == 2
    assert [row["id"] for row in tx.all("SELECT id FROM job")] == ["b"]


def test_a_row_becomes_a_value_of_its_columns_and_what_is_said_beside_them(tx: Transaction) -> None:
    jobs(tx)
    row = rows.find(tx, "job", id="b") or {}
    assert rows.record(Job, row, due=row["due_at"], is_late=1) == Job("b", NOW, 0, "no answer", True)
    for wrong in ({"due": "soon"}, {"due": NOW, "id": 7}, {}):
        with pytest.raises(ValidationError):
            rows.record(Job, row, **wrong)
