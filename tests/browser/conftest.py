"""Fixtures: a browser, a place to visit, and readers of whom every fault that the browser sees is a failed test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from tests.browser.place import Place, chromium
from tests.browser.reader import Reader
from tests.service.running import free_port

expect.set_options(timeout=30_000)  # milliseconds until a condition counts as never met


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def executable() -> str:
    found = chromium()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the browser tests need Chromium; install the package chromium")
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="module")
def browser(executable: str) -> Iterator[Browser]:
    """A browser for one module: while Playwright runs, no other test of the same process can use asyncio."""
    with sync_playwright() as playwright:
        quick = shutil.which("chromium-headless-shell") or executable  # a new reader costs it a third of the time
        launched = playwright.chromium.launch(executable_path=quick, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def built(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The real site, built once; only when there is a browser to look at it."""
    del executable
    place = Place(tmp_path_factory.mktemp("place"), free_port())
    place.build()
    return place


@pytest.fixture(scope="module")
def place(built: Place) -> Iterator[Place]:
    """The site with the running service; each module has an empty database."""
    built.start()
    yield built
    built.stop()
    built.forget()


@dataclass
class Watch:
    """What must not happen in a reader's browser: a console error, an uncaught error, a request to another host."""

    host: str
    faults: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # a violation of the Content-Security-Policy is a console error too
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != self.host:
            self.faults.append(f"another host: {request.url}")


Visit = Callable[..., Reader]


@pytest.fixture
def visit(browser: Browser, place: Place) -> Iterator[Visit]:
    """Make a reader with a browser of their own. `meets_faults=True` for a test that breaks things on purpose."""
    made: list[tuple[BrowserContext, Watch]] = []

    def new_reader(
        lang: str = "nl",
        *,
        width: int = 1280,
        dark: bool = False,
        javascript: bool = True,
        meets_faults: bool = False,
    ) -> Reader:
        context = browser.new_context(
            locale={"nl": "nl-NL", "en": "en-GB"}[lang],
            timezone_id="Europe/Amsterdam",
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(30_000)
        watch = Watch(urlsplit(place.url).netloc)
        watch.follow(context)
        made.append((context, Watch("") if meets_faults else watch))
        page: Page = context.new_page()
        return Reader(place, page, lang)

    yield new_reader
    faults = [fault for _, watch in made for fault in watch.faults]
    for context, _ in made:
        try:
            context.close()
        except Error as closed:  # a crash of the browser is the fault to report, not the closing
            faults.append(str(closed))
    assert not faults
