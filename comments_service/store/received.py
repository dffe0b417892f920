"""SQL of comments from elsewhere, and of what else their authors did here."""

from datetime import datetime

from comments_service.ids import first_id, new_id
from comments_service.store import rows, threads
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import count, insert_new, optional, text


def find(tx: Transaction, site_id: str, uri: str) -> Row | None:
    return rows.find(tx, "comment", origin_uri=uri, site_id=site_id)


def copies(tx: Transaction, uri: str) -> list[Row]:
    """Return the comments that something from elsewhere is here: one on each site that has it."""
    return tx.all("SELECT * FROM comment WHERE origin_uri = :uri", {"uri": uri})


def of_actor(tx: Transaction, actor_id: str) -> list[Row]:
    return tx.all("SELECT * FROM comment WHERE actor_id = :actor_id AND state <> 'removed'", {"actor_id": actor_id})


TO_US = "site_id = :site_id AND page_key NOT LIKE 'elsewhere/%'"


def has_shown(tx: Transaction, site_id: str, actor_id: str) -> bool:
    """Tell whether readers see anything that someone wrote to pages of a site."""
    shown = f"SELECT 1 FROM comment WHERE actor_id = :id AND {TO_US} AND state = 'shown' LIMIT 1"  # noqa: S608
    return tx.one(shown, {"site_id": site_id, "id": actor_id}) is not None


def count_since(tx: Transaction, site_id: str, since: datetime) -> int:
    """Count what came from elsewhere to pages of a site since a moment."""
    came = f"comment WHERE id >= :id AND {TO_US} AND origin_uri IS NOT NULL"
    return count(tx, came, id=first_id(since), site_id=site_id)


def held_since(tx: Transaction, site_id: str, reason: str, moment: datetime) -> bool:
    values = {"site_id": site_id, "reason": reason, "moment": utc_text(moment)}
    held = "fate WHERE site_id = :site_id AND decided_at >= :moment AND fate = 'held' AND reason = :reason"
    return tx.one(f"SELECT 1 FROM {held} LIMIT 1", values) is not None  # noqa: S608 - of ours


def to_check(tx: Transaction, site_id: str, before: datetime, since: datetime | None, *, limit: int) -> list[Row]:
    """Return shown comments from elsewhere that were not looked at since `before`, the longest ago first.

    With `since` only those that came later. A plus keeps SQLite off the index of the other question.
    """
    asked = "checked_at < :before" if since is None else "+checked_at < :before AND id >= :since"
    values: dict[str, Value] = {"site_id": site_id, "before": utc_text(before), "limit": limit}
    return tx.all(
        "SELECT * FROM comment WHERE origin_uri IS NOT NULL AND state = 'shown' AND site_id = :site_id "  # noqa: S608
        f"AND {asked} ORDER BY +checked_at LIMIT :limit",
        values if since is None else {**values, "since": first_id(since)},
    )


Of = tuple[str, str, str | None]  # site, page, comment


def place(of: Of) -> dict[str, Value]:
    return dict(zip(("site_id", "page_key", "comment_id"), of, strict=True))


def react(tx: Transaction, of: Of, actor_id: str, kind: str, uri: str | None, *, now: datetime) -> None:
    """Count a like, dislike, boost or quote of someone, once. `uri` is of what said so."""
    done = {**place(of), "actor_id": actor_id, "kind": kind, "uri": uri}
    insert_new(tx, "reaction", id=new_id(now), **done, reacted_at=now)
    _count_reactions(tx, of)


def reaction_by_uri(tx: Transaction, uri: str, actor_id: str) -> Row | None:
    """Return what somebody did by the id of it; a neighbour may have taken the same one."""
    return rows.find(tx, "reaction", uri=uri, actor_id=actor_id)


def unreact(tx: Transaction, actor_id: str, **of: Value) -> None:
    """Take back what somebody did: all of it, or what has these values."""
    where = {**of, "actor_id": actor_id}
    for row in tx.all(f"DELETE FROM reaction WHERE {rows.equal(where)} RETURNING *", where):  # noqa: S608 - names of ours
        _count_reactions(tx, (text(row, "site_id"), text(row, "page_key"), optional(row, "comment_id")))


def _count_reactions(tx: Transaction, of: Of) -> None:
    """Keep the counters that readers see: of a comment, or of a page."""
    site_id, page_key, comment_id = of
    made = "FROM reaction WHERE site_id = :site_id AND page_key = :page_key AND comment_id IS :comment_id"
    counts = ", ".join(f"{kind}s = (SELECT count(*) {made} AND kind = '{kind}')" for kind in ("like", "boost", "quote"))
    if comment_id:
        tx.run(f"UPDATE comment SET {counts} WHERE id = :comment_id", place(of))  # noqa: S608 - kinds of ours
    else:
        tx.run(f"UPDATE thread SET {counts} WHERE site_id = :site_id AND page_key = :page_key", place(of))  # noqa: S608
    threads.change(tx, site_id, page_key)
