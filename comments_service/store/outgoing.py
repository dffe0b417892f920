"""SQL of what is still to be told: events of comments and announcements of pages, read on by number."""

from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import count, find, number, put, text

EVENTS, ANNOUNCEMENTS = "outgoing events", "outgoing announcements"


def events(tx: Transaction, site_id: str, *, limit: int) -> list[Row]:
    """Return what happened next."""
    return tx.all(
        "SELECT * FROM event WHERE number > :after AND site_id = :site_id ORDER BY number LIMIT :limit",
        {"after": _read(tx, EVENTS, site_id), "site_id": site_id, "limit": limit},
    )


def announcements(tx: Transaction, site_id: str, *, limit: int) -> list[Row]:
    return tx.all(
        "SELECT rowid AS number, * FROM announcement WHERE rowid > :after AND site_id = :site_id ORDER BY rowid "
        "LIMIT :limit",
        {"after": _read(tx, ANNOUNCEMENTS, site_id), "site_id": site_id, "limit": limit},
    )


def have_read(tx: Transaction, name: str, site_id: str, row: Row) -> None:
    put(tx, "worker", ("name",), name=f"{name} {site_id}", number=number(row, "number"))


def _read(tx: Transaction, name: str, site_id: str) -> int:
    row = find(tx, "worker", name=f"{name} {site_id}")
    return number(row, "number") if row else 0


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


def travelling(tx: Transaction, account_id: str) -> list[str]:
    """Return the ids of the objects that an account's comments are elsewhere."""
    found = tx.all("SELECT object_id FROM comment WHERE account_id = :id AND object_id IS NOT NULL", {"id": account_id})
    return [text(row, "object_id") for row in found]


def travel_no_more(tx: Transaction, account_id: str) -> None:
    """An account's comments are ours alone again; the ids that they had answer 410."""
    tx.run("UPDATE comment SET object_id = NULL, published_at = NULL WHERE account_id = :id", {"id": account_id})
