"""Pictures of the pages at three widths, to look at: var/screenshots. None of them may scroll sideways."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader
from theme.commands.build import ROOT

FOLDER = ROOT / "var" / "screenshots"


def take(reader: Reader, name: str, width: int) -> None:
    reader.page.set_viewport_size({"width": width, "height": 900})
    fits = reader.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    FOLDER.mkdir(parents=True, exist_ok=True)
    reader.page.screenshot(path=FOLDER / f"{name}-{reader.lang}-{width}.png", full_page=True)
    assert fits, f"{name} scrolls sideways at {width} px"


WIDTHS = (360, 768, 1280)


@pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])
def test_pictures_of_every_kind_of_page(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark)
    key = place.fresh_page()
    prefix = "" if lang == "nl" else "/en"
    reader.be_logged_in(key, name="Redactie")
    talk(reader, key, lang)
    reader.page.reload()
    expect(reader.thread.get_by_role("article")).to_have_count(5)
    reader.press(reader.comment("3"), "reply")
    for width in WIDTHS:
        take(reader, "thread-logged-in", width)
    group = next(key for key, page in place.pages.items() if page["kind"] == "group" and lang in page["translations"])
    for width in WIDTHS:
        reader.page.goto(f"{place.url}{prefix}/threads/{key}")
        take(reader, "service-thread", width)
    reader.page.context.clear_cookies()
    for width in WIDTHS:
        reader.page.goto(f"{place.url}{prefix}/log-in")
        take(reader, "service-log-in", width)
        reader.open(key, fragment="thread")
        reader.page.reload()
        expect(reader.thread.locator(".gate")).to_be_visible()
        take(reader, "blog", width)
        reader.open(group, fragment="thread")
        expect(reader.thread.locator(".gate")).to_be_visible()
        take(reader, "group", width)
        reader.page.goto(f"{place.url}{prefix}/")
        expect(reader.page.locator("plein-count:empty")).to_have_count(0)
        take(reader, "front", width)
        if os.environ.get("PLEIN_SCREENSHOT") and lang == "nl" and width == max(WIDTHS):
            reader.page.screenshot(path=Path(ROOT, "docs", "screenshot.png"))


def talk(reader: Reader, key: str, lang: str) -> None:
    texts = {
        "nl": (
            "Mooi stuk. Hoe hebt u de testers gevonden, en wat kostte het?\n\nWij willen dit voorjaar hetzelfde doen.",
            "Via de wijkkrant. Per tester rekenden wij:\n\n- een **uur** tijd\n- de reiskosten\n- koffie",
            "Dat is minder dan ik dacht. Wij proberen het met 3 mensen.",
            "> een uur tijd\n\nIs dat genoeg? Zie `Tabel 2` van [ons verslag](https://plein.example/).",
        ),
        "en": (
            "Good piece. How did you find the testers, and what did it cost?\n\nWe want to do the same this spring.",
            "Through the local paper. For each tester we counted:\n\n- an **hour** of time\n- travel\n- coffee",
            "That is less than I thought. We will try it with 3 people.",
            "> an hour of time\n\nIs that enough? See `Table 2` of [our report](https://plein.example/).",
        ),
    }
    first = reader.say(key, texts[lang][0])
    second = reader.say(key, texts[lang][1], in_reply_to=first)
    third = reader.say(key, texts[lang][2], in_reply_to=second)
    reader.say(key, texts[lang][3], in_reply_to=third)
    other = "nl" if lang == "en" else "en"
    reader.say(key, texts[other][0].split("\n")[0], lang=other)
