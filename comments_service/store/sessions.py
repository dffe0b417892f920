"""SQL of sessions. Only the hash of a token is kept."""

from datetime import datetime

from comments_service.store.accounts import WHO
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import delete, insert


def add(tx: Transaction, **values: Value | datetime) -> None:
    insert(tx, "session", **values)


def find(tx: Transaction, site_id: str, token_hash: str, origin: str, *, now: datetime) -> Row | None:
    return tx.one(
        "SELECT id, account_id FROM session "
        "WHERE token_hash = :token_hash AND site_id = :site_id AND origin = :origin AND expires_at > :now",
        {"token_hash": token_hash, "site_id": site_id, "origin": origin, "now": utc_text(now)},
    )


def remove(tx: Transaction, account_id: str, session_id: str | None) -> int:
    """Drop one session of an account, or all and the codes that would start more, and return how many there were."""
    tx.touch(*WHO)
    if session_id is not None:
        return delete(tx, "session", account_id=account_id, id=session_id)
    delete(tx, "hand_over", account_id=account_id)
    return delete(tx, "session", account_id=account_id)
