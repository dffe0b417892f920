"""Hostile texts as comments, names and links: in a real browser none runs, and each leaves the page whole."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from comments_service.ids import new_id
from comments_service.markup import RENDERER_VERSION, render
from comments_service.store.protocol import utc_text
from tests.browser.conftest import Visit
from tests.browser.payloads import PAYLOADS
from tests.browser.place import Place

BATCH = 50  # the widget's largest page
PARTS = [PAYLOADS[start : start + BATCH] for start in range(0, len(PAYLOADS), BATCH)]

# What a comment may hold in a page: anything else came from a stranger's text.
LOOK = """() => {
    const allowed = "A P EM STRONG DEL CODE PRE BLOCKQUOTE OL UL LI BR HR DIV SPAN".split(" ");
    const inside = [...document.querySelectorAll("article.comment .comment__text *")];
    const attributes = [...document.querySelectorAll("article.comment *")].flatMap((node) => node.getAttributeNames());
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    const strange = ["script:not([src])", "img", "svg[onload]"].map((name) => `body > ${name}`);
    return {
        ran: window.ran ?? null,
        tags: inside.map((node) => node.tagName).filter((tag) => !allowed.includes(tag)),
        handlers: attributes.filter((name) => name.startsWith("on") || name === "style"),
        addresses: [...document.querySelectorAll("article.comment a[href]")].map((link) => link.protocol)
            .filter((scheme) => !["http:", "https:", "mailto:"].includes(scheme)),
        inert: [...document.querySelectorAll("article.comment .comment__text a[href^='http']")]
            .filter((link) => link.origin !== location.origin && !/nofollow/.test(link.rel)).length,
        doubled: ids.filter((id, at) => ids.indexOf(id) !== at),
        outside: document.querySelectorAll([...strange, "base", "meta[http-equiv=refresh]"]).length,
        articles: document.querySelectorAll("article.comment").length,
        headings: document.querySelectorAll("main h1").length,
        mains: document.querySelectorAll("main").length,
    };
}"""


def looks_whole(page: Page, articles: int) -> None:
    seen = page.evaluate(LOOK)
    assert seen == {
        "ran": None,
        "tags": [],
        "handlers": [],
        "addresses": [],
        "inert": 0,
        "doubled": [],
        "outside": 0,
        "articles": articles,
        "headings": 1,
        "mains": 1,
    }


def test_there_are_at_least_two_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"from {part[0][:12]!r}")
def test_texts_as_comments_run_nothing_and_leave_the_page_whole(visit: Visit, place: Place, part: list[str]) -> None:
    key = place.fresh_page()
    reader = visit("nl", meets_faults=True)  # some texts are refused
    reader.be_logged_in(key, name="Vijand")
    stored = 0
    for text in part:
        answer = reader.ask("POST", f"threads/{key}/comments", {"text": text})
        assert answer["status"] in (201, 400), (text, answer)
        stored += answer["status"] == 201
    assert stored > len(part) // 2
    guest = visit("nl")
    guest.page.goto(f"{place.url}/threads/{key}?limit=50")
    looks_whole(guest.page, stored)
    for name in ("nl", "en"):
        other = visit(name)
        other.open_whole(key)
        looks_whole(other.page, stored)


def test_names_run_nothing_and_leave_the_page_whole(visit: Visit, place: Place) -> None:
    """Names straight in the database: also those that the service would refuse, as another server might send them."""
    key = place.fresh_page()
    part = PAYLOADS[:BATCH] if len(PAYLOADS) < 200 else PAYLOADS[:: len(PAYLOADS) // BATCH][:BATCH]
    _store_as_names(place, key, part)
    reader = visit("en")
    reader.page.goto(f"{place.url}/en/threads/{key}?limit=50")
    expect(reader.page.locator("article.comment")).to_have_count(len(part))
    looks_whole(reader.page, len(part))
    links = reader.page.evaluate("[...document.querySelectorAll('.comment__who a')].map((link) => link.href)")
    other = visit("nl")
    other.open(key)
    expect(other.page.locator(".thread article.comment").first).to_be_visible()
    assert other.page.evaluate("window.ran ?? null") is None
    for link in links[:10]:
        other.page.goto(link)
        looks_whole(other.page, other.page.locator("article.comment").count())


def test_a_renaming_to_each_text_is_refused_or_harmless(visit: Visit, place: Place) -> None:
    key = place.fresh_page()
    reader = visit("nl", meets_faults=True)
    reader.be_logged_in(key, name="Vijand")
    reader.say(key, "Een gewone reactie")
    for text in PAYLOADS:
        answer = reader.ask("PATCH", "me", {"name": text})
        assert answer["status"] in (200, 400), (text, answer)
    guest = visit("nl")
    guest.page.goto(f"{place.url}/threads/{key}")
    looks_whole(guest.page, 1)


def _store_as_names(place: Place, key: str, names: list[str]) -> None:
    now = datetime.now(UTC)
    connection = sqlite3.connect(place.state / "plein.db", timeout=60)
    with connection:
        site_id = connection.execute("SELECT site_id FROM page WHERE key = ?", (key,)).fetchone()[0]
        for number, name in enumerate(names):
            at = now + timedelta(milliseconds=number)
            account, comment = new_id(at), new_id(at + timedelta(seconds=1))
            connection.execute(
                "INSERT INTO account (id, email, name, language, created_at) VALUES (?, ?, ?, 'nl', ?)",
                (account, f"{account.lower()}@example.org", name, utc_text(at)),
            )
            connection.execute(
                "INSERT INTO comment (id, site_id, page_key, root_id, account_id, state, text, html, renderer_version, "
                "lang, created_at) VALUES (?, ?, ?, ?, ?, 'shown', 'x', ?, ?, 'nl', ?)",
                (comment, site_id, key, comment, account, render("x"), RENDERER_VERSION, utc_text(at)),
            )
        connection.execute(
            "UPDATE thread SET version = version + 1, comment_count = comment_count + ? WHERE page_key = ?",
            (len(names), key),
        )
    connection.close()


def test_the_look_notices_what_came_through(visit: Visit) -> None:
    """The proof that the tests above can fail."""
    page = visit("nl", meets_faults=True).page
    page.set_content(
        '<main><h1>x</h1><article class="comment"><div class="comment__text"><p id="a" onclick="x">x</p><p id="a"></p>'
        '<img src="x"><a href="javascript:x">x</a><a href="https://example.org/">x</a></div></article></main>'
        '<img src="x">'
    )
    seen = page.evaluate(LOOK)
    assert (seen["tags"], seen["handlers"], seen["addresses"]) == (["IMG"], ["onclick"], ["javascript:"])
    assert (seen["inert"], seen["doubled"], seen["outside"]) == (1, ["a"], 1)
