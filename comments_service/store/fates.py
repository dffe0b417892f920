"""SQL of fates: what became of replies from elsewhere; and of Deletes that came before what they delete."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import insert, insert_new, put


def decide(tx: Transaction, **values: Value | datetime) -> None:
    put(tx, "fate", ("uri", "site_id"), **values)


def change(tx: Transaction, site_id: str, uri: str, fate: str, reason: str, *, now: datetime) -> None:
    tx.run(
        "UPDATE fate SET fate = :fate, reason = :reason, decided_at = :now WHERE uri = :uri AND site_id = :site_id",
        {"site_id": site_id, "uri": uri, "fate": fate, "reason": reason, "now": utc_text(now)},
    )


def find(tx: Transaction, site_id: str, address: str) -> Row | None:
    """Return the fate of a reply by its id or its page."""
    return tx.one(
        "SELECT * FROM fate WHERE (uri = :uri OR url = :uri) AND site_id = :site_id ORDER BY uri <> :uri LIMIT 1",
        {"uri": address, "site_id": site_id},
    )


def bury(tx: Transaction, uri: str, actor_uri: str, *, now: datetime) -> None:
    """Remember that someone deleted an object; of nobody else's object can they say so."""
    insert_new(tx, "tombstone", uri=uri, actor_uri=actor_uri, seen_at=now)


def is_buried(tx: Transaction, uri: str, actor_uri: str) -> bool:
    row = tx.one(
        "SELECT 1 AS one FROM tombstone WHERE uri = :uri AND actor_uri = :actor_uri",
        {"uri": uri, "actor_uri": actor_uri},
    )
    return row is not None


def report(tx: Transaction, **values: Value | datetime) -> None:
    """Keep what somebody reported; of one person about one thing the last word counts."""
    who, what = values["actor_uri"], values["comment_id"]
    tx.run(
        "DELETE FROM report WHERE site_id = :site AND actor_uri = :who AND comment_id IS :what",
        {"site": str(values["site_id"]), "who": str(who), "what": str(what) if what else None},
    )
    insert(tx, "report", **values)
