"""Threads: what everyone reads of a page, one page of comments at a time, and what one reader sees beside it."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from comments_service.errors import Fault, Invalid, NotFound
from comments_service.ids import is_id
from comments_service.language import N_
from comments_service.model import Account, Author, Branch, Comment, Counts, Mine, Page, ThreadPage
from comments_service.store import comments as comment_rows
from comments_service.store import ratings as rating_rows
from comments_service.store import threads as rows
from comments_service.store import votes as vote_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import number, optional_moment, real, record, text

P = ParamSpec("P")
T = TypeVar("T")

ORDERS = ("oldest", "newest", "best")
LIMITS = (10, 25, 50)  # root comments on a page
REPLIES = 20  # descendants that come with a root
MOST_COUNTS = 100


def read_page(
    tx: Transaction,
    page: Page,
    *,
    order: str = "oldest",
    limit: int = 10,
    after: str | None = None,
    around: str | None = None,
    root: str | None = None,
    lang: str | None = None,
    closed_before: datetime | None = None,
) -> ThreadPage:
    """Return one page of a thread, the same for everyone; with `root` that branch alone, from `after` on.

    "best" goes by the lower bound of the share of readers who find a comment helpful; a vote moves a comment, so such a
    page can name one again that an earlier page had.

    `after` is a cursor of an earlier page. `around` is the id of a comment: the page then has its root in the middle,
    and that root's replies hold the comment itself (perhaps not its parents). `lang` keeps comments of one language
    and the roots that were answered in it. Raises Invalid on `after`, NotFound for `around`.
    """
    cursor = None
    if root is not None:
        branches: tuple[Branch, ...] = (read_replies(tx, page, root, after=after, lang=lang),)
    else:
        target = None
        if around is not None:
            target = _find(tx, page, around)
            found = _roots_around(tx, page, target, order=order, limit=limit, lang=lang)
        else:
            position = None if after is None else _position(after, is_best=order == "best")
            found = rows.roots(tx, page.site_id, page.key, order=order, limit=limit + 1, after=position, lang=lang)
        branches = tuple(_branch(tx, row, lang=lang, target=target) for row in found[:limit])
        cursor = _cursor(found[limit - 1], is_best=order == "best") if len(found) > limit else None
    thread = row_of(tx, page)
    return record(
        ThreadPage,
        thread,
        page=page,
        rating=rows.rating(thread),
        views=thread["view_count"],
        is_federated=rows.is_federated(thread),
        closed_by=closed_by(thread, closed_before),
        languages=rows.languages(tx, page.site_id, page.key),
        branches=branches,
        next=cursor,
        newest=rows.newest(tx, page.site_id, page.key),
    )


def read_replies(tx: Transaction, page: Page, root_id: str, *, after: str | None, lang: str | None = None) -> Branch:
    """Return a root with the descendants after a cursor. Raises NotFound, Invalid on `after`."""
    root = comment_rows.comment(_find(tx, page, root_id))
    if root.parent_id is not None:
        raise NotFound("comment", root_id)
    position = None if after is None else _position(after)
    return _replies(root, rows.replies(tx, root_id, limit=REPLIES + 1, after=position, lang=lang))


def closure(tx: Transaction, page: Page, *, closed_before: datetime | None = None) -> tuple[str | None, int]:
    """Return what closed a thread, and its version."""
    thread = row_of(tx, page)
    return closed_by(thread, closed_before), number(thread, "version")


def version(tx: Transaction, page: Page) -> int:
    """Return the version of a thread; it rises with every change that readers can see, views apart."""
    found = rows.version(tx, page.site_id, page.key)
    if found is None:
        raise NotFound("page", page.key)
    return found


def with_version(
    tx: Transaction, page: Page, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
) -> tuple[T, int]:
    """Run a use case on a thread, and also return the version that the thread has after it."""
    return use_case(tx, *args, **kwargs), version(tx, page)


def counts(tx: Transaction, site_id: str, slugs: Sequence[str]) -> dict[str, Counts]:
    """Return the counts of pages, by the "<kind>/<slug>" they were asked with; unknown ones are left out.

    Raises Invalid on `page` for more than 100.
    """
    if len(slugs) > MOST_COUNTS:
        raise Invalid([Fault("page", N_("Ask for %(max)s pages at most."), {"max": MOST_COUNTS})])
    return {
        name: Counts(number(row, "comment_count"), rows.rating(row), number(row, "view_count"))
        for name, row in rows.counts(tx, site_id, slugs).items()
    }


def people(tx: Transaction, page: Page, prefix: str = "", *, limit: int = 8) -> list[Author]:
    """Return who wrote in a thread and has a word in the name that starts with `prefix`; case and accents do not count.

    An author has the address that mentions lead to.
    """
    wanted = _folded(prefix)
    found = [Author(text(row, "id"), text(row, "name")) for row in rows.people(tx, page.site_id, page.key)]
    names = [(person, _folded(person.name)) for person in found]
    return [person for person, name in names if name.startswith(wanted) or f" {wanted}" in name][:limit]


def _folded(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


def closed_by(thread: Row, closed_before: datetime | None) -> str | None:
    """Return what closed a thread: "front-matter", "moderator", or "age" for a page dated before `closed_before`."""
    if not thread["is_open"]:
        return "front-matter"
    if thread["closed_at"] is not None:
        return "moderator"
    dated_at = optional_moment(thread, "dated_at")
    return "age" if closed_before and dated_at and dated_at < closed_before else None


def mine(tx: Transaction, page: Page, account: Account, *, closed_before: datetime | None = None) -> Mine:
    """Return what one reader sees beside the public thread."""
    thread = row_of(tx, page)
    held = comment_rows.held_of(tx, page.site_id, page.key, account.id)
    return Mine(
        version=number(thread, "version"),
        account=account,
        may_comment=closed_by(thread, closed_before) is None and not account.banned,
        stars=rating_rows.get(tx, page.site_id, page.key, account.id),
        own=tuple(text(row, "id") for row in rows.own(tx, page.site_id, page.key, account.id)),
        held=tuple(comment_rows.comment(row) for row in held),
        votes=vote_rows.of_account(tx, page.site_id, page.key, account.id),
    )


def row_of(tx: Transaction, page: Page) -> Row:
    """Return the counters of a thread. Raises NotFound."""
    row = rows.get(tx, page.site_id, page.key)
    if row is None:
        raise NotFound("page", page.key)
    return row


def _find(tx: Transaction, page: Page, comment_id: str) -> Row:
    row = comment_rows.public(tx, comment_id) if is_id(comment_id) else None
    if row is None or (row["site_id"], row["page_key"]) != (page.site_id, page.key):
        raise NotFound("comment", comment_id)
    return row


def _roots_around(tx: Transaction, page: Page, target: Row, *, order: str, limit: int, lang: str | None) -> list[Row]:
    """Return up to limit + 1 roots with the one of `target` among the first `limit`."""
    root = _find(tx, page, text(target, "root_id"))
    here = _position(_cursor(root, is_best=order == "best"), is_best=order == "best")
    roots = partial(rows.roots, tx, page.site_id, page.key, order=order, after=here, lang=lang)
    before = roots(is_backwards=True, limit=limit // 2)
    return [*reversed(before), *roots(with_start=True, limit=limit + 1 - len(before))]


def _branch(tx: Transaction, row: Row, *, lang: str | None, target: Row | None) -> Branch:
    root = comment_rows.comment(row)
    if not number(row, "answer_count"):
        return Branch(root, (), None)
    found = rows.replies(tx, root.id, limit=REPLIES + 1, lang=lang)
    is_here = target is not None and target["root_id"] == root.id != target["id"]
    if target is not None and is_here and target["id"] not in [reply["id"] for reply in found[:REPLIES]]:
        position = (text(target, "created_at"), text(target, "id"))
        last = rows.replies(tx, root.id, limit=REPLIES, until=position)
        found = [*reversed(last), *rows.replies(tx, root.id, limit=1, after=position)]
    return _replies(root, found)


def _replies(root: Comment, found: list[Row]) -> Branch:
    cursor = _cursor(found[REPLIES - 1]) if len(found) > REPLIES else None
    return Branch(root, tuple(map(comment_rows.comment, found[:REPLIES])), cursor)


def _cursor(row: Row, *, is_best: bool = False) -> str:
    cursor = f"{text(row, 'created_at')}_{text(row, 'id')}"
    return f"{real(row, 'score'):.6f}_{cursor}" if is_best else cursor


_TIME_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([0-9A-Z]{26})")
_BEST_CURSOR = re.compile(rf"([01]\.\d{{6}})_{_TIME_CURSOR.pattern}")


def _position(cursor: str, *, is_best: bool = False) -> tuple[str | float, ...]:
    match = (_BEST_CURSOR if is_best else _TIME_CURSOR).fullmatch(cursor)
    if match is None:
        raise Invalid([Fault("after", N_("This is not a cursor that an earlier answer gave."))])
    return (float(match[1]), match[2], match[3]) if is_best else (match[1], match[2])
