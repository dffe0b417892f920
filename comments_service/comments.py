"""Comments: post, edit and delete, and the one place where a comment changes its state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import accounts, fates, mentions, threads
from comments_service.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from comments_service.ids import is_id, new_id
from comments_service.language import N_
from comments_service.markup import RENDERER_VERSION, has_text, normalise, render
from comments_service.model import Account, Author, Comment, CommentState, Page, Revision, SafeHtml
from comments_service.store import accounts as account_rows
from comments_service.store import comments as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import moment, number, optional, text

MAX_LENGTH = 5000  # code points after NFC
MAX_HTML = 50_000
LANGUAGES = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Draft:
    """A comment that was checked and rendered, and is not stored yet. Made by `prepare`."""

    text: str
    html: SafeHtml
    lang: str
    in_reply_to: str | None = None
    name: str | None = None  # the display name, asked at the first comment
    mentioned: tuple[str, ...] = ()  # ids of accounts


@dataclass(frozen=True)
class IdempotencyKey:
    """What makes a repeated request give the same answer (draft-ietf-httpapi-idempotency-key-header)."""

    key: str
    request_hash: str  # of all that the request says


def prepare(
    text: str,
    lang: str,
    in_reply_to: str | None = None,
    name: str | None = None,
    *,
    people: Sequence[Author] = (),
    max_length: int = MAX_LENGTH,
) -> Draft:
    """Check and render what somebody wrote; call it outside of the store. Raises Invalid with every fault.

    `people` are those of the thread, who can be mentioned.
    """
    faults = []
    markdown = normalise(text)
    html = SafeHtml("")
    mentioned: tuple[str, ...] = ()
    if len(markdown) > max_length:
        values = {"max": max_length, "length": len(markdown)}
        faults.append(Fault("text", N_("Keep the comment within %(max)s characters; it has %(length)s now."), values))
    else:
        html, mentioned = mentions.link(render(markdown), people)
        if not has_text(html):
            is_picture = "![" in markdown
            alone = N_("A picture is not shown here. Write some words.")
            faults.append(Fault("text", alone if is_picture else N_("Write your comment first.")))
        elif len(html) > MAX_HTML:
            faults.append(Fault("text", N_("The comment has too many quotes or lists inside each other.")))
    if not LANGUAGES.fullmatch(lang):
        faults.append(Fault("lang", N_("Write a language code such as nl or en.")))
    if in_reply_to is not None and not is_id(in_reply_to):
        faults.append(Fault("inReplyTo", N_("The comment that you answer is no longer there.")))
    if faults:
        raise Invalid(faults)
    return Draft(markdown, html, lang, in_reply_to, name, mentioned)


def post(
    tx: Transaction,
    account: Account,
    page: Page,
    draft: Draft,
    key: IdempotencyKey | None,
    *,
    now: datetime,
    hold: bool = False,
    closed_before: datetime | None = None,
) -> Comment:
    """Store a comment and return it. The same key with the same request returns the comment of the first time.

    With `hold` nobody but its author sees it until a moderator restores it.

    Raises Forbidden("banned" or "thread-closed"), Invalid on `name` or `inReplyTo`, NotFound for a page that is gone,
    Conflict("idempotency-key") when the key came with another request.
    """
    known = rows.before_posting(tx, account.id, page.site_id, page.key, key.key if key else "")
    if known is None:
        raise NotFound("account", account.id)
    if key is not None and known["result"] is not None:
        if known["request_hash"] != key.request_hash:
            raise Conflict("idempotency-key")
        return get(tx, text(known, "result"), account)
    if known["is_banned"]:
        raise Forbidden("banned")
    if known["page_state"] != "live":
        raise NotFound("page", page.key)
    if threads.closed_by(known, closed_before):
        raise Forbidden("thread-closed")
    parent = None if draft.in_reply_to is None else _parent(tx, page, draft.in_reply_to)
    name = optional(known, "name")
    if name is None:
        name = accounts.display_name(draft.name, account)
        account_rows.change(tx, account.id, name=name)
    if parent is not None:
        # A reply is never older than what it answers, whatever the clock does: readers page by time.
        now = max(now, moment(parent, "created_at") + timedelta(milliseconds=1))
    comment_id = new_id(now)
    row = rows.add(
        tx,
        id=comment_id,
        site_id=page.site_id,
        page_key=page.key,
        root_id=comment_id if parent is None else text(parent, "root_id"),
        parent_id=draft.in_reply_to,
        account_id=account.id,
        text=draft.text,
        html=draft.html,
        renderer_version=RENDERER_VERSION,
        lang=draft.lang,
        state=str(CommentState.HELD if hold else CommentState.SHOWN),
        created_at=now,
    )
    rows.add_mentions(tx, comment_id, draft.mentioned)
    if not hold:
        _count_answer(tx, draft.in_reply_to, +1)
        _count(tx, page.site_id, page.key, account.id, draft.lang, +1)
        rows.tell(tx, page.site_id, "shown", comment_id, now=now)
    if key is not None:
        rows.remember(tx, account_id=account.id, **vars(key), result=comment_id, created_at=now)
    return rows.comment({**row, "author_name": name})


def get(tx: Transaction, comment_id: str, account: Account | None = None) -> Comment:
    """Return a comment as readers see it; one that is not shown has neither text nor author. Raises NotFound.

    Its author and moderators also see it while it is held.
    """
    row = rows.public(tx, comment_id) if is_id(comment_id) else None
    if row is None and account is not None:
        row = rows.unseen(tx, comment_id, account.id, is_moderator=account.may_moderate)
    if row is None:
        raise NotFound("comment", comment_id)
    return rows.comment(row)


def edit(
    tx: Transaction, account: Account, comment_id: str, draft: Draft, *, window: timedelta, now: datetime
) -> Comment:
    """Change the text of one's own comment, within `window` after it was posted.

    Raises NotFound, Forbidden("not-yours", "banned" or "edit-window").
    """
    comment = get(tx, comment_id, account)
    if comment.state not in (CommentState.SHOWN, CommentState.HELD):
        raise NotFound("comment", comment_id)
    if comment.account_id != account.id:
        raise Forbidden("not-yours")
    if accounts.by_id(tx, account.id).banned:
        raise Forbidden("banned")
    if now > comment.created_at + window:
        raise Forbidden("edit-window")
    if draft.text != comment.text or draft.lang != comment.lang:
        rows.keep_revision(tx, comment_id)
        new = {"text": draft.text, "html": draft.html, "lang": draft.lang}
        rows.change(tx, comment_id, **new, renderer_version=RENDERER_VERSION, edited_at=now)
        rows.forget_mentions(tx, comment_id)
        rows.add_mentions(tx, comment_id, draft.mentioned)
        if comment.state is CommentState.SHOWN:
            thread_rows.count_person(tx, comment.site_id, comment.page_key, account.id, comment.lang, -1)
            thread_rows.count_person(tx, comment.site_id, comment.page_key, account.id, draft.lang, +1)
            thread_rows.change(tx, comment.site_id, comment.page_key)
            rows.tell(tx, comment.site_id, "edited", comment_id, now=now)
    return get(tx, comment_id, account)


def revisions(tx: Transaction, account: Account, comment_id: str) -> list[Revision]:
    """Return what a comment said before each edit, oldest first, to its author and to moderators.

    Raises NotFound, Forbidden("not-yours").
    """
    comment = get(tx, comment_id, account)
    if comment.account_id != account.id and not account.may_moderate:
        raise Forbidden("not-yours")
    return [
        Revision(number(row, "number"), text(row, "text"), SafeHtml(text(row, "html")), moment(row, "written_at"))
        for row in rows.revisions(tx, comment_id)
    ]


def delete(tx: Transaction, account: Account, comment_id: str, *, now: datetime) -> None:
    """Remove one's own comment and its text for good, whatever became of the page. Where it was answered a stub stays.

    Raises NotFound, Forbidden("not-yours").
    """
    row = rows.raw(tx, comment_id)
    if row is None or row["state"] == CommentState.REMOVED:
        raise NotFound("comment", comment_id)
    if row["account_id"] != account.id:
        # what nobody but its author may know of stays unknown
        raise Forbidden("not-yours") if rows.public(tx, comment_id) else NotFound("comment", comment_id)
    change_state(tx, row, CommentState.REMOVED, now=now)


def change_state(tx: Transaction, row: Row, state: CommentState, *, now: datetime) -> None:
    """Give a comment another state, and keep every counter that depends on it. Removing erases the text."""
    comment_id = text(row, "id")
    before = CommentState(text(row, "state"))
    answers = number(row, "answer_count")
    rows.change(tx, comment_id, state=state.value)
    if state is CommentState.REMOVED:
        rows.erase(tx, comment_id)
    if (origin_uri := optional(row, "origin_uri")) is not None:
        fates.follow(tx, text(row, "site_id"), origin_uri, state, now=now)
    _count_answer(tx, optional(row, "parent_id"), _stands(state, answers) - _stands(before, answers))
    site_id, shown = text(row, "site_id"), (state is CommentState.SHOWN) - (before is CommentState.SHOWN)
    if shown:
        rows.tell(tx, site_id, "shown" if shown > 0 else "gone", comment_id, now=now)
    _count(tx, site_id, text(row, "page_key"), optional(row, "account_id"), text(row, "lang"), shown)


def _count(tx: Transaction, site_id: str, page_key: str, account_id: str | None, lang: str, step: int) -> None:
    """Keep the thread's counters when a comment is shown (+1), no longer shown (-1), or changed otherwise (0)."""
    if step:
        thread_rows.count_person(tx, site_id, page_key, account_id, lang, step)
    thread_rows.change(tx, site_id, page_key, step)


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


def _parent(tx: Transaction, page: Page, comment_id: str) -> Row:
    row = rows.public(tx, comment_id)
    if (
        row is None
        or row["state"] != CommentState.SHOWN
        or (row["site_id"], row["page_key"]) != (page.site_id, page.key)
    ):
        raise Invalid([Fault("inReplyTo", N_("The comment that you answer is no longer there."))])
    return row
