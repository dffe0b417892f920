"""Sessions: a random token, its hash in the store, revocable one by one.

The token is in the reader's cookie, or, where `origin` is not "", with the pages of that other origin.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from comments_service.ids import new_id
from comments_service.model import Account
from comments_service.store import accounts as account_rows
from comments_service.store import sessions as rows
from comments_service.store.accounts import WHO
from comments_service.store.protocol import Store, Transaction
from comments_service.store.rows import text


def start(tx: Transaction, site_id: str, account_id: str, life: timedelta, *, now: datetime, origin: str = "") -> str:
    """Start a session and return its token: the only copy there is."""
    token = secrets.token_urlsafe(32)
    whose = {"id": new_id(now), "site_id": site_id, "account_id": account_id, "origin": origin}
    rows.add(tx, **whose, token_hash=hash_of(token), created_at=now, expires_at=now + life)
    return token


def find(tx: Transaction, site_id: str, token: str, origin: str = "", *, now: datetime) -> tuple[Account, str] | None:
    """Return the account and the session's id; None for a token that ended, or of another site or origin."""
    row = rows.find(tx, site_id, hash_of(token), origin, now=now)
    account = row and account_rows.get(tx, text(row, "account_id"))
    return (account, text(row, "id")) if row and account else None


def end(tx: Transaction, account_id: str, session_id: str | None = None) -> bool:
    """Log an account out: of one session or, with None, of every browser and page of another origin, on every site.

    Return False when there was nothing to end, which is fine.
    """
    return rows.remove(tx, account_id, session_id) > 0


class Lately:
    """Who asked lately: each session is kept for half a minute, and until any session or account changes."""

    TIME = timedelta(seconds=30)
    MOST = 2000

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str, str], tuple[tuple[Account, str], datetime]] = {}

    def find(self, site_id: str, token: str, origin: str, *, now: datetime) -> tuple[Account, str] | None:
        """As `find` does."""
        known = self._found  # whoever looked before a change keeps it among what is forgotten then
        kept, end = known.get((site_id, token, origin), (None, now))
        if kept and now < end:
            return kept
        found = self._store.look(find, site_id, token, origin, now=now)
        if found:
            if len(known) >= self.MOST:
                known.clear()
            known[site_id, token, origin] = (found, now + self.TIME)
        return found

    def changed(self, touched: Iterable[tuple[str, str]]) -> None:
        """The store calls it on the writer's thread, after COMMIT."""
        if WHO in touched:
            self.forget()

    def forget(self) -> None:
        self._found = {}


def hash_of(token: str) -> str:
    # The token has 256 random bits: a plain hash cannot be guessed back.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
