"""Views: one per reader and day, programs not counted, no address kept."""

from datetime import timedelta

import pytest

from comments_service.views import ViewCounter
from tests.service.builders import NOW, SITE

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = (SITE, "blogs/drempel")


def test_a_reader_counts_once_a_day_and_page() -> None:
    counter = ViewCounter()
    for address, key, moment in [
        ("192.0.2.1", "blogs/drempel", NOW),
        ("192.0.2.1", "blogs/drempel", NOW),
        ("192.0.2.2", "blogs/drempel", NOW),
        ("192.0.2.1", "blogs/other", NOW),
        ("192.0.2.1", "blogs/drempel", NOW + timedelta(days=1)),
    ]:
        counter.seen(SITE, key, address, BROWSER, moment)
    assert counter.pending() == {PAGE: 3, (SITE, "blogs/other"): 1}
    assert counter.pending() == {}


@pytest.mark.parametrize("agent", ["", "Googlebot/2.1", "Mastodon/4.5 (http.rb)", "curl/8", "python-httpx/1", "Feedly"])
def test_a_program_is_not_counted(agent: str) -> None:
    counter = ViewCounter()
    counter.seen(*PAGE, "192.0.2.1", agent, NOW)
    assert counter.pending() == {}


def test_what_could_not_be_stored_is_kept_for_the_next_time() -> None:
    counter = ViewCounter()
    counter.seen(*PAGE, "192.0.2.1", BROWSER, NOW)
    counter.put_back(counter.pending())
    counter.seen(*PAGE, "192.0.2.2", BROWSER, NOW)
    assert counter.pending() == {PAGE: 2}


def test_no_address_is_kept() -> None:
    counter = ViewCounter()
    counter.seen(*PAGE, "192.0.2.1", BROWSER, NOW)
    assert "192.0.2.1" not in repr(vars(counter))
