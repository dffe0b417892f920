"""How a reader wants the thread: order, number, language, more by itself; folded branches; the spread of stars."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import has_focus

WORDS = {
    "nl": (
        "Volgorde",
        "Taal",
        "Per keer",
        "Laad vanzelf meer",
        "Verberg antwoorden",
        "Toon 1 antwoord",
        "Verdeling",
        "5 sterren: 1",
    ),
    "en": (
        "Order",
        "Language",
        "At a time",
        "Load more by itself",
        "Hide replies",
        "Show 1 reply",
        "Distribution",
        "5 stars: 1",
    ),
}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_choices_hold_and_are_kept_on_the_device(visit: Visit, place: Place, lang: str) -> None:
    order, language, limit, auto, hide, show, spread, five = WORDS[lang]
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    root = reader.say(key, "In het Nederlands", lang="nl")
    reader.say(key, "Antwoord daarop", in_reply_to=root, lang="nl")
    helpful = reader.say(key, "In English", lang="en")
    for number in range(10):
        reader.say(key, f"Nummer {number}", lang="nl")
    reader.ask("PUT", f"threads/{key}/rating", {"stars": 5})
    voter = visit(lang)
    voter.be_logged_in(key, name="Kiezer")
    assert voter.ask("PUT", f"comments/{helpful}/vote", {"value": 1})["status"] == 200

    other = visit(lang)
    other.open(key)
    articles = other.thread.get_by_role("article")
    expect(articles).to_have_count(13)
    expect(other.thread.get_by_role("button", name=hide)).to_have_count(1)
    other.thread.get_by_role("button", name=hide).click()
    fold = other.thread.get_by_role("button", name=show)
    has_focus(fold)
    assert fold.get_attribute("aria-expanded") == "false"
    expect(articles).to_have_count(12)
    fold.click()
    expect(articles).to_have_count(13)

    other.thread.get_by_label(order).select_option("best")
    expect(articles.first).to_contain_text("In English")
    other.thread.get_by_label(language).select_option("en")
    expect(articles).to_have_count(1)
    other.page.reload()
    expect(articles).to_have_count(1)
    expect(articles.first).to_contain_text("(1)")
    other.thread.get_by_label(language).select_option("")
    other.thread.get_by_label(limit).select_option("10")
    expect(other.thread.get_by_role("button", name=other.says("more"))).to_be_visible()
    other.thread.get_by_label(auto).check()
    articles.last.scroll_into_view_if_needed()
    expect(articles).to_have_count(13)

    details = other.rating.locator("details")
    details.get_by_text(spread).click()
    expect(details).to_contain_text(five)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_new_comments_of_others_wait_behind_a_button_and_nothing_jumps(visit: Visit, place: Place, lang: str) -> None:
    writer = visit(lang)
    key = place.fresh_page()
    writer.be_logged_in(key, name="Anna")
    first = writer.say(key, "De eerste")
    reader = visit(lang)
    reader.open(key)
    seen = reader.page.locator(f"#c-{first}")
    expect(seen).to_be_visible()
    before = seen.bounding_box()
    with writer.page.expect_response("**/comments"):
        writer.write("Nog een van mij")
    expect(writer.status).to_have_text(writer.says("placed"))
    button = reader.thread.get_by_role("button", name="1 nieuwe reactie" if lang == "nl" else "1 new comment")
    expect(button).to_be_visible()
    expect(reader.status).to_have_text("1 nieuwe reactie" if lang == "nl" else "1 new comment")
    assert seen.bounding_box() == before
    button.click()
    has_focus(reader.comment("Nog een van mij"))
    expect(button).to_have_count(0)
    expect(writer.thread.get_by_role("button", name="nieuwe" if lang == "nl" else "new comment")).to_have_count(0)


def test_where_there_is_news_nobody_says_that_there_is_nothing(visit: Visit, place: Place) -> None:
    reader, writer = visit(), visit()
    key = place.fresh_page()
    reader.open(key)
    nothing = reader.thread.get_by_text("Er zijn nog geen reacties.")
    expect(nothing).to_be_visible()
    writer.be_logged_in(key, name="Anna")
    gate = reader.thread.locator(".gate")
    before = gate.bounding_box()
    writer.say(key, "De eerste")
    button = reader.thread.get_by_role("button", name="1 nieuwe reactie")
    expect(button).to_be_visible()
    expect(nothing).to_be_hidden()
    assert gate.bounding_box() == before
    button.click()
    has_focus(reader.comment("De eerste"))


def test_new_comments_are_shown_and_no_others_wherever_they_stand(visit: Visit, place: Place) -> None:
    writer, reader = visit(), visit()
    key = place.fresh_page()
    writer.be_logged_in(key, name="Anna")
    ids = [writer.say(key, f"Nummer {number}", lang="en" if number == 11 else "nl") for number in range(12)]
    for number in range(21):
        writer.say(key, f"Antwoord {number}", in_reply_to=ids[0])
    reader.be_logged_in(key, name="Bert")
    reader.thread.get_by_label("Per keer").select_option("10")
    articles = reader.thread.get_by_role("article")
    button = reader.thread.get_by_role("button", name="1 nieuwe reactie")
    expect(articles).to_have_count(30)  # two roots and one answer are not loaded
    writer.say(key, "Aan het eind")
    button.click()
    has_focus(reader.comment("Aan het eind"))
    expect(articles).to_have_count(31)
    reader.press(reader.comment("Nummer 0"), "reply")
    reader.page.keyboard.type("Van mijzelf")
    reader.thread.get_by_role("button", name=reader.says("place reply")).click()
    has_focus(reader.comment("Van mijzelf"))
    reader.thread.get_by_role("button", name="Toon meer antwoorden").click()
    expect(articles.filter(has_text="Antwoord 20").locator("xpath=../following-sibling::*")).to_have_count(1)
    reader.press(reader.comment("Nummer 3"), "reply")
    reader.page.keyboard.type("Half af")
    writer.say(key, "Ver onder het eerste", in_reply_to=ids[0])  # more answers stand there than come with a root
    button.click()
    has_focus(reader.comment("Ver onder het eerste"))
    expect(reader.thread.locator("li textarea")).to_have_value("Half af")
    reader.thread.get_by_label("Taal").first.select_option("nl")
    expect(reader.comment("Ver onder het eerste")).to_have_count(0)
    writer.say(key, "Elsewhere", lang="en")
    button.click()
    has_focus(reader.comment("Elsewhere"))
    expect(button).to_have_count(0)


def test_a_folded_branch_tells_how_many_answers_it_has_and_opens_for_ones_own(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Anna")
    reader.say(key, "- een\n- twee", in_reply_to=reader.say(key, "Wat nemen wij mee?"))
    reader.page.reload()
    reader.thread.get_by_role("button", name="Verberg antwoorden").click()
    expect(reader.thread.locator(".thread__fold")).to_have_text("Toon 1 antwoord")
    reader.press(reader.comment("Wat nemen wij mee?"), "reply")
    reader.page.keyboard.type("Een tas")
    reader.thread.get_by_role("button", name=reader.says("place reply")).click()
    has_focus(reader.comment("Een tas"))


def test_without_streams_the_thread_is_asked_now_and_then(visit: Visit, place: Place) -> None:
    writer = visit()
    key = place.fresh_page()
    writer.be_logged_in(key, name="Anna")
    writer.say(key, "De eerste")
    reader = visit(meets_faults=True)
    reader.page.clock.install()
    reader.page.route("**/events", lambda route: route.abort())
    reader.open(key)
    written = reader.comment("De eerste").locator("time").first
    expect(written).to_have_text("nu")
    writer.say(key, "De tweede")
    button = reader.thread.get_by_role("button", name="1 nieuwe reactie")
    for _ in range(60):
        reader.page.clock.run_for(5_000)
        if button.is_visible():
            break
    expect(button).to_be_visible()
    reader.page.clock.run_for(120_000)
    expect(written).to_have_text(re.compile("minuten geleden"))


def test_a_choice_that_is_made_while_another_is_under_way_counts_too(visit: Visit, place: Place) -> None:
    order, _, limit, *_ = WORDS["nl"]
    reader = visit("nl")
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    for number in range(11):
        reader.say(key, f"Nummer {number}", lang="nl")
    other = visit("nl")
    other.open(key)
    articles = other.thread.get_by_role("article")
    expect(articles).to_have_count(11)
    held: list[Route] = []
    other.page.route("**/api/v1/threads/**order=newest**", lambda route: held.append(route), times=1)
    with other.page.expect_request("**/api/v1/threads/**order=newest**"):
        other.thread.get_by_label(order).select_option("newest")
    other.thread.get_by_label(limit).select_option("10")
    held[0].continue_()
    expect(articles).to_have_count(10)
    expect(articles.first).to_contain_text("Nummer 10")


def test_what_was_asked_for_in_one_order_does_not_come_into_another(visit: Visit, place: Place) -> None:
    """The rest of the thread, or of a branch, may come after the reader has chosen again."""
    order, _, limit, *_ = WORDS["nl"]
    reader = visit("nl")
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    oldest = reader.say(key, "Nummer 0")
    for number in range(21):
        reader.say(key, f"Antwoord {number}", in_reply_to=oldest)
    for number in range(1, 22):
        reader.say(key, f"Nummer {number}")
    other = visit("nl")
    other.open(key)
    other.thread.get_by_label(limit).select_option("10")
    roots = other.thread.locator(".thread > li")
    expect(roots).to_have_count(10)
    held: list[Route] = []
    other.page.route(
        "**/api/v1/threads/**after=**", lambda route: held.append(route) if len(held) < 2 else route.continue_()
    )
    other.thread.get_by_role("button", name="Toon meer antwoorden").click()
    other.thread.get_by_role("button", name="Toon meer reacties").click()
    other.thread.get_by_label(order).select_option("newest")
    expect(roots.first).to_contain_text("Nummer 21")
    assert len(held) == 2
    for route in held:
        route.continue_()
    expect(other.thread.locator("[aria-busy]")).to_have_count(0)
    other.thread.get_by_role("button", name="Toon meer reacties").click()
    expect(roots).to_have_count(20)
    assert [f"Nummer {21 - number}" in text for number, text in enumerate(roots.all_inner_texts())] == [True] * 20
    other.thread.get_by_role("button", name="Toon meer reacties").click()
    expect(roots).to_have_count(22)
    expect(other.thread.get_by_role("button", name="Toon meer antwoorden")).to_have_count(1)
