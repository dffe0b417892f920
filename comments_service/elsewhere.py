"""Threads of other servers in which someone of ours takes part: kept as pages of a kind of their own, in no list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from comments_service.markup import plain
from comments_service.model import SafeHtml
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
class Foreign:
    """What somebody of another server wrote, before any of it is kept. `place` is set when it stands here already."""

    uri: str
    url: str
    author: str
    handle: str | None  # name@server
    server: str
    html: SafeHtml
    lang: str | None
    place: Place | None


class Door(Protocol):
    """What the pages ask of the federation. Raises Invalid on `uri`."""

    async def look(self, address: str) -> Foreign: ...

    async def keep(self, address: str) -> Place: ...


@dataclass(frozen=True)
class Opening:
    """What started a thread on another server."""

    uri: str
    url: str
    actor_id: str
    title: str
    language: str
    context: str


def keep(tx: Transaction, site_id: str, slug: str, thread_url: str, opening: Opening, *, now: datetime) -> None:
    """Let the thread exist here, or give it the title that it has now. `thread_url` is where people read it here."""
    key = f"{KIND}/{slug}"
    page_rows.put(
        tx,
        {
            "site_id": site_id,
            "key": key,
            "kind": KIND,
            "slug": slug,
            "state": "live",
            "is_open": 1,
            "language": opening.language,
            "titles": to_json({opening.language: opening.title}),
            "urls": to_json({opening.language: thread_url}),
            "hashes": "{}",
            "bodies": "{}",
            "first_seen_at": utc_text(now),
            "is_baseline": 1,
            "federates": 1,
            "origin_uri": opening.uri,
            "origin_url": opening.url,
            "origin_context": opening.context,
            "actor_id": opening.actor_id,
        },
    )
    page_rows.add_alias(tx, site_id, KIND, slug, key)
    thread_rows.change(tx, site_id, key)


def title(html: str) -> str:
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
