"""Links into a thread: to a late reply whose parents are far above, and to a comment that is gone."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus


def test_a_link_to_a_late_reply_leads_to_it_and_from_there_to_what_it_answers(visit: Visit, place: Place) -> None:
    reader = visit()
    key = place.fresh_page()
    reader.be_logged_in(key, name="Anna")
    root = reader.say(key, "De wortel")
    first = reader.say(key, "Het eerste antwoord", in_reply_to=root)
    for number in range(24):
        reader.say(key, f"Antwoord {number}", in_reply_to=root)
    late = reader.say(key, "Laat antwoord op het eerste", in_reply_to=first)
    other = visit()
    other.open(key, fragment=f"c-{late}")
    aimed = other.page.locator(f"#c-{late}")
    expect(aimed).to_be_in_viewport()
    has_focus(aimed)
    aimed.get_by_role("link", name="een eerdere reactie").click()
    expect(other.page.locator(f"#c-{first}")).to_be_in_viewport()
    expect(other.page.locator(f"li:has(> #c-{root}) > ol > li > #c-{first}")).to_be_visible()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("fragment", ["deleted", "c-nonsense", "c-%00<x>"])
def test_a_link_to_a_comment_that_is_gone_shows_the_thread(
    visit: Visit, place: Place, lang: str, fragment: str
) -> None:
    reader = visit(lang)
    key = place.fresh_page()
    reader.be_logged_in(key, name="Anna")
    reader.say(key, "Dit blijft staan")
    gone = reader.say(key, "Dit gaat weg")
    reader.ask("DELETE", f"comments/{gone}")
    other = visit(lang, meets_faults=True)  # the browser tells of the 404 in its console
    other.open(key, fragment=f"c-{gone}" if fragment == "deleted" else fragment)
    expect(other.thread.get_by_role("article")).to_have_count(1)
    expect(other.thread.get_by_role("alert")).to_contain_text("niet meer" if lang == "nl" else "no longer")


def test_a_link_to_ones_own_comment_that_waits_for_a_moderator_leads_to_it(visit: Visit, place: Place) -> None:
    reader = visit(meets_faults=True)  # nobody else is told of it, and the browser tells of that
    key = place.fresh_page()
    reader.be_logged_in(key, name="Anna")
    held = reader.say(key, "Even wachten")
    with closing(sqlite3.connect(place.state / "plein.db", timeout=10)) as database, database:
        database.execute("UPDATE comment SET state = 'held' WHERE id = ?", (held,))
    other = Reader(place, reader.page.context.new_page(), "nl")
    other.open(key, fragment=f"c-{held}")
    has_focus(other.page.locator(f"#c-{held}"))
    expect(other.thread.locator("> [role=alert]")).to_have_count(0)
