"""Pictures of comments from elsewhere: named by their words, until a moderator allows them; then bytes of our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from comments_service import jobs
from comments_service.errors import NotFound
from comments_service.markup import pictured, words
from comments_service.model import CommentState, Picture, SafeHtml
from comments_service.store import comments as comment_rows
from comments_service.store import pictures as rows
from comments_service.store import servers as server_rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text

JOB = "fetch-pictures"  # [site, comment]
POLICY = "pictures"  # of who needs no leave
PATH = "/embed/pictures"


@dataclass(frozen=True)
class Drawn:
    """A picture that we drew anew: WebP, without anything but its pixels."""

    content: bytes
    width: int
    height: int


def take_in(tx: Transaction, comment: Row, pictures: Sequence[Picture], policy: str | None, *, now: datetime) -> None:
    """Note which pictures a comment names. What an edit names for the first time waits for a moderator again."""
    rows.offer(tx, text(comment, "id"), pictures, is_allowed=policy == POLICY)
    follow(tx, comment, CommentState(text(comment, "state")), now=now)


def allow(tx: Transaction, comment: Row, *, is_allowed: bool, now: datetime) -> None:
    """Show the pictures of a comment, or no longer. Raises NotFound when it names none."""
    if not rows.decide(tx, text(comment, "id"), is_allowed=is_allowed):
        raise NotFound("picture", text(comment, "id"))
    is_seen = is_allowed and comment["state"] == CommentState.SHOWN
    follow(tx, comment, CommentState.SHOWN if is_seen else CommentState.HIDDEN, now=now)


def follow(tx: Transaction, comment: Row, state: CommentState, *, now: datetime) -> None:
    """Let a worker fetch what readers may see of a comment; drop the bytes when they see it no longer."""
    comment_id = text(comment, "id")
    if state is not CommentState.SHOWN:
        if rows.drop(tx, comment_id):
            _draw(tx, comment)
    elif rows.missing(tx, comment_id):
        jobs.enqueue(tx, JOB, text(comment, "site_id"), comment_id, now=now)


def keep(tx: Transaction, comment_id: str, url: str, drawn: Drawn | None, service_url: str) -> None:
    """Show what was fetched for a comment, unless that was taken away meanwhile. None: it is no picture."""
    row = comment_rows.raw(tx, comment_id)
    is_wanted = url in {picture.url for picture in rows.missing(tx, comment_id)}
    if row is None or row["state"] != CommentState.SHOWN or not is_wanted:
        return
    if drawn is None:
        rows.refuse(tx, comment_id, url)
    else:
        hash_ = sha256(drawn.content).hexdigest()
        rows.keep(tx, comment_id, url, f"{service_url}{PATH}/{hash_}.webp", hash=hash_, **vars(drawn))
        _draw(tx, row)


def as_shown(tx: Transaction, comment_id: str, html: SafeHtml) -> SafeHtml:
    """Return the HTML of a comment with the pictures that we have of it."""
    return pictured(html, rows.shown(tx, comment_id))


def forget_blocked(tx: Transaction) -> None:
    """Nobody of a blocked server shows pictures, nor who is blocked."""
    found = rows.showing(tx)
    policies = server_rows.policies(tx, {text(row, "server") for row in found})
    for row in found:
        if "block" in (row["policy"], policies.get(text(row, "server"))):
            rows.decide(tx, text(row, "id"), is_allowed=False)
            rows.drop(tx, text(row, "id"))
            _draw(tx, row)


def _draw(tx: Transaction, comment: Row) -> None:
    """Make the HTML of a comment anew. It is no edit: its author wrote what they wrote."""
    comment_id = text(comment, "id")
    comment_rows.change(tx, comment_id, html=as_shown(tx, comment_id, words(SafeHtml(text(comment, "html")))))
    thread_rows.change(tx, text(comment, "site_id"), text(comment, "page_key"))
