"""Votes: whether a reader finds a comment helpful, one vote per account, to be changed or withdrawn."""

from datetime import datetime
from math import sqrt

from comments_service import accounts, comments, interactions
from comments_service.errors import Forbidden, NotFound
from comments_service.model import Account, Comment, CommentState
from comments_service.store import threads as thread_rows
from comments_service.store import votes as rows
from comments_service.store.protocol import Transaction

Z = 1.96  # of a confidence of 95 %


def wilson(helpful: int, others: int) -> float:
    """Return the lower bound of the share of readers who find it helpful, 0 to 1, to six decimals.

    Wilson score interval (E. B. Wilson, JASA 22, 1927): few votes prove little, so one of one stands below 90 of 100.
    """
    n = helpful + others
    if not n:
        return 0.0
    share = helpful / n
    spread = Z * sqrt((share * (1 - share) + Z * Z / (4 * n)) / n)
    return max(0.0, round((share + Z * Z / (2 * n) - spread) / (1 + Z * Z / n), 6))


def vote(tx: Transaction, account: Account, comment_id: str, value: int | None, *, now: datetime) -> Comment:
    """Call a comment helpful (1) or not (-1), in place of an earlier vote; None takes it back. Closed threads allow it.

    Raises NotFound for what is not shown, Forbidden("own-comment" or "banned").
    """
    comment = judged(tx, account, comment_id)
    before = rows.get(tx, account.id, comment_id)
    if before == value:
        return comment
    rows.put(tx, account.id, comment_id, value, now=now)
    helpful, others = rows.count(tx, comment_id, before, value)
    rows.set_score(tx, comment_id, wilson(helpful, others))
    thread_rows.change(tx, comment.site_id, comment.page_key)
    if comment.account_id is None:
        interactions.vote(tx, account, comment, is_helpful=value == 1, now=now)
    return comments.get(tx, comment_id)


def judged(tx: Transaction, account: Account, comment_id: str) -> Comment:
    """Return a comment on which an account may have a say. Raises as `vote` does."""
    comment = comments.get(tx, comment_id)
    if comment.state is not CommentState.SHOWN:
        raise NotFound("comment", comment_id)
    if comment.account_id == account.id:
        raise Forbidden("own-comment")
    if accounts.by_id(tx, account.id).banned:
        raise Forbidden("banned")
    return comment
