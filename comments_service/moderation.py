"""Moderation: what waits, what was reported; hide, restore and remove comments, each with a line in the log."""

from dataclasses import dataclass
from datetime import datetime

from comments_service import comments, pictures, servers
from comments_service.errors import Conflict, Forbidden, NotFound
from comments_service.ids import is_id, new_id
from comments_service.model import Account, Comment, CommentState, Page
from comments_service.store import comments as rows
from comments_service.store import deliveries
from comments_service.store import moderation as case_rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.store.rows import record, text

MOVES = {  # from which states, and to which one
    "hide": ({CommentState.SHOWN, CommentState.HELD}, CommentState.HIDDEN),
    "restore": ({CommentState.HIDDEN, CommentState.HELD}, CommentState.SHOWN),
    "remove": ({CommentState.SHOWN, CommentState.HELD, CommentState.HIDDEN}, CommentState.REMOVED),
}
PICTURES = {"show-pictures": True, "hide-pictures": False}
ACTIONS = {*MOVES, *PICTURES}
MOST_SERVERS = 200  # whose queues are told
COMMAND_LINE = "command line"  # who did it, when nobody was logged in


@dataclass(frozen=True)
class Case:
    """A comment as moderators see it."""

    comment: Comment
    actor_uri: str | None  # of an author on another server
    why: str  # one from elsewhere waits: "first", "flood" or "policy"; else ""
    pictures: int  # how many it names
    shows_pictures: bool  # a moderator allowed them


@dataclass(frozen=True)
class Report:
    """What a reader reported, or somebody of another server (Flag)."""

    id: str
    case: Case | None  # None: a page, or a comment that is gone
    who: str  # a name, or the URI of an actor
    actor_uri: str | None
    content: str  # plain text
    reported_at: datetime


@dataclass(frozen=True)
class Undelivered:
    """What waits for one server."""

    server: str
    number: int
    failed: int  # of them are given up
    attempts: int  # of the one that was tried most
    why: str  # the last try failed
    next_at: datetime | None


def move(tx: Transaction, action: str, comment_id: str, by: str, *, now: datetime) -> None:
    """Do one of ACTIONS to a comment: "remove" takes its text for good. Raises NotFound, Conflict("state")."""
    row = rows.raw(tx, comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound("comment", comment_id)
    if action in PICTURES:
        pictures.allow(tx, row, is_allowed=PICTURES[action], now=now)
    else:
        allowed, state = MOVES[action]
        if CommentState(text(row, "state")) not in allowed:
            raise Conflict("state")
        comments.change_state(tx, row, state, now=now)
        case_rows.close_reports(tx, comment_id=comment_id, now=now)
    done = {"id": new_id(now), "site_id": row["site_id"], "comment_id": comment_id, "action": action}
    rows.log(tx, **done, done_by=by, done_at=now)


def cases(tx: Transaction, site_id: str, state: CommentState, *, limit: int = 100) -> list[Case]:
    """Return what is in a state: what waits for a moderator, the oldest first; else the newest first."""
    return [_case(row) for row in case_rows.cases(tx, site_id, state, limit=limit)]


def case(tx: Transaction, site_id: str, comment_id: str) -> Case:
    """Return one comment, whatever its state. Raises NotFound."""
    row = case_rows.case(tx, site_id, comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound("comment", comment_id)
    return _case(row)


def reports(tx: Transaction, site_id: str, *, limit: int = 100) -> list[Report]:
    """Return what was reported and is not decided, newest first."""
    found = [
        (row, case_rows.case(tx, site_id, str(row["comment_id"]))) for row in case_rows.reports(tx, site_id, limit)
    ]
    return [record(Report, row, case=about and _case(about)) for row, about in found]


def close_report(tx: Transaction, site_id: str, report_id: str, *, now: datetime) -> None:
    """A report was looked at. Raises NotFound."""
    if not case_rows.close_reports(tx, site_id=site_id, id=report_id, now=now):
        raise NotFound("report", report_id)


def undelivered(tx: Transaction, site_id: str) -> list[Undelivered]:
    """Return what other servers have not got yet, the longest queues first."""
    found = deliveries.waiting(tx, site_id, limit=MOST_SERVERS)
    return [record(Undelivered, row, why=row["last_error"] or "") for row in found]


def decide(
    tx: Transaction, who: str, policy: str | None, reason: str, by: str, *, is_sweep: bool, now: datetime
) -> int:
    """Set what holds for a server or a person of elsewhere, and return how many comments were hidden for it.

    A block hides what waits; with `is_sweep` also what readers see. Raises Invalid.
    """
    server, actor_id = servers.decide(tx, who, policy, reason)
    swept = [CommentState.HELD, CommentState.SHOWN] if is_sweep else [CommentState.HELD]
    found = case_rows.of_people(tx, server, actor_id) if policy == "block" else []
    ids = [text(row, "id") for row in found if row["state"] in swept]
    for comment_id in ids:
        move(tx, "hide", comment_id, by, now=now)
    return len(ids)


def close(tx: Transaction, page: Page, by: str | None, *, now: datetime) -> None:
    """Take no more comments on a page; reading, voting and rating stay.

    With None for `by` it is undone; what the front matter or the page's age closed stays closed.
    """
    thread_rows.close(tx, page.site_id, page.key, utc_text(now) if by else None, by)
    thread_rows.change(tx, page.site_id, page.key)


def require_moderator(account: Account) -> None:
    """Raises Forbidden("moderators-only")."""
    if not account.may_moderate:
        raise Forbidden("moderators-only")


def _case(row: Row) -> Case:
    return record(Case, row, comment=rows.comment(row))
