"""Logging in from pages of another origin: the window, the one-time code, the token, and who may not have them."""

import html
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from comments_service.login import hand_over
from comments_service.login.hand_over import challenge_of
from comments_service.settings import SiteSettings
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, an_account
from tests.service.running import OWN_PAGE, SITE, Service, a_service, code_of, link_token

BLOG, SHOP, EVIL = "https://blog.example", "https://shop.example:8443", "https://evil.example"
PAGE = f"{BLOG}/bericht/?a=1"
THREAD = "/api/v1/threads/blogs/drempels"
VERIFIER = "v" * 50
STATE = "state-of-this-page"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def with_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service of these tests is embedded by BLOG and SHOP."""
    monkeypatch.setattr("tests.service.running.SiteSettings", lambda **of: SiteSettings(**of, origins=[BLOG, SHOP]))


def of(origin: str, token: str = "") -> dict[str, str]:
    """The headers of a script on a page of another origin."""
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    return headers | {"Authorization": f"Bearer {token}"} if token else headers


def window(**changes: str) -> dict[str, str]:
    asked = {"origin": BLOG, "state": STATE, "challenge": challenge_of(VERIFIER), "returnTo": PAGE}
    return {**asked, **changes}


def handed_over(page: str) -> dict[str, str]:
    found = re.search(
        r'<a [^>]*href="([^"]*)" data-plein-origin="([^"]*)" data-plein-state="([^"]*)" '
        r'data-plein-code="([^"]*)"',
        page,
    )
    assert found, page
    return dict(zip(("back", "origin", "state", "code"), map(html.unescape, found.groups()), strict=True))


def a_code(service: Service, **changes: str) -> str:
    """Log in by the mail's short code in a window, and return the one-time code that it hands over."""
    before = len(service.mails())
    path = service.path
    sent = service.client.post(
        f"{path}/log-in", data={**window(**changes), "email": "anna@example.org"}, headers=OWN_PAGE
    )
    assert sent.status_code == 200, sent.text
    request = re.search(r'name="request" value="([^"]+)"', sent.text)
    assert request
    typed = code_of(service.mail(before + 1)["text"])
    fields = {**window(**changes), "request": request[1], "code": typed}
    done = service.client.post(f"{path}/log-in/code", data=fields, headers=OWN_PAGE)
    assert done.status_code == 200, done.text
    return handed_over(done.text)["code"]


def exchange(service: Service, code: str, *, origin: str = BLOG, verifier: str = VERIFIER) -> httpx2.Response:
    return service.client.post(
        f"{service.path}/api/v1/tokens", json={"code": code, "verifier": verifier}, headers=of(origin)
    )


def a_token(service: Service, origin: str = BLOG) -> str:
    answer = exchange(service, a_code(service, origin=origin, returnTo=f"{origin}/x"), origin=origin)
    assert answer.status_code == 201, answer.text
    service.client.cookies.clear()  # the page of another origin has none
    return str(answer.json()["token"])


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_mails_code_finishes_what_the_asking_browser_began(service: Service, prefix: str) -> None:
    asked = service.client.get(f"{prefix}/log-in/window", params=window())
    assert asked.status_code == 200
    assert "cross-origin-opener-policy" not in asked.headers
    sent = service.client.post(f"{prefix}/log-in", data={**window(), "email": "anna@example.org"}, headers=OWN_PAGE)
    assert f'src="{service.path}/embed/window.js"' in sent.text
    assert "postMessage" in service.client.get("/embed/window.js").text
    mail = service.mail(1)["text"]
    for _ in range(2):  # a scanner
        assert service.client.get("/log-in/link", params={"token": link_token(mail)}).status_code == 200
    request = re.search(r'name="request" value="([^"]+)"', sent.text)
    assert request
    fields = {**window(), "request": request[1], "code": code_of(mail)}
    done = service.client.post(f"{prefix}/log-in/code", data=fields, headers=OWN_PAGE)
    assert "cross-origin-opener-policy" not in done.headers
    assert done.headers["cache-control"] == "no-store"
    found = handed_over(done.text)
    assert (found["origin"], found["state"]) == (BLOG, STATE)
    assert found["back"] == f"{PAGE}#{urlencode({'plein-log-in': found['code'], 'state': STATE})}"
    assert service.client.get("/api/v1/me").status_code == 200  # the window's own browser has a session too


def test_a_token_reads_writes_and_ends(service: Service) -> None:
    answer = exchange(service, a_code(service))
    assert set(answer.json()) == {"token", "expiresAt"}
    assert "set-cookie" not in answer.headers
    service.client.cookies.clear()
    headers = of(BLOG, answer.json()["token"])
    assert service.client.get(f"{THREAD}/mine", headers=headers).status_code == 200
    body = {"text": "Van elders", "name": "Anna"}
    made = service.client.post(f"{THREAD}/comments", json=body, headers=headers | service.key())
    assert made.status_code == 201
    assert made.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in made.headers
    assert service.client.delete("/api/v1/me/sessions/current", headers=headers).status_code == 204
    assert service.client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_token_ends_by_itself(service: Service) -> None:
    headers = of(BLOG, a_token(service))
    service.clock.now += timedelta(hours=11, minutes=59)
    assert service.client.get("/api/v1/me", headers=headers).status_code == 200
    service.clock.now += timedelta(minutes=2)
    assert service.client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_stolen_token_is_of_no_use_elsewhere(service: Service) -> None:
    token = a_token(service)
    bearer = {"Authorization": f"Bearer {token}"}
    for headers, status in (
        (of(SHOP, token), 401),  # another origin of the settings
        (of(EVIL, token), 403),
        (of("null", token), 403),
        (bearer, 401),  # a program, without an origin
        (bearer | {"Origin": SITE}, 401),
        (bearer | OWN_PAGE, 401),
    ):
        assert service.client.get("/api/v1/me", headers=headers).status_code == status, headers
    service.client.cookies.set("plein-session", token)
    assert service.client.get("/api/v1/me").status_code == 401  # a token is no cookie
    page = service.client.get("/account", headers=of(BLOG, token), follow_redirects=False)
    assert page.status_code == 303  # nor does it open the pages


def test_the_cookie_counts_for_our_own_pages_only(service: Service) -> None:
    service.log_in(name="Anna")
    cookie = service.client.cookies["plein-session"]
    assert service.client.get("/api/v1/me", headers=of(BLOG)).status_code == 401
    assert service.client.get("/api/v1/me", headers=of(BLOG, cookie)).status_code == 401  # a cookie is no token
    headers = of(BLOG) | service.key()
    assert service.client.post(f"{THREAD}/comments", json={"text": "x"}, headers=headers).status_code == 401


def test_a_code_works_once(service: Service) -> None:
    code = a_code(service)
    assert exchange(service, code).status_code == 201
    assert exchange(service, code).status_code == 403


def test_a_code_is_too_old_after_two_minutes(service: Service) -> None:
    code = a_code(service)
    service.clock.now += timedelta(minutes=2)
    answer = exchange(service, code)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/hand-over")


@pytest.mark.parametrize("wrong", [{"origin": SHOP}, {"verifier": "w" * 50}, {"verifier": challenge_of(VERIFIER)}])
def test_a_stolen_code_is_of_no_use_and_used_up(service: Service, wrong: dict[str, str]) -> None:
    code = a_code(service)
    assert exchange(service, code, **wrong).status_code == 403
    assert exchange(service, code).status_code == 403


@pytest.mark.parametrize("headers", [of(EVIL), of("null"), OWN_PAGE, {}, {"Origin": BLOG.upper()}])
def test_no_stranger_and_no_program_exchanges_a_code(service: Service, headers: dict[str, str]) -> None:
    code = a_code(service)
    service.client.cookies.clear()
    answer = service.client.post("/api/v1/tokens", json={"code": code, "verifier": VERIFIER}, headers=headers)
    assert answer.status_code == 403
    assert exchange(service, code).status_code == 201  # it did not even come to the code


@pytest.mark.parametrize(
    "body",
    [{}, {"code": "x"}, {"code": 1, "verifier": VERIFIER}, {"code": "x" * 101, "verifier": "v"}, {"token": "x"}],
)
def test_a_wrong_exchange_names_every_fault(service: Service, body: dict[str, object]) -> None:
    answer = service.client.post("/api/v1/tokens", json=body, headers=of(BLOG))
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_window_that_is_open_asks_before_it_hands_over(service: Service) -> None:
    service.log_in(name="Anna")
    shown = service.client.get("/log-in/window", params=window())
    assert "data-plein-code" not in shown.text
    assert "blog.example" in shown.text
    assert "Anna" in shown.text
    for hostile in ({"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, of(BLOG)):
        assert service.client.post("/log-in/window", data=window(), headers=hostile).status_code == 403
    done = service.client.post("/log-in/window", data=window(), headers=OWN_PAGE)
    assert exchange(service, handed_over(done.text)["code"]).status_code == 201


def test_the_button_needs_a_session(service: Service) -> None:
    answer = service.client.post("/log-in/window", data=window(), headers=OWN_PAGE)
    assert answer.status_code == 401
    assert "data-plein-code" not in answer.text


def test_no_other_page_types_a_code_into_the_window_of_a_visitor(service: Service) -> None:
    for path in ("/log-in/window", "/log-in", "/log-in/code"):
        for hostile in (of(EVIL), of(BLOG), {"Sec-Fetch-Site": "same-site"}, {}):
            answer = service.client.post(path, data={**window(), "email": "eve@example.org"}, headers=hostile)
            assert answer.status_code == 403
    assert service.mails() == []
    assert not service.client.cookies


HOSTILE_WINDOWS = [
    {"origin": EVIL, "returnTo": f"{EVIL}/"},
    {"origin": f"{BLOG}.evil.example", "returnTo": f"{BLOG}.evil.example/"},
    {"origin": "", "returnTo": "/"},
    {"origin": "null", "returnTo": "null/"},
    {"origin": "*", "returnTo": "*/"},
    {"returnTo": f"{EVIL}/"},
    {"returnTo": BLOG},
    {"returnTo": f"{BLOG}.evil.example/"},
    {"returnTo": f"{BLOG}@evil.example/"},
    {"returnTo": f"{BLOG}:99/"},
    {"returnTo": f"{BLOG}\\@evil.example/"},
    {"returnTo": f"{BLOG}/\\evil"},
    {"returnTo": f"{BLOG}/\r\nLocation: {EVIL}"},
    {"returnTo": f" {BLOG}/"},
    {"returnTo": "javascript:alert(1)"},
    {"returnTo": f"{SHOP}/"},
    {"state": "short"},
    {"state": 'x" autofocus onfocus="alert(1)'},
    {"state": "x" * 129},
    {"challenge": ""},
    {"challenge": "plain"},
    {"challenge": "x" * 44},
]


@pytest.mark.parametrize("changes", HOSTILE_WINDOWS)
def test_a_window_for_a_stranger_does_not_open_and_leads_nowhere(service: Service, changes: dict[str, str]) -> None:
    service.log_in(name="Anna")
    mails = len(service.mails())
    asked = {**window(**changes), "email": "anna@example.org", "code": "1", "request": "x"}
    answers = [service.client.get("/log-in/window", params=asked, follow_redirects=False)]
    answers += [
        service.client.post(f"/log-in{step}", data=asked, headers=OWN_PAGE, follow_redirects=False)
        for step in ("/window", "", "/code")
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    for answer in answers:
        assert "data-plein-code" not in answer.text
        assert 'href="https://evil' not in answer.text
        assert "<form" not in answer.text
    assert len(service.mails()) == mails


def test_a_fragment_of_the_page_makes_way_for_the_code(service: Service) -> None:
    service.log_in()
    done = service.client.post("/log-in/window", data=window(returnTo=f"{PAGE}#plein-log-in=x"), headers=OWN_PAGE)
    assert handed_over(done.text)["back"].count("#") == 1


def test_the_mails_link_logs_in_the_browser_that_opens_it_and_hands_over_nothing(service: Service) -> None:
    service.client.post("/log-in", data={**window(), "email": "anna@example.org"}, headers=OWN_PAGE)
    token = link_token(service.mail(1)["text"])
    answer = service.client.post("/log-in/link", data={"token": token}, headers=OWN_PAGE)
    assert answer.url.path == "/log-in/window/done"
    assert "data-plein-code" not in answer.text
    assert BLOG not in answer.text
    done = service.client.post("/log-in/window", data=window(), headers=OWN_PAGE)  # the window is in this browser
    assert exchange(service, handed_over(done.text)["code"]).status_code == 201


def test_a_wrong_code_is_told_in_the_window_and_keeps_what_it_is_for(service: Service) -> None:
    sent = service.client.post("/en/log-in", data={**window(), "email": "a@example.org"}, headers=OWN_PAGE)
    request = re.search(r'name="request" value="([^"]+)"', sent.text)
    assert request
    wrong = f"{(int(code_of(service.mail(1)['text'])) + 1) % 1_000_000:06d}"
    fields = {**window(), "request": request[1], "code": wrong}
    answer = service.client.post("/en/log-in/code", data=fields, headers=OWN_PAGE)
    assert answer.status_code == 400
    assert "This code is not right" in answer.text
    assert f'name="state" value="{STATE}"' in answer.text
    assert not service.client.cookies


def test_log_out_everywhere_ends_tokens_codes_and_cookies(service: Service) -> None:
    token, waiting = a_token(service), a_code(service)
    assert service.client.get("/account").status_code == 200
    assert "Overal uitloggen" in service.client.get("/account").text
    service.client.post("/log-out", data={"everywhere": "yes"}, headers=OWN_PAGE)
    assert service.client.get("/api/v1/me", headers=of(BLOG, token)).status_code == 401
    assert service.client.get("/api/v1/me").status_code == 401
    assert exchange(service, waiting).status_code == 403


def test_delete_sessions_ends_all_and_log_out_only_one(service: Service) -> None:
    first, second = a_token(service), a_token(service, SHOP)
    service.client.delete("/api/v1/me/sessions/current", headers=of(BLOG, first))
    assert service.client.get("/api/v1/me", headers=of(SHOP, second)).status_code == 200
    assert service.client.delete("/api/v1/me/sessions", headers=of(EVIL, second)).status_code == 403
    third = a_token(service)
    assert service.client.delete("/api/v1/me/sessions", headers=of(SHOP, second)).status_code == 204
    assert service.client.get("/api/v1/me", headers=of(BLOG, third)).status_code == 401


def test_an_unknown_origin_is_told_and_stands_in_the_log_once(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [
        service.client.get("/api/v1/origin", headers=of(EVIL) | {"Accept-Language": "en"}),
        service.client.get(f"{THREAD}/mine", headers=of(EVIL)),
        service.client.post(f"{THREAD}/comments", json={"text": "x"}, headers=of(EVIL) | service.key()),
        service.client.put(f"{THREAD}/rating", json={"stars": 1}, headers=of(EVIL)),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert EVIL in answers[0].json()["detail"]
    assert "setting origins" in answers[0].json()["detail"]
    assert EVIL in answers[1].json()["detail"]
    assert all(answer.headers["access-control-allow-origin"] == "*" for answer in answers)
    assert caplog.messages == [f"an origin is missing in the settings: {EVIL!r}"]
    assert service.client.get(THREAD, headers=of(EVIL)).status_code == 200  # the public thread is for everyone


def test_strangers_cannot_fill_the_log(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(150):
        service.client.get("/api/v1/origin", headers=of(f"https://{number}.example"))
    service.client.get("/api/v1/origin", headers=of("https://" + "x" * 5000))
    assert len(caplog.messages) == 100


def test_a_known_origin_hears_where_to_log_in(service: Service) -> None:
    answer = service.client.get("/api/v1/origin", headers=of(BLOG) | {"Accept-Language": "en"})
    assert answer.json() == {"allowed": True, "logIn": "/en/log-in/window"}
    assert answer.headers["cache-control"] == "no-store"
    assert service.client.get("/api/v1/origin").status_code == 200  # our own page names no origin with a GET


def test_everything_works_in_a_subpath(tmp_path: Path) -> None:
    with a_service(tmp_path, site=f"{SITE}/sub") as service:
        answer = service.client.get("/sub/api/v1/origin", headers=of(BLOG) | {"Accept-Language": "nl"})
        assert answer.json()["logIn"] == "/sub/log-in/window"
        token = a_token(service)
        assert service.client.get("/sub/api/v1/me", headers=of(BLOG, token)).status_code == 200


def test_codes_are_long_and_random(service: Service) -> None:
    codes = {a_code(service) for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) >= 43 for code in codes)
    assert exchange(service, secrets.token_urlsafe(32)).status_code == 403


def test_a_code_is_of_one_site(tx: Transaction) -> None:
    account = an_account(tx, "anna")
    asked = {"origin": BLOG, "challenge": challenge_of(VERIFIER)}
    for site, is_right in (("other", False), ("plein", True)):
        code = hand_over.issue(tx, "plein", account.id, **asked, now=NOW)
        done = hand_over.exchange(tx, site, code, VERIFIER, origin=BLOG, hours=1, now=NOW)
        assert (done is not None) == is_right


def test_a_token_of_an_origin_that_left_the_settings_is_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_service(tmp_path) as service:
        token = a_token(service)
        service.client.patch("/api/v1/me", json={"name": "Anna"}, headers=of(BLOG, token)).raise_for_status()
        body = {"text": "Van mij"}
        answer = service.client.post(f"{THREAD}/comments", json=body, headers=of(BLOG, token) | service.key())
        own = f"/api/v1/comments/{answer.json()['id']}"
        assert "text" in service.client.get(own, headers=of(BLOG, token)).json()
    monkeypatch.setattr("tests.service.running.SiteSettings", SiteSettings)
    with a_service(tmp_path) as service:
        assert service.client.get("/api/v1/me", headers=of(BLOG, token)).status_code == 403
        assert "text" not in service.client.get(own, headers=of(BLOG, token)).json()
