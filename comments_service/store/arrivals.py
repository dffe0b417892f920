"""SQL of arrivals: verified activities that wait until the worker says what they mean."""

from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import delete, find, insert


def add(tx: Transaction, arrival_id: str, actor_uri: str, body: str, *, now: datetime) -> None:
    insert(tx, "arrival", id=arrival_id, actor_uri=actor_uri, body=body, arrived_at=now)


def is_seen(tx: Transaction, signature: bytes) -> bool:
    """Tell whether something came with a signature of this hash."""
    return find(tx, "signature", hash=signature) is not None


def see(tx: Transaction, signature: bytes, *, now: datetime) -> bool:
    """Remember the hash of a signature. Return whether it is new."""
    values: dict[str, Value] = {"hash": signature, "now": utc_text(now)}
    return bool(tx.run("INSERT INTO signature (hash, seen_at) VALUES (:hash, :now) ON CONFLICT DO NOTHING", values))


def get(tx: Transaction, arrival_id: str) -> Row | None:
    return find(tx, "arrival", id=arrival_id)


def keep(tx: Transaction, arrival_id: str, comment_id: str) -> None:
    """Keep an arrival until a moderator shows the comment that it is about."""
    rows.change(tx, "arrival", arrival_id, comment_id=comment_id)


def take_waiting(tx: Transaction, comment_id: str) -> list[Row]:
    """Take out what was kept of a comment, the oldest first."""
    found = tx.all("DELETE FROM arrival WHERE comment_id = :id RETURNING *", {"id": comment_id})
    return sorted(found, key=lambda row: str(row["id"]))


def remove(tx: Transaction, arrival_id: str) -> None:
    """Drop an arrival that is done, unless it was kept."""
    delete(tx, "arrival", id=arrival_id, comment_id=None)
