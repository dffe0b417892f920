"""All public comments of a site in one JSON file (docs/reference/export.md), written thread by thread."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from comments_service import elsewhere, pages, shapes, threads
from comments_service.model import Branch, Comment, CommentState, Page, SafeHtml, ThreadPage
from comments_service.settings import Settings
from comments_service.shapes import Json, encode
from comments_service.store.protocol import Store, Transaction, utc_text
from comments_service.whole_file import replacing

VERSION = 1


async def export(store: Store, settings: Settings, target: Path, *, now: datetime) -> tuple[int, int]:
    """Write the file and return how many threads and comments it holds.

    Readers of the file see the whole old one or the whole new one. A comment that is written meanwhile may be left out.
    """
    with replacing(target) as file:
        return await _write(file, store, settings, now)


async def _write(file: TextIO, store: Store, settings: Settings, now: datetime) -> tuple[int, int]:
    """One line for each root comment, so that neither we nor who reads the file line by line needs it whole."""
    service = settings.service_url
    head = {"version": VERSION, "site": settings.site.id, "service": service, "exportedAt": utc_text(now)}
    file.write(_text(head)[:-1] + ',"threads":[')
    thread_count = comment_count = 0
    for page in await store.read(pages.live, settings.site.id):
        is_begun = False
        async for found, comments in _branches(store, page):
            if not is_begun:
                file.write((",\n" if thread_count else "\n") + _text(_thread(found))[:-1] + ',"items":[')
                thread_count += 1
            root, *replies = (comment(value, service) for value in comments)
            file.write((",\n" if is_begun else "\n") + _text({**root, "replies": replies}))
            comment_count += sum(value["state"] == "shown" for value in (root, *replies))
            is_begun = True
        if is_begun:
            file.write("]}")
    file.write('\n],"elsewhere":[')
    answers = [one async for one in _elsewhere(store, settings)]
    file.write(",".join(f"\n{_text(one)}" for one in answers) + "\n]}\n")
    return thread_count, comment_count + len(answers)


def _text(shape: Json) -> str:
    return encode(shape).decode()


async def _elsewhere(store: Store, settings: Settings) -> AsyncIterator[Json]:
    """What people of here wrote in threads of other servers, with the address that it answers; nobody else's words."""
    for page in await store.read(elsewhere.live, settings.site.id):
        async for found, comments in _branches(store, page):
            known = {value.id: value for value in comments}
            for value in comments:
                if value.account_id is not None and value.state is CommentState.SHOWN:
                    parent = known.get(value.parent_id or "")
                    origin = parent.url if parent else found.page.origin_url
                    yield {**comment(value, settings.service_url), **_counted({"answers": origin})}


async def _branches(store: Store, page: Page) -> AsyncIterator[tuple[ThreadPage, list[Comment]]]:
    """Every root comment with all its replies, the oldest root first."""
    after: str | None = None
    while True:
        found = await store.read(threads.read_page, page, limit=max(threads.LIMITS), after=after)
        for branch in found.branches:
            yield found, await store.read(_whole, page, branch)
        if (after := found.next) is None:
            return


def _whole(tx: Transaction, page: Page, branch: Branch) -> list[Comment]:
    comments = [branch.root, *branch.replies]
    while branch.next is not None:
        branch = threads.read_replies(tx, page, branch.root.id, after=branch.next)
        comments += branch.replies
    return comments


def _thread(found: ThreadPage) -> Json:
    return {
        "page": found.page.key,
        "path": f"{found.page.kind}/{found.page.slug}",
        "title": dict(found.page.titles),
        "url": dict(found.page.urls),
        "version": found.version,
        "commentCount": found.comment_count,
        **_counted({"likes": found.likes, "boosts": found.boosts, "quotes": found.quotes}),
    }


def comment(value: Comment, service: str) -> Json:
    """A comment in the names of the API, with its source, so that it can be taken in elsewhere.

    Of one whose author wants no copies only the place is kept.
    """
    if not value.is_indexable:
        value = replace(value, text="", html=SafeHtml(""), author=None, state=CommentState.HIDDEN, warning=None)
    return {**shapes.comment(value, service), "text": value.text}


def _counted(values: Json) -> Json:
    """What there is something to tell of."""
    return {name: value for name, value in values.items() if value}
