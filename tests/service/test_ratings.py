"""Ratings: one per account, changed or withdrawn."""

import pytest

from comments_service import ratings
from comments_service.errors import Forbidden
from comments_service.model import Rating
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, a_page, an_account


def test_one_account_has_one_rating_that_can_be_changed_and_withdrawn(tx: Transaction) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    assert ratings.rate(tx, anna, page, 2, now=NOW) == Rating((0, 1, 0, 0, 0))
    assert ratings.rate(tx, anna, page, 5, now=NOW) == Rating((0, 0, 0, 0, 1))
    both = ratings.rate(tx, ben, page, 2, now=NOW)
    assert (both.count, both.average) == (2, 3.5)
    assert ratings.rate(tx, anna, page, None, now=NOW) == Rating((0, 1, 0, 0, 0))
    assert ratings.rate(tx, anna, page, None, now=NOW) == Rating((0, 1, 0, 0, 0))
    assert ratings.rate(tx, ben, page, None, now=NOW).average is None


def test_a_banned_account_does_not_rate_and_a_closed_thread_still_takes_stars(tx: Transaction) -> None:
    page = a_page(tx, comments="closed")
    with pytest.raises(Forbidden, match="banned"):
        ratings.rate(tx, an_account(tx, "Ben", banned=True), page, 3, now=NOW)
    assert ratings.rate(tx, an_account(tx), page, 3, now=NOW).count == 1
