"""The date of a blog: a whole date in the page, "3 days ago" for a reader within a week of it."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place

AFTER = {  # days -> what stands there, Dutch and English; None: the date itself
    -1: None,
    0: ("Vandaag", "Today"),
    1: ("Gisteren", "Yesterday"),
    3: ("3 dagen geleden", "3 days ago"),
    7: ("7 dagen geleden", "7 days ago"),
    8: None,
}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_date_is_told_as_days_ago_within_a_week(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    page, url = reader.page, f"{place.url}/{'' if lang == 'nl' else 'en/'}"
    page.goto(url)
    newest = page.locator("time[data-since]").first
    written = newest.get_attribute("datetime") or ""
    for days, words in AFTER.items():
        # at six in the evening of that day, for a date has no hour
        page.clock.set_fixed_time(datetime.fromisoformat(f"{written[:10]}T18:00+01:00") + timedelta(days=days))
        page.goto(url)
        page.wait_for_load_state("load")  # modules have run by then
        if words is None:
            assert written[:4] in newest.inner_text()
        else:
            expect(newest).to_have_text(words[("nl", "en").index(lang)])
            assert written[:4] in (newest.get_attribute("title") or "")


def test_without_javascript_the_date_stands_there(visit: Visit, place: Place) -> None:
    page = visit("nl", javascript=False).page
    page.goto(place.url)
    newest = page.locator("time[data-since]").first
    assert (newest.get_attribute("datetime") or "?")[:4] in newest.inner_text()
