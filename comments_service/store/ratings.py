"""SQL of ratings: one per account and page. The counters of a page stand in its thread."""

from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import number


def get(tx: Transaction, site_id: str, page_key: str, account_id: str) -> int | None:
    row = rows.find(tx, "rating", site_id=site_id, page_key=page_key, account_id=account_id)
    return None if row is None else number(row, "stars")


def put(tx: Transaction, site_id: str, page_key: str, account_id: str, stars: int | None, *, now: datetime) -> None:
    """Store a rating; None takes it away."""
    whose = {"site_id": site_id, "page_key": page_key, "account_id": account_id}
    if stars is None:
        rows.delete(tx, "rating", **whose)
    else:
        rows.put(tx, "rating", tuple(whose), **whose, stars=stars, rated_at=now)
