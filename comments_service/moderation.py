"""Moderation: hide, restore and remove comments, each with a line in the log."""

from datetime import datetime

from comments_service import comments
from comments_service.errors import Conflict, Forbidden, NotFound
from comments_service.ids import is_id, new_id
from comments_service.model import Account, Comment, CommentState, Page
from comments_service.store import comments as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Transaction, utc_text
from comments_service.store.rows import text

MOVES = {  # from which states, and to which one
    "hide": ({CommentState.SHOWN, CommentState.HELD}, CommentState.HIDDEN),
    "restore": ({CommentState.HIDDEN, CommentState.HELD}, CommentState.SHOWN),
    "remove": ({CommentState.SHOWN, CommentState.HELD, CommentState.HIDDEN}, CommentState.REMOVED),
}
COMMAND_LINE = "command line"  # who did it, when nobody was logged in


def hide(tx: Transaction, comment_id: str, by: str, *, now: datetime) -> None:
    """Take a comment out of sight; it can be restored. Raises NotFound, Conflict("state")."""
    _move(tx, comment_id, "hide", by, now)


def restore(tx: Transaction, comment_id: str, by: str, *, now: datetime) -> None:
    """Show a comment that was hidden, or held. Raises NotFound, Conflict("state")."""
    _move(tx, comment_id, "restore", by, now)


def remove(tx: Transaction, comment_id: str, by: str, *, now: datetime) -> None:
    """Remove a comment and its text for good. Raises NotFound, Conflict("state")."""
    _move(tx, comment_id, "remove", by, now)


def held(tx: Transaction, site_id: str, *, limit: int = 100) -> list[Comment]:
    """Return what waits for a moderator, oldest first."""
    return [rows.comment(row) for row in rows.held(tx, site_id, limit=limit)]


def close(tx: Transaction, page: Page, by: str, *, now: datetime) -> None:
    """Take no more comments on a page; reading, voting and rating stay."""
    thread_rows.close(tx, page.site_id, page.key, utc_text(now), by)
    thread_rows.change(tx, page.site_id, page.key)


def reopen(tx: Transaction, page: Page) -> None:
    """Undo `close`. What the front matter or the page's age closed stays closed."""
    thread_rows.close(tx, page.site_id, page.key, None, None)
    thread_rows.change(tx, page.site_id, page.key)


def require_moderator(account: Account) -> None:
    """Raises Forbidden("moderators-only")."""
    if not account.may_moderate:
        raise Forbidden("moderators-only")


def _move(tx: Transaction, comment_id: str, action: str, by: str, now: datetime) -> None:
    allowed, state = MOVES[action]
    row = rows.raw(tx, comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound("comment", comment_id)
    if CommentState(text(row, "state")) not in allowed:
        raise Conflict("state")
    comments.change_state(tx, row, state, now=now)
    done = {"id": new_id(now), "site_id": row["site_id"], "comment_id": comment_id, "action": action}
    rows.log(tx, **done, done_by=by, done_at=now)
