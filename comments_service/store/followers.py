"""SQL of followers: who of elsewhere follows which actor of ours."""

from datetime import datetime

from comments_service.store.protocol import Transaction
from comments_service.store.rows import put


def add(tx: Transaction, own_actor_id: str, actor_id: str, follow_uri: str | None, *, now: datetime) -> None:
    key = ("own_actor_id", "actor_id")
    put(tx, "follower", key, own_actor_id=own_actor_id, actor_id=actor_id, follow_uri=follow_uri, since=now)


def remove(tx: Transaction, own_actor_id: str, actor_id: str) -> int:
    return tx.run(
        "DELETE FROM follower WHERE own_actor_id = :own_actor_id AND actor_id = :actor_id",
        {"own_actor_id": own_actor_id, "actor_id": actor_id},
    )


def drop_actor(tx: Transaction, actor_id: str) -> int:
    """Drop all that someone follows here."""
    return tx.run("DELETE FROM follower WHERE actor_id = :actor_id", {"actor_id": actor_id})


def drop_server(tx: Transaction, host: str) -> int:
    """Drop all followers of a server and its subdomains."""
    return tx.run(
        "DELETE FROM follower WHERE actor_id IN "
        "(SELECT id FROM actor WHERE server = :host OR server LIKE '%.' || :host)",
        {"host": host},
    )


def drop_inbox(tx: Transaction, inbox: str) -> int:
    """Drop followers whose own inbox is gone; a shared one says nothing of each."""
    return tx.run(
        "DELETE FROM follower WHERE actor_id IN (SELECT id FROM actor WHERE inbox = :inbox)", {"inbox": inbox}
    )


def remove_by_uri(tx: Transaction, follow_uri: str, actor_id: str) -> int:
    """Remove what an activity of someone made, when only its id is sent back."""
    return tx.run(
        "DELETE FROM follower WHERE follow_uri = :uri AND actor_id = :actor_id",
        {"uri": follow_uri, "actor_id": actor_id},
    )
