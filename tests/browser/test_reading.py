"""Reading a thread: when it loads, how it is paged, and what stands there when the service does not answer."""

import re

import pytest
from playwright.sync_api import Request, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus

LISTED = "plein-count"
TURN = """(isHidden) => {
    Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def api_requests(reader: Reader) -> list[Request]:
    made: list[Request] = []
    reader.page.on("request", lambda request: made.append(request) if "/api/v1/" in request.url else None)
    return made


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_long_thread_is_read_page_by_page_in_either_order(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    ids = [reader.say(key, f"Reactie nummer {number}.") for number in range(27)]
    reader.page.reload()
    articles = reader.thread.get_by_role("article")
    expect(articles).to_have_count(25)
    expect(articles.first).to_have_accessible_name(re.compile(r"^Beheer, \d+ \w+ \d{4}, \d\d[.:]\d\d"))
    reader.thread.get_by_role("button", name=reader.says("more")).click()
    expect(articles).to_have_count(27)
    has_focus(reader.page.locator(f"#c-{ids[25]}"))
    expect(reader.thread.get_by_role("button", name=reader.says("more"))).to_have_count(0)

    select = reader.thread.get_by_role("combobox").first
    select.select_option(label=reader.says("newest"))
    expect(articles.first).to_contain_text("Reactie nummer 26.")
    expect(articles).to_have_count(25)
    reader.write("De allernieuwste.")
    expect(articles.first).to_contain_text("De allernieuwste.")

    reader.open(key, fragment=f"c-{ids[26]}")
    reader.page.reload()
    linked = reader.page.locator(f"#c-{ids[26]}")
    expect(linked).to_be_in_viewport()
    has_focus(linked)


@pytest.mark.parametrize("javascript", [True, False])
def test_comments_of_one_person_in_one_minute_can_be_told_apart_by_name(
    visit: Visit, place: Place, javascript: bool
) -> None:
    writer = visit()
    key = place.fresh_page()
    writer.be_logged_in(key, name="Anna")
    first = writer.say(key, "Een")
    number = 3  # at least two of them in the same minute
    for _ in range(number - 1):
        writer.say(key, "Nog een", in_reply_to=first)
    reader = visit(javascript=javascript)
    reader.page.goto(place.page_url(key, "nl") + "#thread" if javascript else f"{place.url}/threads/{key}")
    articles = reader.page.get_by_role("article", name="Anna, ")
    expect(articles).to_have_count(number)
    names = articles.evaluate_all("found => found.map(article => article.ariaLabel)")
    assert len(set(names)) == number
    assert not names[0].endswith(")")
    if javascript:
        reader.thread.get_by_role("combobox").first.select_option("newest")
        expect(reader.status).not_to_be_empty()
        assert articles.evaluate_all("found => found.map(article => article.ariaLabel)") == names


def test_replies_are_nested_to_four_levels_and_then_name_whom_they_answer(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    above = reader.say(key, "Laag 1.")
    for depth in range(2, 7):
        above = reader.say(key, f"Laag {depth}.", in_reply_to=above)
    reader.page.reload()
    expect(reader.comment("Laag 6.")).to_contain_text("antwoord op Beheer")
    expect(reader.comment("Laag 4.")).not_to_contain_text("antwoord op")
    assert reader.thread.locator(".thread ol ol ol").count() == 1
    assert reader.thread.locator(".thread ol ol ol ol").count() == 0


def test_a_thread_far_below_asks_nothing_until_it_comes_near(visit: Visit, place: Place) -> None:
    reader = visit()
    made = api_requests(reader)
    key = place.fresh_page()
    reader.open(key, fragment="")
    expect(reader.page.locator(".facts plein-count").first).not_to_be_empty()
    asked = sorted((request.method, request.url.split("/api/v1/")[1].split("?")[0]) for request in made)
    assert asked == [("GET", "counts"), ("POST", f"threads/{key}/views")]
    with reader.page.expect_request("**/events"):  # the stream opens after the thread is there
        reader.thread.scroll_into_view_if_needed()
    expect(reader.thread).to_contain_text(reader.says("gate"))
    later = sorted(request.url.split("/api/v1/")[1].split("?")[0] for request in made[2:])
    assert later == [f"threads/{key}", f"threads/{key}/events"]
    with reader.page.expect_event("requestfailed"):  # six open streams would freeze a seventh tab
        reader.page.evaluate(TURN, True)
    with reader.page.expect_request("**/events"):
        reader.page.evaluate(TURN, False)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_list_page_asks_for_all_its_numbers_in_one_request(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    made = api_requests(reader)
    reader.page.goto(f"{place.url}{'' if lang == 'nl' else '/en'}/blogs/")
    counts = reader.page.locator(LISTED)
    assert counts.count() > 5
    expect(counts.last).not_to_be_empty()
    expect(reader.page.locator(f"{LISTED}:empty")).to_have_count(0)
    assert [request.method for request in made] == ["GET"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_service_that_does_not_answer_is_said_in_one_line_and_the_link_stays(
    visit: Visit, place: Place, lang: str
) -> None:
    reader = visit(lang, meets_faults=True)
    reader.page.route("**/api/v1/**", lambda route: route.abort())
    reader.open(place.fresh_page())
    expect(reader.thread).to_contain_text(reader.says("down"))
    assert reader.page.get_by_text(reader.says("down")).count() == 1
    expect(reader.thread.get_by_role("link")).to_be_visible()
    expect(reader.rating.get_by_role("link")).to_be_visible()
    reader.page.unroute_all()
    reader.thread.get_by_role("button", name=reader.says("again")).press("Enter")
    expect(reader.thread).to_contain_text(reader.says("gate"))
    has_focus(reader.thread)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_more_that_does_not_come_is_said_to_everyone_and_can_be_asked_again(
    visit: Visit, place: Place, lang: str
) -> None:
    reader = visit(lang, meets_faults=True)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    for number in range(26):
        reader.say(key, f"Nummer {number}")
    reader.page.reload()
    more = reader.thread.get_by_role("button", name=reader.says("more"))
    reader.page.route("**/api/v1/**after=**", lambda route: route.abort())
    more.click()
    fault = reader.thread.locator("> [role=alert]")
    expect(fault).to_contain_text(reader.says("not done"))
    expect(fault).to_be_in_viewport()
    reader.page.unroute_all()
    more.click()
    has_focus(reader.comment("Nummer 25"))
    expect(fault).to_be_empty()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_closed_thread_says_so_and_has_no_form(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    closed = next(
        key for key, page in place.pages.items() if page["comments"] == "closed" and lang in page["translations"]
    )
    reader.open(closed)
    expect(reader.thread).to_contain_text(reader.says("closed"))
    expect(reader.thread.get_by_role("textbox")).to_have_count(0)
    expect(reader.thread.locator(".gate")).to_have_count(0)


def test_names_and_texts_of_strangers_stay_text(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    hostile = "<img src=x onerror=alert(1)>"
    reader.be_logged_in(key)
    reader.write(f"{hostile} <script>alert(2)</script> [klik](javascript:alert(3))", name=hostile)
    expect(reader.status).to_have_text(reader.says("placed"))
    mine = reader.thread.get_by_role("article").last
    expect(mine.locator("b")).to_have_text(hostile)
    expect(mine.locator("img, script, [onerror], a[href^='javascript:']")).to_have_count(0)
    reader.page.reload()
    expect(mine.locator("b")).to_have_text(hostile)


@pytest.mark.parametrize("part", ["", "-writing"])
def test_both_languages_have_every_string(visit: Visit, place: Place, part: str) -> None:
    reader = visit()
    reader.page.goto(place.url)
    dutch, english = (
        reader.page.evaluate(
            "code => import(`/embed/${code}.js`).then(module => Object.entries(module.default))", code + part
        )
        for code in ("nl", "en")
    )
    assert [name for name, _ in dutch] == [name for name, _ in english]
    same = [name for (name, text), (_, other) in zip(dutch, english, strict=True) if text == other]
    assert same == ([] if part else ["likes", "boosts"])  # Dutch borrowed these


@pytest.mark.parametrize(("lang", "link"), [("nl", "Wim bij “"), ("en", "Wim on “")])
def test_the_front_page_shows_what_was_said_last(visit: Visit, place: Place, lang: str, link: str) -> None:
    reader, key = visit(lang), place.fresh_page()
    reader.be_logged_in(key, name="Wim")
    reader.say(key, "> Eerder gezegd\n\n<img src=x onerror=alert(1)> " + "woord " * 60)
    reader.say(key, "Another language", lang="en" if lang == "nl" else "nl")
    reader.page.goto(f"{place.url}/{'en/' if lang == 'en' else ''}")
    voices = reader.page.locator(".voices > li")
    expect(voices.first).to_contain_text("Another language")
    expect(voices.first.locator(".nl-data-badge")).to_have_text("Engels" if lang == "nl" else "Dutch")
    expect(voices.nth(1).locator("blockquote")).to_have_text(
        re.compile(r"^<img src=x onerror=alert\(1\)> (woord ){10,30}…?")
    )
    expect(voices.nth(1).locator("blockquote")).not_to_contain_text("Eerder gezegd")
    expect(voices.nth(1).locator(".nl-data-badge")).to_be_hidden()
    expect(voices.nth(1).get_by_role("link", name=link)).to_be_visible()
    assert len(voices.nth(1).locator("blockquote").inner_text()) <= 161
