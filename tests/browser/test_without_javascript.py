"""The same way without JavaScript, over the service's own pages and plain forms."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place

NAMED = re.compile(r"^Werkgroep, \d+ \w+ \d{4}, \d\d[.:]\d\d")  # who and when: no two comments sound the same


def write(page: Page, form: str, text: str, name: str | None = None) -> None:
    if name is not None:
        page.locator(f"{form} [name=name]").fill(name)
    page.locator(f"{form} textarea").fill(text)
    page.locator(f"{form} button").first.click()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_without_javascript_a_reader_logs_in_comments_replies_edits_deletes_and_rates(
    visit: Visit, place: Place, lang: str
) -> None:
    reader = visit(lang, javascript=False)
    page = reader.page
    key = place.fresh_page()
    reader.open(key, fragment="")
    page.locator("plein-thread a").click()
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.get_by_text(reader.says("gate"))).to_be_visible()
    page.locator(".gate a").first.click()
    reader.log_in()
    expect(page).to_have_url(re.compile(rf"/threads/{key}"))

    write(page, "form.write", "Zonder een regel **script**", name="Werkgroep")
    mine = page.get_by_role("article").filter(has_text="Zonder een regel script")
    expect(mine).to_contain_text("Werkgroep")
    expect(mine).to_have_accessible_name(NAMED)
    expect(mine.locator("strong")).to_have_text("script")

    mine.locator("a[href*='reply=']:not([href*='quote='])").click()
    write(page, "article form.write", "Een antwoord")
    answer = page.locator(".thread ol article").filter(has_text="Een antwoord")
    expect(answer).to_be_visible()

    answer.locator("a[href*='edit=']").click()
    write(page, "article form.write", "Een beter antwoord")
    better = page.locator(".thread ol article").filter(has_text="Een beter antwoord")
    expect(better).to_be_visible()
    better.locator("a[href*='delete=']").click()
    page.locator("article form.write button").click()
    expect(page.get_by_text("Een beter antwoord")).to_have_count(0)
    expect(mine).to_be_visible()

    page.locator("[name=stars][value='2']").check()
    page.locator("form.rate button").first.click()
    expect(page.locator("[name=stars][value='2']")).to_be_checked()
    page.locator("[name=stars][value='4']").check()
    page.locator("form.rate button").first.click()
    expect(page.locator("[name=stars][value='4']")).to_be_checked()
    page.locator("form.rate button[name=withdraw]").click()
    expect(page.locator("[name=stars]:checked")).to_have_count(0)

    reader.outlive_a_restart()
    expect(mine).to_be_visible()

    page.goto(f"{place.url}{'' if lang == 'nl' else '/en'}/account")
    page.locator("form[action$='/log-out'] button").first.click()
    reader.open(key, fragment="")
    page.locator("plein-thread a").click()
    expect(page.locator(".gate")).to_be_visible()
    expect(mine).to_be_visible()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_wrong_form_names_its_faults_and_keeps_the_text(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang, javascript=False, meets_faults=True)  # the answer is a 400
    page = reader.page
    key = place.fresh_page()
    reader.open(key, fragment="")
    page.locator("plein-thread a").click()
    page.locator(".gate a").first.click()
    reader.log_in()
    write(page, "form.write", "Een tekst zonder naam", name="")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("textarea")).to_have_value("Een tekst zonder naam")
    expect(page.locator("[name=name]")).to_have_attribute("aria-invalid", "true")
