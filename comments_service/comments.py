"""Comments: post, edit and delete, and the one place where a comment changes its state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from comments_service import accounts, fates, mentions, pictures, threads
from comments_service.errors import Conflict, Fault, Forbidden, Invalid, NotFound, PleinError
from comments_service.ids import is_id, new_id
from comments_service.language import N_
from comments_service.markup import RENDERER_VERSION, has_text, normalise, render
from comments_service.model import Account, Author, Comment, CommentState, Page, Revision, SafeHtml
from comments_service.store import accounts as account_rows
from comments_service.store import comments as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.store.rows import moment, number, optional, text

MAX_LENGTH = 5000  # code points after NFC
MAX_HTML = 50_000
Posted = tuple[Comment, int] | PleinError  # with the version of its thread
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


class Posting(NamedTuple):
    """A draft with all that decides whether it becomes a comment. See `post`."""

    account: Account
    page: Page
    draft: Draft
    key: IdempotencyKey | None
    now: datetime
    hold: bool = False
    closed_before: datetime | None = None


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


def post(tx: Transaction, postings: Sequence[Posting]) -> list[Posted]:
    """Store comments that came together, with as many statements for many as for one. Return what became of each.

    The same key with the same request returns the comment of the first time; so of an account one goes at a time. With
    `hold` nobody but its author sees it until a moderator restores it.

    Refused are: Forbidden("banned" or "thread-closed"), Invalid on `name` or `inReplyTo`, NotFound for a page that is
    gone, Conflict("idempotency-key") when the key came with another request.
    """
    posted: dict[int, Posted] = {}
    waiting = dict(enumerate(postings))
    while waiting:
        turn = sorted({one.account.id: number for number, one in reversed(waiting.items())}.values())
        posted |= zip(turn, _post_each(tx, [waiting.pop(number) for number in turn]), strict=True)
    return [posted[number] for number in range(len(postings))]


def _post_each(tx: Transaction, postings: Sequence[Posting]) -> list[Posted]:
    """As `post`, each of another account."""
    outcomes: list[Comment | PleinError] = []
    new: list[tuple[Posting, Row]] = []
    asked = [(one.account.id, one.page.site_id, one.page.key, one.key.key if one.key else None) for one in postings]
    for posting, known in zip(postings, rows.before_posting(tx, asked), strict=True):
        try:
            comment = _earlier(tx, posting, known)
            if comment is None:
                name, row = _accept(tx, posting, known)
                new.append((posting, row))
                comment = rows.comment({**row, "author_name": name})
            outcomes.append(comment)
        except PleinError as error:
            outcomes.append(error)
    shown = [row for _, row in new if row["state"] == CommentState.SHOWN]
    for row in shown:
        _count_answer(tx, optional(row, "parent_id"), +1)
    versions = thread_rows.count(tx, shown, +1)
    posted: list[Posted] = [
        one
        if isinstance(one, PleinError)
        else (one, versions.get((one.site_id, one.page_key)) or threads.version(tx, posting.page))
        for posting, one in zip(postings, outcomes, strict=True)
    ]
    # last, as these wait for nothing but the COMMIT
    rows.add_all(tx, [row for _, row in new])
    rows.add_mentions(tx, [(text(row, "id"), whom) for posting, row in new for whom in posting.draft.mentioned])
    rows.tell(tx, "shown", [text(row, "id") for row in shown], now=postings[0].now)
    return posted


def _earlier(tx: Transaction, posting: Posting, known: Row) -> Comment | None:
    """Return what the same key made before. Raises Conflict, and NotFound when it was removed."""
    if posting.key is None or known["comment_id"] is None:
        return None
    if known["request_hash"] not in (None, posting.key.request_hash):
        raise Conflict("idempotency-key")
    return get(tx, text(known, "comment_id"), posting.account)


def _accept(tx: Transaction, posting: Posting, known: Row) -> tuple[str, Row]:
    """Return its author's name and the row that a posting becomes, or raise why it does not."""
    account, page, draft = posting.account, posting.page, posting.draft
    if known["is_banned"] is None:
        raise NotFound("account", account.id)
    if known["is_banned"]:
        raise Forbidden("banned")
    if known["page_state"] != "live":
        raise NotFound("page", page.key)
    if threads.closed_by(known, posting.closed_before):
        raise Forbidden("thread-closed")
    parent = None if draft.in_reply_to is None else _parent(tx, page, draft.in_reply_to)
    name = optional(known, "name")
    if name is None:
        name = accounts.display_name(draft.name, account)
        account_rows.change(tx, account.id, name=name)
    now = posting.now
    if parent is not None:
        # A reply is never older than what it answers, whatever the clock does: readers page by time.
        now = max(now, moment(parent, "created_at") + timedelta(milliseconds=1))
    comment_id = new_id(now)
    return name, {
        "id": comment_id,
        "site_id": page.site_id,
        "page_key": page.key,
        "root_id": comment_id if parent is None else text(parent, "root_id"),
        "parent_id": draft.in_reply_to,
        "account_id": account.id,
        "text": draft.text,
        "html": draft.html,
        "renderer_version": RENDERER_VERSION,
        "lang": draft.lang,
        "state": str(CommentState.HELD if posting.hold else CommentState.SHOWN),
        "created_at": utc_text(now),
        "idempotency_key": posting.key.key if posting.key else None,
        "request_hash": posting.key.request_hash if posting.key else None,
        "edited_at": None,
        "votes": 0,
    }


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
        rows.add_mentions(tx, [(comment_id, whom) for whom in draft.mentioned])
        if comment.state is CommentState.SHOWN:
            thread_rows.reword(tx, comment.site_id, comment.page_key, comment.lang, draft.lang)
            rows.tell(tx, "edited", [comment_id], now=now)
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
    if (origin_uri := optional(row, "origin_uri")) is not None:
        fates.follow(tx, text(row, "site_id"), origin_uri, state, now=now)
        pictures.follow(tx, row, state, now=now)
    if state is CommentState.REMOVED:
        rows.erase(tx, comment_id)
    _count_answer(tx, optional(row, "parent_id"), _stands(state, answers) - _stands(before, answers))
    if shown := (state is CommentState.SHOWN) - (before is CommentState.SHOWN):
        rows.tell(tx, "shown" if shown > 0 else "gone", [comment_id], now=now)
        thread_rows.count(tx, [row], shown)
    else:
        thread_rows.change(tx, text(row, "site_id"), text(row, "page_key"))


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
