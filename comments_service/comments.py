"""Comments: post, edit and delete, and the one place where a comment changes its state."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import accounts, pages
from comments_service.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from comments_service.ids import is_id, new_id
from comments_service.language import N_
from comments_service.markup import RENDERER_VERSION, has_text, normalise, render
from comments_service.model import Account, Comment, CommentState, Page, SafeHtml
from comments_service.store import accounts as account_rows
from comments_service.store import comments as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import moment, number, optional, text

MAX_LENGTH = 5000  # code points after NFC
MAX_HTML = 50_000
REMEMBER_KEYS = timedelta(days=7)
LANGUAGES = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Draft:
    """A comment that was checked and rendered, and is not stored yet. Made by `prepare`."""

    text: str
    html: SafeHtml
    lang: str
    in_reply_to: str | None = None
    name: str | None = None  # the display name, asked at the first comment


@dataclass(frozen=True)
class IdempotencyKey:
    """What makes a repeated request give the same answer (draft-ietf-httpapi-idempotency-key-header)."""

    key: str
    request_hash: str  # of all that the request says


def prepare(
    text: str, lang: str, in_reply_to: str | None = None, name: str | None = None, *, max_length: int = MAX_LENGTH
) -> Draft:
    """Check and render what somebody wrote; call it outside of the store. Raises Invalid with every fault."""
    faults = []
    markdown = normalise(text)
    html = SafeHtml("")
    if len(markdown) > max_length:
        values = {"max": max_length, "length": len(markdown)}
        faults.append(Fault("text", N_("Keep the comment within %(max)s characters; it has %(length)s now."), values))
    else:
        html = render(markdown)
        if not has_text(html):
            faults.append(Fault("text", N_("Write your comment first.")))
        elif len(html) > MAX_HTML:
            faults.append(Fault("text", N_("The comment has too many quotes or lists inside each other.")))
    if not LANGUAGES.fullmatch(lang):
        faults.append(Fault("lang", N_("Write a language code such as nl or en.")))
    if in_reply_to is not None and not is_id(in_reply_to):
        faults.append(Fault("inReplyTo", N_("The comment that you answer is no longer there.")))
    if faults:
        raise Invalid(faults)
    return Draft(markdown, html, lang, in_reply_to, name)


def post(
    tx: Transaction, account: Account, page: Page, draft: Draft, key: IdempotencyKey | None, *, now: datetime
) -> Comment:
    """Store a comment and return it. The same key with the same request returns the comment of the first time.

    Raises Forbidden("banned" or "thread-closed"), Invalid on `name` or `inReplyTo`, NotFound for a page that is gone,
    Conflict("idempotency-key") when the key came with another request.
    """
    rows.forget_before(tx, now - REMEMBER_KEYS)
    if key is not None and (known := rows.remembered(tx, account.id, key.key)) is not None:
        if known[0] != key.request_hash:
            raise Conflict("idempotency-key")
        return get(tx, known[1])
    account = accounts.by_id(tx, account.id)
    _require_writable(tx, account, page)
    parent = None if draft.in_reply_to is None else _parent(tx, page, draft.in_reply_to)
    if account.name is None:
        account_rows.set_name(tx, account.id, accounts.display_name(draft.name, account))
    if parent is not None:
        # A reply is never older than what it answers, whatever the clock does: readers page by time.
        now = max(now, moment(parent, "created_at") + timedelta(milliseconds=1))
    comment_id = new_id(now)
    rows.add(
        tx,
        comment_id,
        site_id=page.site_id,
        page_key=page.key,
        root_id=comment_id if parent is None else text(parent, "root_id"),
        parent_id=draft.in_reply_to,
        account_id=account.id,
        markdown=draft.text,
        html=draft.html,
        renderer_version=RENDERER_VERSION,
        lang=draft.lang,
        now=now,
    )
    _count_answer(tx, draft.in_reply_to, +1)
    thread_rows.change(tx, page.site_id, page.key, +1)
    if key is not None:
        rows.remember(tx, account.id, key.key, key.request_hash, comment_id, now=now)
    return get(tx, comment_id)


def get(tx: Transaction, comment_id: str) -> Comment:
    """Return a comment as readers see it; one that is not shown has neither text nor author. Raises NotFound."""
    row = rows.public(tx, comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound("comment", comment_id)
    return rows.comment(row)


def edit(
    tx: Transaction, account: Account, comment_id: str, draft: Draft, *, window: timedelta, now: datetime
) -> Comment:
    """Change the text of one's own comment, within `window` after it was posted.

    Raises NotFound, Forbidden("not-yours", "banned" or "edit-window").
    """
    comment = get(tx, comment_id)
    if comment.state is not CommentState.SHOWN:
        raise NotFound("comment", comment_id)
    if comment.account_id != account.id:
        raise Forbidden("not-yours")
    if accounts.by_id(tx, account.id).banned:
        raise Forbidden("banned")
    if now > comment.created_at + window:
        raise Forbidden("edit-window")
    if draft.text != comment.text or draft.lang != comment.lang:
        rows.set_text(tx, comment_id, draft.text, draft.html, RENDERER_VERSION, draft.lang, now=now)
        thread_rows.change(tx, comment.site_id, comment.page_key)
    return get(tx, comment_id)


def delete(tx: Transaction, account: Account, comment_id: str, *, now: datetime) -> None:
    """Remove one's own comment and its text for good, whatever became of the page. Where it was answered a stub stays.

    Raises NotFound, Forbidden("not-yours").
    """
    del now
    row = rows.raw(tx, comment_id)
    if row is None or row["state"] == CommentState.REMOVED:
        raise NotFound("comment", comment_id)
    if row["account_id"] != account.id:
        # what nobody but its author may know of stays unknown
        raise Forbidden("not-yours") if rows.public(tx, comment_id) else NotFound("comment", comment_id)
    change_state(tx, row, CommentState.REMOVED)


def change_state(tx: Transaction, row: Row, state: CommentState) -> None:
    """Give a comment another state, and keep every counter that depends on it. Removing erases the text."""
    comment_id = text(row, "id")
    before = CommentState(text(row, "state"))
    answers = number(row, "answer_count")
    rows.set_state(tx, comment_id, state)
    if state is CommentState.REMOVED:
        rows.erase(tx, comment_id)
    _count_answer(tx, optional(row, "parent_id"), _stands(state, answers) - _stands(before, answers))
    shown = (state is CommentState.SHOWN) - (before is CommentState.SHOWN)
    thread_rows.change(tx, text(row, "site_id"), text(row, "page_key"), shown)


def _stands(state: CommentState, answers: int) -> bool:
    """Tell whether readers see the comment or its stub: the condition of the view public_comment."""
    return state is CommentState.SHOWN or (state in (CommentState.HIDDEN, CommentState.REMOVED) and answers > 0)


def _count_answer(tx: Transaction, comment_id: str | None, step: int) -> None:
    """Count an answer that came or went under a comment; a stub whose last answer goes is gone for its parent too."""
    while comment_id is not None and step:
        row = rows.count_answer(tx, comment_id, step)
        if row is None:
            return
        state, answers = CommentState(text(row, "state")), number(row, "answer_count")
        step = _stands(state, answers) - _stands(state, answers - step)
        comment_id = optional(row, "parent_id")


def _require_writable(tx: Transaction, account: Account, page: Page) -> None:
    if account.banned:
        raise Forbidden("banned")
    if not pages.by_key(tx, page.site_id, page.key).is_open:
        raise Forbidden("thread-closed")


def _parent(tx: Transaction, page: Page, comment_id: str) -> Row:
    row = rows.public(tx, comment_id)
    if (
        row is None
        or row["state"] != CommentState.SHOWN
        or (row["site_id"], row["page_key"]) != (page.site_id, page.key)
    ):
        raise Invalid([Fault("inReplyTo", N_("The comment that you answer is no longer there."))])
    return row
