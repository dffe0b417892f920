"""What travels to other servers: the question at the first comment, the account page, following from elsewhere."""

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader
from tests.browser.test_accessibility import LOOKS, finds_nothing
from tests.browser.test_screenshots import WIDTHS, take
from tests.service.running import wait_until

SAYS = {
    "nl": {
        "yes": "Ja, laat mijn reacties meereizen",
        "handle": "Uw gebruikersnaam daar",
        "also": "ook op andere servers",
        "answer": "Antwoord vanaf uw eigen server",
        "follow": "Volg vanaf uw eigen server",
        "go on": "Ga verder",
        "taken": "Deze naam is bezet. Kies een andere.",
        "stop": "Stop vanaf nu",
        "quotes": "2 citaten",
        "copy": "Kopieer",
        "copied": "Gekopieerd",
        "remember": "Onthoud mijn gebruikersnaam op dit apparaat",
    },
    "en": {
        "yes": "Yes, let my comments travel",
        "handle": "Your handle there",
        "also": "also on other servers",
        "answer": "Answer from your own server",
        "follow": "Follow from your own server",
        "go on": "Go on",
        "taken": "This name is taken. Choose another one.",
        "stop": "Stop from now on",
        "quotes": "2 quotes",
        "copy": "Copy",
        "copied": "Copied",
        "remember": "Remember my handle on this device",
    },
}


def prefix(lang: str) -> str:
    return "" if lang == "nl" else f"/{lang}"


def pictures(reader: Reader, name: str) -> None:
    for width in WIDTHS:
        take(reader, name, width)
    reader.page.set_viewport_size({"width": 1280, "height": 900})


@LOOKS
def test_the_question_stands_at_the_first_comment_and_the_answer_on_the_account_page(
    visit: Visit, place: Place, lang: str, dark: bool
) -> None:
    reader, says = visit(lang, dark=dark, meets_faults=True), SAYS[lang]  # a name that is taken is a 400
    key, name = place.fresh_page(), f"Zoë {lang.title()}"
    with sqlite3.connect(place.state / "plein.db") as database:
        database.execute("UPDATE thread SET likes = 3, boosts = 1, quotes = 2 WHERE page_key = ?", (key,))
    reader.be_logged_in(key)
    for count in ("3 likes", "1 boost", says["quotes"]):
        expect(reader.thread.get_by_text(count, exact=True)).to_be_visible()
    box = reader.writing.get_by_role("checkbox", name=says["yes"])
    handle = reader.writing.get_by_label(says["handle"], exact=True)
    expect(handle).to_be_hidden()
    reader.writing.get_by_label(reader.says("your name"), exact=True).fill(name)
    box.focus()
    reader.page.keyboard.press("Space")
    expect(handle).to_have_value(f"zoe_{lang}")
    handle.fill("plein")
    finds_nothing(reader, "question")
    pictures(reader, "question")
    reader.write("Mag mee op reis.")
    expect(handle).to_be_focused()
    expect(reader.writing).to_contain_text(says["taken"])
    finds_nothing(reader, "question, fault")
    handle.fill(f"zoe_{lang}")
    reader.page.keyboard.press("Enter")
    comment = reader.comment("Mag mee op reis.")
    expect(comment).to_be_focused()
    expect(box).to_have_count(0)
    wait_until(lambda: "travels" in str(reader.ask("GET", f"threads/{key}")))
    reader.page.reload()
    expect(reader.thread.locator(".comment__when", has_text=says["also"])).to_be_visible()
    expect(reader.writing).to_be_visible()
    expect(box).to_have_count(0)
    reader.page.goto(f"{place.url}{prefix(lang)}/account")
    expect(reader.page.locator(".handle")).to_have_text(f"@zoe_{lang}@{place.url.removeprefix('http://')}")
    finds_nothing(reader, "account, travelling")
    pictures(reader, "account")
    reader.page.get_by_role("button", name=says["stop"]).click()
    expect(reader.page.get_by_role("button", name=says["stop"])).to_have_count(0)
    finds_nothing(reader, "account, stopped")
    pictures(reader, "account-stopped")


@LOOKS
def test_a_reader_follows_and_answers_from_their_own_server(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader, says = visit(lang, dark=dark, meets_faults=True), SAYS[lang]  # this server does not answer: a 400
    page = reader.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    group = next(
        key for key, found in place.pages.items() if found["kind"] == "group" and lang in found["translations"]
    )
    reader.open(group, fragment="")
    shown = page.locator(".follow .handle")
    expect(shown).to_contain_text(place.url.removeprefix("http://"))
    page.locator(".follow").get_by_role("button", name=says["copy"]).click()
    expect(page.locator(".follow [role=status]")).to_have_text(says["copied"])
    handle = str(shown.text_content())
    assert page.evaluate("navigator.clipboard.readText()") == handle
    finds_nothing(reader, "follow box")
    page.locator(".follow").get_by_role("link", name=says["follow"]).click()
    expect(page.locator(".handle")).to_have_text(handle)
    finds_nothing(reader, "follow")
    pictures(reader, "follow")
    page.locator("#you").fill("@mies@nergens.invalid")
    page.get_by_role("checkbox", name=says["remember"]).check()
    page.get_by_role("button", name=says["go on"], exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "follow, fault")
    blog = next(key for key, found in place.pages.items() if found["kind"] == "blog" and lang in found["translations"])
    reader.open(blog)
    pictures(reader, "gate")
    reader.thread.locator(".gate").get_by_role("link", name=says["answer"]).click()
    expect(page.locator("#you")).to_have_value("@mies@nergens.invalid")  # given once, kept on the device
    finds_nothing(reader, "answer")
    page.get_by_role("checkbox", name=says["remember"]).uncheck()
    page.get_by_role("button", name=says["go on"], exact=True).click()
    page.goto(page.url)
    expect(page.locator("#you")).to_have_value("")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_without_javascript_the_question_and_the_follow_page_work_too(visit: Visit, place: Place, lang: str) -> None:
    reader, says = visit(lang, javascript=False, meets_faults=True), SAYS[lang]
    page, key = reader.page, place.fresh_page()
    page.goto(f"{place.url}{prefix(lang)}/threads/{key}")
    page.locator(".gate").get_by_role("link", name=reader.says("log in")).click()
    reader.log_in()
    handle = page.locator("form.write [name=handle]")
    expect(handle).to_be_hidden()
    page.get_by_label(says["yes"]).check()
    handle.fill(f"cor_{lang}")
    page.locator("form.write [name=name]").fill("Cor")
    page.locator("form.write textarea").fill("Zonder script op reis.")
    page.locator("form.write button").first.click()
    expect(page.get_by_role("article").filter(has_text="Zonder script op reis.")).to_be_visible()
    expect(page.get_by_label(says["yes"])).to_have_count(0)
    page.goto(f"{place.url}{prefix(lang)}/account")
    expect(page.locator(".handle")).to_contain_text(f"@cor_{lang}@")
    group = next(
        key for key, found in place.pages.items() if found["kind"] == "group" and lang in found["translations"]
    )
    reader.open(group, fragment="")
    expect(page.get_by_role("button", name=says["copy"])).to_have_count(0)
    page.locator(".follow").get_by_role("link", name=says["follow"]).click()
    expect(page).to_have_url(re.compile(r"/follow\?handle="))
    expect(page.get_by_role("checkbox")).to_have_count(0)
