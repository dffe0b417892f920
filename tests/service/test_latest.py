"""What was written last: the pages that are gone do not take the places of those that are there."""

import pytest

from comments_service import pages
from comments_service.model import Page
from comments_service.pages import Asked
from comments_service.store import latest
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, SITE_URL, a_comment, a_manifest, an_account, page_json

GONE = tuple(f"blogs/weg-{number}" for number in range(4))


@pytest.fixture
def left(tx: Transaction) -> Page:
    """The one page that is left of five, with the oldest comments."""
    entries = {name: page_json(name) for name in ("blogs/blijft", *GONE)}
    pages.take_in(tx, SITE, a_manifest(1, entries), site_url=SITE_URL, now=NOW)
    anna = an_account(tx)
    for name in entries:
        for _ in range(3):
            a_comment(tx, pages.find(tx, SITE, *name.split("/")), anna, f"Op {name}.")
    kept = {"blogs/blijft": entries["blogs/blijft"]}
    intake = pages.take_in(tx, SITE, a_manifest(2, kept), Asked(withdraw=GONE), site_url=SITE_URL, now=NOW)
    assert intake.taken, intake
    return pages.find(tx, SITE, "blogs", "blijft")


def test_a_feed_is_as_long_as_it_may_be_whatever_went(tx: Transaction, left: Page) -> None:
    found = latest.of_site(tx, SITE, ["nl"], limit=3)
    assert [comment.page_key for comment in found] == [left.key] * 3


def test_what_a_person_wrote_is_told_beside_what_went(tx: Transaction, left: Page) -> None:
    found = latest.of_account(tx, SITE, an_account(tx).id, limit=3)
    assert [comment.page_key for comment in found] == [left.key] * 3
