"""Hostile texts as another server would send them, all of them in every field: none runs, and each page stays whole."""

import sqlite3
from datetime import UTC, datetime, timedelta
from html import escape

from playwright.sync_api import Page, expect

from comments_service.federation import reading
from comments_service.ids import new_id
from comments_service.markup import RENDERER_VERSION
from comments_service.store.protocol import utc_text
from tests.browser.conftest import Visit
from tests.browser.payloads import ADDRESSES, PAYLOADS
from tests.browser.place import Place
from tests.browser.test_hostile import BATCH, looks_whole

HOST = "https://elders.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def _store(place: Place, key: str, texts: list[str], first: int) -> int:
    """Store a comment for each, and return how many have a warning.

    Name, text, warning, picture and links as they are read from what a server sends; handle and host unread.
    """
    now, warnings = datetime.now(UTC), 0
    connection = sqlite3.connect(place.state / "plein.db", timeout=60)
    with connection:
        site_id = connection.execute("SELECT site_id FROM page WHERE key = ?", (key,)).fetchone()[0]
        for number, text in enumerate(texts, first):
            address = ADDRESSES[number % len(ADDRESSES)]
            who = {
                "type": "Person",
                "id": f"{HOST}/{key}/{number}",
                "preferredUsername": "mies",
                "inbox": f"{HOST}/{key}/{number}/inbox",
                "name": text,
                "url": address,
            }
            note = {
                "type": "Note",
                "id": f"{HOST}/{key}/note/{number}",
                "attributedTo": who["id"],
                "content": f'<p>{text}</p><a href="{escape(address)}">{escape(text)}</a><a href={address}>x</a>',
                "summary": text,
                "url": [address, {"type": "Link", "href": address, "mediaType": "text/html"}],
                "attachment": {"type": "Image", "mediaType": "image/png", "url": address, "name": text},
                "to": PUBLIC,
            }
            actor, said = reading.actor(who), reading.remote_object(note)
            warnings += said.warning is not None
            actor_id, comment = new_id(now), new_id(now + timedelta(seconds=1))
            connection.execute(
                "INSERT INTO actor (id, uri, server, kind, name, handle, url, inbox, first_seen_at, fetched_at) "
                "VALUES (?, ?, ?, 'Person', ?, ?, ?, ?, ?, ?)",
                (actor_id, actor.uri, text, actor.name, text, actor.url, actor.inbox, utc_text(now), utc_text(now)),
            )
            connection.execute(
                "INSERT INTO comment (id, site_id, page_key, root_id, actor_id, state, text, html, warning, "
                "renderer_version, lang, created_at, origin_uri, origin_url) "
                "VALUES (?, ?, ?, ?, ?, 'shown', 'x', ?, ?, ?, 'nl', ?, ?, ?)",
                (
                    *(comment, site_id, key, comment, actor_id, said.html, said.warning, RENDERER_VERSION),
                    *(utc_text(now + timedelta(milliseconds=number)), said.uri, said.url),
                ),
            )
        connection.execute(
            "UPDATE thread SET version = version + 1, comment_count = comment_count + ? WHERE page_key = ?",
            (len(texts), key),
        )
    connection.close()
    return warnings


# What may stand in a comment from elsewhere beside what stands in one from here.
UNWRAP = """() => {
    for (const summary of document.querySelectorAll(".comment__text > details > summary")) {
        const fold = summary.parentNode;
        summary.remove();
        fold.replaceWith(...fold.childNodes);
    }
    const words = [...document.querySelectorAll(".comment__text :is(b, i, u, s, sub, sup)")];
    for (const word of words.filter((one) => !one.attributes.length)) word.replaceWith(...word.childNodes);
}"""


def looks_whole_behind(page: Page, warnings: int, articles: int) -> None:
    """A warning folds the text that it stands before."""
    expect(page.locator(".comment__text > details > summary")).to_have_count(warnings)
    page.evaluate(UNWRAP)
    looks_whole(page, articles)


def test_what_another_server_sends_runs_nothing_and_leaves_the_page_whole(visit: Visit, place: Place) -> None:
    for start in range(0, len(PAYLOADS), BATCH):
        part, key = PAYLOADS[start : start + BATCH], place.fresh_page()
        warnings = _store(place, key, part, start)
        assert warnings
        guest = visit("en")
        guest.page.goto(f"{place.url}/en/threads/{key}?limit=50")
        expect(guest.page.locator("article.comment")).to_have_count(len(part))
        looks_whole_behind(guest.page, warnings, len(part))
        other = visit("nl")
        other.open_whole(key)
        looks_whole_behind(other.page, warnings, len(part))
