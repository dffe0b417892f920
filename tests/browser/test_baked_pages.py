"""Comments that the build wrote into a page, read by who has no JavaScript: both languages, light and dark."""

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from theme.commands import catalogues
from theme.commands.build import ROOT, build

PAGE = "blogs/een-dag-zonder-muis"
TEXTS = {"nl": "Alle 2 reacties lezen en zelf reageren", "en": "Read all 2 comments and write one yourself"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def a_comment(number: int, text: str, lang: str, answers: str | None = None) -> dict[str, object]:
    return {
        "id": f"01KAXJ4W3V8E7Q2M5T9R6YBC{number:02}",
        "html": f"<p>{text}</p>",
        "lang": lang,
        "author": {"name": "Anna", "url": None},
        "inReplyTo": answers,
        "createdAt": "2026-11-20T10:00:00.000Z",
        "editedAt": None,
        "votes": 1,
        "state": "shown",
    }


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site built with an export, served as plain files: there is no service at all."""
    folder = tmp_path_factory.mktemp("baked")
    root = a_comment(1, "Een reactie", "nl")
    root["replies"] = [a_comment(2, "An answer", "en", str(root["id"]))]
    thread = {"page": PAGE, "version": 3, "commentCount": 2, "items": [root]}
    export = folder / "comments.json"
    export.write_text(json.dumps({"version": 1, "service": "https://plein.example", "threads": [thread]}), "utf-8")
    catalogues.main()
    assert build(ROOT / "content", folder / "site", comments=str(export)) == 0
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder / "site"))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("dark", [False, True])
def test_baked_comments_are_read_without_javascript_and_without_a_service(
    browser: Browser, address: str, lang: str, dark: bool
) -> None:
    context = browser.new_context(
        java_script_enabled=False, color_scheme="dark" if dark else "light", viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto(f"{address}/{'en/' if lang == 'en' else ''}{PAGE}/")
    thread = page.locator("plein-thread")
    expect(thread.get_by_text("Een reactie")).to_be_visible()
    expect(thread.get_by_text("An answer")).to_be_visible()
    expect(thread.get_by_role("link", name=TEXTS[lang])).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    other = "en" if lang == "nl" else "nl"
    page.locator(f"header a[hreflang={other}]").first.click()
    expect(page.locator("plein-thread").get_by_role("link", name=TEXTS[other])).to_be_visible()
    context.close()


def test_the_front_page_shows_what_was_said_last(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    voices = page.get_by_role("region", name="Laatste reacties").get_by_role("listitem")
    expect(voices).to_have_text(
        [re.compile(r"An answer\s*Engels\s*Anna bij “.+”, 20 november 2026"), re.compile("Een reactie")]
    )
    expect(voices.first.locator("blockquote")).to_have_attribute("lang", "en")
    page.goto(f"{address}/en/")
    expect(page.get_by_role("region", name="Latest comments").get_by_role("link").first).to_have_attribute(
        "href", re.compile(rf"^/en/{PAGE}/#c-")
    )
    page.context.close()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_baked_comments(browser: Browser, address: str, lang: str, dark: bool) -> None:
    context = browser.new_context(color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(f"{address}/{'en/' if lang == 'en' else ''}{PAGE}/")  # the scripts of the service are not there
    assert Axe().run(page).response["violations"] == []
    context.close()
