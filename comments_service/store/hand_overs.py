"""SQL of the one-time codes that the log-in window hands over. Only the hash of a code is kept."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import insert


def add(tx: Transaction, **values: Value | datetime) -> None:
    insert(tx, "hand_over", **values)


def take(tx: Transaction, code_hash: str) -> Row | None:
    """Return what a code stands for, once: it is gone afterwards."""
    return tx.one("DELETE FROM hand_over WHERE code_hash = :hash RETURNING *", {"hash": code_hash})
