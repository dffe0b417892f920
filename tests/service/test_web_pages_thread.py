"""What the thread's pages can do without JavaScript: vote, preview, quote, filter, history, holding, closing, feeds."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from comments_service.settings import CommentSettings
from tests.service.running import OWN_PAGE, SITE, Service, a_manifest, a_service
from tests.service.test_web_pages import both_languages, follow, form, forms, send

THREAD = "/threads/blogs/drempels"
WORDS = {
    "": {
        "helpful": "Nuttig",
        "limit": "Hoogstens 5.000 tekens.",
        "waits": "wacht op een moderator",
        "earlier": "Eerdere versies",
        "closed": "Een moderator heeft de reacties op deze pagina gesloten.",
        "old": "ouder dan 30 dagen",
        "best": "Nuttigste eerst",
        "stars": "van 5 sterren",
        "before": "Dit is al eerder verstuurd",
        "feed": "alleen in het Engels",
        "nobody": "Onbekende schrijver",
    },
    "/en": {
        "helpful": "Helpful",
        "limit": "At most 5,000 characters.",
        "waits": "waits for a moderator",
        "earlier": "Earlier versions",
        "closed": "A moderator closed the comments on this page.",
        "old": "older than 30 days",
        "best": "Most helpful first",
        "stars": "of 5 stars",
        "before": "This was sent before",
        "feed": "only in English",
        "nobody": "Unknown author",
    },
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def make_moderator(service: Service, name: str) -> None:
    with sqlite3.connect(service.settings.service.database) as database:
        database.execute("UPDATE account SET role = 'moderator' WHERE name = ?", (name,))
    # the service sees what another process wrote within a second, and at once when it changes an account itself
    service.client.patch("/api/v1/me", json={"language": "nl"}, headers=OWN_PAGE).raise_for_status()


def shown(page: str) -> list[str]:
    """The plain texts of the comments, in the order of the page."""
    found = re.findall(r'<div class="comment__text"[^>]*>(.*?)</div>', page, re.DOTALL)
    return [unescape(re.sub("<[^>]*>", "", text)).strip() for text in found]


def vote(service: Service, page: str, comment_id: str) -> str:
    """Press the helpful button of a comment, and return the page that it leads to."""
    form = re.findall(rf'form="([^"]*)" name="comment" value="{comment_id}" aria-pressed', page)[0]
    action, value = re.findall(rf'<form id="{form}" action="([^"]*)".*?name="value" value="([^"]*)"', page)[0]
    data = {"comment": comment_id, "value": value}
    return follow(service, service.client.post(unescape(action), data=data, headers=OWN_PAGE, follow_redirects=False))


@both_languages
def test_a_helpful_vote_is_a_button_with_its_count_and_state(service: Service, prefix: str) -> None:
    said = WORDS[prefix]["helpful"]
    service.log_in(name="Anna")
    other, liked = (str(service.comment(text)["id"]) for text in ("Gewoon.", "Handig."))
    assert said not in shown_feet(service.client.get(prefix + THREAD).text)  # nobody votes on what is their own
    service.log_in("ben@example.org", name="Ben")
    page = vote(service, service.client.get(prefix + THREAD).text, liked)
    assert f'form="vote-none" name="comment" value="{liked}" aria-pressed="true"' in page
    assert f'{said}<span class="num">&nbsp;(1)</span>' in page
    best = service.client.get(f"{prefix}{THREAD}?order=best").text
    assert f'<option value="best" selected>{WORDS[prefix]["best"]}</option>' in best
    assert shown(best) == ["Handig.", "Gewoon."]
    service.client.cookies.clear()
    page = service.client.get(prefix + THREAD).text
    assert f'{said}<span class="num">&nbsp;(1)</span>' in page
    assert "/vote" not in page
    service.log_in("ben@example.org")
    page = vote(service, service.client.get(prefix + THREAD).text, liked)
    assert 'aria-pressed="true"' not in page
    assert "(1)</span>" not in page
    answer = service.client.post(f"{prefix}{THREAD}/vote", data={"comment": "x", "value": "1"}, headers=OWN_PAGE)
    assert answer.status_code == 404
    assert other in answer.text


@both_languages
def test_a_comment_of_an_account_that_is_gone_names_nobody(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    left = service.comment("Achtergelaten.")["id"]
    service.log_in("ben@example.org", name="Ben")
    with sqlite3.connect(service.settings.service.database) as database:
        database.execute("UPDATE comment SET account_id = NULL WHERE id = ?", (left,))
    service.comment("Van Ben.")
    page = service.client.get(prefix + THREAD).text
    nobody = WORDS[prefix]["nobody"]
    assert f'<b dir="auto">{nobody}</b>' in page
    assert f'aria-label="{nobody}, ' in page
    assert f"{nobody}</span>" in shown_feet(page)


def shown_feet(page: str) -> str:
    return "".join(re.findall(r'<div class="comment__foot">.*?</div>', page, re.DOTALL))


@both_languages
def test_a_preview_shows_the_text_as_it_will_look_and_keeps_it(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    service.comment("Eén.")
    page = service.client.get(prefix + THREAD).text
    assert WORDS[prefix]["limit"] in page
    text = "Een *goed* stuk,\n<b>@Anna</b>"
    seen = send(service, page, "/comments", text=text, preview="yes", lang="en")
    assert seen.status_code == 200
    assert '<h3 id="preview"' in seen.text
    assert 'Een <em>goed</em> stuk,<br>\n&lt;b&gt;<a class="mention"' in seen.text.replace("<br />", "<br>")
    action, kept = form(seen.text, "/comments")
    assert (kept["text"], kept["key"]) == (text, form(page, "/comments")[1]["key"])
    assert '<option value="en" selected>' in seen.text.rpartition('id="written-in"')[2]
    assert service.client.get("/api/v1/threads/blogs/drempels").json()["commentCount"] == 1
    assert f'formaction="{action}#preview"' in seen.text.replace("&amp;", "&")
    follow(service, send(service, seen.text, "/comments", lang="en"))
    assert service.client.get("/api/v1/threads/blogs/drempels").json()["items"][1]["lang"] == "en"


def test_a_preview_of_nothing_says_what_is_wrong(service: Service) -> None:
    service.log_in(name="Anna")
    answer = send(service, service.client.get(THREAD).text, "/comments", text="  ", preview="yes")
    assert answer.status_code == 400
    assert '<h3 id="preview"' not in answer.text
    service.client.cookies.clear()
    answer = send(service, answer.text, "/comments", text="Mijn tekst", preview="yes")
    assert (answer.status_code, form(answer.text, "/comments")[1]["text"]) == (401, "Mijn tekst")


def test_an_edit_can_be_previewed_in_its_place(service: Service) -> None:
    service.log_in(name="Anna")
    comment = service.comment("Oud.")
    page = service.client.get(f"{THREAD}?edit={comment['id']}").text
    seen = send(service, page, "/edit", text="Nieuw.", preview="yes")
    assert "<p>Nieuw.</p>" in seen.text
    assert shown(follow(service, send(service, seen.text, "/edit"))) == ["Nieuw."]


def test_a_reply_names_what_it_answers_where_nesting_does_not(service: Service) -> None:
    service.log_in(name="Anna")
    parent = str(service.comment("Niveau 1.")["id"])
    for level in range(2, 6):
        parent = str(service.comment(f"Niveau {level}.", inReplyTo=parent)["id"])
    page = service.client.get(THREAD).text
    assert len(re.findall("antwoord op", page)) == 1
    assert page.index("Niveau 4.") < page.index("antwoord op") < page.index("Niveau 5.")


def test_editing_is_offered_as_long_as_it_is_possible(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Eén.")
    assert "edit=" in service.client.get(THREAD).text
    service.clock.now += timedelta(minutes=service.settings.comments.edit_minutes)
    page = service.client.get(THREAD).text
    assert "edit=" not in page
    assert "delete=" in page


def test_a_quote_stands_in_the_form_of_the_reply(service: Service) -> None:
    service.log_in(name="Anna")
    comment = service.comment("Eerste regel\n\n- een\n- twee & <drie>")
    page = service.client.get(THREAD).text
    link = unescape(re.findall(r'href="([^"]*quote=1[^"]*)"', page)[0])
    page = service.client.get(link).text
    assert form(page, "/comments")[1]["text"] == "> Eerste regel\n>\n> - een\n> - twee & <drie>\n\n"
    assert form(page, "/comments")[1]["comment"] == comment["id"]
    assert service.client.get(f"{THREAD}?reply=01ARZ3NDEKTSV4RRFFQ69G5FAV&quote=1").status_code == 404


def test_an_order_a_number_and_a_language_go_along(service: Service) -> None:
    service.log_in(name="Anna")
    for number in range(26):
        service.comment(f"{number}", lang="en" if number % 13 else "nl")
    page = service.client.get(f"{THREAD}?order=newest&limit=10&lang=en").text
    assert shown(page) == [f"{number}" for number in range(25, 15, -1)]
    assert "Engels (24)" in page
    assert "Nederlands (2)" in page
    more = unescape(re.findall(r'href="([^"]*after=[^"]*)"', page)[0])
    assert "order=newest&limit=10&lang=en&after=" in more
    assert shown(service.client.get(more).text)[0] == "15"
    assert len(shown(service.client.get(f"{THREAD}?limit=25").text)) == 25
    assert len(shown(service.client.get(f"{THREAD}?limit=50").text)) == 26


@both_languages
def test_the_history_of_an_edit_is_for_its_author_and_moderators(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    comment = service.comment("Eerst.")
    path = f"{prefix}{THREAD}/history/{comment['id']}"
    for text in ("Toen.", "Nu."):
        service.client.patch(f"/api/v1/comments/{comment['id']}", json={"text": text}, headers=OWN_PAGE)
    assert f'href="{path}"' in service.client.get(prefix + THREAD).text
    page = service.client.get(path).text
    assert f"<h1>{WORDS[prefix]['earlier']}</h1>" in page
    assert shown(page) == ["Nu.", "Toen.", "Eerst."]
    service.log_in("ben@example.org", name="Ben")
    assert service.client.get(path).status_code == 403
    assert path not in service.client.get(prefix + THREAD).text
    make_moderator(service, "Ben")
    assert shown(service.client.get(path).text) == ["Nu.", "Toen.", "Eerst."]
    assert path in service.client.get(prefix + THREAD).text
    assert service.client.get(path.replace("drempels", "dicht")).status_code == 404
    service.client.cookies.clear()
    assert service.client.get(path, follow_redirects=False).status_code == 303


@both_languages
def test_a_moderator_closes_and_opens_a_thread(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    service.comment("Eén.")
    refused = service.client.post(f"{prefix}{THREAD}/closure", data={"closed": "yes"}, headers=OWN_PAGE)
    assert refused.status_code == 403
    make_moderator(service, "Anna")
    page = service.client.get(prefix + THREAD).text
    page = follow(service, send(service, page, "/closure", closed="yes"))
    assert WORDS[prefix]["closed"] in page
    assert not [action for action in forms(page) if "/comments" in action]
    assert "reply=" not in page
    assert shown(page) == ["Eén."]
    page = follow(service, send(service, page, "/closure", closed="no"))
    assert WORDS[prefix]["closed"] not in page
    assert form(page, "/comments")


@both_languages
def test_an_old_page_says_why_it_is_closed(tmp_path: Path, prefix: str) -> None:
    old: dict[str, object] = {
        "kind": "blog",
        "language": "nl",
        "comments": "open",
        "date": "2026-10-01T12:00:00+02:00",
        "translations": {"nl": {"url": f"{SITE}/blogs/oud/", "title": "Oud", "hash": "x"}},
    }
    (tmp_path / "plein.json").write_bytes(a_manifest(SITE, **{"blogs/oud": old}))
    with a_service(tmp_path, comments=CommentSettings(close_after_days=30)) as running:
        assert WORDS[prefix]["old"] in running.client.get(f"{prefix}/threads/blogs/oud").text
        assert WORDS[prefix]["old"] not in running.client.get(prefix + THREAD).text


@both_languages
def test_a_held_comment_is_shown_to_its_author_and_can_be_deleted(tmp_path: Path, prefix: str) -> None:
    with a_service(tmp_path, limits="on", comments=CommentSettings(hold_per_minute=1)) as running:
        running.log_in(name="Anna")
        running.comment("Eén.")
        page = running.client.get(prefix + THREAD).text
        done = send(running, page, "/comments", text="Twee.")
        page = follow(running, done)
        held = re.findall(r"#c-(\w{26})$", done.headers["location"])[0]
        assert f'id="c-{held}"' in page
        assert WORDS[prefix]["waits"] in page
        assert shown(page) == ["Eén.", "Twee."]
        token = dict(running.client.cookies)
        running.client.cookies.clear()
        assert shown(running.client.get(prefix + THREAD).text) == ["Eén."]
        running.client.cookies.update(token)
        page = running.client.get(f"{prefix}{THREAD}?delete={held}").text
        page = follow(running, send(running, page, "/delete"))
        assert shown(page) == ["Eén."]


@both_languages
def test_the_stars_say_what_they_mean_and_how_they_are_divided(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    page = service.client.get(prefix + THREAD).text
    assert "<fieldset><legend>" in page
    assert f'<span>4<span class="vh"> {WORDS[prefix]["stars"]}</span></span>' in page
    page = follow(service, send(service, page, "/rating", stars="4"))
    found = re.findall(r'<li>(\d) (?:ster|sterren|star|stars): <span class="num">(\d+)</span>', page)
    assert found == [("5", "0"), ("4", "1"), ("3", "0"), ("2", "0"), ("1", "0")]


@both_languages
def test_a_thread_names_its_feeds(service: Service, prefix: str) -> None:
    service.log_in(name="Anna")
    service.comment("Nederlands.", lang="nl")
    page = service.client.get(prefix + THREAD).text
    links = re.findall(r'<link rel="alternate" type="application/atom\+xml" title="[^"]*" href="([^"]*)">', page)
    assert links == [f"{SITE}{prefix}{THREAD}/atom.xml?lang=all"]
    service.comment("English.", lang="en")
    page = service.client.get(prefix + THREAD).text
    assert WORDS[prefix]["feed"] in page
    links = re.findall(r'<link rel="alternate" type="application/atom\+xml" title="[^"]*" href="([^"]*)">', page)
    assert [service.client.get(link).text.count("<entry ") for link in links] == [2, 1, 1]


@both_languages
def test_coming_back_and_sending_again_is_one_comment(service: Service, prefix: str) -> None:
    """A browser shows the kept page when its reader comes back: with the same key in the form."""
    service.log_in(name="Anna")
    page = service.client.get(prefix + THREAD)
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["vary"] == "Cookie"
    for _ in range(2):
        follow(service, send(service, page.text, "/comments", text="Eén keer."))
    changed = send(service, page.text, "/comments", text="Anders.")
    assert changed.status_code == 422
    assert WORDS[prefix]["before"] in changed.text
    assert shown(service.client.get(prefix + THREAD).text) == ["Eén keer."]
    assert form(changed.text, "/comments")[1]["key"] != form(page.text, "/comments")[1]["key"]
    service.client.cookies.clear()
    assert service.client.get(prefix + THREAD).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [f"{THREAD}/", f"/en{THREAD}/?order=newest", "/log-in/", "/en/log-in/?returnTo=%2Fx"])
def test_a_slash_too_many_leads_to_the_page(service: Service, path: str) -> None:
    answer = service.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, path.replace("/?", "?").rstrip("/"))


def test_a_slash_too_many_keeps_the_subpath(tmp_path: Path) -> None:
    (tmp_path / "plein.json").write_bytes(a_manifest(f"{SITE}/sub"))
    with a_service(tmp_path, site=f"{SITE}/sub") as running:
        answer = running.client.get(f"/sub{THREAD}/", follow_redirects=False)
        assert answer.headers["location"] == f"/sub{THREAD}"


@both_languages
def test_large_numbers_are_written_as_the_language_does(service: Service, prefix: str) -> None:
    with sqlite3.connect(service.settings.service.database) as database:
        database.execute("UPDATE thread SET stars_5 = 1234")
    page = service.client.get(prefix + THREAD).text
    assert f'<span class="num">{"1,234" if prefix else "1.234"}</span>' in page
