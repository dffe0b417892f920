"""Pictures of another server that a moderator allowed, in a browser: in the widget and on the page without scripts."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from comments_service import servers
from tests.browser.conftest import Visit
from tests.browser.place import Place
from tests.browser.reader import Reader
from tests.browser.test_accessibility import finds_nothing
from tests.browser.test_moderation import a_moderator, writing
from tests.browser.test_screenshots import FOLDER, WIDTHS
from tests.peers.recording import Peer
from tests.service.running import wait_until
from tests.service.test_web_pictures import Files, serving_files


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with serving_files("127.0.0.4") as running:
        yield running


def a_drawing(size: tuple[int, int]) -> bytes:
    """A photograph of sorts."""
    image = Image.new("RGB", size, "#7aa2c4")
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((0, height * 2 // 3, width, height), fill="#4d7a3f")
    draw.ellipse((width * 2 // 3, height // 8, width * 5 // 6, height // 8 + width // 6), fill="#f2d16b")
    draw.polygon(
        [(width // 5, height * 2 // 3), (width // 3, height // 4), (width // 2, height * 2 // 3)], fill="#a8432e"
    )
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def look(reader: Reader, name: str, width: int) -> None:
    """Every picture is there, and none is wider than its text. What it looks like stands in FOLDER."""
    page = reader.page
    page.set_viewport_size({"width": width, "height": 900})
    pictures = page.locator(".comment__text img")
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        wait_until(lambda: picture.evaluate("(one) => one.naturalWidth > 0"))  # noqa: B023
    wide = (
        "(one) => one.getBoundingClientRect().right > one.closest('.comment__text').getBoundingClientRect().right + 1"
    )
    assert not [one for one in pictures.all() if one.evaluate(wide)]
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.locator("article.comment").first.screenshot(path=FOLDER / f"{name}-{reader.lang}-{width}.png")


def test_pictures_are_seen_once_a_moderator_allows_them(visit: Visit, place: Place, files: Files) -> None:
    key = place.fresh_page()
    with Peer().serving() as peer:
        mies = peer.person("mies")
        urls = [files.put("/photo.jpg", a_drawing((1600, 900))), files.put("/tall.png", a_drawing((300, 1200)))]
        names = ("Een rood dak onder de zon", "")
        attached = [
            {"type": "Document", "mediaType": "image/jpeg", "url": url, "name": name}
            for url, name in zip(urls, names, strict=True)
        ]
        plein = files.put("/plein.png", a_drawing((64, 64)))
        tag = [{"type": "Emoji", "name": ":plein:", "icon": {"type": "Image", "url": plein}}]
        text = "Zo ziet het er uit :plein: als de zon schijnt, en :plein: ook in de avond."
        note = peer.note(mies, text, place.page_url(key, "nl"), attachment=attached, tag=tag)
        with writing(place) as tx:
            servers.decide(tx, peer.host, "allow")
        moderator = a_moderator(visit, place, "nl")
        page = moderator.page
        page.goto(f"{place.url}/moderation/replies")
        page.locator("#url").fill(str(note["id"]))
        page.locator("main form button").click()
        expect(page.get_by_role("status")).to_be_visible()
        with writing(place) as tx:
            row = tx.one("SELECT id FROM comment WHERE origin_uri = :uri", {"uri": str(note["id"])}) or {}
        comment_id = str(row["id"])
        address = f"{place.url}/moderation?comment={comment_id}"
        page.goto(address)
        expect(page.locator(".comment__text img")).to_have_count(0)
        page.get_by_role("button", name="afbeeldingen tonen").first.click()
        expect(page.get_by_role("status")).to_be_visible()
        comment = f"{place.url}/api/v1/comments/{comment_id}"
        wait_until(lambda: page.request.get(comment).text().count("<img") == 4)
        page.goto(address)
        expect(page.locator(".comment__text img").first).to_be_visible()
        look(moderator, "moderation-pictures", 360)
    reader = visit("en", dark=True)
    with_widget, without_scripts = f"{place.page_url(key, 'en')}#thread", f"{place.url}/en/threads/{key}"
    for name, address in (("pictures", with_widget), ("pictures-without-scripts", without_scripts)):
        reader.page.goto(address)
        expect(reader.page.locator(".comment__text img")).to_have_count(4)
        expect(reader.page.get_by_role("img", name="Een rood dak onder de zon")).to_be_visible()
        assert reader.page.locator(".emoji").first.evaluate("(image) => getComputedStyle(image).display") == "inline"
        finds_nothing(reader, name)
        for width in WIDTHS:
            look(reader, name, width)
