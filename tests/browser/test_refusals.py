"""What the service does not take, or not at once, and when: said to the writer, and nothing is lost."""

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus
from tests.browser.test_accessibility import finds_nothing

LANGUAGES = pytest.mark.parametrize("lang", ["nl", "en"])


@LANGUAGES
def test_a_comment_that_a_moderator_sees_first_is_said_so(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    reader.be_logged_in(place.fresh_page(), name="Beheer")

    def hold(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"state": "held"}))

    reader.page.route("**/comments", hold, times=1)
    reader.write("Even wachten")
    expect(reader.status).to_contain_text(reader.says("was held"))
    held = reader.comment("Even wachten")
    expect(held).to_contain_text(reader.says("held"))
    has_focus(held)
    expect(held.get_by_role("button", name=reader.says("reply"))).to_have_count(0)
    expect(reader.writing.get_by_role("textbox")).to_have_value("")
    finds_nothing(reader, "held")


@LANGUAGES
def test_an_edited_comment_says_so_until_the_time_for_it_is_over(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    reader.say(key, "Eerste versie")
    reader.page.clock.install()
    reader.page.reload()
    reader.press(reader.comment("Eerste versie"), "edit")
    reader.comment("Eerste versie").get_by_role("textbox").fill("Tweede versie")
    reader.press(reader.comment("Eerste versie"), "save")
    comment = reader.comment("Tweede versie")
    expect(comment.locator(".comment__when")).to_contain_text(reader.says("edited"))
    has_focus(comment)
    reader.page.clock.fast_forward("48:00:00")
    expect(comment.get_by_role("button", name=reader.says("edit"))).to_have_count(0)
    expect(comment.get_by_role("button", name=reader.says("delete"))).to_be_visible()


def test_a_text_that_becomes_too_long_is_said_at_once(visit: Visit, place: Place) -> None:
    reader = visit()
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    reader.writing.get_by_role("textbox").fill("e" * 5000)
    reader.writing.get_by_role("textbox").press("End")
    reader.page.keyboard.type("é")
    expect(reader.status).to_have_text(reader.says("too many"))


@LANGUAGES
def test_a_comment_that_is_only_a_picture_is_explained(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang, meets_faults=True)
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    reader.write("![](https://example.org/kat.png)")
    expect(reader.writing.get_by_role("alert")).to_contain_text(reader.says("only a picture"))
    expect(reader.writing.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")


@LANGUAGES
def test_a_thread_that_closed_while_one_wrote_says_so_and_keeps_the_text(visit: Visit, place: Place, lang: str) -> None:
    reader: Reader = visit(lang, meets_faults=True)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    place.command("close", key)
    reader.write("Te laat")
    expect(reader.writing.get_by_role("alert")).not_to_be_empty()
    expect(reader.writing.get_by_role("textbox")).to_have_value("Te laat")


@LANGUAGES
def test_a_thread_that_closed_a_moment_ago_blames_nobodys_account(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")

    def close(route: Route) -> None:
        answer = route.fetch()  # the thread itself may come from a cache that has not heard of it
        rights = answer.json()["rights"] | {"comment": False}
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"rights": rights}))

    reader.page.route("**/mine", close)
    reader.page.reload()
    expect(reader.thread.locator(".thread__foot > p")).to_contain_text(reader.says("closed"))


def test_an_edit_survives_an_ended_session_and_every_button_leads_to_the_log_in(visit: Visit, place: Place) -> None:
    other, reader = visit(), visit(meets_faults=True)
    key = place.fresh_page()
    other.be_logged_in(key, name="Anna")
    other.say(key, "Stem op mij")
    reader.be_logged_in(key, name="Beheer")
    reader.write("Een eerste worp")
    own = reader.comment("Een eerste worp")
    reader.press(own, "edit")
    own.get_by_role("textbox").fill("Een tweede worp")
    assert reader.ask("DELETE", "me/sessions/current")["status"] == 204
    reader.press(reader.comment("Stem op mij"), "helpful")
    again = reader.comment("Stem op mij").get_by_role("alert").get_by_role("link")
    expect(again).to_have_text(reader.says("log in again"))
    again.click()
    reader.log_in()
    expect(reader.thread.locator("article textarea")).to_have_value("Een tweede worp")
    reader.thread.get_by_role("button", name=reader.says("save")).click()
    expect(reader.comment("Een tweede worp")).to_contain_text(reader.says("edited"))
    reader.page.reload()
    expect(reader.comment("Een tweede worp")).to_be_visible()
    expect(reader.thread.locator("article textarea")).to_have_count(0)


@LANGUAGES
def test_a_comment_that_went_while_one_answered_it_is_said_to_be_gone(visit: Visit, place: Place, lang: str) -> None:
    other, reader = visit(lang), visit(lang, meets_faults=True)
    key = place.fresh_page()
    other.be_logged_in(key, name="Anna")
    gone = other.say(key, "Ik ga zo weg")
    reader.be_logged_in(key, name="Beheer")
    comment = reader.comment("Ik ga zo weg")
    reader.press(comment, "reply")
    reader.page.keyboard.type("Wacht even")
    assert other.ask("DELETE", f"comments/{gone}")["status"] == 204
    reader.thread.get_by_role("button", name=reader.says("place reply")).click()
    expect(reader.thread.locator("form [role=alert]").first).to_contain_text(reader.says("no longer"))
    expect(reader.thread.locator("li textarea")).to_have_value("Wacht even")
    reader.press(comment, "helpful")
    expect(comment.get_by_role("alert")).to_contain_text(reader.says("no longer"))


def test_the_refusal_of_the_service_is_shown_in_its_own_words(visit: Visit, place: Place) -> None:
    reader = visit(meets_faults=True)
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    problem = json.dumps({"title": "Te vaak", "detail": "U schrijft te snel. Wacht een minuut.", "status": 429})
    reader.page.route(
        "**/comments", lambda route: route.fulfill(status=429, content_type="application/problem+json", body=problem)
    )
    reader.write("Snel")
    expect(reader.writing.get_by_role("alert")).to_have_text("U schrijft te snel. Wacht een minuut.")
    expect(reader.writing.get_by_role("textbox")).to_have_value("Snel")
