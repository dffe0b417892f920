"""Threads of other servers in which someone of ours takes part: kept as pages of a kind of their own, in no list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from comments_service.markup import plain
from comments_service.model import Account, Page, SafeHtml
from comments_service.store import elsewhere as rows
from comments_service.store import pages as page_rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.store.rows import text, to_json

KIND = "elsewhere"
TITLE = 100


@dataclass(frozen=True)
class Place:
    """Where something can be answered here: a thread, or a comment in it."""

    kind: str
    slug: str
    comment_id: str | None


@dataclass(frozen=True)
class Someone:
    """A person, group or site of another server."""

    uri: str
    url: str
    name: str
    handle: str | None  # name@server
    server: str


@dataclass(frozen=True)
class Foreign:
    """What somebody of another server wrote, before any of it is kept."""

    uri: str
    url: str
    author: Someone
    html: SafeHtml
    lang: str | None


class Door(Protocol):
    """What the pages ask of the federation. Raises Invalid on `uri`."""

    async def look(self, address: str) -> Foreign | Someone | Place: ...

    async def keep(self, address: str) -> Place: ...

    async def do(self, account: Account, kind: str, address: str) -> None: ...


def keep(
    tx: Transaction,
    site_id: str,
    slug: str,
    service_url: str,
    language: str,
    title: str,
    *,
    now: datetime,
    **origin: str,
) -> None:
    """Let a thread exist here. `origin`: origin_uri, origin_url and origin_context of what started it, and actor_id."""
    key = f"{KIND}/{slug}"
    place = {"site_id": site_id, "key": key, "kind": KIND, "slug": slug, "first_seen_at": utc_text(now)}
    urls = to_json({language: f"{service_url}/threads/{key}"})
    said = {"language": language, "titles": to_json({language: title}), "urls": urls, "hashes": "{}", "bodies": "{}"}
    page_rows.put(tx, {**place, **said, **origin, "state": "live", "is_open": 1, "is_baseline": 1, "federates": 1})
    page_rows.add_alias(tx, site_id, KIND, slug, key)
    thread_rows.change(tx, site_id, key)


def live(tx: Transaction, site_id: str) -> list[Page]:
    """Return the pages of threads of other servers that people of a site take part in, the first one first."""
    return [page_rows.page(row) for row in rows.live(tx, site_id)]


def title(html: SafeHtml) -> str:
    """The first line of a text."""
    return plain(html.partition("</p>")[0], TITLE)


def rename(tx: Transaction, page: Row, title: str) -> None:
    if title:
        page_rows.put(tx, {**page, "titles": to_json({text(page, "language"): title})})
        thread_rows.change(tx, text(page, "site_id"), text(page, "key"))


def withdraw(tx: Transaction, site_id: str, uri: str, actor: Row) -> None:
    """Its author deleted what started a thread: nobody reads the thread here any more."""
    page = rows.find(tx, site_id, uri)
    if page is not None and page["actor_id"] == actor["id"]:
        page_rows.put(tx, {**page, "state": "withdrawn"})
        thread_rows.change(tx, site_id, text(page, "key"))
