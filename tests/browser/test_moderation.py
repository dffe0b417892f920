"""The pages of moderators, as they are used: with plain forms, by keyboard, at three widths; axe finds nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Page, expect

from comments_service.markup import remote
from comments_service.store import comments as comment_rows
from comments_service.store import moderation, servers, sqlite
from comments_service.store.protocol import Transaction
from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader, has_focus
from tests.browser.test_accessibility import finds_nothing
from tests.browser.test_keyboard import tab_to
from tests.browser.test_screenshots import WIDTHS, take
from tests.service.strangers import a_delivery, a_reply, a_report, a_stranger

LONG = (
    "Wie hier ’s avonds langs loopt, ziet dat de lampen niet branden. Dat is al weken zo, en niemand doet er iets aan."
)
WORDS = {
    "nl": ("Modereren", "Toon", "De reactie is te zien.", "Voorgoed verwijderen", "De reactie is verwijderd."),
    "en": ("Moderation", "Show", "The comment is shown.", "Remove for good", "The comment is removed."),
}


@contextmanager
def writing(place: Place) -> Iterator[Transaction]:
    with closing(sqlite.connect(place.state / "plein.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield sqlite.SqliteTransaction(connection)
        connection.commit()


def a_busy_day(place: Place, key: str, name: str) -> None:
    """Let comments wait, be reported and be hidden; let servers be decided about, and deliveries fail."""
    with writing(place) as tx:
        waits = a_reply(tx, a_stranger(tx, name), LONG, page=key)
        warned = a_reply(tx, a_stranger(tx, f"{name}2", "a-server-with-a-rather-long-name.example"), page=key)
        comment_rows.change(tx, warned, warning="Over eten", html=remote("<p>Een taart van <b>appels</b>.</p>"))
        reported = a_reply(tx, a_stranger(tx, f"{name}3"), "Koop nu!", page=key, is_held=False)
        hidden = a_reply(tx, a_stranger(tx, f"{name}4"), "Dit was niet netjes.", page=key)
        comment_rows.change(tx, hidden, state="hidden")
        assert waits != reported
        a_report(tx, reported)
        a_report(tx, None, "")
        moderation.keep_clashes(tx, "plein", [("plein", "group", "groups/plein")])
        servers.put(tx, "spam.example", policy="block", reason="Alleen reclame")
        servers.put(tx, "loud.example", policy="limit", reason="")
        tx.run("UPDATE actor SET policy = 'hold' WHERE handle = :handle", {"handle": f"{name}3@social.example"})
        own = tx.one("SELECT id FROM own_actor WHERE kind = 'site'") or {}
        a_delivery(tx, str(own["id"]), "slow.example", error="ConnectTimeout: no answer within 10 seconds")
        a_delivery(tx, str(own["id"]), "gone.example", error="410", is_lost=True)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_reader_reports_a_comment_and_a_moderator_sees_who_and_why(visit: Visit, place: Place, lang: str) -> None:
    anna, bert, key = visit(lang), visit(lang, meets_faults=True), place.fresh_page()
    anna.be_logged_in(key, name="Anna")
    anna.say(key, "Koop nu!")
    bert.be_logged_in(key, name=f"Bert {lang}")
    mine = bert.say(key, "Een antwoord")
    bert.page.reload()
    advert = bert.comment("Koop nu!")
    expect(advert).to_be_visible()
    expect(bert.page.locator(f"#c-{mine} [data-action=report]")).to_have_count(0)
    bert.press(advert, "report")
    reason = advert.get_by_role("textbox")
    has_focus(reason)
    bert.page.keyboard.press("Escape")
    has_focus(advert.get_by_role("button", name=bert.says("report"), exact=True))
    bert.page.route("**/reports", lambda route: route.abort())
    bert.page.keyboard.press("Enter")
    reason.fill("Dit is <b>reclame</b>.")
    bert.press(advert, "send report")
    expect(advert.get_by_role("alert")).to_contain_text(bert.says("not done"))
    expect(reason).to_have_value("Dit is <b>reclame</b>.")
    bert.page.unroute_all()
    send = advert.get_by_role("button", name=bert.says("send report"))
    send.evaluate("button => { button.click(); button.click(); }")  # a slower second click could meet what follows
    expect(bert.status).to_have_text(bert.says("reported"))
    expect(advert).to_contain_text(bert.says("reported"))
    has_focus(advert.get_by_role("button", name=bert.says("report"), exact=True))
    moderator = a_moderator(visit, place, lang)
    reports = moderator.page.get_by_role("region", name={"nl": "Meldingen", "en": "Reports"}[lang])
    told = reports.get_by_role("listitem").filter(has_text=f"Bert {lang}")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("Dit is <b>reclame</b>.")
    told.get_by_role("button", name={"nl": "Verbergen", "en": "Hide"}[lang]).click()
    expect(told).to_have_count(0)


def a_moderator(visit: Visit, place: Place, lang: str, **look: bool) -> Reader:
    reader = visit(lang, **look)
    place.command("administrator", reader.email)
    prefix = "" if lang == "nl" else f"/{lang}"
    reader.page.goto(f"{place.url}{prefix}/log-in?returnTo={prefix}/moderation")
    reader.page.locator("input[type=email]").fill(reader.email)
    reader.page.locator("main form button").first.click()
    expect(reader.page.locator("[name=code]")).to_be_visible()
    reader.page.goto(place.log_in_link(reader.email))
    reader.page.locator("main form button").click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text(WORDS[lang][0])
    return reader


def on_each_page(page: Page, place: Place, lang: str) -> Iterator[str]:
    prefix = "" if lang == "nl" else f"/{lang}"
    for part in ("", "/servers", "/deliveries", "/replies"):
        page.goto(f"{place.url}{prefix}/moderation{part}")
        expect(page.locator("[aria-current=page]")).to_be_visible()
        yield part.removeprefix("/") or "comments"


@pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])
def test_moderators_decide_with_plain_forms_and_axe_finds_nothing(
    visit: Visit, place: Place, lang: str, dark: bool
) -> None:
    a_busy_day(place, place.fresh_page(), f"mies-{lang}")
    reader = a_moderator(visit, place, lang, dark=dark)
    page, (_, show, shown, remove, removed) = reader.page, WORDS[lang]
    for name in on_each_page(page, place, lang):
        finds_nothing(reader, f"moderation, {name}")
        for width in WIDTHS[2 * dark :]:
            take(reader, f"moderation-{name}", width)
    prefix = "" if lang == "nl" else f"/{lang}"
    page.locator("[name=url]").fill("social.example/notes/none")
    page.locator("main form button").click()
    expect(page.get_by_role("status")).to_be_visible()
    finds_nothing(reader, "moderation, fate")
    take(reader, "moderation-fate", WIDTHS[0])
    page.goto(f"{place.url}{prefix}/moderation")
    waiting = page.get_by_role("article").filter(has_text=LONG).first
    waiting.get_by_role("button", name=show).click()
    expect(page.get_by_role("status")).to_have_text(shown)
    reported = page.locator("#reports ~ div").get_by_role("article").first
    remove_it = reported.locator("summary", has_text=remove)
    remove_it.focus()
    page.keyboard.press("Enter")
    tab_to(reader, reported.get_by_role("button", name=remove))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(removed)
    finds_nothing(reader, "moderation, done")
