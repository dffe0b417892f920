"""The comments on a page of another site, in a browser that gives them neither cookies nor storage of ours there."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.place import Place
from tests.browser.reader import Reader
from tests.browser.states import UNTIL_CLOSED
from tests.browser.test_accessibility import COLOURS, finds_nothing
from tests.service.running import answering

PAGE = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Elsewhere</title><main><h1>Elsewhere</h1>
<plein-rating page="{key}" lang="{lang}"></plein-rating>
<h2 id="talk">Talk</h2><section><plein-thread page="{key}" lang="{lang}"></plein-thread></section></main>
<script type="module" src="{service}/embed/plein.js"></script></html>"""
BLOCKED = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
WIDE = """p, ul, ol, li, article, header, blockquote, details, form, label, button, select {
    margin: 3rem; padding: 3rem; border: 9px solid }"""
FRAME = """async (url) => {
    const frame = document.createElement("iframe");
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
    frame.src = url;
    document.body.append(frame);
    await loaded;
}"""


@pytest.fixture(scope="module")
def browser(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with the setting that blocks cookies and storage of third parties."""
    profile = tmp_path_factory.mktemp("profile")
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(BLOCKED))
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, args=["--no-sandbox"], locale="nl-NL", reduced_motion="reduce"
        )
        context.set_default_timeout(30_000)
        yield context
        context.close()


@pytest.fixture(scope="module")
def place(built: Place) -> Iterator[Place]:
    """Here the service has a second site too, for which it answers under a path."""
    manifest = built.state / "neighbours.json"
    manifest.write_text((built.site / "plein.json").read_text("utf-8").replace(built.url, built.other_url), "utf-8")
    neighbours = {"id": "buren", "name": "Buren", "url": built.other_url, "manifest": str(manifest)}
    built.more_settings["PLEIN_SITES"] = json.dumps([neighbours | {"service_url": f"{built.url}/buren"}])
    built.start()
    yield built
    built.stop()
    built.forget()
    built.more_settings.clear()


@pytest.fixture(scope="module")
def elsewhere(place: Place) -> Iterator[str]:
    """A web server of another site: every path is a page with the comments of the page of that key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, below = self.path.partition("?below=")
            _, lang, *key = path.partition("?")[0].split("/")
            body = PAGE.format(lang=lang, key="/".join(key), service=place.url + below).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with answering(Handler, port=place.other_port):
        yield place.other_url


@pytest.fixture
def second(browser: BrowserContext) -> Iterator[BrowserContext]:
    """Another browser of the same person, where the mail is read."""
    launched = browser.browser
    assert isinstance(launched, Browser)
    context = launched.new_context()
    yield context
    context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    browser.clear_cookies()
    faults: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    for opened in browser.pages[1:]:
        opened.close()
    assert not faults


def open_window(reader: Reader) -> Page:
    link = reader.thread.locator(".gate").get_by_role("link", name=reader.says("log in"))
    link.focus()
    with reader.page.expect_popup() as opened:
        reader.page.keyboard.press("Enter")
    return opened.value


def code_for(reader: Reader, window: Page) -> str:
    window.locator("input[type=email]").fill(reader.email)
    window.locator("main form button").first.click()
    expect(window.locator("[name=code]")).to_be_visible()
    reader.place.log_in_link(reader.email)
    found = re.search(r": (\d[\d ]{5,})$", next(reader.place.mails(reader.email))["text"], re.MULTILINE)
    assert found
    return found.group(1)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_reader_logs_in_writes_reloads_and_logs_out(
    page: Page, second: BrowserContext, place: Place, elsewhere: str, lang: str
) -> None:
    reader = Reader(place, page, lang)
    key = place.fresh_page()
    page.goto(f"{elsewhere}/{lang}/{key}")
    window = open_window(reader)
    code = code_for(reader, window)

    link = place.log_in_link(reader.email)
    for _ in range(2):  # a scanner of mail looks at the link before the person does
        assert second.request.get(link).ok
    mail = second.new_page()
    mail.goto(link)  # looked at in another browser; its code is typed where the reader began
    window.locator("[name=code]").fill(code)
    with window.expect_event("close"):
        window.locator("main form button").first.click()

    expect(reader.writing).to_be_visible()
    reader.write("Van een andere site", name="Buurman")
    expect(reader.status).to_have_text(reader.says("placed"))
    reader.rating.get_by_role("radio").nth(3).check()
    reader.rating.get_by_role("button", name=reader.says("rate"), exact=True).click()
    expect(reader.rating.get_by_role("status")).to_have_text(reader.says("gave 4"))
    anna = Reader(place, second.new_page(), lang)
    anna.be_logged_in(key, name="Anna")
    anna.say(key, "Koop nu!")
    page.reload()
    reader.comment("andere site").scroll_into_view_if_needed()
    reader.press(reader.comment("Koop nu!"), "report")
    reader.comment("Koop nu!").get_by_role("textbox").fill("Reclame")
    reader.press(reader.comment("Koop nu!"), "send report")
    expect(reader.status).to_have_text(reader.says("reported"))
    reader.press(reader.comment("andere site"), "edit")
    reader.comment("andere site").get_by_role("textbox").fill("Van een andere site, en beter")
    reader.press(reader.comment("andere site"), "save")
    expect(reader.status).to_have_text(reader.says("saved"))
    assert page.evaluate("document.cookie") == ""
    assert "token" not in page.evaluate("Object.keys(localStorage).join()")

    reader.writing.get_by_role("button", name=reader.says("log out")).click()
    expect(reader.thread.locator(".gate")).to_be_visible()
    expect(reader.comment("en beter").get_by_role("button")).to_have_count(0)
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('plein:token'))") == []

    window = open_window(reader)  # the browser is still logged in at the service: one press
    with window.expect_event("close"):
        window.locator("main form button").first.click()
    expect(reader.comment("en beter").get_by_role("button", name=reader.says("edit"))).to_be_visible()


def test_a_second_site_has_its_own_threads_below_a_path_of_the_service(
    page: Page, place: Place, elsewhere: str
) -> None:
    reader = Reader(place, page, "nl")
    key = place.fresh_page()
    page.goto(f"{elsewhere}/nl/{key}?below=/buren")
    window = open_window(reader)
    expect(window).to_have_url(re.compile(rf"^{re.escape(place.url)}/buren/log-in/window\?"))
    window.locator("[name=code]").fill(code_for(reader, window))
    with window.expect_event("close"):
        window.locator("main form button").first.click()
    reader.write("Bij de buren", name="Buurvrouw")
    expect(reader.status).to_have_text(reader.says("placed"))
    page.reload()
    expect(reader.comment("Bij de buren").get_by_role("button", name=reader.says("edit"))).to_be_visible()
    page.goto(f"{elsewhere}/nl/{key}")  # the first site knows neither the comment nor the session
    expect(reader.thread.locator(".gate")).to_be_visible()
    expect(reader.thread.get_by_role("article")).to_have_count(0)


def test_who_is_logged_in_where_the_comments_are_closed_can_log_out(page: Page, place: Place, elsewhere: str) -> None:
    reader = Reader(place, page, "en")
    key = place.fresh_page()
    page.goto(f"{elsewhere}/en/{key}")
    window = open_window(reader)
    window.locator("[name=code]").fill(code_for(reader, window))
    with window.expect_event("close"):
        window.locator("main form button").first.click()
    expect(reader.writing).to_be_visible()
    place.command("close", key)
    asked = f"{place.url}/api/v1/threads/{key}?order=oldest&limit=25"  # as the widget does where nobody is logged in
    page.evaluate(UNTIL_CLOSED, asked)
    page.reload()
    expect(reader.thread).to_contain_text(reader.says("closed by a moderator"))
    reader.thread.get_by_role("button", name=reader.says("log out")).click()
    expect(reader.thread).to_contain_text(reader.says("closed by a moderator"))
    expect(reader.thread.get_by_role("button", name=reader.says("log out"))).to_have_count(0)


def test_where_windows_are_blocked_the_page_itself_goes_there_and_comes_back(
    page: Page, place: Place, elsewhere: str
) -> None:
    reader = Reader(place, page, "nl")
    key = place.fresh_page()
    page.add_init_script("window.open = () => null")
    page.goto(f"{elsewhere}/nl/{key}?from=mail")
    reader.thread.locator(".gate").get_by_role("link").first.click()
    code = code_for(reader, page)
    page.locator("[name=code]").fill(code)
    page.locator("main form button").first.click()
    expect(reader.writing).to_be_visible()
    expect(page).to_have_url(re.compile(rf"^{re.escape(elsewhere)}/nl/{key}\?from=mail#[\w-]+$"))
    expect(page).not_to_have_url(re.compile("plein-log-in"))


def test_a_code_that_no_longer_works_is_explained(page: Page, place: Place, elsewhere: str) -> None:
    reader = Reader(place, page, "nl")
    page.goto(f"{elsewhere}/nl/{place.fresh_page()}")
    page.route(
        "**/api/v1/tokens", lambda route: route.continue_(post_data='{"code": "x", "verifier": "' + "v" * 43 + '"}')
    )
    window = open_window(reader)
    window.locator("[name=code]").fill(code_for(reader, window))
    with window.expect_event("close"):
        window.locator("main form button").first.click()
    expect(reader.thread.get_by_role("alert")).not_to_be_empty()
    expect(reader.thread.locator(".gate").get_by_role("link").first).to_be_focused()


def test_a_stranger_can_neither_send_a_code_nor_put_one_in_an_address(page: Page, place: Place, elsewhere: str) -> None:
    reader = Reader(place, page, "nl")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"{elsewhere}/nl/{place.fresh_page()}#plein-log-in=stolen&state={'s' * 43}")
    expect(reader.thread.locator(".gate")).to_be_visible()
    page.evaluate("postMessage({type: 'plein-log-in', state: 's', code: 'stolen'}, '*')")
    window = open_window(reader)
    expect(window.locator("input[type=email]")).to_be_visible()
    page.evaluate("postMessage({type: 'plein-log-in', state: 's', code: 'stolen'}, '*')")
    page.evaluate("new Promise((resolve) => setTimeout(resolve))")
    assert not [url for url in sent if url.endswith("/tokens")]


def test_this_browser_does_block_what_third_parties_would_keep(page: Page, place: Place, elsewhere: str) -> None:
    page.goto(f"{elsewhere}/nl/{place.fresh_page()}")
    third = f"http://127.0.0.1:{place.other_port}/"
    page.evaluate(FRAME, third)
    frame = next(frame for frame in page.frames if frame.url == third)
    has_storage = "() => { try { return Boolean(localStorage) } catch { return false } }"
    assert page.evaluate(has_storage) is True
    assert frame.evaluate(has_storage) is False


def test_a_page_of_an_unknown_origin_reads_why_there_is_no_thread(page: Page, place: Place, elsewhere: str) -> None:
    del elsewhere
    reader = Reader(place, page, "nl")
    key = place.fresh_page()
    strange = f"http://strange.localhost:{place.other_port}"
    page.goto(f"{strange}/nl/{key}")
    expect(reader.thread).to_contain_text(strange)


def test_the_thread_is_dark_only_on_a_page_that_says_it_is_dark_too(
    page: Page, second: BrowserContext, place: Place, elsewhere: str
) -> None:
    """For a reader who likes it dark, on a page of which the author never thought of that."""
    anna = Reader(place, second.new_page(), "nl")
    key = place.fresh_page()
    anna.be_logged_in(key, name="Anna")
    anna.say(key, "Dit wil men kunnen lezen.")
    reader = Reader(place, page, "nl")
    page.emulate_media(color_scheme="dark")
    page.goto(f"{elsewhere}/nl/{key}")
    expect(reader.thread.locator(".gate")).to_be_visible()
    finds_nothing(reader, "a light page", COLOURS)
    ink = "getComputedStyle(document.querySelector('plein-thread')).color"
    in_light = page.evaluate(ink)
    page.evaluate("Object.assign(document.documentElement.style, {colorScheme: 'light dark', background: 'Canvas'})")
    assert page.evaluate(ink) != in_light
    finds_nothing(reader, "a dark page", COLOURS)


def test_what_a_page_says_of_all_its_paragraphs_and_articles_leaves_the_thread_as_it_is(
    page: Page, second: BrowserContext, place: Place, elsewhere: str
) -> None:
    anna = Reader(place, second.new_page(), "nl")
    key = place.fresh_page()
    anna.be_logged_in(key, name="Anna")
    anna.say(key, "Een alinea.\n\n> Een citaat.\n\n- en\n- een lijst", in_reply_to=anna.say(key, "Een vraag"))
    reader = Reader(place, page, "nl")
    page.goto(f"{elsewhere}/nl/{key}")
    expect(reader.thread.locator(".gate")).to_be_visible()
    heights = "['plein-thread', 'plein-rating'].map(name => document.querySelector(name).offsetHeight)"
    before = page.evaluate(heights)
    page.add_style_tag(content=WIDE)
    assert page.evaluate(heights) == before
