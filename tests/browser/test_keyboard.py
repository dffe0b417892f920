"""The whole way with the keyboard alone, and the focus visible at every stop."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus

MOST_STOPS = 150  # on the longest page of the site
IS_FOCUSED = "node => node === document.activeElement"
SHOWS_FOCUS = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


def tab_to(reader: Reader, target: Locator) -> None:
    """Press Tab until the focus is on the target; each stop on the way must show that it has the focus."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        reader.page.keyboard.press("Tab")
        assert reader.page.evaluate(SHOWS_FOCUS), reader.page.evaluate("document.activeElement.outerHTML")
        if target.evaluate(IS_FOCUSED):
            return
    raise AssertionError(f"Tab never comes to {target}")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_everything_is_done_with_the_keyboard_alone(visit: Visit, place: Place, lang: str) -> None:
    reader: Reader = visit(lang)
    keys = reader.page.keyboard
    key = place.fresh_page()
    reader.open(key, fragment="")
    keys.press("Tab")
    has_focus(reader.page.locator(".nl-skip-link"))
    keys.press("Enter")
    keys.press("End")  # the thread comes near and loads
    tab_to(reader, reader.thread.get_by_role("link", name=reader.says("log in")))
    keys.press("Enter")

    email = reader.page.locator("input[type=email]")
    tab_to(reader, email)
    keys.type(reader.email)
    keys.press("Enter")
    expect(reader.page.locator("[name=code]")).to_be_visible()  # the answer is here
    reader.page.goto(place.log_in_link(reader.email))  # from a mail program
    tab_to(reader, reader.page.locator("main form button"))
    keys.press("Enter")

    tab_to(reader, reader.writing.get_by_label(reader.says("your name"), exact=True))
    keys.type("Toetsenist")
    keys.press("Tab")
    keys.type("Zonder muis")
    tab_to(reader, reader.writing.get_by_label(reader.says("language")))
    tab_to(reader, reader.writing.get_by_role("button", name=reader.says("place")))
    keys.press("Enter")
    has_focus(reader.comment("Zonder muis"))

    tab_to(reader, reader.comment("Zonder muis").get_by_role("button", name=reader.says("reply")))
    keys.press("Enter")
    has_focus(reader.thread.locator(".comment__write").get_by_role("textbox"))
    keys.press("Escape")
    has_focus(reader.comment("Zonder muis").get_by_role("button", name=reader.says("reply")))
    keys.press("Enter")
    has_focus(reader.thread.locator(".comment__write").get_by_role("textbox"))
    keys.type("Ook een antwoord")
    tab_to(reader, reader.thread.locator(".comment__write").get_by_role("button", name=reader.says("place reply")))
    keys.press("Enter")
    has_focus(reader.comment("Ook een antwoord"))

    tab_to(reader, reader.comment("Ook een antwoord").get_by_role("button", name=reader.says("edit")))
    keys.press("Enter")
    has_focus(reader.comment("Ook een antwoord").get_by_role("textbox"))
    keys.press("Control+End")
    keys.type(", en beter")
    keys.press("Tab")
    keys.press("Enter")
    has_focus(reader.comment("Ook een antwoord, en beter"))

    tab_to(reader, reader.comment("en beter").get_by_role("button", name=reader.says("delete")))
    keys.press("Enter")
    has_focus(reader.comment("en beter").get_by_role("group"))
    keys.press("Tab")
    keys.press("Enter")
    has_focus(reader.comment("Zonder muis"))
    expect(reader.page.get_by_text("Ook een antwoord")).to_have_count(0)

    reader.open(key, fragment="rating")
    reader.page.reload()
    tab_to(reader, reader.rating.get_by_role("radio").first)
    keys.press("Space")
    for _ in range(3):
        keys.press("ArrowRight")
    tab_to(reader, reader.rating.get_by_role("button", name=reader.says("rate"), exact=True))
    keys.press("Enter")
    expect(reader.rating).to_contain_text(reader.says("one rating of 4"))
    has_focus(reader.rating.get_by_role("button", name=reader.says("change rating")))


WAYS = {  # the menu's word for the search page, a query, the language switch there
    "nl": ("Zoeken", "bomen", "English", "/en/search/"),
    "en": ("Search", "tree", "Nederlands", "/zoeken/"),
}


@pytest.mark.parametrize("lang", WAYS)
def test_the_menu_search_and_the_language_switch_are_used_with_the_keyboard_alone(
    visit: Visit, place: Place, lang: str
) -> None:
    reader: Reader = visit(lang)
    page, (menu, query, switch, other) = reader.page, WAYS[lang]
    page.goto(f"{place.url}/" if lang == "nl" else f"{place.url}/en/")
    tab_to(reader, page.get_by_role("banner").get_by_role("link", name=menu, exact=True))
    page.keyboard.press("Enter")
    tab_to(reader, page.locator("#page-q"))
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    expect(page.locator("#page-results")).to_contain_text(f"“{query}”")
    tab_to(reader, page.locator(".results h3 a").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.go_back()
    tab_to(reader, page.get_by_role("banner").get_by_role("link", name=switch, exact=True))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{place.url}{other}")


NARROW = (
    "",
    "blogs/",
    "blogs/een-dag-zonder-muis/",
    "groups/publieke-code/",
    "zoeken/?q=bomen",
    "toegankelijkheid/",
    "stijlgids/",
)


def test_at_400_percent_nothing_scrolls_sideways(visit: Visit, place: Place) -> None:
    """WCAG 1.4.10: 1280 by 1024 pixels, four times as large, are 320 by 256."""
    page = visit().page
    page.set_viewport_size({"width": 320, "height": 256})
    for path in (*NARROW, "threads/blogs/een-dag-zonder-muis", "log-in"):
        page.goto(f"{place.url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
