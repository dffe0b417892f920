"""Logging in: the mail, the link with its button, the code, and where they may lead."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from comments_service.settings import LoginSettings, MailSettings, SiteSettings
from comments_service.web import addresses
from tests.service.running import OWN_PAGE, Service, a_service, code_of, free_port, link_token, wait_until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def ask(service: Service, return_to: str = "", email: str = "anna@example.org") -> dict[str, str]:
    """Ask for a mail over the API; the answer's `request` and what the mail holds."""
    before = len(service.mails())
    body = {"email": email, "returnTo": return_to} if return_to else {"email": email}
    answer = service.client.post("/api/v1/log-in-links", json=body)
    mail = service.mail(before + 1)
    return {"request": answer.json()["request"], "code": code_of(mail["text"]), "token": link_token(mail["text"])}


def press(service: Service, token: str) -> int:
    answer = service.client.post("/log-in/link", data={"token": token}, headers=OWN_PAGE, follow_redirects=False)
    return answer.status_code


def type_code(service: Service, request: str, code: str) -> int:
    fields = {"request": request, "code": code}
    return service.client.post("/log-in/code", data=fields, headers=OWN_PAGE, follow_redirects=False).status_code


def test_a_scanner_that_opens_the_link_uses_nothing(service: Service) -> None:
    token = ask(service)["token"]
    for method in ("GET", "HEAD", "GET"):
        looked = service.client.request(method, "/log-in/link", params={"token": token})
        assert looked.status_code == 200
        assert "set-cookie" not in looked.headers
    assert press(service, token) == 303
    assert service.client.get("/api/v1/me").status_code == 200


def test_a_link_and_its_code_work_once_together(service: Service) -> None:
    asked = ask(service)
    assert press(service, asked["token"]) == 303
    service.client.cookies.clear()
    assert press(service, asked["token"]) == 403
    assert type_code(service, asked["request"], asked["code"]) == 403
    assert service.client.get("/log-in/link", params={"token": asked["token"]}).status_code == 403
    assert not service.client.cookies


def test_a_link_is_too_old_after_fifteen_minutes(service: Service) -> None:
    asked = ask(service)
    service.clock.now += timedelta(minutes=16)
    assert press(service, asked["token"]) == 403
    assert type_code(service, asked["request"], asked["code"]) == 403


def test_a_code_is_bound_to_the_browser_that_asked_and_has_five_tries(service: Service) -> None:
    asked, other = ask(service), ask(service, email="ben@example.org")
    assert type_code(service, other["request"], asked["code"]) in (400, 403) or asked["code"] == other["code"]
    assert type_code(service, asked["token"], asked["code"]) == 403  # the link's token is no request
    wrong = f"{(int(asked['code']) + 1) % 1_000_000:06d}"
    assert [type_code(service, asked["request"], wrong) for _ in range(5)] == [400] * 5
    assert type_code(service, asked["request"], asked["code"]) == 403
    assert not service.client.cookies


def test_a_code_with_spaces_logs_in(service: Service) -> None:
    asked = ask(service)
    assert type_code(service, asked["request"], f" {asked['code'][:3]} {asked['code'][3:]} ") == 303


def test_logging_in_again_ends_the_session_before(service: Service) -> None:
    service.log_in()
    before = dict(service.client.cookies)
    service.log_in("ben@example.org")
    assert dict(service.client.cookies) != before
    service.client.cookies.clear()
    for name, value in before.items():
        service.client.cookies.set(name, value)
    assert service.client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "site",
    [
        SiteSettings(id="plein", name="P", url="https://plein.example"),
        SiteSettings(id="a", name="A", url="https://host.example/sub"),
    ],
)
def test_return_to_leads_to_our_own_pages_and_nowhere_else(site: SiteSettings) -> None:
    where = addresses.Addresses(site.url, site.url, tuple(site.languages))
    base = where.base
    good = [f"{base}/", f"{base}/blogs/x/?a=1#c-2", f"{base}/en/threads/blogs/x", f"{site.url}/blogs/x/"]
    for path in good:
        found = where.way_back(path)
        assert found is not None
        assert found.startswith(f"{base}/")
    assert where.way_back(f"{base}/blogs/é x/") == f"{base}/blogs/%C3%A9%20x/"
    bad = [
        "",
        None,
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        f"{base}/\nSet-Cookie: a=b",
        f"{base}/\t/evil.example",
        f"{base}/" + "x" * 600,
        f"{site.url}.evil.example/",
        f"{site.url}@evil.example/",
        "blogs/x",
        "mailto:a@b.example",
    ]
    for return_to in bad:
        assert where.way_back(return_to) is None, return_to
    if base:
        assert [where.way_back(path) for path in ("/", "/other", "/subway", "/sub/../other", "/sub/%2E%2e/x")] == [
            None
        ] * 5


def test_a_service_on_its_own_host_leads_back_to_the_site_with_a_link(tmp_path: Path) -> None:
    where = addresses.Addresses("https://plein.example", "https://reacties.example", ("nl", "en"))
    assert where.way_back("/blogs/x/") == "https://plein.example/blogs/x/"
    assert where.way_back("/en/threads/blogs/x") == "https://reacties.example/en/threads/blogs/x"
    with a_service(tmp_path, site="http://plein.test", service={"url": "http://testserver"}) as service:
        asked = ask(service, "/blogs/drempels/#comments")
        answer = service.client.post("/log-in/link", data={"token": asked["token"]}, headers=OWN_PAGE)
        assert answer.status_code == 200
        assert 'href="http://plein.test/blogs/drempels/#comments"' in answer.text
        assert "set-cookie" in answer.headers


def test_a_return_elsewhere_becomes_the_account_page(service: Service) -> None:
    for hostile in ("https://evil.example/", "//evil.example"):
        asked = ask(service, hostile)
        answer = service.client.post(
            "/log-in/link", data={"token": asked["token"]}, headers=OWN_PAGE, follow_redirects=False
        )
        assert answer.headers["location"] == "/account"
        service.client.cookies.clear()
    service.log_in()
    page = service.client.get("/log-in?returnTo=//evil.example", follow_redirects=False)
    assert page.headers["location"] == "/account"


def test_mails_per_address_and_per_network_are_limited_and_the_form_says_so(tmp_path: Path) -> None:
    login = LoginSettings(mails_per_address_per_hour=2, mails_per_network_per_hour=4)
    with a_service(tmp_path, limits="on", login=login) as service:
        emails = ["a@example.org"] * 3 + ["b@example.org", "c@example.org", "d@example.org"]
        answers = [service.client.post("/en/log-in", data={"email": email}, headers=OWN_PAGE) for email in emails]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 429]
        assert "You did this very often" in answers[2].text
        assert 'value="a@example.org"' in answers[2].text


def test_a_wrong_address_is_told_at_the_field(service: Service) -> None:
    for prefix, words in (("", "Vul een e-mailadres in"), ("/en", "Write a mail address")):
        answer = service.client.post(
            f"{prefix}/log-in", data={"email": "redactie.voorbeeld", "returnTo": "/blogs/"}, headers=OWN_PAGE
        )
        assert answer.status_code == 400
        assert f'<a href="#email">{words}' in answer.text
        assert 'value="redactie.voorbeeld"' in answer.text
        assert 'value="/blogs/"' in answer.text


def test_the_session_cookie_is_hidden_from_scripts_and_the_hint_is_not(service: Service) -> None:
    asked = ask(service)
    answer = service.client.post(
        "/log-in/link", data={"token": asked["token"]}, headers=OWN_PAGE, follow_redirects=False
    )
    session, hint = sorted(answer.headers.get_list("set-cookie"), key=lambda cookie: "plein-logged-in" in cookie)
    assert session.startswith("plein-session=")
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/;" in session
    assert hint.startswith("plein-logged-in=yes;")
    assert "HttpOnly" not in hint


class Mailbox:
    """What an SMTP server received."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        await asyncio.sleep(0)
        return "250 OK"


def test_the_log_in_mail_goes_out_by_smtp_with_a_text_and_an_html_part(tmp_path: Path) -> None:
    box = Mailbox()
    port = free_port()
    receiver = Controller(box, hostname="127.0.0.1", port=port)
    receiver.start()
    try:
        mail = MailSettings(host="127.0.0.1", port=port, starttls=False, sender="Plein <noreply@plein.example>")
        with a_service(tmp_path, mail=mail) as service:
            service.client.post("/log-in", data={"email": "anna@example.org"}, headers=OWN_PAGE)
            wait_until(lambda: bool(box.mails))
            received = box.mails[0]
            text, html = received.get_body(("plain",)), received.get_body(("html",))
            assert text is not None
            assert html is not None
            assert (received["to"], received["from"]) == ("anna@example.org", "Plein <noreply@plein.example>")
            assert received["subject"] == "Inloggen bij Plein"
            token = link_token(text.get_content())
            assert token in html.get_content()
            assert press(service, token) == 303
    finally:
        receiver.stop()
