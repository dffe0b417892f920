"""SQL of arrivals: verified activities that wait until the worker says what they mean."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import insert


def add(tx: Transaction, arrival_id: str, actor_uri: str, body: str, *, now: datetime) -> None:
    insert(tx, "arrival", id=arrival_id, actor_uri=actor_uri, body=body, arrived_at=now)


def get(tx: Transaction, arrival_id: str) -> Row | None:
    return tx.one("SELECT * FROM arrival WHERE id = :id", {"id": arrival_id})


def remove(tx: Transaction, arrival_id: str) -> None:
    tx.run("DELETE FROM arrival WHERE id = :id", {"id": arrival_id})
