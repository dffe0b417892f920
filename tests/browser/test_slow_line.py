"""On a slow line a page is there before its comments are: who came for those sees nothing jump away when they come."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader

WIDGET, COMMENTS = "**/embed/plein.js", re.compile("/api/v1/threads/.*order=")
MOST = 0.1  # a cumulative layout shift that counts as good (web.dev/cls)
WATCH = """window.shift = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shift += entry.value; })
    .observe({type: "layout-shift", buffered: true});"""


def painted(page: Page) -> None:
    page.evaluate("new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")


def arrive(reader: Reader, url: str) -> list[Route]:
    """Open a page and let its widget come late, and the comments not yet; returns those, once they were asked."""
    held: list[Route] = []
    for late in (WIDGET, COMMENTS):
        reader.page.route(late, lambda route: held.append(route))
    with reader.page.expect_request(WIDGET):
        reader.page.goto(url, wait_until="commit")
    expect(reader.thread).to_be_attached()
    painted(reader.page)
    with reader.page.expect_request(COMMENTS):
        held.pop().continue_()
    return held


@pytest.mark.parametrize(("lang", "width"), [("nl", 360), ("en", 1280)])
def test_a_link_to_the_thread_or_into_it_lets_nothing_jump(visit: Visit, place: Place, lang: str, width: int) -> None:
    anna, key = visit(lang), place.fresh_page()
    anna.be_logged_in(key, name="Anna")
    ids = [anna.say(key, f"Nummer {number}. " + "Een zin van een paar woorden. " * 5) for number in range(12)]
    for fragment in ("thread", f"c-{ids[0]}", f"c-{ids[-1]}"):
        reader = visit(lang, width=width)
        reader.page.add_init_script(WATCH)
        held = arrive(reader, f"{place.page_url(key, lang)}#{fragment}")
        painted(reader.page)
        held.pop().continue_()
        expect(reader.page.locator(f"#{fragment}")).to_be_in_viewport()
        expect(reader.thread.locator(".thread__foot")).to_be_attached()
        painted(reader.page)
        assert reader.page.evaluate("window.shift") < MOST, fragment


def test_who_reads_on_elsewhere_meanwhile_is_not_taken_back_to_the_comments(visit: Visit, place: Place) -> None:
    reader = visit()
    held = arrive(reader, f"{place.page_url(place.fresh_page(), 'nl')}#thread")
    expect(reader.page.locator("#thread")).to_be_in_viewport()
    reader.page.evaluate("scrollTo(0, 300)")
    held.pop().continue_()
    expect(reader.thread.locator(".thread__foot")).to_be_attached()
    painted(reader.page)
    painted(reader.page)
    assert reader.page.evaluate("scrollY") == 300


def test_without_the_comments_the_rest_of_the_page_comes_after_a_while(visit: Visit, place: Place) -> None:
    reader = visit(meets_faults=True)
    reader.page.route("**/embed/**", lambda route: route.abort())
    reader.open(place.fresh_page())
    foot = reader.page.get_by_role("contentinfo")
    expect(foot).to_be_hidden()
    reader.page.evaluate("for (const animation of document.getAnimations()) animation.finish()")
    expect(foot).to_be_visible()
