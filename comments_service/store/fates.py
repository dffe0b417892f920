"""SQL of fates: what became of replies from elsewhere; and of Deletes that came before what they delete."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import insert_new, put


def decide(tx: Transaction, **values: Value | datetime) -> None:
    put(tx, "fate", ("uri",), **values)


def find(tx: Transaction, address: str) -> Row | None:
    """Return the fate of a reply by its id or its page."""
    return tx.one("SELECT * FROM fate WHERE uri = :uri", {"uri": address}) or tx.one(
        "SELECT * FROM fate WHERE url = :uri", {"uri": address}
    )


def forget(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Drop refusals and tombstones of before a moment, and return how many."""
    values: dict[str, Value] = {"before": utc_text(before), "limit": limit}
    return tx.run(
        "DELETE FROM fate WHERE uri IN (SELECT uri FROM fate WHERE decided_at < :before "
        "AND fate IN ('refused', 'private', 'gone') LIMIT :limit)",
        values,
    ) + tx.run(
        "DELETE FROM tombstone WHERE uri IN (SELECT uri FROM tombstone WHERE seen_at < :before LIMIT :limit)", values
    )


def bury(tx: Transaction, uri: str, *, now: datetime) -> None:
    insert_new(tx, "tombstone", uri=uri, seen_at=now)


def is_buried(tx: Transaction, uri: str) -> bool:
    return tx.one("SELECT 1 AS one FROM tombstone WHERE uri = :uri", {"uri": uri}) is not None
