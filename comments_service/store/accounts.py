"""SQL of accounts."""

from datetime import datetime

from comments_service.model import Account, Role
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import insert, moment, number, optional, text

WHO = ("", "accounts")  # what is touched when an account or a session is no longer what it was


def _account(row: Row | None) -> Account | None:
    if row is None:
        return None
    return Account(
        id=text(row, "id"),
        email=text(row, "email"),
        name=optional(row, "name"),
        role=Role(text(row, "role")),
        banned=bool(number(row, "is_banned")),
        language=text(row, "language"),
        created_at=moment(row, "created_at"),
        handle=optional(row, "handle"),
        federates=None if row["federates"] is None else bool(row["federates"]),
    )


def get(tx: Transaction, account_id: str) -> Account | None:
    return _account(tx.one("SELECT * FROM account WHERE id = :id", {"id": account_id}))


def by_email(tx: Transaction, email: str) -> Account | None:
    return _account(tx.one("SELECT * FROM account WHERE email = :email", {"email": email}))


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
    row = tx.one("SELECT 1 AS one FROM account WHERE handle = :handle AND id <> :but", {"handle": handle, "but": but})
    return row is not None
