"""Reports: a reader tells the moderators what is wrong with a comment, once for each comment."""

from datetime import datetime

from comments_service import votes
from comments_service.ids import new_id
from comments_service.model import Account
from comments_service.store import moderation as rows
from comments_service.store.protocol import Transaction


def report(tx: Transaction, account: Account, comment_id: str, reason: str, *, now: datetime) -> None:
    """Tell what is wrong with a comment, in place of what was told before; once a moderator decided, it stays so.

    Raises NotFound for what is not shown, Forbidden("own-comment" or "banned").
    """
    comment = votes.judged(tx, account, comment_id)
    about = {"site_id": comment.site_id, "comment_id": comment.id, "account_id": account.id}
    rows.keep_report(tx, id=new_id(now), **about, content=reason, reported_at=now)
