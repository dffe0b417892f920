"""From "answer from your own server" to the answer, in a browser: what is answered, by whom, and where it goes."""

import os
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.test_accessibility import finds_nothing
from tests.peers.recording import Peer
from tests.service.running import wait_until

PATH = "/authorize_interaction"
TEXT = "De <a href='https://elders.example/'>stad</a> fietst. <em>Veel</em> mensen, veel wegen, en ergens een brug."


@pytest.mark.parametrize(("lang", "dark"), [("nl", False), ("en", True)])
def test_a_post_of_another_server_is_answered_on_pages_without_scripts(
    visit: Visit, place: Place, lang: str, dark: bool
) -> None:
    reader = visit(lang, dark=dark)
    page = reader.page
    folder = os.environ.get("SCREENSHOTS")

    def look(name: str) -> None:
        finds_nothing(reader, name)
        expect(page.locator("script")).to_have_count(0)  # so nobody needs JavaScript
        for width in (360, 768, 1280) if folder else ():
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(str(folder), f"{name}-{lang}-{width}.png"), full_page=True)

    with Peer().serving() as peer:
        mies = peer.person("mies")
        post = peer.note(mies, TEXT)
        prefix = "" if lang == "nl" else "/en"
        page.goto(f"{place.url}{prefix}/authorize_interaction?uri={quote(str(post['id']))}")
        reader.log_in()
        expect(page).to_have_url(re.compile("/authorize_interaction"))
        main = page.locator("main")
        expect(main.get_by_role("heading", name="Mies")).to_be_visible()
        expect(main).to_contain_text(f"mies@{peer.host}")
        look("elsewhere-no-consent")
        agreed = {"name": "Anna", "handle": f"anna{lang}", "federation": "on"}
        answer = page.request.patch(f"{place.url}/api/v1/me", data=agreed, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.ok, answer.text()
        page.reload()
        look("elsewhere-found")
        main.locator("form button").nth(1).click()
        expect(main.locator("button[value=Like]")).to_have_attribute("name", "undo")
        main.locator("form button").first.click()
        expect(page).to_have_url(re.compile(r"/threads/elsewhere/\w+#write$"))
        page.locator("form.write textarea").fill("Ook hier een brug.")
        page.locator("form.write button").first.click()
        expect(page.get_by_role("article")).to_contain_text("Ook hier een brug.")
        look("elsewhere-thread")
        wait_until(lambda: any(one["type"] == "Create" for one in peer.inbox))
        page.goto(f"{place.url}{prefix}/authorize_interaction")
        look("elsewhere-empty")
        main.locator("input[name=uri]").fill(f"@mies@{peer.host}")
        main.locator("form button").click()
        look("elsewhere-someone")
        main.locator("button[value=Follow]").click()
        wait_until(lambda: bool(peer.of_kind("Follow")))
        (follow,) = peer.of_kind("Follow")
        assert peer.send(f"{place.url}/ap/inbox", peer.activity(mies, "Accept", follow)) == 202
        for line in ("Over een brug die opengaat, en weer dicht.", "Een kort bericht."):
            assert peer.create(f"{place.url}/ap/inbox", peer.note(mies, line)) == 202
        wait_until(lambda: "Een kort bericht." in page.request.get(f"{place.url}{prefix}{PATH}").text())
        page.goto(f"{place.url}{prefix}{PATH}")
        look("elsewhere-news")
        main.get_by_role("link", name="Mies").click()
        expect(main.locator("button[value=Follow]")).to_have_attribute("name", "undo")
        main.locator("button[value=Block]").click()
        expect(main.locator("button[value=Follow]")).to_have_count(0)
        page.goto(f"{place.url}{prefix}{PATH}")
        look("elsewhere-blocked")
        main.locator("button[value=Block]").click()
        expect(main.locator("button[value=Block]")).to_have_count(0)
