"""SQL of accounts."""

from datetime import datetime

from comments_service.model import Account
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import insert, text

WHO = ("", "accounts")  # what is touched when an account or a session is no longer what it was


def _account(row: Row | None) -> Account | None:
    return None if row is None else rows.record(Account, row, banned=row["is_banned"])


def get(tx: Transaction, account_id: str) -> Account | None:
    return _account(rows.find(tx, "account", id=account_id))


def by_email(tx: Transaction, email: str) -> Account | None:
    return _account(rows.find(tx, "account", email=email))


def add(tx: Transaction, account_id: str, email: str, language: str, *, now: datetime) -> None:
    insert(tx, "account", id=account_id, email=email, language=language, created_at=now)


def change(tx: Transaction, account_id: str, **values: str | int) -> None:
    rows.change(tx, "account", account_id, **values)
    tx.touch(*WHO)


def pages_of(tx: Transaction, account_id: str) -> list[tuple[str, str]]:
    """Return the (site id, page key) of every thread this account has written in."""
    found = tx.all("SELECT DISTINCT site_id, page_key FROM comment WHERE account_id = :id", {"id": account_id})
    return [(text(row, "site_id"), text(row, "page_key")) for row in found]


def has_handle(tx: Transaction, handle: str, but: str) -> bool:
    """Tell whether another account has a handle."""
    return bool(rows.count(tx, "account WHERE handle = :handle AND id <> :but", handle=handle, but=but))
