"""The thread without JavaScript: plain forms in both languages."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.service.running import OWN_PAGE, Service, a_service, code_of, link_token

TEXTS = {
    "": {
        "gate": "Alleen ingelogde gebruikers kunnen reageren.",
        "log_in": "Inloggen",
        "one": "1 reactie",
        "rated": "4/5 sterren (1)",
        "gone": "Deze reactie is verwijderd.",
        "missing": "Schrijf eerst uw reactie.",
        "heading": "Er klopt nog iets niet",
        "error": "<title>Fout: ",
        "lost": "U bent uitgelogd.",
    },
    "/en": {
        "gate": "Only logged-in users can comment.",
        "log_in": "Log in",
        "one": "1 comment",
        "rated": "4/5 stars (1)",
        "gone": "This comment was removed.",
        "missing": "Write your comment first.",
        "heading": "Something is not right yet",
        "error": "<title>Error: ",
        "lost": "You are logged out.",
    },
}
both_languages = pytest.mark.parametrize("prefix", list(TEXTS))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def forms(page: str) -> dict[str, dict[str, str]]:
    """The forms of a page: path of the action -> its fields, as a browser would send them."""
    found = {}
    for action, inside in re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL):
        fields = {
            name: unescape(value)
            for name, value in re.findall(r'<input(?! type="checkbox")[^>]*name="([^"]+)"[^>]*value="([^"]*)"', inside)
            if 'type="radio"' not in inside
        }
        areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', inside, re.DOTALL)
        found[unescape(action)] = fields | {name: unescape(text) for name, text in areas}
    return found


def form(page: str, ending: str) -> tuple[str, dict[str, str]]:
    action = next(action for action in forms(page) if urlsplit(action).path.endswith(ending))
    return action, forms(page)[action]


def send(service: Service, page: str, ending: str, **typed: str) -> httpx2.Response:
    """Fill a form in and send it as a browser does from our own page."""
    action, fields = form(page, ending)
    return service.client.post(action, data={**fields, **typed}, headers=OWN_PAGE, follow_redirects=False)


def follow(service: Service, answer: httpx2.Response) -> str:
    assert answer.status_code == 303, answer.text
    return service.client.get(answer.headers["location"]).text


@both_languages
def test_a_whole_journey_with_plain_forms(service: Service, prefix: str) -> None:
    said = TEXTS[prefix]
    client = service.client
    page = client.get(f"{prefix}/threads/blogs/drempels").text
    assert f'<html lang="{prefix.strip("/") or "nl"}">' in page
    assert said["gate"] in page
    log_in_path = unescape(re.findall(rf'href="({prefix}/log-in[^"]*)"', page)[-1])
    assert not client.cookies  # nothing is set before log-in
    page = client.get(log_in_path).text
    sent = send(service, page, "/log-in", email="anna@example.org")
    assert sent.status_code == 200
    done = send(service, sent.text, "/log-in/code", code=code_of(service.mail(1)["text"]))
    assert done.headers["location"].startswith(f"{prefix}/threads/blogs/drempels#")

    page = follow(service, done)
    done = send(service, page, "/comments", text="Een *goed* stuk.", name="Anna")
    assert re.fullmatch(rf"{prefix}/threads/blogs/drempels\?\S+#c-\w{{26}}", done.headers["location"])
    page = follow(service, done)
    assert "<p>Een <em>goed</em> stuk.</p>" in page
    assert said["one"] in page

    root = re.findall(r'id="c-(\w{26})"', page)[0]
    page = client.get(f"{prefix}/threads/blogs/drempels?reply={root}").text
    page = follow(service, send(service, page, "/comments", text="Een antwoord."))
    reply = re.findall(r'id="c-(\w{26})"', page)[1]
    page = client.get(f"{prefix}/threads/blogs/drempels?edit={reply}").text
    assert form(page, "/edit")[1]["text"] == "Een antwoord."
    page = follow(service, send(service, page, "/edit", text="Een beter antwoord."))
    assert "Een beter antwoord." in page

    page = follow(service, send(service, page, "/rating", stars="4"))
    assert said["rated"] in page
    assert 'value="4" checked' in page
    page = follow(service, send(service, page, "/rating", withdraw="yes"))
    assert "0/5" in page

    page = client.get(f"{prefix}/threads/blogs/drempels?delete={root}").text
    page = follow(service, send(service, page, "/delete"))
    assert said["gone"] in page
    assert "Een <em>goed</em>" not in page
    assert "Een beter antwoord." in page

    page = client.get(f"{prefix}/account").text
    page = follow(service, send(service, page, "/account", name="Anna B.", language="en"))
    assert 'value="Anna B."' in page
    follow(service, send(service, page, "/log-out"))
    assert not client.cookies
    assert said["gate"] in client.get(f"{prefix}/threads/blogs/drempels").text


@both_languages
def test_a_fault_is_summed_up_above_and_repeated_at_the_field(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    page = service.client.get(f"{prefix}/threads/blogs/drempels").text
    answer = send(service, page, "/comments", text="  ***  ")
    said = TEXTS[prefix]
    assert answer.status_code == 400
    assert said["error"] in answer.text
    assert said["heading"] in answer.text
    assert f'<a href="#text">{said["missing"]}</a>' in answer.text
    assert 'aria-describedby="text-d text-e" aria-invalid="true"' in answer.text
    assert form(answer.text, "/comments")[1]["text"] == "  ***  "
    assert said["missing"] in send(service, page, "/comments", text=" ").text


@both_languages
def test_a_failed_sending_shows_the_text_again_also_after_the_session_ended(service: Service, prefix: str) -> None:
    text = "Regel één\n\n<b>& 'twee'</b>"
    service.log_in(name="Anna")
    page = service.client.get(f"{prefix}/threads/blogs/drempels").text
    service.client.cookies.clear()
    answer = send(service, page, "/comments", text=text)
    assert answer.status_code == 401
    assert TEXTS[prefix]["lost"] in answer.text
    assert form(answer.text, "/comments")[1]["text"] == text
    service.log_in(name="Anna")  # in another tab
    page = follow(service, send(service, answer.text, "/comments"))
    assert "&lt;b&gt;" in page


def test_the_text_stays_when_the_comment_that_was_answered_is_gone(service: Service) -> None:
    service.log_in(name="Anna")
    root = service.comment("Wortel")
    page = service.client.get(f"/threads/blogs/drempels?reply={root['id']}").text
    assert service.client.delete(f"/api/v1/comments/{root['id']}", headers=OWN_PAGE).status_code == 204
    answer = send(service, page, "/comments", text="Mijn antwoord")
    assert answer.status_code == 400
    assert "De reactie waarop u antwoordt, is er niet meer." in answer.text
    assert form(answer.text, "/comments")[1]["text"] == "Mijn antwoord"


def test_the_text_stays_when_the_page_is_gone_or_something_unforeseen_happens(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.log_in(name="Anna")
    page = service.client.get("/threads/blogs/drempels").text
    action, fields = form(page, "/comments")
    lost = service.client.post(
        action.replace("drempels", "weg"), data=fields | {"text": "Mijn tekst"}, headers=OWN_PAGE
    )
    assert lost.status_code == 404
    assert "Mijn tekst</textarea>" in lost.text

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"secret of {tmp_path}")

    monkeypatch.setattr("comments_service.comments.prepare", fails)
    broken = send(service, page, "/comments", text="Mijn tekst")
    assert broken.status_code == 500
    assert "Mijn tekst</textarea>" in broken.text
    assert "secret" not in broken.text
    assert "Content-Security-Policy" in broken.headers


def test_sending_a_form_twice_stores_one_comment_and_another_text_gets_a_new_key(service: Service) -> None:
    service.log_in(name="Anna")
    page = service.client.get("/threads/blogs/drempels").text
    first, second = (send(service, page, "/comments", text="Eén keer.") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    other = send(service, page, "/comments", text="Iets anders.")
    assert other.status_code == 422
    assert form(other.text, "/comments")[1]["text"] == "Iets anders."
    follow(service, send(service, other.text, "/comments"))
    assert service.client.get("/api/v1/threads/blogs/drempels").json()["commentCount"] == 2


def test_paging_and_order_go_along_from_page_to_page(service: Service) -> None:
    service.log_in(name="Anna")
    for number in range(12):
        service.comment(f"Reactie {number}.")
    page = service.client.get("/threads/blogs/drempels?order=newest&limit=10&lang=").text
    shown = re.findall(r"<p>(Reactie \d+)\.</p>", page)
    assert shown == [f"Reactie {number}" for number in range(11, 1, -1)]
    more = unescape(re.findall(r'href="([^"]*after=[^"]*)"', page)[0])
    page = service.client.get(more).text
    assert re.findall(r"<p>(Reactie \d+)\.</p>", page) == ["Reactie 1", "Reactie 0"]
    assert '<option value="newest" selected>' in page


def test_more_replies_are_a_link_away_and_hang_on_their_root(service: Service) -> None:
    service.log_in(name="Anna")
    root = service.comment("Wortel")
    parent = str(root["id"])
    for number in range(23):
        parent = str(service.comment(f"Antwoord {number}.", inReplyTo=parent)["id"])
    page = service.client.get("/threads/blogs/drempels").text
    link = unescape(re.findall(r'href="([^"]*root=[^"]*)"', page)[0])
    page = service.client.get(link).text
    assert re.findall(r"<p>(Antwoord \d+)\.</p>", page) == ["Antwoord 20", "Antwoord 21", "Antwoord 22"]


def test_a_closed_page_has_no_form(service: Service) -> None:
    service.log_in(name="Anna")
    page = service.client.get("/threads/blogs/dicht").text
    assert "Reageren op deze pagina kan niet meer." in page
    assert not [action for action in forms(page) if "/comments" in action]


@both_languages
def test_the_language_switch_leads_to_the_same_page_of_the_service(service: Service, prefix: str) -> None:
    other = "" if prefix else "/en"
    page = service.client.get(f"{prefix}/threads/blogs/drempels?order=newest").text
    assert f'href="{other}/threads/blogs/drempels?order=newest"' in page
    service.log_in(name="Anna")
    page = service.client.get(f"{prefix}/threads/blogs/drempels").text
    page = send(service, page, "/comments", text="").text
    assert f'href="{other}/threads/blogs/drempels"' in page
    page = service.client.get(f"{prefix}/log-in/nothing").text
    assert f'href="{other}/log-in/nothing"' in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/threads/blogs/weg", 404),
        ("/threads/pages/over", 404),
        ("/threads/blogs/drempels?limit=7", 400),
        ("/threads/blogs/drempels?around=01ARZ3NDEKTSV4RRFFQ69G5FAV", 404),
        ("/log-in/code", 405),
        ("/en/nothing", 404),
        ("/embed/../app.py", 404),
        ("/embed/%2e%2e/app.py", 404),
        ("/log-in/link?token=wrong", 403),
    ],
)
def test_what_is_wrong_gets_a_whole_page(service: Service, path: str, status: int) -> None:
    answer = service.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    lang = "en" if path.startswith("/en") else "nl"
    assert f'<html lang="{lang}">' in answer.text
    assert answer.headers["content-language"] == lang


def test_writing_when_logged_out_leads_to_the_log_in_page_and_back(service: Service) -> None:
    asked = service.client.get("/en/threads/blogs/drempels?reply=01ARZ3NDEKTSV4RRFFQ69G5FAV", follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/en/log-in?returnTo=%2Fen%2Fthreads%2Fblogs%2Fdrempels%3Freply")
    assert service.client.get("/account", follow_redirects=False).headers["location"] == "/log-in?returnTo=%2Faccount"


def test_the_pages_use_the_sites_stylesheet_and_no_inline_style_or_script(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment()
    for path in ("/threads/blogs/drempels", "/account", "/dev/mail", "/nothing"):
        page = service.client.get(path).text
        assert '<link rel="stylesheet" href="/theme/plein.abc12345.css">' in page
        assert '<link rel="stylesheet" href="/embed/plein.css">' in page
        assert "<script" not in page
        assert not re.search(r'\s(style|on\w+)="', page)


def test_the_mail_of_the_reader_stands_on_no_page(service: Service) -> None:
    service.log_in("anna.geheim@example.org", name="Anna")
    service.comment()
    for path in ("/threads/blogs/drempels", "/account", "/api/v1/me", "/api/v1/threads/blogs/drempels/mine"):
        assert "geheim" not in service.client.get(path).text


def test_a_link_of_the_mail_is_whole_in_both_parts(service: Service) -> None:
    service.client.post("/en/log-in", data={"email": "anna@example.org"}, headers=OWN_PAGE)
    mail = service.mail(1)
    assert mail["subject"] == "Log in to Plein"
    assert "http://testserver/en/log-in/link?token=" in mail["text"]
    assert link_token(mail["text"]) in mail["html"]
    assert code_of(mail["text"]) in mail["html"]
