"""Forms that people press twice, come back to, or reach with a wrong address."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comments_service.settings import LoginSettings
from tests.service.running import OWN_PAGE, Service, a_service, code_of, link_token
from tests.service.test_web_pages import both_languages, form

BACK = "/blogs/drempels/#thread"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def asked_by_form(service: Service, return_to: str = BACK, prefix: str = "") -> tuple[dict[str, str], str]:
    """The fields of the code form, and the text of the mail."""
    page = service.client.get(f"{prefix}/log-in", params={"returnTo": return_to}).text
    path, fields = form(page, "/log-in")
    before = len(service.mails())
    sent = service.client.post(path, data={**fields, "email": "anna@example.org"}, headers=OWN_PAGE)
    assert sent.status_code == 200, sent.text
    return form(sent.text, "/log-in/code")[1], service.mail(before + 1)["text"]


def test_pressing_log_in_twice_leads_back_twice(service: Service) -> None:
    fields, mail = asked_by_form(service)
    for way, data in (
        ("/log-in/link", {"token": link_token(mail)}),
        ("/log-in/code", {**fields, "code": code_of(mail)}),
    ):
        for _ in range(2):
            answer = service.client.post(way, data=data, headers=OWN_PAGE, follow_redirects=False)
            assert (answer.status_code, answer.headers.get("location")) == (303, BACK)
    again = service.client.get("/log-in/link", params={"token": link_token(mail)}, follow_redirects=False)
    assert again.headers["location"] == BACK


def test_a_used_link_logs_nobody_else_in(service: Service) -> None:
    _, mail = asked_by_form(service)
    data = {"token": link_token(mail)}
    assert service.client.post("/log-in/link", data=data, headers=OWN_PAGE, follow_redirects=False).status_code == 303
    service.client.cookies.clear()
    service.log_in("ben@example.org", name="Ben")
    assert service.client.post("/log-in/link", data=data, headers=OWN_PAGE).status_code == 403
    assert service.client.get("/api/v1/me").json()["name"] == "Ben"


@both_languages
def test_a_link_that_does_not_work_leads_to_a_new_mail(service: Service, prefix: str) -> None:
    answer = service.client.get(f"{prefix}/log-in/link?token=broken")
    assert answer.status_code == 403
    assert f'<a class="nl-button" href="{prefix}/log-in">' in answer.text
    assert ("Deze link werkt niet" if prefix == "" else "This link does not work") in answer.text


@pytest.mark.parametrize("return_to", ["/blogs/drempels/?x=" + "y" * 600, "/a\x00b", "//evil.example/", "\ud7ff"])
def test_a_wrong_way_back_does_not_keep_anybody_out(service: Service, return_to: str) -> None:
    fields, mail = asked_by_form(service, return_to)
    done = service.client.post(
        "/log-in/code", data={**fields, "code": code_of(mail)}, headers=OWN_PAGE, follow_redirects=False
    )
    assert (done.status_code, done.headers["location"]) == (303, "/account")


def test_a_first_comment_that_is_sent_again_without_the_name_is_the_same_comment(service: Service) -> None:
    service.log_in()
    path = "/api/v1/threads/blogs/drempels/comments"
    key = OWN_PAGE | service.key()
    first = service.client.post(path, json={"text": "Eén keer.", "name": "Anna"}, headers=key)
    again = service.client.post(path, json={"text": "Eén keer."}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize("length", [5001, 20_001, 60_000])
def test_a_text_that_is_too_long_is_told_the_one_length_that_counts(service: Service, length: int) -> None:
    service.log_in(name="Anna")
    answer = service.client.post(
        "/api/v1/threads/blogs/drempels/comments", json={"text": "a" * length}, headers=OWN_PAGE | service.key()
    )
    assert [fault["field"] for fault in answer.json()["errors"]] == ["text"]
    assert "5000" in answer.json()["errors"][0]["message"]


def test_the_log_in_page_says_when_to_come_back(tmp_path: Path) -> None:
    with a_service(tmp_path, limits="on", login=LoginSettings(mails_per_address_per_hour=1)) as running:
        first, second = (
            running.client.post("/log-in", data={"email": "anna@example.org"}, headers=OWN_PAGE) for _ in range(2)
        )
    assert (first.status_code, second.status_code) == (200, 429)
    assert 0 < int(second.headers["retry-after"]) <= 3600
