"""The log-in window in a real browser: it hands the code to the page that opened it, or leads back there with it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from comments_service import app
from comments_service.login.hand_over import challenge_of
from comments_service.settings import SiteSettings
from tests.service.running import answering, code_of, serving, some_settings, wait_until

PAGE = b"""<!doctype html><title>elsewhere</title><button>Log in</button><script>
const asked = new URLSearchParams(location.search);
addEventListener("message", (event) => { document.title = JSON.stringify([event.origin, event.data]); });
document.querySelector("button").addEventListener("click", () => open(asked.get("window"), "", asked.get("how")));
</script>"""
STATE, VERIFIER = "state-of-this-page", "v" * 50


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another host with one button."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def elsewhere() -> Iterator[str]:
    with answering(Elsewhere) as port:
        yield f"http://localhost:{port}"


@contextmanager
def a_service_at(folder: Path, origin: str) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = some_settings(folder, site=url)
    settings = settings.model_copy(update={"site": SiteSettings(id="plein", name="Plein", url=url, origins=[origin])})
    with serving(app.create(settings), listening):
        yield url


@pytest.mark.parametrize("how", ["popup", "noopener"])
def test_the_code_comes_to_the_page_that_asked(browser: Browser, tmp_path: Path, how: str) -> None:
    with elsewhere() as origin, a_service_at(tmp_path, origin) as url, browser.new_context() as context:
        context.set_default_timeout(30_000)
        back = f"{origin}/bericht?how={how}"
        asked = {"origin": origin, "state": STATE, "challenge": challenge_of(VERIFIER), "returnTo": back}
        page = context.new_page()
        page.goto(f"{origin}/?{urlencode({'how': how, 'window': f'{url}/log-in/window?{urlencode(asked)}'})}")
        with context.expect_page() as opened:
            page.get_by_role("button").click()
        window = opened.value
        window.get_by_label("Uw e-mailadres").fill("anna@example.org")
        window.get_by_role("button", name="Stuur mij een code").click()
        window.get_by_label("Code uit de mail").wait_for()
        mails = context.request
        wait_until(lambda: bool(mails.get(f"{url}/dev/mail.json").json()))
        typed = code_of(mails.get(f"{url}/dev/mail.json").json()[0]["text"])
        window.get_by_label("Code uit de mail").fill(typed)
        window.get_by_role("button", name="Log in met de code").click()
        if how == "popup":
            page.wait_for_function("document.title.startsWith('[')")
            said, message = page.evaluate("JSON.parse(document.title)")
            assert said == url
            assert (message["type"], message["state"]) == ("plein-log-in", STATE)
            code = message["code"]
            wait_until(window.is_closed)
        else:
            window.wait_for_url(f"{back}#*")
            code = window.evaluate("new URLSearchParams(location.hash.slice(1)).get('plein-log-in')")
        answer = page.evaluate(
            """([url, body]) => fetch(`${url}/api/v1/tokens`, {method: "POST", body: JSON.stringify(body),
              headers: {"Content-Type": "application/json"}, credentials: "omit"}).then((answer) => answer.json())""",
            [url, {"code": code, "verifier": VERIFIER}],
        )
        status = page.evaluate(
            """([url, token]) => fetch(`${url}/api/v1/me`, {headers: {Authorization: `Bearer ${token}`}})
              .then((answer) => answer.status)""",
            [url, answer["token"]],
        )
        assert status == 200
