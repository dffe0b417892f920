"""Every state of a thread: axe, the size of what one presses, no sideways scroll, forced colours, and the focus.

With PICTURES=all each state is seen in both languages, and pictures of it are written to var/screenshots/states.
"""

import os
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus
from tests.browser.states import STATES, Arrange, World, logged_in, settle
from tests.browser.test_accessibility import COLOURS, finds_nothing
from theme.commands.build import ROOT

FOLDER = ROOT / "var" / "screenshots" / "states"
PICTURES = os.environ.get("PICTURES") == "all"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (360, 640, 1280)  # 640: 1280 at 200 % zoom
# What one can press and is too small: controls have 44 px, links in a line 24; links in a sentence are free.
TOO_SMALL = """() => {
    const fields = "select, textarea, .check, .rate label, .form input:not(.check input)";
    const controls = `button, summary, .nl-button, .quiet, ${fields}`;
    const small = (selector, least) => [...document.querySelectorAll(`plein-thread, plein-rating`)]
        .flatMap((host) => [...host.querySelectorAll(selector)])
        .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(".vh"))
        .filter((node) => node.getBoundingClientRect().height < least - .1)
        .map((node) => `${node.outerHTML.slice(0, 200)}: ${node.getBoundingClientRect().height}`);
    return [...small(controls, 44), ...small(".comment__head a", 24)];
}"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOST = "document.activeElement === document.body || document.activeElement === null"


@pytest.fixture(scope="module")
def world(browser: Browser, place: Place) -> World:
    return settle(browser, place)


def as_bert(visit: Visit, world: World, lang: str, *, meets_faults: bool = False) -> Reader:
    reader = visit(lang, meets_faults=meets_faults)
    reader.page.context.add_cookies(world.bert["cookies"])  # type: ignore[arg-type]
    return reader


LOOKS = [
    pytest.param(state, lang, id=f"{state.__name__}-{lang}")
    for number, state in enumerate(STATES)
    for lang in (("nl", "en") if PICTURES else (("nl", "en")[number % 2],))
]


@pytest.mark.parametrize(("state", "lang"), LOOKS)
def test_a_state_is_for_everyone(visit: Visit, world: World, state: Arrange, lang: str) -> None:
    reader = as_bert(visit, world, lang, meets_faults=True)
    state(reader, world)
    finds_nothing(reader, state.__name__)
    reader.page.emulate_media(color_scheme="dark")
    finds_nothing(reader, f"{state.__name__}, dark", COLOURS)
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 900})
        assert not reader.page.evaluate(SIDEWAYS), f"it scrolls sideways at {width} px"
        assert reader.page.evaluate(TOO_SMALL) == []
        if PICTURES and width != 640:
            picture(reader, f"{state.__name__}-{lang}-{width}")


def picture(reader: Reader, name: str) -> None:
    for scheme in SCHEMES:
        reader.page.emulate_media(color_scheme=scheme)
        place = reader.rating if name.startswith("rated") else reader.thread
        box = place.bounding_box()
        assert box
        area = {"x": 0, "y": max(0, box["y"] + reader.page.evaluate("scrollY") - 40), "width": int(name.split("-")[-1])}
        area["height"] = min(box["height"] + 80, 5000)
        reader.page.screenshot(path=FOLDER / f"{name}-{scheme}.png", full_page=True, clip=area)  # type: ignore[arg-type]


def test_forced_colours_leave_the_chosen_stars_and_the_given_vote_to_be_seen(visit: Visit, world: World) -> None:
    reader = as_bert(visit, world, "nl")
    logged_in(reader, world)
    reader.page.emulate_media(forced_colors="active")
    reader.rating.get_by_role("radio").nth(2).check()
    fills = reader.rating.locator("form svg").evaluate_all("stars => stars.map(star => getComputedStyle(star).fill)")
    assert fills[0] == fills[1] == fills[2] != fills[3] == fills[4]
    given = reader.page.locator(f"#c-{world.question} [data-action=vote]")
    expect(given).to_have_attribute("aria-pressed", "true")
    mark, ground = given.evaluate(
        "node => [getComputedStyle(node, '::before').backgroundColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert mark != ground
    if PICTURES:
        reader.page.screenshot(path=FOLDER / "forced-colours.png", full_page=True)


def test_the_focus_stays_in_the_thread_through_every_action(visit: Visit, place: Place, world: World) -> None:
    reader, other = as_bert(visit, world, "en"), visit()
    key = place.fresh_page()
    other.be_logged_in(key, name="Clara")
    theirs = other.say(key, "Van een ander")
    other.say(key, "Met een antwoord", in_reply_to=theirs)
    reader.open(key)
    expect(reader.writing).to_be_visible()
    comment = reader.page.locator(f"#c-{theirs}")

    def press(action: str) -> None:
        comment.locator(f"[data-action={action}]").press("Enter")

    press("vote")
    expect(comment.locator("[aria-pressed=true]")).to_be_focused()
    fold = reader.thread.locator(".thread__fold")
    for _ in range(2):
        fold.press("Enter")
        expect(fold).to_be_focused()
    for action in ("reply", "quote"):
        press(action)
        reply = reader.thread.locator(".comment__write textarea")
        expect(reply).to_be_focused()
        reader.thread.locator(".comment__write").get_by_role("button", name=reader.says("cancel")).press("Enter")
        expect(comment.locator("[data-action=reply]")).to_be_focused()
    press("reply")
    reply.fill("Mijn antwoord")
    reader.thread.locator(".comment__write").get_by_role("button", name=reader.says("place reply")).press("Enter")
    comment = reader.comment("Mijn antwoord")
    expect(comment).to_be_focused()
    press("edit")
    expect(comment.get_by_role("textbox")).to_be_focused()
    comment.get_by_role("button", name=reader.says("cancel")).press("Enter")
    expect(comment.locator("[data-action=edit]")).to_be_focused()
    press("edit")
    comment.get_by_role("textbox").fill("Mijn beter antwoord")
    comment.get_by_role("button", name=reader.says("save")).press("Enter")
    comment = reader.comment("Mijn beter antwoord")
    expect(comment).to_be_focused()
    press("delete")
    has_focus(comment.locator(".comment__confirm"))
    reader.page.keyboard.press("Escape")
    expect(comment.locator("[data-action=delete]")).to_be_focused()
    press("delete")
    comment.get_by_role("button", name=reader.says("delete for sure")).press("Enter")
    expect(reader.status).to_have_text(reader.says("deleted"))
    assert not reader.page.evaluate(LOST)

    new = other.say(key, "Nieuw van een ander")
    fresh = reader.thread.locator(".thread__news button")
    expect(fresh).to_be_visible()
    fresh.press("Enter")
    expect(reader.page.locator(f"#c-{new}")).to_be_focused()
    order = reader.thread.get_by_role("combobox").first
    order.focus()
    order.select_option("newest")
    expect(reader.status).not_to_be_empty()
    expect(order).to_be_focused()

    reader.open(world.long)
    reader.page.reload()
    more = reader.thread.get_by_role("button", name=reader.says("more"))
    more.press("Enter")
    expect(more).to_be_hidden()
    assert not reader.page.evaluate(LOST)
