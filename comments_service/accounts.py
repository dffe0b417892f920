"""Accounts: the name that readers see, the language of mails, roles."""

import re
import unicodedata
from datetime import datetime

from comments_service.errors import Fault, Invalid, NotFound
from comments_service.ids import new_id
from comments_service.language import N_
from comments_service.markup import CONTROLS, is_seen
from comments_service.model import Account, Role
from comments_service.store import accounts as rows
from comments_service.store import threads
from comments_service.store.protocol import Transaction

LANGUAGES = ("nl", "en")
NAME_LENGTH = 80


def email_address(text: str) -> str:
    """Return a mail address in the one form in which it is kept. Raises Invalid on the field `email`."""
    address = text.strip()
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if (
        len(address) > 254
        or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}", local)
        or not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", domain)
    ):
        raise Invalid([Fault("email", N_("Write a mail address such as name@example.org."))])
    return f"{local}@{domain}".lower()


def display_name(text: str | None, account: Account) -> str:
    """Return a name that readers may see. Raises Invalid on the field `name`.

    Never a mail address: the name is public, the address is not.
    """
    name = " ".join(unicodedata.normalize("NFC", text or "").split())
    if not any(map(is_seen, name)):
        raise Invalid([Fault("name", N_("Write the name that readers will see with your comments."))])
    if len(name) > NAME_LENGTH:
        raise Invalid([Fault("name", N_("Keep the name within %(max)s characters."), {"max": NAME_LENGTH})])
    if CONTROLS.search(name):
        raise Invalid([Fault("name", N_("The name holds characters that cannot be shown. Type it again."))])
    folded = unicodedata.normalize("NFKC", name).casefold()
    if account.email in folded or re.search(r"\S@\S", folded):
        raise Invalid([Fault("name", N_("Choose a name that is not a mail address: everyone can read it."))])
    return name


def by_id(tx: Transaction, account_id: str) -> Account:
    """Raises NotFound."""
    account = rows.get(tx, account_id)
    if account is None:
        raise NotFound("account", account_id)
    return account


def find_or_add(tx: Transaction, email: str, language: str, *, now: datetime) -> Account:
    """Return the account of a mail address that was proved, made when it is new."""
    account = rows.by_email(tx, email)
    if account is None:
        account_id = new_id(now)
        rows.add(tx, account_id, email, language, now=now)
        account = by_id(tx, account_id)
    return account


def rename(tx: Transaction, account: Account, name: str) -> Account:
    """Change the name that readers see, also with earlier comments. Raises Invalid on the field `name`."""
    account = by_id(tx, account.id)
    name = display_name(name, account)
    if name != account.name:
        rows.change(tx, account.id, name=name)
        for site_id, page_key in rows.pages_of(tx, account.id):
            threads.change(tx, site_id, page_key)
    return by_id(tx, account.id)


def set_language(tx: Transaction, account: Account, language: str) -> Account:
    """Change the language of mails."""
    rows.change(tx, account.id, language=language)
    return by_id(tx, account.id)


def make_administrator(tx: Transaction, email: str, *, now: datetime) -> Account:
    """Give the account of a mail address the role of administrator; it is made when it is new."""
    account = find_or_add(tx, email_address(email), LANGUAGES[0], now=now)
    rows.change(tx, account.id, role=Role.ADMINISTRATOR.value)
    return by_id(tx, account.id)
