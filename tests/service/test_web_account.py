"""The account page, and the question at the first comment: nothing travels before somebody agreed."""

import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx2
import pytest

from comments_service.consent import proposed_handle
from tests.service.running import OWN_PAGE, Service, a_service, wait_until

THREAD = "/threads/blogs/drempels"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_service(tmp_path_factory.mktemp("account")) as service:
        yield service


@pytest.fixture
def service(running: Service, request: pytest.FixtureRequest) -> Service:
    """The service, with a new account for each test."""
    running.client.cookies.clear()
    running.log_in(f"{re.sub(r'[^a-z]', '.', request.node.name.lower())[:60].strip('.')}@example.org")
    return running


def send(service: Service, path: str, **fields: str) -> httpx2.Response:
    return service.client.post(path, data=fields, headers=OWN_PAGE, follow_redirects=False)


def first_comment(service: Service, text: str, **fields: str) -> httpx2.Response:
    page = service.client.get(THREAD).text
    assert 'name="asked"' in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    return send(service, f"{THREAD}/comments", key=key[1], asked="yes", text=text, lang="nl", **fields)


def me(service: Service) -> tuple[object, object]:
    account = service.client.get("/api/v1/me").json()
    return account["federates"], account["handle"]


def travels(service: Service, text: str) -> bool:
    items = service.client.get("/api/v1/threads/blogs/drempels?limit=50&order=newest").json()["items"]
    return next(bool(item.get("travels")) for item in items if text in item["html"])


@pytest.mark.parametrize(
    ("prefix", "stop", "back", "again"),
    [
        ("", "Stop vanaf nu", "Ja, haal alles terug", "Laat mijn reacties meereizen"),
        ("/en", "Stop from now on", "Yes, take everything back", "Let my comments travel"),
    ],
)
def test_one_agrees_stops_and_takes_back_on_the_account_page(
    service: Service, prefix: str, stop: str, back: str, again: str
) -> None:
    handle = f"anna{prefix.strip('/')}"
    account = f"{prefix}/account"
    send(service, account, name="Anna de Vries", language="nl")
    page = service.client.get(account).text
    assert 'value="anna_de_vries"' in page  # proposed, not taken
    assert me(service) == (None, None)
    done = send(service, account, federation="on", handle=f"@{handle.upper()}")
    assert done.headers["location"] == f"{account}?saved=yes"
    page = service.client.get(account).text
    assert f"@{handle}@testserver" in page
    assert stop in page
    assert again not in page
    assert me(service) == (True, handle)
    send(service, account, federation="off")
    page = service.client.get(account).text
    assert me(service) == (False, handle)
    assert stop not in page
    assert back in page
    assert again in page
    send(service, account, federation="take-back")
    page = service.client.get(account).text
    assert back not in page
    assert again in page
    send(service, account, federation="on")  # the handle stays
    assert me(service) == (True, handle)


def test_a_handle_of_somebody_else_is_refused_and_stays_in_the_form(service: Service) -> None:
    send(service, "/account", name="Bea", language="nl")
    for taken in ("plein", "admin", "Té laat", ""):
        answer = send(service, "/account", federation="on", handle=taken)
        assert answer.status_code == 400
        assert 'href="#handle"' in answer.text
        assert f'value="{taken}"' in unescape(answer.text)
    assert me(service) == (None, None)


def test_without_a_name_one_is_sent_to_the_field_for_it(service: Service) -> None:
    answer = send(service, "/account", federation="on", handle="nameless")
    assert answer.status_code == 400
    assert 'href="#name"' in answer.text


def test_who_says_yes_at_the_first_comment_sees_that_comment_travel(service: Service) -> None:
    done = first_comment(service, "Mag mee.", name="Cor", federation="on", handle="cor")
    assert done.status_code == 303
    assert me(service) == (True, "cor")
    wait_until(lambda: travels(service, "Mag mee."))
    assert 'name="asked"' not in service.client.get(THREAD).text


def test_who_leaves_the_box_empty_said_no_and_is_not_asked_again(service: Service) -> None:
    assert first_comment(service, "Blijft hier.", name="Dora", handle="dora").status_code == 303
    assert me(service) == (False, None)
    assert 'name="asked"' not in service.client.get(THREAD).text
    assert not travels(service, "Blijft hier.")


def test_a_handle_that_is_taken_keeps_the_comment_in_the_form_and_posts_nothing(service: Service) -> None:
    answer = first_comment(service, "Nog niet.", name="Evert", federation="on", handle="plein")
    assert answer.status_code == 400
    assert 'href="#handle"' in answer.text
    assert "Nog niet.</textarea>" in answer.text
    assert re.search(r'name="federation" value="on"[^>]* checked', answer.text)
    assert 'value="plein"' in answer.text
    assert me(service) == (None, None)
    assert "Nog niet." not in service.client.get("/api/v1/threads/blogs/drempels?order=newest").text


def test_a_comment_that_is_refused_decides_nothing(service: Service) -> None:
    assert first_comment(service, " ", name="Fien", federation="on", handle="fien").status_code == 400
    assert me(service) == (None, None)


def test_likes_boosts_and_quotes_stand_under_the_page_and_the_comment(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        comment = str(service.comment("Mooi.")["id"])
        with sqlite3.connect(service.settings.service.database) as database:
            database.execute("UPDATE thread SET likes = 3, boosts = 1, quotes = 2, version = version + 1")
            database.execute("UPDATE comment SET likes = 1, boosts = 2 WHERE id = ?", (comment,))
        found = service.client.get("/api/v1/threads/blogs/drempels?limit=50").json()
        assert [found[name] for name in ("likes", "boosts", "quotes", "federated")] == [3, 1, 2, True]
        assert (found["items"][0]["likes"], found["items"][0]["boosts"]) == (1, 2)
        for prefix, says in (("", ("3 likes", "1 boost", "2 citaten")), ("/en", ("3 likes", "1 boost", "2 quotes"))):
            page = service.client.get(prefix + THREAD).text
            assert [one for one in says if f"<li>{one}</li>" not in page] == []
            assert [one for one in ("1 like", "2 boosts") if f"<span>{one}</span>" not in page] == []


@pytest.mark.parametrize(
    ("name", "handle"),
    [("Anna de Vries", "anna_de_vries"), ("Zoë", "zoe"), ("李雷", ""), ("_x_", "x"), ("a" * 40, "a" * 30), ("", "")],
)
def test_a_handle_is_proposed_that_looks_like_the_name(name: str, handle: str) -> None:
    assert proposed_handle(name) == handle


@pytest.mark.parametrize(
    ("path", "account", "log_in"), [("/niets", "Uw account", "Inloggen"), ("/en/nothing", "Your account", "Log in")]
)
def test_a_page_that_says_no_knows_who_is_logged_in(service: Service, path: str, account: str, log_in: str) -> None:
    page = service.client.get(path)
    assert page.status_code == 404
    assert account in page.text
    assert f">{log_in}<" not in page.text
