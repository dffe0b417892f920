"""Preview, mentions, quotes, votes and languages, as a person uses them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import OTHER, has_focus
from tests.browser.test_accessibility import finds_nothing

LANGUAGES = pytest.mark.parametrize("lang", ["nl", "en"])


@LANGUAGES
def test_a_preview_shows_what_will_stand_there_until_the_text_changes(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    form = reader.writing
    box = form.get_by_label(reader.says("your comment"), exact=True)
    box.fill("Een **sterk** woord\n\n<script>alert(1)</script>")
    form.get_by_role("button", name=reader.says("preview")).press("Enter")
    preview = form.get_by_role("region", name=reader.says("preview"))
    expect(preview.locator("strong")).to_have_text("sterk")
    has_focus(preview)
    finds_nothing(reader, "preview")
    box.press("End")
    box.type("!")
    expect(preview).to_be_hidden()
    form.get_by_role("button", name=reader.says("preview")).click()
    form.get_by_role("button", name=reader.says("place")).click()
    expect(reader.comment("sterk").locator("strong")).to_have_text("sterk")
    expect(form.get_by_role("region", name=reader.says("preview"))).to_have_count(0)


def test_a_preview_that_fails_is_said_and_the_text_stays(visit: Visit, place: Place) -> None:
    reader = visit(meets_faults=True)
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    reader.page.route("**/previews", lambda route: route.abort())
    box = reader.writing.get_by_role("textbox")
    box.fill("Blijft staan")
    reader.writing.get_by_role("button", name=reader.says("preview")).click()
    expect(reader.writing.get_by_role("alert")).not_to_be_empty()
    expect(box).to_have_value("Blijft staan")


@LANGUAGES
def test_a_name_is_completed_with_the_keyboard_and_by_a_tap(visit: Visit, place: Place, lang: str) -> None:
    key = place.fresh_page()
    other = visit(lang)
    other.be_logged_in(key, name="José van Dijk")
    asked = other.say(key, "Wie weet dit?")
    reader = visit(lang)
    reader.be_logged_in(key, name="Beheer")
    box = reader.writing.get_by_label(reader.says("your comment"), exact=True)
    box.focus()
    reader.page.keyboard.type("Vraag het @jos")
    names = reader.writing.get_by_role("listbox")
    expect(names.get_by_role("option")).to_have_text(["José van Dijk"])
    expect(reader.status).to_contain_text(reader.says("one name"))
    expect(names.get_by_role("option")).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", names.get_by_role("option").get_attribute("id") or "?")
    finds_nothing(reader, "completion")
    reader.page.keyboard.press("Escape")
    expect(names).to_be_hidden()
    reader.page.keyboard.type("é")
    expect(names).to_be_visible()
    reader.page.keyboard.press("Enter")
    expect(box).to_have_value("Vraag het @José van Dijk ")
    has_focus(box)
    reader.page.keyboard.type("of @jo")
    names.get_by_role("option").click()
    expect(box).to_have_value("Vraag het @José van Dijk of @José van Dijk ")
    has_focus(box)
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    mention = reader.comment("Vraag het").locator("a.mention").first
    expect(mention).to_have_text("@José van Dijk")
    assert re.search(r"/people/\w+", mention.get_attribute("href") or "")
    assert asked


@LANGUAGES
def test_a_quote_takes_the_selected_words_or_the_whole_comment(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    reader.say(key, "Eerste zin.\n\nTweede zin.")
    reader.page.reload()
    comment = reader.comment("Eerste zin")
    reader.press(comment, "quote")
    box = reader.thread.locator(".comment__write").get_by_role("textbox")
    expect(box).to_have_value("> Eerste zin.\n>\n> Tweede zin.\n\n")
    has_focus(box)
    reader.page.keyboard.type("Eens.\n\n")
    comment.locator(".comment__text p").last.dblclick(position={"x": 8, "y": 8})  # selects a word
    word = str(reader.page.evaluate("getSelection().toString().trim()"))
    assert word
    reader.press(comment, "quote")
    expect(box).to_have_value(f"> Eerste zin.\n>\n> Tweede zin.\n\nEens.\n\n> {word}\n\n")
    has_focus(box)
    reader.thread.locator(".comment__write").get_by_role("button", name=reader.says("place reply")).click()
    expect(reader.thread.locator(".thread ol article blockquote")).to_have_count(2)


@LANGUAGES
def test_a_vote_is_a_switch_that_keeps_the_focus_and_is_there_after_a_reload(
    visit: Visit, place: Place, lang: str
) -> None:
    key = place.fresh_page()
    other = visit(lang)
    other.be_logged_in(key, name="Schrijver")
    other.say(key, "Een goede raad")
    reader = visit(lang)
    reader.be_logged_in(key, name="Beheer")
    helpful = reader.comment("goede raad").get_by_role("button", name=reader.says("helpful"))
    expect(helpful).to_have_attribute("aria-pressed", "false")
    helpful.press("Enter")
    expect(helpful).to_have_attribute("aria-pressed", "true")
    expect(helpful).to_contain_text("(1)")
    has_focus(helpful)
    reader.page.reload()
    expect(helpful).to_have_attribute("aria-pressed", "true")
    helpful.press("Space")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    expect(helpful).not_to_contain_text("(")
    has_focus(helpful)
    other.page.reload()
    expect(other.comment("goede raad").get_by_role("button", name=reader.says("helpful"))).to_have_count(0)


@LANGUAGES
def test_a_comment_in_the_other_language_keeps_its_language_over_a_reload_and_a_failure(
    visit: Visit, place: Place, lang: str
) -> None:
    reader = visit(lang, meets_faults=True)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    reader.page.route("**/comments", lambda route: (route.fetch(), route.abort())[1], times=1)
    choice = reader.writing.get_by_label(reader.says("language"))
    expect(choice).to_have_value(lang)
    choice.select_option(OTHER[lang])
    reader.write("Taal")
    expect(reader.writing.get_by_role("alert")).to_contain_text(reader.says("not sent"))
    reader.page.reload()
    expect(choice).to_have_value(OTHER[lang])
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.status).to_have_text(reader.says("placed"))
    expect(reader.comment("Taal").locator(".comment__text")).to_have_attribute("lang", OTHER[lang])
    expect(reader.thread.get_by_role("article")).to_have_count(1)
    expect(choice).to_have_value(lang)
