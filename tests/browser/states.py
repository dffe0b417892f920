"""A thread in every state that a reader can meet: how each comes about, for the tests that look at them all."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, Route, StorageState, expect

from tests.browser.place import Place
from tests.browser.reader import OTHER, Reader

# the service sees within a second what a command, another process, wrote
UNTIL_CLOSED = """async path => {
    while ((await (await fetch(path)).json()).comments !== "closed") await new Promise(then => setTimeout(then, 50));
}"""
ROOTS = 26  # one more than a page


@dataclass(frozen=True)
class World:
    """Threads with all that can stand in them, and a reader, Bert, who is logged in."""

    bert: StorageState
    talk: str  # a page key
    long: str
    question: str  # a comment of Anna
    own: str  # a comment of Bert
    removed: str


def settle(browser: Browser, place: Place) -> World:
    """Let three people talk in Dutch and English, and let time do the rest."""
    talk, long = place.fresh_page(), place.fresh_page()
    anna, gone, bert = (Reader(place, browser.new_context(locale="nl-NL").new_page(), "nl") for _ in range(3))
    for someone, name in ((anna, "Anna de Vries"), (gone, "Weg"), (bert, "Bert Hendriks")):
        someone.be_logged_in(talk, name=name)
    removed = anna.say(talk, "Dit gaat weg")
    bert.say(talk, "Maar dit antwoord blijft.", in_reply_to=removed)
    anna.ask("DELETE", f"comments/{removed}")
    hidden = anna.say(talk, "Dit mag niet")
    bert.say(talk, "Dit antwoord ook.", in_reply_to=hidden)
    place.command("hide", hidden)
    question = anna.say(
        talk, "Hoe hebt u de **testers** gevonden?\n\n- via de wijkkrant\n- via [de buren](https://plein.example/)"
    )
    above = question
    for depth in range(2, 7):
        above = (anna, bert)[depth % 2].say(talk, f"Antwoord op laag {depth}.", in_reply_to=above)
    anna.say(talk, "> quoted\n\nAnd this is `English`, with one_very_long_word_" + "without_an_end_" * 12, lang="en")
    own = bert.say(talk, "Dit heb ik zelf geschreven, en daarna verbeterd.")
    bert.ask("PATCH", f"comments/{own}", {"text": "Dit heb ik zelf geschreven, en daarna nog eens verbeterd."})
    held = bert.say(talk, "Een moderator bekijkt dit eerst.")
    orphans = [
        gone.say(talk, "Van iemand die er niet meer is."),
        gone.say(talk, "Van iemand die geen naam meer heeft."),
    ]
    with sqlite3.connect(place.state / "plein.db", timeout=60) as database:
        database.execute("UPDATE comment SET account_id = NULL WHERE id = ?", (orphans[0],))
        database.execute("UPDATE account SET name = NULL WHERE name = 'Weg'")
        database.execute("UPDATE comment SET state = 'held' WHERE id = ?", (held,))
    database.close()
    for someone in (anna, bert):
        someone.ask("PUT", f"comments/{orphans[0]}/vote", {"value": 1})
    bert.ask("PUT", f"comments/{question}/vote", {"value": 1})
    anna.ask("PUT", f"comments/{own}/vote", {"value": 1})
    anna.ask("PUT", f"threads/{talk}/rating", {"stars": 4})
    for number in range(ROOTS):
        root = anna.say(long, f"Reactie nummer {number}.")
    anna.say(long, "Met een antwoord.", in_reply_to=root)
    state = bert.page.context.storage_state()
    for someone in (anna, gone, bert):
        someone.page.context.close()
    return World(state, talk, long, question, own, removed)


Arrange = Callable[[Reader, World], None]


def logged_out(reader: Reader, world: World) -> None:
    reader.page.context.clear_cookies()
    reader.open(world.talk)
    expect(reader.thread.locator(".gate")).to_be_visible()


def logged_in(reader: Reader, world: World) -> None:
    """Stubs, held, orphans, deep answers, votes: all of it."""
    reader.open(world.talk)
    expect(reader.writing).to_be_visible()


def empty(reader: Reader, _: World) -> None:
    reader.page.context.clear_cookies()
    reader.open(reader.place.fresh_page())
    expect(reader.thread.locator(".gate")).to_be_visible()


def long(reader: Reader, world: World) -> None:
    reader.page.context.clear_cookies()
    reader.open(world.long)
    expect(reader.thread.get_by_role("button", name=reader.says("more"))).to_be_visible()


def folded(reader: Reader, world: World) -> None:
    logged_in(reader, world)
    fold = reader.thread.locator(f"li:has(> #c-{world.question}) > .thread__fold")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")


def down(reader: Reader, world: World) -> None:
    reader.page.route("**/api/v1/**", lambda route: route.abort())
    reader.open(world.talk)
    expect(reader.thread).to_contain_text(reader.says("down"))


def unknown(reader: Reader, world: World) -> None:
    def rename(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(f'page="{world.talk}"', 'page="blogs/nergens"'))

    reader.page.route(reader.place.page_url(world.talk, reader.lang), rename)
    reader.open(world.talk)
    expect(reader.thread.get_by_role("status")).to_be_visible()


def closed_by_front_matter(reader: Reader, _: World) -> None:
    pages = reader.place.pages.items()
    reader.open(
        next(key for key, page in pages if page["comments"] == "closed" and reader.lang in page["translations"])
    )
    expect(reader.thread).to_contain_text(reader.says("closed"))


def closed_by_age(reader: Reader, world: World) -> None:
    def age(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"comments": "closed", "closedBy": "age"})

    reader.page.route(re.compile(rf"/api/v1/threads/{world.talk}(\?|$)"), age)
    reader.open(world.talk)
    expect(reader.thread).to_contain_text(reader.says("closed by age"))


def closed_by_a_moderator(reader: Reader, _: World) -> None:
    key = reader.place.fresh_page()
    reader.open(key)
    reader.say(key, "Daar laten wij het bij.")
    asked = f"/api/v1/threads/{key}"
    reader.page.evaluate("fetch", asked)  # from now on the service has an answer that must become another
    reader.place.command("close", key)
    reader.page.evaluate(UNTIL_CLOSED, asked)
    reader.page.reload()
    expect(reader.thread).to_contain_text(reader.says("closed by a moderator"))


def faulty(reader: Reader, world: World) -> None:
    logged_in(reader, world)
    reader.writing.get_by_role("button", name=reader.says("place")).click()
    expect(reader.writing.get_by_role("alert")).to_be_visible()


def not_sent(reader: Reader, world: World) -> None:
    logged_in(reader, world)
    reader.page.route("**/comments", lambda route: route.abort())
    reader.write("Dit komt niet aan")
    expect(reader.writing.get_by_role("alert")).to_contain_text(reader.says("not sent"))


def previewed(reader: Reader, world: World) -> None:
    logged_in(reader, world)
    reader.writing.get_by_role("textbox").fill("Een *voorbeeld* met\n\n> een citaat\n\nen `code`.")
    reader.writing.get_by_role("button", name=reader.says("preview")).click()
    expect(reader.writing.get_by_role("region", name=reader.says("preview"))).to_be_visible()


def mentioning(reader: Reader, world: World) -> None:
    logged_in(reader, world)
    reader.writing.get_by_role("textbox").focus()
    reader.page.keyboard.type("Vraag het @an")
    expect(reader.writing.locator("[role=option]")).to_be_visible()


def busy(reader: Reader, world: World) -> None:
    """A reply, an edit and the question before a deletion, all open."""
    logged_in(reader, world)
    reader.page.locator(f"#c-{world.question} [data-action=reply]").click()
    reader.page.locator(f"#c-{world.own} [data-action=edit]").click()
    expect(reader.page.locator(f"#c-{world.own}").get_by_role("textbox")).to_be_visible()
    reader.thread.locator(f"li:has(> #c-{world.removed}) [data-action=delete]").first.click()
    expect(reader.thread.locator(".comment__confirm")).to_be_visible()


def reporting(reader: Reader, world: World) -> None:
    """A report that says nothing, and was refused."""
    logged_in(reader, world)
    reader.page.locator(f"#c-{world.question} [data-action=report]").click()
    reader.thread.get_by_role("button", name=reader.says("send report")).click()
    expect(reader.thread.locator(".comment__confirm [role=alert]")).not_to_be_empty()


def rated(reader: Reader, world: World) -> None:
    reader.open(world.talk, fragment="rating")
    reader.rating.get_by_role("radio").nth(2).check()
    reader.rating.locator("form button").first.click()
    expect(reader.rating.get_by_role("status")).not_to_be_empty()
    reader.rating.locator("summary").click()
    expect(reader.rating.locator("li").first).to_be_visible()


def news(reader: Reader, _: World) -> None:
    key = reader.place.fresh_page()
    reader.open(key)
    expect(reader.writing).to_be_visible()
    with reader.page.context.expect_page() as opened:
        reader.page.evaluate("open('about:blank')")
    other = Reader(reader.place, opened.value, OTHER[reader.lang])
    other.open(key)
    other.say(key, "Er is iets nieuws.")
    other.page.close()
    expect(reader.thread.locator(".thread__news button")).to_be_visible()


def gone(reader: Reader, world: World) -> None:
    reader.open(world.talk, fragment="c-nergens")
    expect(reader.thread.get_by_role("alert").first).to_be_visible()


STATES: tuple[Arrange, ...] = (
    logged_out,
    logged_in,
    empty,
    long,
    folded,
    down,
    unknown,
    closed_by_front_matter,
    closed_by_age,
    closed_by_a_moderator,
    faulty,
    not_sent,
    previewed,
    mentioning,
    busy,
    reporting,
    rated,
    news,
    gone,
)
