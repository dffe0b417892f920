"""SQL of votes: one per account and comment. The counters and the score stand with the comment."""

from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import number, text
from comments_service.store.threads import MOST_OWN


def get(tx: Transaction, account_id: str, comment_id: str) -> int | None:
    row = rows.find(tx, "vote", account_id=account_id, comment_id=comment_id)
    return None if row is None else number(row, "value")


def put(tx: Transaction, account_id: str, comment_id: str, value: int | None, *, now: datetime) -> None:
    """Store a vote; None takes it away."""
    who = {"account_id": account_id, "comment_id": comment_id}
    if value is None:
        rows.delete(tx, "vote", **who)
    else:
        rows.put(tx, "vote", tuple(who), **who, value=value, voted_at=now)


def count(tx: Transaction, comment_id: str, before: int | None, after: int | None) -> tuple[int, int]:
    """Move one vote in a comment's counters, and return how many are helpful and how many are not."""
    row = tx.one(
        "UPDATE comment SET votes = votes + :up, down_votes = down_votes + :down WHERE id = :id "
        "RETURNING votes, down_votes",
        {"id": comment_id, "up": (after == 1) - (before == 1), "down": (after == -1) - (before == -1)},
    )
    return (0, 0) if row is None else (number(row, "votes"), number(row, "down_votes"))


def set_score(tx: Transaction, comment_id: str, score: float) -> None:
    rows.change(tx, "comment", comment_id, score=score)


def of_account(tx: Transaction, site_id: str, page_key: str, account_id: str) -> dict[str, int]:
    """Return the votes of an account on the comments of a page; of very many the newest."""
    found = tx.all(
        "SELECT vote.comment_id, vote.value FROM vote JOIN comment ON comment.id = vote.comment_id "
        "WHERE vote.account_id = :account_id AND comment.site_id = :site_id AND comment.page_key = :page_key "
        "ORDER BY vote.comment_id DESC LIMIT :limit",
        {"account_id": account_id, "site_id": site_id, "page_key": page_key, "limit": MOST_OWN},
    )
    return {text(row, "comment_id"): number(row, "value") for row in found}
