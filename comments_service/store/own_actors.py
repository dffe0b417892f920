"""SQL of our own actors, their keys, and the bases of ids."""

from collections.abc import Sequence
from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import insert, number, text, to_json


def get(tx: Transaction, actor_id: str) -> Row | None:
    return rows.find(tx, "own_actor", id=actor_id)


def by_handle(tx: Transaction, site_id: str, handle: str) -> Row | None:
    """Return who has a handle, or had it last."""
    return tx.one(
        "SELECT * FROM own_actor WHERE site_id = :site_id AND handle = :handle ORDER BY generation DESC LIMIT 1",
        {"site_id": site_id, "handle": handle},
    )


def by_subject(tx: Transaction, site_id: str, kind: str, subject: str) -> Row | None:
    """Return the actor of a page, a person, an account or the site: the latest when there were several."""
    return tx.one(
        "SELECT * FROM own_actor WHERE site_id = :site_id AND kind = :kind AND subject = :subject "
        "ORDER BY generation DESC, made_at DESC LIMIT 1",
        {"site_id": site_id, "kind": kind, "subject": subject},
    )


def of_account(tx: Transaction, account_id: str) -> list[Row]:
    """Return the actors of an account that are not deleted, of each site where it agreed."""
    known = "SELECT * FROM own_actor WHERE kind = 'commenter' AND subject = :id AND state <> 'deleted'"
    return tx.all(known, {"id": account_id})


def of_site(tx: Transaction, site_id: str, kinds: Sequence[str]) -> list[Row]:
    return tx.all(
        "SELECT * FROM own_actor WHERE site_id = :site_id AND kind IN (SELECT value FROM json_each(:kinds)) "
        "ORDER BY made_at, id",
        {"site_id": site_id, "kinds": to_json(kinds)},
    )


def add(tx: Transaction, *, now: datetime, **values: Value) -> None:
    insert(tx, "own_actor", **values, state="live", made_at=now, changed_at=now)


def change(tx: Transaction, actor_id: str, **values: Value | datetime) -> None:
    rows.change(tx, "own_actor", actor_id, **values)


def key(tx: Transaction, actor_id: str) -> Row | None:
    """Return the newest key of an actor."""
    newest = "SELECT * FROM own_key WHERE actor_id = :actor_id ORDER BY number DESC LIMIT 1"
    return tx.one(newest, {"actor_id": actor_id})


def add_key(tx: Transaction, actor_id: str, private_pem: str, public_pem: str, *, now: datetime) -> Row:
    last = key(tx, actor_id)
    following = number(last, "number") + 1 if last is not None else 1
    pems = {"private_pem": private_pem, "public_pem": public_pem}
    return insert(tx, "own_key", actor_id=actor_id, number=following, **pems, made_at=now)


def bases(tx: Transaction, site_id: str) -> list[str]:
    """Return where ids of a site begin, the one of now first, then the former ones."""
    found = tx.all(
        "SELECT url FROM federation_base WHERE site_id = :site_id ORDER BY left_at IS NOT NULL, since DESC",
        {"site_id": site_id},
    )
    return [text(row, "url") for row in found]


def add_base(tx: Transaction, site_id: str, url: str, *, now: datetime) -> None:
    """Let ids of a site begin elsewhere from now on, whatever they began with before."""
    rows.change(tx, "federation_base", {"site_id": site_id, "left_at": None}, left_at=now)
    rows.put(tx, "federation_base", ("url",), url=url, site_id=site_id, since=now, left_at=None)
