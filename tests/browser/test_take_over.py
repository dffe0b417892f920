"""Comments that the build wrote into the page are taken over by the widget without a flash or a jump."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader

WATCH = """window.shift = 0; window.lost = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shift += entry.value; })
    .observe({type: "layout-shift", buffered: true});
  const look = () => {
    if (!document.querySelector("plein-thread .comment")) window.lost += 1;
    requestAnimationFrame(look);
  };
  document.addEventListener("DOMContentLoaded", look);"""


def bake(reader: Reader, key: str, ids: list[str], texts: list[str]) -> None:
    """Let the page come with comments, newest first, as the build writes them."""
    items = "".join(
        f'<li><article class="comment" id="c-{name}" lang="nl"><header class="comment__head">'
        f'<span class="avatar" aria-hidden="true">A</span><div><p class="comment__who"><b>Anna</b></p>'
        f'<p class="meta comment__when"><time>25 november 2026</time></p></div></header>'
        f'<div class="comment__text"><p>{text}</p></div>'
        f'<div class="comment__foot"><a class="quiet" href="#c-{name}">Antwoord</a></div></article></li>'
        for name, text in reversed(list(zip(ids, texts, strict=True)))
    )
    baked = f'<p class="thread__line"><a href="/threads/{key}">Alle reacties</a></p><ol class="thread">{items}</ol>'

    def answer(route: Route) -> None:
        page = re.sub(
            r"(<plein-thread)([^>]*>).*?(</plein-thread>)",
            lambda found: f'{found[1]} data-baked="1" data-order="newest"{found[2]}{baked}{found[3]}',
            route.fetch().text(),
            flags=re.DOTALL,
        )
        route.fulfill(body=page, content_type="text/html")

    reader.page.route(reader.place.page_url(key, reader.lang), answer)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_what_the_reader_looks_at_stays_where_it_is(visit: Visit, place: Place, lang: str, width: int) -> None:
    writer = visit(lang)
    key = place.fresh_page()
    writer.be_logged_in(key, name="Anna")
    texts = [f"Dit is reactie nummer {number}." for number in range(8)]
    ids = [writer.say(key, text, lang="nl") for text in texts]
    reader = visit(lang, width=width)
    bake(reader, key, ids, texts)
    reader.page.add_init_script(WATCH)
    held: list[Route] = []
    reader.page.route(re.compile("/api/v1/threads/.*order="), lambda route: held.append(route))
    with reader.page.expect_request(re.compile("/api/v1/threads/.*order=")):
        reader.open(key)
    looked_at = reader.page.locator(f"#c-{ids[3]}")
    looked_at.evaluate("node => node.scrollIntoView({block: 'center'})")
    place_of = "node => node.getBoundingClientRect().top"
    before = looked_at.evaluate(place_of)
    reader.page.evaluate("window.shift = 0")
    for route in held:
        route.continue_()
    expect(reader.thread.locator("select").first).to_be_attached()
    assert abs(looked_at.evaluate(place_of) - before) < 2
    assert reader.page.evaluate("window.lost") == 0
    assert reader.page.evaluate("window.shift") < 0.1  # what web.dev/cls calls good
    expect(reader.thread.get_by_role("article")).to_have_count(8)
    expect(reader.thread.get_by_role("article").first).to_contain_text("nummer 7")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_they_stay_when_the_service_is_down(visit: Visit, place: Place, lang: str) -> None:
    key = place.fresh_page()
    reader = visit(lang, meets_faults=True)
    bake(reader, key, ["01J00000000000000000000000"], ["Dit staat in de pagina."])
    reader.page.route("**/api/v1/**", lambda route: route.abort())
    reader.open(key)
    expect(reader.thread).to_contain_text(reader.says("down"))
    expect(reader.comment("Dit staat in de pagina.")).to_be_visible()
