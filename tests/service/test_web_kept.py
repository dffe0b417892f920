"""Without JavaScript: what somebody wrote is never lost from the page, and what was stored is seen at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.running import Service, a_service
from tests.service.test_web_pages import both_languages, follow, form, send

PAGE = "/threads/blogs/drempels"
GONE = {"": "Deze reactie staat er niet meer.", "/en": "This comment is no longer there."}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        running.log_in(name="Anna")
        yield running


@both_languages
@pytest.mark.parametrize("has_answers", [True, False])
@pytest.mark.parametrize(("action", "ending"), [("reply", "/comments"), ("edit", "/edit")])
def test_the_text_stays_when_the_comment_goes_while_one_writes(
    service: Service, prefix: str, action: str, ending: str, has_answers: bool
) -> None:
    root = str(service.comment("De wortel")["id"])
    if has_answers:
        service.comment("Een antwoord", inReplyTo=root)
    page = service.client.get(f"{prefix}{PAGE}?{action}={root}").text
    send(service, service.client.get(f"{prefix}{PAGE}?delete={root}").text, "/delete")
    answer = send(service, page, ending, text="Een lange tekst.")
    assert answer.status_code in (400, 404)
    path, fields = form(answer.text, "/comments")
    assert fields["text"] == "Een lange tekst."
    assert "comment" not in fields
    if action == "edit":
        assert GONE[prefix] in answer.text
    page = follow(
        service,
        service.client.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False),
    )
    assert "<p>Een lange tekst.</p>" in page


@both_languages
def test_a_comment_that_was_deleted_elsewhere_is_said_to_be_gone(service: Service, prefix: str) -> None:
    root = str(service.comment("De wortel")["id"])
    page = service.client.get(f"{prefix}{PAGE}?delete={root}").text
    assert send(service, page, "/delete").status_code == 303
    again = send(service, page, "/delete")
    assert again.status_code == 404
    assert GONE[prefix] in again.text
    stale = service.client.get(f"{prefix}{PAGE}?around={root}")
    assert stale.status_code == 404
    assert GONE[prefix] in stale.text
    assert form(stale.text, "/comments")


def test_a_comment_is_seen_after_posting_whatever_language_was_chosen(service: Service) -> None:
    page = service.client.get(f"{PAGE}?lang=en").text
    assert "<p>Dit is Nederlands.</p>" in follow(service, send(service, page, "/comments", text="Dit is Nederlands."))
    assert "In deze taal zijn er nog geen reacties." in service.client.get(f"{PAGE}?lang=en").text


def test_deep_answers_stand_in_four_levels_and_name_what_they_answer(service: Service) -> None:
    parent = str(service.comment("Niveau 1")["id"])
    for level in range(2, 10):
        service.client.patch(
            "/api/v1/me", json={"name": f"Schrijver {level}"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        parent = str(service.comment(f"Niveau {level}", inReplyTo=parent)["id"])
    page = service.client.get(PAGE).text
    thread = page[page.index('<ol class="thread">') :]
    depth = deepest = 0
    for tag in re.findall(r"<ol|</ol>", thread):
        depth += 1 if tag == "<ol" else -1
        deepest = max(deepest, depth)
    assert deepest == 4
    assert thread.index("Niveau 8") < thread.index("Niveau 9")


def test_a_reply_whose_parent_stands_on_another_page_is_not_said_to_answer_the_root(service: Service) -> None:
    root = str(service.comment("De wortel")["id"])
    first = str(service.comment("Het eerste antwoord", inReplyTo=root)["id"])
    for number in range(24):
        service.comment(f"Antwoord {number}", inReplyTo=root)
    late = str(service.comment("Laat antwoord", inReplyTo=first)["id"])
    page = service.client.get(f"{PAGE}?around={late}").text
    article = page[page.index(f'id="c-{late}"') :].partition("</header>")[0]
    assert f'#c-{first}" dir="auto">een eerdere reactie</a>' in article


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("PUT", "/log-in", "GET, HEAD, POST"), ("POST", "/", "GET, HEAD")]
)
def test_a_page_says_which_methods_it_knows(tmp_path: Path, method: str, path: str, allowed: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>Plein</title>", "utf-8")
    with a_service(tmp_path, service={"site_dir": site}) as running:
        answer = running.client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


def test_the_language_switch_leads_to_no_other_host(service: Service) -> None:
    page = service.client.get("/en//evil.example/x").text
    assert 'href="//' not in page
