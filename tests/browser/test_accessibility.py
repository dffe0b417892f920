"""axe finds nothing, on the site's pages and the service's, light and dark. For threads: test_states.py."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")


def finds_nothing(reader: Reader, state: str, rules: tuple[str, ...] = RULES) -> None:
    # the script goes to a page once, and of what passes only the names come back: the rest takes half of the time
    if not reader.page.evaluate("'axe' in window"):
        reader.page.evaluate(AXE_SCRIPT)
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    found = reader.page.evaluate("async options => (await axe.run(options)).violations", options)
    assert not found, f"{state} ({reader.page.url}):\n" + "\n".join(
        f"{fault['id']}: {fault['help']}: {node['html'][:300]}" for fault in found for node in fault["nodes"]
    )


LOOKS = pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])


@LOOKS
def test_axe_finds_nothing_on_the_pages_of_the_site(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark)
    prefix = "" if lang == "nl" else "/en"
    group = next(key for key, page in place.pages.items() if page["kind"] == "group" and lang in page["translations"])
    for path in (f"{prefix}/", f"{prefix}/blogs/", f"{prefix}/groups/"):
        reader.page.goto(place.url + path)
        expect(reader.page.locator("plein-count:empty")).to_have_count(0)
        finds_nothing(reader, "list")
    reader.open(group)
    expect(reader.thread).to_contain_text(reader.says("gate"))
    finds_nothing(reader, "group")


@LOOKS
def test_axe_finds_nothing_on_the_pages_of_the_service(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark, meets_faults=True)  # a form with a fault is answered with a 400
    prefix = "" if lang == "nl" else "/en"
    page = reader.page
    key = place.fresh_page()
    thread = f"{place.url}{prefix}/threads/{key}"
    page.goto(thread)
    finds_nothing(reader, "thread, empty")
    page.goto(f"{place.url}{prefix}/log-in")
    finds_nothing(reader, "log-in")
    page.locator("input[type=email]").fill("geen adres")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "log-in, fault")
    page.locator("input[type=email]").fill(reader.email)
    page.locator("main form button").first.click()
    expect(page.locator("[name=code]")).to_be_visible()
    finds_nothing(reader, "mail sent")
    page.goto(place.log_in_link(reader.email))
    finds_nothing(reader, "link")
    page.locator("main form button").click()
    expect(page).not_to_have_url(re.compile("/log-in"))
    page.goto(f"{place.url}{prefix}/account")
    finds_nothing(reader, "account")
    page.goto(thread)
    page.locator("form.write button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "thread, fault")
    page.locator("form.write [name=name]").fill("Beheer")
    page.locator("form.write textarea").fill("Een vraag")
    page.locator("form.write button").first.click()
    page.get_by_role("article").locator("a[href*='reply=']").first.click()
    finds_nothing(reader, "thread, comment, reply open")


def test_axe_finds_what_is_wrong(visit: Visit, place: Place) -> None:
    reader = visit()
    reader.page.goto(place.url)
    reader.page.locator("h1").evaluate("heading => { heading.innerHTML = '<a href=/></a>'; heading.tabIndex = 1 }")
    with pytest.raises(AssertionError, match="link-name"):
        finds_nothing(reader, "front")
