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


def remove(tx: Transaction, session_id: str) -> None:
    delete(tx, "session", id=session_id)
    tx.touch(*WHO)


def remove_all(tx: Transaction, account_id: str) -> None:
    delete(tx, "session", account_id=account_id)
    delete(tx, "hand_over", account_id=account_id)
    tx.touch(*WHO)


def of_account(tx: Transaction, account_id: str) -> list[Row]:
    return tx.all("SELECT id FROM session WHERE account_id = :id ORDER BY id DESC", {"id": account_id})
