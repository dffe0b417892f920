"""axe finds nothing, on the site's pages and the service's, light and dark. For threads: test_states.py."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader
from theme.plugins import stylesheet

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")
NARROW = ("target-size", "scrollable-region-focusable")  # what the width can change


# axe does not mind forms without a name; a screen reader lists them all
NAMELESS = """() => [...document.forms].filter((form) => form.role !== "none"
    && !form.ariaLabel && !document.getElementById(form.getAttribute("aria-labelledby"))).length"""


def finds_nothing(reader: Reader, state: str, rules: tuple[str, ...] = RULES) -> None:
    # the script goes to a page once, and of what passes only the names come back: the rest takes half of the time
    if not reader.page.evaluate("'axe' in window"):
        reader.page.evaluate(AXE_SCRIPT)
    assert reader.page.evaluate(NAMELESS) <= 1, f"{state}: forms that cannot be told apart"
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    found = reader.page.evaluate("async options => (await axe.run(options)).violations", options)
    assert not found, f"{state} ({reader.page.url}):\n" + "\n".join(
        f"{fault['id']}: {fault['help']}: {node['html'][:300]}" for fault in found for node in fault["nodes"]
    )


LOOKS = pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])


SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def kinds_of_page(place: Place, lang: str) -> dict[str, str]:
    """One page of every kind that the build writes, by the name of its kind."""
    site = place.site if lang == "nl" else place.site / "en"
    first = {kind: min(path.name for path in (site / kind).iterdir() if path.is_dir()) for kind in ("authors", "tags")}
    group = next(key for key, page in place.pages.items() if page["kind"] == "group" and lang in page["translations"])
    own = ("nl", "en").index(lang)
    return {
        "front": "",
        "blogs": "blogs/",
        "groups": "groups/",
        "group": f"{group}/",
        "author": f"authors/{first['authors']}/",
        "tag": f"tags/{first['tags']}/",
        "page": "privacy/",
        "search": ("zoeken/", "search/")[own],
        "404": "404.html",
        "style guide": ("stijlgids/", "style-guide/")[own],
    }


@LOOKS
def test_axe_finds_nothing_on_any_kind_of_page_of_the_site(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    """At 360 and 1280 pixels, and nothing scrolls sideways. Blogs: test_states.py."""
    reader = visit(lang, dark=dark)
    prefix = "/" if lang == "nl" else "/en/"
    for kind, path in kinds_of_page(place, lang).items():
        reader.page.set_viewport_size({"width": 1280, "height": 900})
        reader.page.goto(place.url + prefix + path)
        expect(reader.page.locator("plein-count:empty")).to_have_count(0)
        finds_nothing(reader, kind)
        reader.page.set_viewport_size({"width": 360, "height": 800})
        assert not reader.page.evaluate(SIDEWAYS), f"{kind} scrolls sideways"
        finds_nothing(reader, f"{kind}, narrow", NARROW)


TOWN = """.town-theme { --town-blue: #003a70; --utrecht-document-background-color: #fff; --utrecht-document-color: #111;
    --utrecht-document-font-family: monospace; --utrecht-link-color: var(--town-blue);
    --utrecht-button-border-radius: 9px;
    --utrecht-page-header-background-color: var(--town-blue); --utrecht-page-footer-background-color: #700;
    --utrecht-data-badge-background-color: #444; --utrecht-alert-error-background-color: #fee; }"""
WORN = """() => [document.body, ...["header", "body > footer", ".nl-button--primary", "#page-f1"].map((part) =>
    document.querySelector(part))].map((node) => getComputedStyle(node))
    .map((style) => [style.backgroundColor, style.color, style.borderRadius])"""


def test_a_house_style_is_worn_by_all_parts_of_site_and_widget_and_can_be_read(
    visit: Visit, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "town.css").write_text(TOWN, encoding="utf-8")
    sheet = stylesheet.load(house=[tmp_path / "town.css"]).text
    reader = visit("nl", dark=True)
    reader.page.route("**/theme/plein.*.css", lambda route: route.fulfill(body=sheet, content_type="text/css"))
    reader.page.goto(f"{place.url}/stijlgids/")
    expect(reader.page.locator("plein-count:empty")).to_have_count(0)
    body, head, foot, button, field = reader.page.evaluate(WORN)
    assert body[:2] == ["rgb(255, 255, 255)", "rgb(17, 17, 17)"]  # the file is light, so there is no dark scheme
    assert head[:2] == ["rgb(0, 58, 112)", "rgb(255, 255, 255)"]
    assert foot[:2] == ["rgb(119, 0, 0)", "rgb(255, 255, 255)"]
    assert button == ["rgb(0, 58, 112)", "rgb(255, 255, 255)", "9px"]
    assert field[:2] == body[:2]
    finds_nothing(reader, "house style", COLOURS)


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
    other = visit(lang)
    other.be_logged_in(key, name="Anna")
    page.goto(f"{thread}?report={other.say(key, 'Koop nu!')}")
    page.get_by_role("article").get_by_role("button", name=reader.says("report"), exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "thread, report, fault")


def test_axe_finds_what_is_wrong(visit: Visit, place: Place) -> None:
    reader = visit()
    reader.page.goto(place.url)
    reader.page.locator("h1").evaluate("heading => { heading.innerHTML = '<a href=/></a>'; heading.tabIndex = 1 }")
    with pytest.raises(AssertionError, match="link-name"):
        finds_nothing(reader, "front")
