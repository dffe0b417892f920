"""SQL of what is still to be told: events of comments and announcements of pages, read on by number."""

from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import count, find, number, put, text

# ruff: noqa: S608 - tables and conditions of ours

EVENTS, ANNOUNCEMENTS = "event", "announcement"  # tables; how far each was read stands beside them


def unread(tx: Transaction, queue: str, site_id: str, *, limit: int) -> list[Row]:
    """Return what happened, or is to be announced, next."""
    read = find(tx, "worker", name=f"outgoing {queue}s {site_id}")
    return tx.all(
        f"SELECT rowid AS number, * FROM {queue} WHERE rowid > :after AND site_id = :site_id "
        "ORDER BY rowid LIMIT :limit",
        {"after": number(read, "number") if read else 0, "site_id": site_id, "limit": limit},
    )


def have_read(tx: Transaction, queue: str, site_id: str, row: Row) -> None:
    put(tx, "worker", ("name",), name=f"outgoing {queue}s {site_id}", number=number(row, "number"))


def hold(tx: Transaction, site_id: str) -> None:
    """Let nothing be told of a site for now."""
    put(tx, "worker", ("name",), name=f"held {site_id}", number=1)


def is_held(tx: Transaction, site_id: str) -> bool:
    return bool(count(tx, "worker WHERE name = :name AND number = 1", name=f"held {site_id}"))


def release(tx: Transaction, site_id: str) -> None:
    put(tx, "worker", ("name",), name=f"held {site_id}", number=0)


def is_first(tx: Transaction, name: str) -> bool:
    """Tell whether something that is done once was not done yet, and note that it is."""
    return bool(tx.run("INSERT INTO worker (name, number) VALUES (:name, 1) ON CONFLICT DO NOTHING", {"name": name}))


def was_told(tx: Transaction, object_uri: str) -> bool:
    return bool(count(tx, "activity WHERE object_uri = :uri AND kind = 'Create'", uri=object_uri))


def deleted_at(tx: Transaction, object_uri: str) -> str | None:
    """Return when we said that an object of ours is gone; None when we did not."""
    row = find(tx, "activity", object_uri=object_uri, kind="Delete")
    return text(row, "made_at") if row else None


def last_word(tx: Transaction, own_actor_id: str, object_uri: str) -> Row | None:
    """Return what an actor of ours said last of an object: that it is gone (Delete), or that it is not (Undo)."""
    return tx.one(
        "SELECT * FROM activity WHERE own_actor_id = :id AND object_uri = :uri ORDER BY id DESC LIMIT 1",
        {"id": own_actor_id, "uri": object_uri},
    )


def interested(tx: Transaction, site_id: str, page_key: str) -> list[Row]:
    """Return who of elsewhere answered, liked, boosted or quoted something of a page."""
    return tx.all(
        "SELECT * FROM actor WHERE id IN (SELECT actor_id FROM comment WHERE site_id = :site_id "
        "AND page_key = :page_key AND actor_id IS NOT NULL UNION SELECT actor_id FROM reaction "
        "WHERE site_id = :site_id AND page_key = :page_key)",
        {"site_id": site_id, "page_key": page_key},
    )


OF_ACCOUNT = "site_id = :site_id AND account_id = :account_id AND object_id IS NOT NULL"


def travelling(tx: Transaction, site_id: str, account_id: str) -> list[Row]:
    """Return the comments of an account that are objects elsewhere."""
    return tx.all(f"SELECT * FROM comment WHERE {OF_ACCOUNT}", {"site_id": site_id, "account_id": account_id})


def travel_no_more(tx: Transaction, site_id: str, account_id: str) -> None:
    """An account's comments are ours alone again; the ids that they had answer 410."""
    values = {"site_id": site_id, "account_id": account_id}
    tx.run(f"UPDATE comment SET object_id = NULL, published_at = NULL WHERE {OF_ACCOUNT}", values)
