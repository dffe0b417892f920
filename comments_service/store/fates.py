"""SQL of fates: what became of replies from elsewhere; and of Deletes that came before what they delete."""

from datetime import datetime
from urllib.parse import urlsplit

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value


def decide(
    tx: Transaction, site_id: str, uri: str, url: str | None, fate: str, reason: str = "", *, now: datetime
) -> None:
    """Note what became of a reply, in the transaction of what decided it. No text of it is kept here."""
    said = {"url": url, "server": urlsplit(uri).netloc, "fate": fate, "reason": reason[:300]}
    rows.put(tx, "fate", ("uri", "site_id"), uri=uri, site_id=site_id, **said, decided_at=now)


def change(tx: Transaction, site_id: str, uri: str, fate: str, reason: str, *, now: datetime) -> None:
    rows.change(tx, "fate", {"uri": uri, "site_id": site_id}, fate=fate, reason=reason, decided_at=now)


def find(tx: Transaction, site_id: str, address: str) -> Row | None:
    """Return the fate of a reply by its id or its page."""
    return tx.one(
        "SELECT * FROM fate WHERE (uri = :uri OR url = :uri) AND site_id = :site_id ORDER BY uri <> :uri LIMIT 1",
        {"uri": address, "site_id": site_id},
    )


def bury(tx: Transaction, uri: str, actor_uri: str, *, now: datetime) -> None:
    """Remember that someone deleted an object; of nobody else's object can they say so."""
    rows.insert_new(tx, "tombstone", uri=uri, actor_uri=actor_uri, seen_at=now)


def is_buried(tx: Transaction, uri: str, actor_uri: str) -> bool:
    return rows.find(tx, "tombstone", uri=uri, actor_uri=actor_uri) is not None


def report(tx: Transaction, **values: Value | datetime) -> None:
    """Keep what somebody reported; of one person about one thing the last word counts."""
    about = {name: value for name, value in values.items() if name in ("site_id", "actor_uri", "comment_id")}
    rows.delete(tx, "report", **about)
    rows.insert(tx, "report", **values)
