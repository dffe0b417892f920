"""Ratings: one to five stars for a page, one rating per account, to be changed or withdrawn."""

from datetime import datetime

from comments_service import accounts, threads
from comments_service.errors import Forbidden
from comments_service.model import Account, Page, Rating
from comments_service.store import ratings as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Transaction


def rate(tx: Transaction, account: Account, page: Page, stars: int | None, *, now: datetime) -> Rating:
    """Give a page 1 to 5 stars, in place of those given before; None takes them back. Allowed in a closed thread.

    Raises Forbidden("banned").
    """
    if stars is not None and accounts.by_id(tx, account.id).banned:
        raise Forbidden("banned")
    before = rows.get(tx, page.site_id, page.key, account.id)
    if before != stars:
        rows.put(tx, page.site_id, page.key, account.id, stars, now=now)
        thread_rows.change_stars(tx, page.site_id, page.key, before, stars)
        thread_rows.change(tx, page.site_id, page.key)
    return thread_rows.rating(threads.row_of(tx, page))
