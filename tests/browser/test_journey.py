"""The whole way of a commenter, with the mouse, in Dutch and in English."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import OTHER, Reader, has_focus


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_reader_comments_replies_and_rates_and_finds_all_of_it_after_a_restart_in_both_languages(
    visit: Visit, place: Place, lang: str
) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.open(key)
    expect(reader.thread).to_contain_text(reader.says("gate"))
    expect(reader.rating).to_contain_text(reader.says("no rating"))

    logs_in_from_the_thread(reader)
    comments(reader)
    replies(reader)
    edits_and_deletes(reader)
    rates_and_thinks_again(reader)

    reader.page.reload()
    sees_what_was_written(reader)
    reader.outlive_a_restart()
    sees_what_was_written(reader)

    reader.page.get_by_role("banner").get_by_role("link", name=reader.says("other language")).click()
    expect(reader.page).to_have_url(place.page_url(key, OTHER[lang]))
    reader.lang = OTHER[lang]
    reader.open(key)
    sees_what_was_written(reader)
    first = reader.comment("eerste reactie")
    expect(first.locator(".comment__text")).to_have_attribute("lang", lang)
    expect(first.locator(".nl-data-badge")).to_have_text(reader.says("other language label"))


def logs_in_from_the_thread(reader: Reader) -> None:
    reader.thread.locator(".gate").get_by_role("link", name=reader.says("log in")).click()
    reader.log_in()
    expect(reader.page).to_have_url(re.compile(r"#thread$"))
    expect(reader.writing).to_be_visible()
    expect(reader.page.get_by_role("heading", name=reader.says("comments heading"))).to_be_in_viewport()


def comments(reader: Reader) -> None:
    reader.write("Een **eerste** reactie", name="Helpdesk")
    expect(reader.status).to_have_text(reader.says("placed"))
    mine = reader.comment("eerste reactie")
    expect(mine).to_contain_text("Helpdesk")
    expect(mine.locator(".comment__text strong")).to_have_text("eerste")
    has_focus(mine)
    expect(reader.writing.get_by_label(reader.says("your comment"), exact=True)).to_have_value("")
    expect(reader.writing.get_by_label(reader.says("your name"), exact=True)).to_have_count(0)


def replies(reader: Reader) -> None:
    mine = reader.comment("eerste reactie")
    reader.press(mine, "reply")
    form = reader.thread.locator(".comment__write form")
    has_focus(form.get_by_role("textbox"))
    form.get_by_role("textbox").fill("Een antwoord")
    form.get_by_role("button", name=reader.says("place reply")).click()
    expect(reader.status).to_have_text(reader.says("replied"))
    answer = reader.thread.locator(".thread ol article")
    expect(answer).to_contain_text("Een antwoord")
    has_focus(answer)


def edits_and_deletes(reader: Reader) -> None:
    answer = reader.comment("Een antwoord")
    reader.press(answer, "edit")
    box = answer.get_by_role("textbox")
    expect(box).to_have_value("Een antwoord")
    box.fill("Een beter antwoord")
    reader.press(answer, "save")
    expect(reader.comment("Een beter antwoord")).to_be_visible()
    has_focus(reader.comment("Een beter antwoord"))

    reader.write("Een vergissing")
    mistake = reader.comment("Een vergissing")
    reader.press(mistake, "delete")
    has_focus(mistake.get_by_role("group"))
    reader.press(mistake, "delete for sure")
    expect(reader.status).to_have_text(reader.says("deleted"))
    expect(reader.page.get_by_text("Een vergissing")).to_have_count(0)


def rates_and_thinks_again(reader: Reader) -> None:
    stars = reader.rating.get_by_role("radio")
    stars.nth(3).check()
    reader.rating.get_by_role("button", name=reader.says("rate"), exact=True).click()
    expect(reader.rating).to_contain_text(reader.says("one rating of 4"))
    expect(reader.rating.get_by_role("status")).to_have_text(reader.says("gave 4"))
    reader.rating.get_by_role("button", name=reader.says("withdraw")).click()
    expect(reader.rating).to_contain_text(reader.says("no rating"))
    stars.nth(1).check()
    reader.rating.get_by_role("button", name=reader.says("rate"), exact=True).click()
    expect(reader.rating).to_contain_text(reader.says("one rating of 2"))
    stars.nth(3).check()
    reader.rating.get_by_role("button", name=reader.says("change rating")).click()
    expect(reader.rating).to_contain_text(reader.says("one rating of 4"))


def sees_what_was_written(reader: Reader) -> None:
    expect(reader.comment("eerste reactie")).to_be_visible()
    expect(reader.comment("Een beter antwoord")).to_be_visible()
    expect(reader.rating).to_contain_text(reader.says("one rating of 4"))
    expect(reader.rating.get_by_role("radio").nth(3)).to_be_checked()
    facts = reader.page.locator(".facts")
    expect(facts).to_contain_text(reader.says("two comments"))
    expect(facts).to_contain_text(reader.says("short rating of 4"))
