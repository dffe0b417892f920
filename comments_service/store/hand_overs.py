"""SQL of the one-time codes that the log-in window hands over. Only the hash of a code is kept."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, utc_text


def add(
    tx: Transaction, code_hash: str, *, site_id: str, account_id: str, origin: str, challenge: str, end: datetime
) -> None:
    tx.run(
        "INSERT INTO hand_over (code_hash, site_id, account_id, origin, challenge, expires_at) "
        "VALUES (:code_hash, :site_id, :account_id, :origin, :challenge, :expires_at)",
        {
            "code_hash": code_hash,
            "site_id": site_id,
            "account_id": account_id,
            "origin": origin,
            "challenge": challenge,
            "expires_at": utc_text(end),
        },
    )


def take(tx: Transaction, code_hash: str) -> Row | None:
    """Return what a code stands for, once: it is gone afterwards."""
    return tx.one("DELETE FROM hand_over WHERE code_hash = :hash RETURNING *", {"hash": code_hash})


def remove_expired(tx: Transaction, *, now: datetime) -> None:
    tx.run("DELETE FROM hand_over WHERE expires_at <= :now", {"now": utc_text(now)})
