"""Consent: whether what an account writes travels to other servers, under which handle, and taking that back."""

import re
import unicodedata
from datetime import datetime

from comments_service import accounts, interactions, jobs
from comments_service.errors import Fault, Invalid
from comments_service.ids import new_id
from comments_service.language import N_
from comments_service.model import Account
from comments_service.store import accounts as account_rows
from comments_service.store import own_actors as rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import number, text, to_json, values

CHANGED_JOB = "actor-changed"  # [site, actor, moment]
GONE_JOB = "commenter-gone"  # [site, actor]
INSTANCE = "instance"
# Nobody gets these: they would look like the site itself, or like its moderators.
RESERVED = {INSTANCE, "admin", "administrator", "beheer", "moderator", "root", "support", "abuse", "postmaster"}
RESERVED |= {"webmaster", "redactie", "plein", "info", "security", "me", "all", "everyone", "here"}
HANDLE = re.compile(r"[a-z0-9_]{1,30}")


def standing(tx: Transaction, account: Account, site_id: str) -> str:
    """Return "live" while what an account writes on a site travels, "retired" after a stop, "deleted", "" for never."""
    known = rows.by_subject(tx, site_id, "commenter", account.id)
    return "" if known is None else text(known, "state")


def proposed_handle(name: str) -> str:
    """A handle that looks like a name; "" when nothing of it can be written in one."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30].rstrip("_")


def agree(tx: Transaction, account: Account, site_id: str, handle: str, *, url: str, now: datetime) -> Account:
    """Let what the account writes from now on travel, as handle@host. A handle that was had before stays.

    `url` is the account's page for people. Raises Invalid on `handle`, and on `name` for an account without one.
    """
    account = accounts.by_id(tx, account.id)
    if account.name is None:
        raise Invalid([Fault("name", N_("Write the name that readers will see with your comments."))])
    known = rows.by_subject(tx, site_id, "commenter", account.id)
    shown = {"names": {account.language: account.name}, "urls": {account.language: url}}
    profile = to_json({**shown, "texts": {}, "links": []})
    if known is not None and known["state"] != "deleted":
        rows.change(tx, text(known, "id"), state="live", profile=profile)
        handle = text(known, "handle")
    else:
        handle = _free(tx, site_id, account, handle.strip().lower().removeprefix("@"), known)
        generation = number(known, "generation") + 1 if known is not None else 1
        who = {"kind": "commenter", "subject": account.id, "handle": handle, "profile": profile}
        rows.add(tx, id=new_id(now), site_id=site_id, **who, generation=generation, now=now)
    account_rows.change(tx, account.id, handle=handle, federates=1)
    return accounts.by_id(tx, account.id)


def stop(tx: Transaction, account: Account, site_id: str, *, take_back: bool = False, now: datetime) -> Account:
    """Let nothing travel from now on; what did stays where it is, and whoever was followed is followed no more.

    Also the answer "no" to the first question.

    `take_back` asks every server to delete all that travelled, the actor with it. A later consent makes a new actor.
    """
    known = rows.by_subject(tx, site_id, "commenter", account.id)
    if known is not None and take_back and known["state"] != "deleted":
        rows.change(tx, text(known, "id"), state="deleted", changed_at=now)
        jobs.enqueue(tx, GONE_JOB, site_id, text(known, "id"), now=now)
    elif known is not None and known["state"] == "live":
        rows.change(tx, text(known, "id"), state="retired")
    interactions.end(tx, account, site_id, take_back=take_back, now=now)
    account_rows.change(tx, account.id, federates=0)
    return accounts.by_id(tx, account.id)


def rename(tx: Transaction, account: Account, name: str, *, now: datetime) -> Account:
    """Change the name that readers see, here and elsewhere. Raises Invalid on `name`."""
    account = accounts.rename(tx, account, name)
    for row in rows.of_account(tx, account.id):
        profile = {**values(row, "profile"), "names": {account.language: account.name}}
        change(tx, row, profile=to_json(profile), now=now)
    return account


def change(tx: Transaction, row: Row, *, now: datetime, **values: Value) -> None:
    """Change an actor of ours; its followers are told."""
    rows.change(tx, text(row, "id"), **values, changed_at=now)
    jobs.enqueue(tx, CHANGED_JOB, text(row, "site_id"), text(row, "id"), utc_text(now), now=now)


def _free(tx: Transaction, site_id: str, account: Account, handle: str, known: Row | None) -> str:
    """Return a handle that this account may have. Raises Invalid on `handle`."""
    if known is not None:
        return text(known, "handle")  # nobody else gets it, and nobody has two
    if not HANDLE.fullmatch(handle):
        raise Invalid([Fault("handle", N_("Write 1 to 30 small letters, digits or underscores."))])
    holder = rows.by_handle(tx, site_id, handle)
    if handle in RESERVED or holder is not None or account_rows.has_handle(tx, handle, account.id):
        raise Invalid([Fault("handle", N_("This name is taken. Choose another one."))])
    return handle
