"""Log-in by mail: a signed link, or a code of six digits for the browser that asked. Single use, 15 minutes.

Nothing secret is stored: link and code are made from the request's id with the service's keys. The link's token and the
signed request that the asking browser holds have different salts, so that neither can stand in for the other.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from itsdangerous import BadSignature, Signer

from comments_service import accounts, jobs
from comments_service.errors import Forbidden, TooMany
from comments_service.ids import new_id
from comments_service.model import Account
from comments_service.settings import Settings
from comments_service.store import login_requests as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import moment, number, record, text

MAIL_JOB = "log-in-mail"  # ids: the request's
TRIES = 5
_LINK, _REQUEST, _CODE = "plein log-in link", "plein log-in request", "plein log-in code"


@dataclass(frozen=True)
class LoginMail:
    """What the mail of a request is made of; `token` and `code` are made by the functions of the same name."""

    request_id: str
    site_id: str
    email: str
    lang: str


class Used(Forbidden):
    """A link or code was used before: by somebody with this address, to go back to this path."""

    def __init__(self, row: Row) -> None:
        super().__init__("link-used")
        self.email, self.return_to = text(row, "email"), text(row, "return_to")


def ask(
    tx: Transaction, settings: Settings, email: str, network: str, return_to: str, lang: str, *, now: datetime
) -> str:
    """Note that someone wants to log in, queue the mail, and return the request's id. The same for unknown addresses.

    `network` is the asker's, as web/limits.py names it; only a hash with the salt of the day is kept. `return_to` is a
    path on our own site, which the caller has checked. Raises Invalid on `email`, TooMany when address or network asked
    too often.
    """
    login, email = settings.login, accounts.email_address(email)
    salt = rows.salt_of(tx, now.date().isoformat(), secrets.token_hex(16))
    network_hash = hmac.digest(salt.encode(), network.encode(), "sha256").hex()
    if settings.limits == "on":
        _limit(tx, login.mails_per_address_per_hour, now, email=email)
        _limit(tx, login.mails_per_network_per_hour, now, network_hash=network_hash)
    request_id, end = new_id(now), now + timedelta(minutes=login.link_minutes)
    lang = lang if lang in accounts.LANGUAGES else accounts.LANGUAGES[0]
    asked = {"site_id": settings.site.id, "email": email, "network_hash": network_hash}
    rows.add(tx, id=request_id, **asked, return_to=return_to, lang=lang, created_at=now, expires_at=end)
    jobs.enqueue(tx, MAIL_JOB, request_id, now=now)
    return request_id


def pending_mail(tx: Transaction, request_id: str, *, now: datetime) -> LoginMail | None:
    """Return what the mail job must send; None when the request is used or too old to be of use."""
    row = rows.get(tx, request_id)
    if row is None or row["used_at"] is not None or moment(row, "expires_at") <= now:
        return None
    return record(LoginMail, row, request_id=request_id)


def token(secret_keys: Sequence[str], request_id: str) -> str:
    """Return what the mail's link carries."""
    return _signer(secret_keys, _LINK).sign(request_id).decode()


def signed_request(secret_keys: Sequence[str], request_id: str) -> str:
    """Return what binds the code to the browser that asked; it logs nobody in by itself."""
    return _signer(secret_keys, _REQUEST).sign(request_id).decode()


def code(secret_keys: Sequence[str], request_id: str) -> str:
    """Return the six digits that stand in the mail."""
    return _code(secret_keys[-1], request_id)


def peek_link(tx: Transaction, secret_keys: Sequence[str], link_token: str, *, now: datetime) -> None:
    """Check a link without using it: mail scanners open links. Raises Forbidden as redeem_link does."""
    _open_request(tx, _signer(secret_keys, _LINK), link_token, now=now)


def redeem_link(tx: Transaction, secret_keys: Sequence[str], link_token: str, *, now: datetime) -> tuple[Account, str]:
    """Use a link. Return the account, made when it is new, and the path to go back to.

    Raises Forbidden("link-wrong"), ("link-expired") or ("link-used").
    """
    return _redeem(tx, _open_request(tx, _signer(secret_keys, _LINK), link_token, now=now), now=now)


def redeem_code(
    tx: Transaction, secret_keys: Sequence[str], signed: str, typed: str, *, now: datetime
) -> tuple[Account, str] | None:
    """Use the code of a request. Return what redeem_link returns, or None for a wrong code.

    A wrong code is returned, not raised: raising would undo the count of tries. Raises Forbidden as redeem_link does,
    and Forbidden("code-tries") after five wrong ones.
    """
    row = _open_request(tx, _signer(secret_keys, _REQUEST), signed, now=now)
    if number(row, "tries") >= TRIES:
        raise Forbidden("code-tries")
    request_id = text(row, "id")
    digits = "".join(typed.split()).encode("utf-8", "replace")  # compare_digest refuses texts that are not ASCII
    if not any(hmac.compare_digest(_code(key, request_id).encode(), digits) for key in secret_keys):
        rows.count_try(tx, request_id)
        return None
    return _redeem(tx, row, now=now)


def _signer(secret_keys: Sequence[str], salt: str) -> Signer:
    return Signer(list(secret_keys), salt=salt, digest_method=hashlib.sha256)


def _open_request(tx: Transaction, signer: Signer, signed: str, *, now: datetime) -> Row:
    try:
        row = rows.get(tx, signer.unsign(signed).decode())
    except (BadSignature, UnicodeError):
        raise Forbidden("link-wrong") from None
    if row is None or moment(row, "expires_at") <= now:
        raise Forbidden("link-expired")
    if row["used_at"] is not None:
        raise Used(row)
    return row


def _redeem(tx: Transaction, row: Row, *, now: datetime) -> tuple[Account, str]:
    if not rows.use(tx, text(row, "id"), now=now):
        raise Used(row)
    account = accounts.find_or_add(tx, text(row, "email"), text(row, "lang"), now=now)
    return account, text(row, "return_to")


def _code(key: str, request_id: str) -> str:
    digest = hmac.digest(key.encode(), f"{_CODE}:{request_id}".encode(), "sha256")
    return f"{int.from_bytes(digest, 'big') % 1_000_000:06d}"


def _limit(tx: Transaction, most: int, now: datetime, **whose: str) -> None:
    times = rows.times(tx, since=now - timedelta(hours=1), **whose)
    if len(times) >= most:
        again = times[-most] + timedelta(hours=1)
        raise TooMany(max(1, ceil((again - now).total_seconds())))
