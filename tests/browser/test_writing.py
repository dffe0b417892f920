"""Nothing that a reader writes gets lost, and nothing is said twice."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus


def stored(reader: Reader, key: str, text: str) -> int:
    """How often the thread holds that text, asked past every cache."""
    answer = reader.page.request.get(f"{reader.place.url}/api/v1/threads/{key}?limit=50&version=999999")
    return sum(text in item["html"] for item in answer.json()["items"])


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_text_survives_an_ended_session_and_the_log_in_after_it(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang, meets_faults=True)  # the browser reports the 401
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    assert reader.ask("DELETE", "me/sessions/current")["status"] == 204
    reader.write("Lang over nagedacht")
    alert = reader.writing.get_by_role("alert")
    expect(alert).to_contain_text(reader.says("logged out"))
    alert.get_by_role("link", name=reader.says("log in again")).click()
    reader.log_in()
    box = reader.writing.get_by_label(reader.says("your comment"), exact=True)
    expect(box).to_have_value("Lang over nagedacht")
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.comment("Lang over nagedacht")).to_be_visible()
    expect(box).to_have_value("")


def test_a_text_in_a_second_tab_outlives_the_sending_in_the_first(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    second = Reader(place, reader.page.context.new_page(), "nl")
    second.open(key)
    box = second.writing.get_by_label(reader.says("your comment"), exact=True)
    box.fill("Nog niet af")
    reader.write("Al wel af")
    expect(reader.status).to_have_text(reader.says("placed"))
    second.page.reload()
    expect(box).to_have_value("Nog niet af")
    second.writing.get_by_role("button", name=reader.says("place")).click()
    expect(second.status).to_have_text(reader.says("placed"))
    second.page.reload()
    expect(second.comment("Nog niet af")).to_be_visible()
    expect(box).to_have_value("")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_send_of_which_the_answer_is_lost_is_repeated_as_one_comment(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang, meets_faults=True)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")

    def lose_the_answer(route: Route) -> None:
        route.fetch()  # the service stores it
        route.abort()

    reader.page.route("**/comments", lose_the_answer, times=1)
    reader.write("Maar één keer")
    expect(reader.writing.get_by_role("alert")).to_contain_text(reader.says("not sent"))
    reader.page.reload()
    box = reader.writing.get_by_label(reader.says("your comment"), exact=True)
    expect(box).to_have_value("Maar één keer")
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.status).to_have_text(reader.says("placed"))
    assert stored(reader, key, "Maar één keer") == 1
    expect(reader.thread.get_by_role("article")).to_have_count(1)


def test_a_first_comment_of_which_the_answer_is_lost_stays_one_though_the_name_is_known_by_then(
    visit: Visit, place: Place
) -> None:
    reader = visit(meets_faults=True)
    key = place.fresh_page()
    reader.be_logged_in(key)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    reader.page.route("**/comments", lose_the_answer, times=1)
    reader.write("De eerste", name="Beheer")
    expect(reader.writing.get_by_role("alert")).to_contain_text(reader.says("not sent"))
    reader.page.reload()
    expect(reader.writing.get_by_label(reader.says("your name"), exact=True)).to_have_count(0)
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.status).to_have_text(reader.says("placed"))
    expect(reader.thread.get_by_role("article")).to_have_count(1)
    assert stored(reader, key, "De eerste") == 1


def test_a_text_that_runs_from_right_to_left_ends_on_the_left(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    reader.say(key, "שלום עולם.\n\nEn een zin in het Nederlands.")
    reader.page.reload()
    paragraphs = reader.thread.locator(".comment__text p")
    expect(paragraphs.first).to_be_visible()
    edges = paragraphs.evaluate_all(
        """found => found.map(paragraph => {
            const range = document.createRange();
            range.selectNodeContents(paragraph);
            const [text, box] = [range.getBoundingClientRect(), paragraph.getBoundingClientRect()];
            return text.left - box.left > box.right - text.right ? "right" : "left";
        })"""
    )
    assert edges == ["right", "left"]


def test_a_list_and_a_quote_that_run_from_right_to_left_begin_on_the_right(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    text = "שלום\n\n> עולם\n\n- אחת"
    direction = "node => getComputedStyle(node).direction"
    field = reader.writing.get_by_role("textbox")
    field.fill(text)
    assert field.evaluate(direction) == "rtl"
    reader.writing.get_by_role("button", name=reader.says("preview")).click()
    quote = reader.page.locator(".comment__text blockquote")
    assert quote.evaluate(direction) == "rtl"
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.status).to_have_text(reader.says("placed"))
    for page in (reader.page.url, f"{place.url}/threads/{key}"):
        reader.page.goto(page)
        expect(quote).to_be_visible()
        assert quote.evaluate(direction) == "rtl"
        assert reader.page.locator(".comment__text ul").evaluate(direction) == "rtl"
        assert reader.page.locator("article").first.evaluate(direction) == "ltr"


def test_a_double_click_is_one_comment(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    box = reader.writing.get_by_label(reader.says("your comment"), exact=True)
    box.fill("Twee klikken")
    held: list[Route] = []
    reader.page.route("**/comments", lambda route: held.append(route), times=1)
    with reader.page.expect_request("**/comments"):
        reader.writing.get_by_role("button", name=reader.says("place")).dblclick()
    expect(box).not_to_be_editable()  # what is typed now would be lost
    held[0].continue_()
    expect(reader.status).to_have_text(reader.says("placed"))
    expect(box).to_be_editable()
    assert stored(reader, key, "Twee klikken") == 1


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_faults_stand_at_their_fields_before_anything_is_sent(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key)
    sent: list[str] = []
    reader.page.on("request", lambda request: sent.append(request.method))
    form = reader.writing
    form.get_by_role("button", name=reader.says("place")).click()
    name = form.get_by_label(reader.says("your name"), exact=True)
    box = form.get_by_label(reader.says("your comment"), exact=True)
    has_focus(name)
    expect(form.get_by_role("alert")).to_contain_text(reader.says("text missing"))
    for field, fault in ((name, "name missing"), (box, "text missing")):
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        assert any(reader.says(fault) in reader.page.locator(f"#{id_}").inner_text() for id_ in described)

    name.fill("Redactie")
    box.fill("é" * 4999 + "👩")  # 5,000 code points
    expect(form.locator(".write__over")).to_have_count(0)
    box.fill("e\u0301" * 4999 + "👩")  # the same after NFC
    expect(form.locator(".write__over")).to_have_count(0)
    box.fill("e" * 5001)
    expect(form.locator(".write__over")).to_be_visible()
    form.get_by_role("button", name=reader.says("place")).click()
    has_focus(box)
    assert "POST" not in sent


def test_the_longest_text_that_the_form_takes_is_taken_by_the_service_too(visit: Visit, place: Place) -> None:
    reader = visit()
    reader.be_logged_in(place.fresh_page(), name="Beheer")
    reader.write("e\u0301 👩\n" * 1000 + "einde")
    expect(reader.writing.locator(".write__over")).to_have_count(0)
    expect(reader.status).to_have_text(reader.says("placed"))


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_reply_that_was_being_written_is_there_after_a_reload(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    reader.say(key, "Een vraag")
    reader.page.reload()
    reader.press(reader.comment("Een vraag"), "reply")
    reader.page.keyboard.type("Een half antwo")
    reader.page.reload()
    expect(reader.thread.locator(".comment__write").get_by_role("textbox")).to_have_value("Een half antwo")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_deleted_comment_with_an_answer_leaves_a_line(visit: Visit, place: Place, lang: str) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Beheer")
    question = reader.say(key, "Een vraag")
    reader.say(key, "Een antwoord", in_reply_to=question)
    reader.page.reload()
    reader.press(reader.comment("Een vraag"), "delete")
    reader.press(reader.comment("Een vraag"), "delete for sure")
    gone = reader.page.locator(f"#c-{question}")
    expect(gone).to_have_text(reader.says("gone"))
    has_focus(gone)
    reader.page.reload()
    expect(gone).to_have_text(reader.says("gone"))
    expect(reader.comment("Een antwoord")).to_be_visible()
