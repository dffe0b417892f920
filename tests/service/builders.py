"""Builders of what a test needs: a manifest, a page, an account, a comment."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from comments_service import accounts, comments, pages
from comments_service.comments import IdempotencyKey, Posting
from comments_service.errors import PleinError
from comments_service.manifest import Manifest, parse_manifest
from comments_service.model import Account, Comment, Page
from comments_service.store import accounts as account_rows
from comments_service.store import old
from comments_service.store.protocol import Transaction

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SITE = "plein"
SITE_URL = "https://plein.example"

Json = dict[str, object]


def page_json(
    name: str,
    *,
    text: str = "",
    days_old: int = 1,
    languages: tuple[str, ...] = ("nl",),
    base: str = SITE_URL,
    title: str = "",
    **fields: object,
) -> Json:
    """Return a page as the manifest tells it; another `text` is another content."""
    kind, _, slug = name.partition("/")
    return {
        "kind": kind.removesuffix("s"),
        "was": [],
        "language": languages[0],
        "date": (NOW - timedelta(days=days_old)).isoformat() if kind == "blogs" else None,
        "comments": "open",
        "minor": False,
        "federate": True,
        "translations": {
            lang: {
                "url": f"{base}/{'' if lang == 'nl' else lang + '/'}{name}/",
                "title": title or f"{slug} {lang}",
                "summary": "",
                "hash": f"{title or slug} {lang} {text}",
                "body": f"{base}/bodies/{title or slug}-{lang}-{text}.html".replace(" ", "-"),
            }
            for lang in languages
        },
        **fields,
    }


def manifest_json(serial: int, entries: Mapping[str, Json], *, base: str = SITE_URL) -> Json:
    return {
        "version": 1,
        "serial": serial,
        "site": {"name": "Plein", "url": base, "languages": ["nl", "en"], "stylesheet": f"{base}/theme/plein.css"},
        "people": {},
        "groups": {},
        "pages": dict(entries),
    }


def a_manifest(serial: int, entries: Mapping[str, Json], *, base: str = SITE_URL) -> Manifest:
    return parse_manifest(json.dumps(manifest_json(serial, entries, base=base)).encode())


def forget_old(tx: Transaction, *, now: datetime) -> list[bool]:
    """Drop a part of what is old of each table, as the service does each hour; return of which there may be more."""
    return [old.forget(tx, kept, now=now) for kept in old.KEPT]


def a_page(tx: Transaction, name: str = "blogs/drempel", *, site_id: str = SITE, **fields: object) -> Page:
    """Let a page exist and return it."""
    entry = page_json(name, **fields)  # type: ignore[arg-type]
    intake = pages.take_in(tx, site_id, a_manifest(1, {name: entry}), site_url=SITE_URL, now=NOW)
    assert intake.taken, intake
    kind, _, slug = name.partition("/")
    return pages.find(tx, site_id, kind, slug)


def an_account(tx: Transaction, name: str | None = "Anna", *, banned: bool = False) -> Account:
    email = f"{(name or 'nobody').lower()}@example.org"
    account = accounts.find_or_add(tx, email, "nl", now=NOW)
    if name is not None:
        account_rows.change(tx, account.id, name=name)
    if banned:
        tx.run("UPDATE account SET is_banned = 1 WHERE id = :id", {"id": account.id})
    return accounts.by_id(tx, account.id)


def a_comment(
    tx: Transaction,
    page: Page,
    by: Account,
    text: str = "Een reactie.",
    *,
    answers: Comment | None = None,
    lang: str = "nl",
    now: datetime = NOW,
) -> Comment:
    draft = comments.prepare(text, lang, answers.id if answers else None)
    return post(tx, by, page, draft, now=now)


def post(
    tx: Transaction,
    account: Account,
    page: Page,
    draft: comments.Draft,
    key: IdempotencyKey | None = None,
    *,
    now: datetime,
    hold: bool = False,
    closed_before: datetime | None = None,
) -> Comment:
    """Store one comment, or raise why it is refused."""
    [posted] = comments.post(tx, [Posting(account, page, draft, key, now, hold, closed_before)])
    if isinstance(posted, PleinError):
        raise posted
    return posted[0]
