"""The thread's own pages in a browser: what is kept when a reader comes back, votes, previews, and what axe finds."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader
from tests.browser.test_accessibility import LOOKS, finds_nothing

PREFIX = {"nl": "", "en": "/en"}


def logged_in_at(reader: Reader, place: Place, key: str) -> None:
    """Log in with plain forms, and open the page of the thread."""
    prefix = PREFIX[reader.lang]
    reader.page.goto(f"{place.url}{prefix}/log-in?returnTo={prefix}/threads/{key}")
    reader.log_in()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_without_javascript_a_reader_previews_quotes_votes_and_comes_back(
    visit: Visit, place: Place, lang: str
) -> None:
    key = place.fresh_page()
    anna, ben = (visit(lang, javascript=False, meets_faults=True) for _ in range(2))
    logged_in_at(anna, place, key)
    page = anna.page
    page.locator("[name=name]").fill("Anna")
    page.locator("form.write textarea").fill("Een **eerste** stuk")
    page.locator("form.write button[name=preview]").click()
    expect(page.locator("#preview")).to_be_in_viewport()
    expect(page.locator("form.write .comment__text strong")).to_have_text("eerste")
    page.locator("form.write button").first.click()
    expect(page.get_by_role("article")).to_have_count(1)

    page.go_back()
    page.go_back()
    expect(page.locator("form.write textarea")).to_have_value("Een **eerste** stuk")
    page.locator("form.write button").first.click()
    expect(page).to_have_url(re.compile("#c-"))
    expect(page.get_by_role("article")).to_have_count(1)

    logged_in_at(ben, place, key)
    vote = ben.page.locator("button[aria-pressed]")
    expect(vote).to_have_attribute("aria-pressed", "false")
    vote.click()
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(vote).to_contain_text("(1)")
    ben.page.locator("a[href*='quote=']").click()
    expect(ben.page.locator("article textarea")).to_have_value("> Een **eerste** stuk\n\n")


@LOOKS
def test_axe_finds_nothing_on_the_pages_of_the_service(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    key = place.fresh_page()
    ben, reader = visit(lang, dark=dark), visit(lang, dark=dark, meets_faults=True)  # one answer is a 400
    thread = f"{place.url}{PREFIX[lang]}/threads/{key}"
    for someone, name in ((ben, "Ben"), (reader, "Anna")):
        logged_in_at(someone, place, key)
        assert someone.ask("PATCH", "me", {"name": name})["status"] == 200
    other = ben.say(key, "Een vraag", lang="en" if lang == "nl" else "nl")
    mine = reader.say(key, "Een antwoord, @Ben", in_reply_to=other)
    assert reader.ask("PUT", f"comments/{other}/vote", {"value": 1})["status"] == 200
    assert reader.ask("PATCH", f"comments/{mine}", {"text": "Een beter antwoord"})["status"] == 200
    account = reader.ask("GET", "me")["body"]
    assert isinstance(account, dict)
    for path in (
        thread,
        f"{thread}?reply={other}&quote=1",
        f"{thread}?edit={mine}",
        f"{thread}?delete={mine}",
        f"{thread}/history/{mine}",
        f"{place.url}{PREFIX[lang]}/people/{account['id']}",
        f"{place.url}/api/v1?lang={lang}",
    ):
        reader.page.goto(path)
        finds_nothing(reader, "service page")
    reader.page.goto(thread)
    reader.page.locator("form.write textarea").fill("Een *voorbeeld*")
    reader.page.locator("form.write button[name=preview]").click()
    expect(reader.page.locator("#preview")).to_be_visible()
    finds_nothing(reader, "preview")
    reader.page.locator("form.write textarea").fill(" ")
    reader.page.locator("form.write button").first.click()
    expect(reader.page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "with faults")
