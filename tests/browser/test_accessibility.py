"""axe finds nothing, on the site's pages and the service's, in every state, light and dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def finds_nothing(reader: Reader, state: str) -> None:
    found = Axe().run(reader.page, options=RULES).response["violations"]
    assert not found, f"{state} ({reader.page.url}):\n" + "\n".join(
        f"{fault['id']}: {fault['help']}: {node['html'][:300]}" for fault in found for node in fault["nodes"]
    )


LOOKS = pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])


@LOOKS
def test_axe_finds_nothing_on_the_pages_of_the_site(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark)
    prefix = "" if lang == "nl" else "/en"
    group = next(key for key, page in place.pages.items() if page["kind"] == "group" and lang in page["translations"])
    for path in (f"{prefix}/", f"{prefix}/blogs/", f"{prefix}/groups/"):
        reader.page.goto(place.url + path)
        expect(reader.page.locator("plein-count:empty")).to_have_count(0)
        finds_nothing(reader, "list")
    reader.open(group)
    expect(reader.thread).to_contain_text(reader.says("gate"))
    finds_nothing(reader, "group")


@LOOKS
def test_axe_finds_nothing_on_a_thread_in_all_its_states(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark)
    key = place.fresh_page()
    reader.open(key)
    expect(reader.thread).to_contain_text(reader.says("gate"))
    finds_nothing(reader, "empty, logged out")

    reader.be_logged_in(key)
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.writing.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "with faults")

    reader.write(
        "Een reactie met `code`, een [link](https://plein.example/) en een lijst:\n\n- een\n- twee", name="Beheer"
    )
    expect(reader.status).to_have_text(reader.says("placed"))
    first = reader.say(key, "Een vraag")
    reader.say(key, "An answer", in_reply_to=first, lang="en" if lang == "nl" else "nl")
    second = reader.say(key, "Nog een")
    reader.page.reload()
    reader.press(reader.comment("Een vraag"), "reply")
    reader.press(reader.comment("Nog een"), "edit")
    expect(reader.page.locator(f"#c-{second}").get_by_role("textbox")).to_be_visible()
    reader.press(reader.comment("Een reactie"), "delete")
    reader.rating.get_by_role("radio").nth(2).check()
    reader.rating.get_by_role("button", name=reader.says("rate"), exact=True).click()
    expect(reader.rating.get_by_role("status")).not_to_be_empty()
    finds_nothing(reader, "reply, edit and delete open, rated")

    reader.ask("DELETE", f"comments/{first}")
    assert reader.ask("DELETE", "me/sessions/current")["status"] == 204
    reader.page.reload()
    expect(reader.page.locator(f"#c-{first}")).to_have_text(reader.says("gone"))
    finds_nothing(reader, "comments, logged out")


@LOOKS
def test_axe_finds_nothing_when_the_service_is_down(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark, meets_faults=True)
    reader.page.route("**/api/v1/**", lambda route: route.abort())
    reader.open(next(key for key in place.pages if key.startswith("groups/")))
    expect(reader.thread).to_contain_text(reader.says("down"))
    finds_nothing(reader, "down")


@LOOKS
def test_axe_finds_nothing_on_the_pages_of_the_service(visit: Visit, place: Place, lang: str, dark: bool) -> None:
    reader = visit(lang, dark=dark, meets_faults=True)  # a form with a fault is answered with a 400
    prefix = "" if lang == "nl" else "/en"
    page = reader.page
    key = place.fresh_page()
    thread = f"{place.url}{prefix}/threads/{key}"
    page.goto(thread)
    finds_nothing(reader, "thread, empty")
    page.goto(f"{place.url}{prefix}/log-in")
    finds_nothing(reader, "log-in")
    page.locator("input[type=email]").fill("geen adres")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "log-in, fault")
    page.locator("input[type=email]").fill(reader.email)
    page.locator("main form button").first.click()
    expect(page.locator("[name=code]")).to_be_visible()
    finds_nothing(reader, "mail sent")
    page.goto(place.log_in_link(reader.email))
    finds_nothing(reader, "link")
    page.locator("main form button").click()
    expect(page).not_to_have_url(re.compile("/log-in"))
    page.goto(f"{place.url}{prefix}/account")
    finds_nothing(reader, "account")
    page.goto(thread)
    page.locator("form.write button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    finds_nothing(reader, "thread, fault")
    page.locator("form.write [name=name]").fill("Beheer")
    page.locator("form.write textarea").fill("Een vraag")
    page.locator("form.write button").first.click()
    page.get_by_role("article").locator("a[href*='reply=']").first.click()
    finds_nothing(reader, "thread, comment, reply open")
