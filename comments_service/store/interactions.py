"""SQL of what people of ours do on other servers, and of what those publish whom they follow."""

from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value

# ruff: noqa: S608 - the conditions are of ours
WANTED = "kind = 'Follow' AND is_wanted = 1"


def find(tx: Transaction, **where: Value) -> Row | None:
    return rows.find(tx, "interaction", **where)


def add(tx: Transaction, **values: Value | datetime) -> None:
    rows.insert(tx, "interaction", **values)


def change(tx: Transaction, interaction_id: str, **values: Value | datetime) -> None:
    rows.change(tx, "interaction", interaction_id, **values)


def drop(tx: Transaction, **where: Value) -> int:
    return rows.delete(tx, "interaction", **where)


def sent(tx: Transaction, interaction: Row) -> Row | None:
    """Return the activity that told of it."""
    return rows.find(tx, "activity", id=interaction["activity_id"]) if interaction["activity_id"] else None


def of_account(tx: Transaction, site_id: str, account_id: str, **where: Value) -> list[Row]:
    """Return what an account wants done, with the name of whose it is, the newest first."""
    where |= {"site_id": site_id, "account_id": account_id, "is_wanted": 1}
    return tx.all(
        "SELECT done.*, actor.name, actor.handle, actor.server FROM "
        f"(SELECT * FROM interaction WHERE {rows.equal(where)}) AS done "
        "JOIN actor ON actor.id = done.actor_id ORDER BY done.made_at DESC, done.id DESC",
        where,
    )


def count_followed(tx: Transaction, account_id: str) -> int:
    return rows.count(tx, f"interaction WHERE account_id = :id AND {WANTED}", id=account_id)


def is_followed(tx: Transaction, site_id: str, actor_id: str) -> bool:
    """Tell whether anyone of a site follows somebody elsewhere."""
    followed = f"interaction WHERE actor_id = :id AND site_id = :site_id AND {WANTED}"
    return bool(rows.count(tx, followed, id=actor_id, site_id=site_id))


def blocks(tx: Transaction, account_id: str, actor_id: str) -> bool:
    """Tell whether somebody of ours blocks somebody elsewhere."""
    return find(tx, account_id=account_id, kind="Block", actor_id=actor_id, is_wanted=1) is not None


def forget_actor(tx: Transaction, actor_id: str) -> None:
    """Somebody is gone: so is what was done with what they wrote, and what they published."""
    drop(tx, actor_id=actor_id)
    drop_news(tx, actor_id=actor_id)
    drop_news(tx, author_id=actor_id)


def keep_news(tx: Transaction, *, most: int, **values: Value | datetime) -> None:
    """Keep a line of a post, or change it; of each who is followed the newest `most`."""
    rows.put(tx, "news", ("site_id", "actor_id", "uri"), **values)
    of = "site_id = :site_id AND actor_id = :actor_id"
    tx.run(
        f"DELETE FROM news WHERE {of} AND uri NOT IN "
        f"(SELECT uri FROM news WHERE {of} ORDER BY published_at DESC, uri LIMIT :most)",
        {"site_id": str(values["site_id"]), "actor_id": str(values["actor_id"]), "most": most},
    )


def drop_news(tx: Transaction, **where: Value) -> int:
    return rows.delete(tx, "news", **where)


def drop_unread(tx: Transaction) -> None:
    """Drop the posts of those whom nobody follows any more."""
    followed = f"SELECT 1 FROM interaction WHERE site_id = news.site_id AND actor_id = news.actor_id AND {WANTED}"
    tx.run(f"DELETE FROM news WHERE NOT EXISTS ({followed})")


def news(tx: Transaction, site_id: str, account_id: str, *, limit: int) -> list[Row]:
    """Return the posts of those whom an account follows, the newest first, none of whom it blocks.

    With the name, handle and server of the author, and the name of who announced it.
    """
    mine = "SELECT actor_id FROM interaction WHERE account_id = :account_id AND site_id = :site_id AND is_wanted = 1"
    return tx.all(
        "SELECT news.*, author.name, author.handle, author.server, via.name AS via FROM news "
        "JOIN actor AS author ON author.id = author_id JOIN actor AS via ON via.id = actor_id "
        f"WHERE site_id = :site_id AND actor_id IN ({mine} AND kind = 'Follow') "
        f"AND author_id NOT IN ({mine} AND kind = 'Block') ORDER BY published_at DESC, uri LIMIT :limit",
        {"site_id": site_id, "account_id": account_id, "limit": limit},
    )
