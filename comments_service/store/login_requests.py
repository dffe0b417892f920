"""SQL of log-in requests: who asked for a link, when, and whether it was used."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import equal, find, insert, insert_new, moment, text


def add(tx: Transaction, **values: Value | datetime) -> None:
    insert(tx, "login_request", **values)


def get(tx: Transaction, request_id: str) -> Row | None:
    return find(tx, "login_request", id=request_id)


def times(tx: Transaction, *, since: datetime, **whose: str) -> list[datetime]:
    """Return when this `email` asked, or somebody in this network (`network_hash`), oldest first."""
    sql = f"SELECT created_at FROM login_request WHERE {equal(whose)} AND created_at > :since"  # noqa: S608 - names of ours
    return sorted(moment(row, "created_at") for row in tx.all(sql, {**whose, "since": utc_text(since)}))


def count_try(tx: Transaction, request_id: str) -> None:
    tx.run("UPDATE login_request SET tries = tries + 1 WHERE id = :id", {"id": request_id})


def use(tx: Transaction, request_id: str, *, now: datetime) -> bool:
    """Mark the request as used; False when it was used before."""
    changed = tx.run(
        "UPDATE login_request SET used_at = :now WHERE id = :id AND used_at IS NULL",
        {"id": request_id, "now": utc_text(now)},
    )
    return changed == 1


def salt_of(tx: Transaction, day: str, fresh: str) -> str:
    """Return the salt of a day, `fresh` when there is none yet; the salts of earlier days are forgotten."""
    tx.run("DELETE FROM day_salt WHERE day < :day", {"day": day})
    insert_new(tx, "day_salt", day=day, salt=fresh)
    row = find(tx, "day_salt", day=day)
    return "" if row is None else text(row, "salt")
