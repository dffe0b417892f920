"""SQL of people, groups and sites of other servers."""

from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value


def get(tx: Transaction, actor_id: str) -> Row | None:
    return rows.find(tx, "actor", id=actor_id)


def by_uri(tx: Transaction, uri: str) -> Row | None:
    return rows.find(tx, "actor", uri=uri)


def find(tx: Transaction, /, **where: Value) -> Row | None:
    return rows.find(tx, "actor", **where)


def decided(tx: Transaction, *, limit: int) -> list[Row]:
    """Return the people that something was decided about."""
    return tx.all("SELECT * FROM actor WHERE policy IS NOT NULL ORDER BY server, uri LIMIT :limit", {"limit": limit})


def put(tx: Transaction, **values: Value | datetime) -> Row:
    """Store what the document of an actor says, and return its row: its first `id` and what we decided stay."""
    uri = {"uri": str(values["uri"])}
    rows.insert_new(tx, "actor", **values)
    rows.change(tx, "actor", uri, **{name: values[name] for name in values if name not in ("id", "first_seen_at")})
    [row] = tx.all("SELECT * FROM actor WHERE uri = :uri", uri)
    return row


def change(tx: Transaction, actor_id: str, **values: Value | datetime) -> None:
    rows.change(tx, "actor", actor_id, **values)


def participants(tx: Transaction, site_id: str, page_key: str, *, limit: int) -> list[Row]:
    """Return who of elsewhere takes part in a thread, the newest first."""
    return tx.all(
        "SELECT actor.*, max(public_comment.id) AS last FROM public_comment "
        "JOIN actor ON actor.id = public_comment.actor_id WHERE site_id = :site_id AND page_key = :page_key "
        "AND actor.gone_at IS NULL AND actor.blocks_us_at IS NULL GROUP BY actor.id ORDER BY last DESC LIMIT :limit",
        {"site_id": site_id, "page_key": page_key, "limit": limit},
    )
