"""From the log-in window to a page of another origin: a one-time code, exchanged for a token of that origin.

The page proves with a verifier that it is the one which opened the window (PKCE, RFC 7636, method S256).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from comments_service.login import sessions
from comments_service.store import hand_overs as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import moment, text

LIFE = timedelta(minutes=2)


def issue(tx: Transaction, site_id: str, account_id: str, *, origin: str, challenge: str, now: datetime) -> str:
    """Return a code for the pages of `origin`. Whoever asks here is logged in and agreed."""
    code = secrets.token_urlsafe(32)
    whose = {"site_id": site_id, "account_id": account_id, "origin": origin}
    rows.add(tx, **whose, code_hash=sessions.hash_of(code), challenge=challenge, expires_at=now + LIFE)
    return code


def exchange(
    tx: Transaction, site_id: str, code: str, verifier: str, *, origin: str, hours: int, now: datetime
) -> tuple[str, datetime] | None:
    """Use a code. Return a token for `origin` and its end; None when anything about the code is not right.

    Any try uses the code up, hence None: raising would undo that.
    """
    row = rows.take(tx, sessions.hash_of(code))
    if row is None or row["site_id"] != site_id or row["origin"] != origin or moment(row, "expires_at") <= now:
        return None
    if not hmac.compare_digest(text(row, "challenge"), challenge_of(verifier)):
        return None
    life = timedelta(hours=hours)
    return sessions.start(tx, site_id, text(row, "account_id"), life, now=now, origin=origin), now + life


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA256(verifier)) without padding (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")
