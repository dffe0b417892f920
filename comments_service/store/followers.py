"""SQL of followers: who of elsewhere follows which actor of ours."""

from collections.abc import Sequence
from datetime import datetime

from comments_service.store.protocol import Transaction, Value
from comments_service.store.rows import count, delete, put, text, to_json


def add(tx: Transaction, own_actor_id: str, actor_id: str, follow_uri: str | None, *, now: datetime) -> None:
    key = ("own_actor_id", "actor_id")
    put(tx, "follower", key, own_actor_id=own_actor_id, actor_id=actor_id, follow_uri=follow_uri, since=now)


def count_of(tx: Transaction, own_actor_ids: Sequence[str]) -> int:
    """Count who follows one or more of some actors of ours."""
    source = "(SELECT DISTINCT actor_id FROM follower WHERE own_actor_id IN (SELECT value FROM json_each(:ids)))"
    return count(tx, source, ids=to_json(own_actor_ids))


def remove(tx: Transaction, /, **which: Value) -> None:
    """Let those follow no more who are `actor_id`, follow our `own_actor_id`, did it by the activity `follow_uri`."""
    delete(tx, "follower", **which)


def drop_server(tx: Transaction, host: str) -> None:
    """Drop who follows from a server and its subdomains, and who is followed there; a top-level domain has none."""
    there = "(SELECT id FROM actor WHERE server = :host OR (server LIKE '%.' || :host AND :host LIKE '%.%'))"
    for table, column in (("follower", "actor_id"), ("interaction", "actor_id"), ("news", "author_id")):
        tx.run(f"DELETE FROM {table} WHERE {column} IN {there}", {"host": host})  # noqa: S608 - names of ours


def servers(tx: Transaction) -> list[str]:
    """Return each server that has followers, or people who are followed."""
    known = "SELECT actor_id FROM follower UNION SELECT actor_id FROM interaction"
    found = tx.all(f"SELECT DISTINCT server FROM actor WHERE id IN ({known})")  # noqa: S608 - of ours
    return [text(row, "server") for row in found]


def drop_inbox(tx: Transaction, inbox: str) -> None:
    """Drop followers whose own inbox is gone; a shared one says nothing of each."""
    tx.run("DELETE FROM follower WHERE actor_id IN (SELECT id FROM actor WHERE inbox = :it)", {"it": inbox})
