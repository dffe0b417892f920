"""Searching in a real browser: ten queries in each language, by keyboard, in the address, with a strict policy."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place

Queries = tuple[tuple[str, str], ...]

# What is typed, and a page that must be among the first three.
DUTCH = (
    ("knop", "/blogs/een-dag-zonder-muis/"),
    ("drempel", "/toegankelijkheid/"),
    ("bomen", "/blogs/bomen-als-open-data/"),
    ("coordinaten", "/blogs/bomen-als-open-data/"),  # coördinaten
    ("raad", "/blogs/adviesraad-door-loting/"),  # the second half of adviesraad
    ("verslagen", "/blogs/websites-archiveren/"),  # of jaarverslagen
    ("archiveren website", "/blogs/websites-archiveren/"),
    ("fediverse", "/blogs/een-gemeente-in-de-fediverse/"),
    ("contrasten", "/blogs/kleur-en-contrast/"),
    ("schrijven", "/groups/schrijven-voor-iedereen/"),
)
ENGLISH = (
    ("mouse", "/en/blogs/een-dag-zonder-muis/"),
    ("tree", "/en/blogs/bomen-als-open-data/"),
    ("lottery", "/en/blogs/adviesraad-door-loting/"),
    ("archiving", "/en/blogs/websites-archiveren/"),
    ("procured", "/en/blogs/open-source-inkopen/"),
    ("security reports", "/en/blogs/forty-security-reports/"),
    ("contrast", "/en/blogs/kleur-en-contrast/"),
    ("tèsters", "/en/blogs/testers-gezocht/"),
    ("accessibility", "/en/accessibility/"),
    ("open working", "/en/blogs/werken-in-het-openbaar/"),
)


@pytest.mark.parametrize(("lang", "path", "queries"), [("nl", "/zoeken/", DUTCH), ("en", "/en/search/", ENGLISH)])
def test_ten_queries_find_their_page(place: Place, visit: Visit, lang: str, path: str, queries: Queries) -> None:
    page = visit(lang).page
    page.goto(place.url + path)
    for query, expected in queries:
        page.locator("#page-q").fill(query)
        page.keyboard.press("Enter")
        expect(page.locator("#page-results")).to_contain_text(f"“{query}”")
        links = [link.get_attribute("href") for link in page.locator(".results h3 a").all()[:3]]
        assert expected in links, f"{query} finds {links}"


def test_an_address_with_a_query_shows_its_results_and_the_way_back_works(place: Place, visit: Visit) -> None:
    page = visit().page
    page.goto(place.url + "/zoeken/?q=muis")
    expect(page.locator("#page-results")).to_contain_text("“muis”")
    expect(page.locator(".results mark").first).to_be_visible()
    page.locator("#page-q").fill("bomen")
    page.keyboard.press("Enter")
    expect(page.locator("#page-results")).to_contain_text("“bomen”")
    assert page.url.endswith("?q=bomen")
    page.go_back()
    expect(page.locator("#page-results")).to_contain_text("“muis”")


def test_kinds_can_be_left_out_and_nothing_found_is_said(place: Place, visit: Visit) -> None:
    page = visit().page
    page.goto(place.url + "/zoeken/?q=toegankelijk")
    expect(page.locator("[data-count=group]")).not_to_have_text("(0)")
    page.get_by_label("Blogs").uncheck()
    expect(page.locator(".results .meta li:text-is('Blog')")).to_have_count(0)
    page.locator("#page-q").fill("<img src=x onerror=alert(1)>qqqq")
    page.keyboard.press("Enter")
    expect(page.locator("#page-results")).to_have_text("Niets gevonden voor “<img src=x onerror=alert(1)>qqqq”")


def test_only_the_page_that_searches_may_run_webassembly(place: Place, visit: Visit) -> None:
    page = visit().page
    for path, may in (("/zoeken/", True), ("/en/search/", True), ("/", False), ("/theme/search.js", False)):
        answer = page.request.get(place.url + path)
        assert ("wasm-unsafe-eval" in answer.headers["content-security-policy"]) == may, path
        assert "'unsafe-" not in answer.headers["content-security-policy"]
