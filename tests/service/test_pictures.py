"""Pictures of comments from elsewhere: words until a moderator allows them, then bytes of ours that go with it."""

import io
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from comments_service import moderation, pictures, received, servers
from comments_service.errors import NotFound
from comments_service.federation.pictures import IMAGE, drawn
from comments_service.federation.vocabulary import Refusal
from comments_service.markup import remote
from comments_service.model import Picture
from comments_service.pictures import Drawn
from comments_service.received import Reply
from comments_service.settings import FederationSettings
from comments_service.store import received as received_rows
from comments_service.store.protocol import Row, Transaction
from tests.service.builders import NOW, SITE, a_page
from tests.service.strangers import a_stranger

CAT = Picture("https://files.example/cat.png", "Een kat & een muis")
BARE = Picture("https://files.example/bare.png", "")
EMOJI = Picture("https://files.example/plein.gif", ":plein:", is_emoji=True)
HTML = "<p>Kijk :plein:</p>" + "".join(
    f'<p><a href="{one.url}">{one.alt.replace("&", "&amp;") or one.url}</a></p>' for one in (CAT, BARE)
)
WORDS = remote(HTML)
URI = "https://social.example/notes/1"
ACTOR = "https://social.example/users/mies"


def an_image(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **saved: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind, **saved)
    return made.getvalue()


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(content)) as image:
        yield image


# drawing anew


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (an_image("PNG"), (40, 30)),
        (an_image("GIF", mode="P"), (40, 30)),
        (an_image("WEBP", mode="RGBA"), (40, 30)),
        (an_image("AVIF"), (40, 30)),
        (an_image("JPEG", mode="CMYK"), (40, 30)),
        (an_image("PNG", mode="I;16"), (40, 30)),
        (an_image("PNG", (1, 1), mode="LA"), (1, 1)),
        (an_image("JPEG", (4000, 3000)), (800, 600)),
        (an_image("PNG", (100, 3000)), (20, 600)),
        (an_image("PNG", (5000, 1)), (960, 1)),
    ],
)
def test_a_picture_becomes_a_webp_that_fits(content: bytes, size: tuple[int, int]) -> None:
    made = drawn(content, IMAGE)
    assert (made.width, made.height) == size
    with opened(made.content) as image:
        assert (image.format, image.size) == ("WEBP", size)


def test_nothing_but_pixels_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x8825] = "Secret place", 6, {1: "N", 2: (52.0, 5.0, 0.0)}
    for kind in ("JPEG", "PNG", "WEBP"):
        more = b"<script>alert(1)</script>" + an_image()
        made = drawn(an_image(kind, exif=exif, icc_profile=b"Secret profile", xmp=b"Secret xmp") + more, IMAGE)
        assert b"Secret" not in made.content
        assert b"script" not in made.content
        with opened(made.content) as image:
            assert not image.getexif()
            assert image.size == (30, 40)  # upright


def test_of_what_moves_the_first_image_stays() -> None:
    for kind in ("GIF", "WEBP", "PNG"):
        made = io.BytesIO()
        frames = [Image.new("RGB", (40, 30), color) for color in ("red", "blue", "green")]
        frames[0].save(made, kind, save_all=True, append_images=frames[1:])
        with opened(drawn(made.getvalue(), IMAGE).content) as image:
            assert getattr(image, "n_frames", 1) == 1
            red, _, blue = image.convert("RGB").getpixel((20, 15))  # type: ignore[misc]
            assert red > 200 > 60 > blue


def a_bomb(width: int, height: int) -> bytes:
    """A PNG that says to be larger than it is."""
    small = bytearray(an_image())
    small[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    small[29:33] = zlib.crc32(small[12:29]).to_bytes(4, "big")
    return bytes(small)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><img src=x></html>",
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Note"}',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        an_image("BMP"),
        an_image("TIFF"),
        an_image("ICO"),
        an_image("PDF"),
        an_image("PNG")[:60],
        a_bomb(60_000, 60_000),
        an_image("PNG", (5_001, 5_000), "1"),
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;",
        b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\xff\xff\xff\x0f\x07\x10\x11",
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal, match="not-a-picture"):
        drawn(content, IMAGE)


def test_no_decoder_of_pictures_is_part_of_the_service() -> None:
    look = "import sys, comments_service.__main__; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


# the rules


def a_reply(tx: Transaction, actor_id: str, html: str = HTML, *named: Picture, **changes: object) -> Row:
    reply = Reply(URI, None, remote(html), "nl", None, NOW, None, False, True, named or (CAT, BARE, EMOJI))
    rules = FederationSettings(hold_first=False)
    reply = replace(reply, **changes)  # type: ignore[arg-type]
    received.receive(tx, SITE, "blogs/drempel", None, actor_id, reply, rules=rules, closed_before=None, now=NOW)
    return row_of(tx)


def row_of(tx: Transaction) -> Row:
    row = received_rows.find(tx, SITE, URI)
    assert row is not None
    return row


def jobs_of(tx: Transaction) -> int:
    return len(tx.all("SELECT * FROM job WHERE kind = :kind", {"kind": pictures.JOB}))


def files(tx: Transaction) -> int:
    return len(tx.all("SELECT hash FROM picture_file"))


def move(tx: Transaction, action: str) -> None:
    moderation.move(tx, action, str(row_of(tx)["id"]), "Beheer", now=NOW)


def fetch(tx: Transaction, *found: Picture) -> str:
    """Let the worker have fetched these; return the HTML that readers get."""
    for one in found or (CAT, BARE, EMOJI):
        made = Drawn(one.url.encode(), 96, 48)
        pictures.keep(tx, str(row_of(tx)["id"]), one.url, made, "https://plein.example")
    return str(row_of(tx)["html"])


@pytest.fixture
def mies(tx: Transaction) -> str:
    a_page(tx)
    return a_stranger(tx)


def test_pictures_are_words_and_links_until_a_moderator_allows_them(tx: Transaction, mies: str) -> None:
    row = a_reply(tx, mies)
    assert (row["html"], jobs_of(tx)) == (WORDS, 0)
    assert fetch(tx) == WORDS  # nobody allowed it
    move(tx, "show-pictures")
    assert jobs_of(tx) == 1
    shown = fetch(tx)
    assert re.sub(r"[0-9a-f]{64}", "HASH", shown) == (
        '<p>Kijk <img src="https://plein.example/embed/pictures/HASH.webp" alt=":plein:" width="44" height="22" '
        'loading="lazy" class="emoji"></p>'
        '<p><a href="https://files.example/cat.png" rel="ugc nofollow noopener"><img '
        'src="https://plein.example/embed/pictures/HASH.webp" alt="Een kat &amp; een muis" width="96" height="48" '
        'loading="lazy"></a></p>'
        '<p><a href="https://files.example/bare.png" rel="ugc nofollow noopener"><img '
        'src="https://plein.example/embed/pictures/HASH.webp" alt="" width="96" height="48" '
        'loading="lazy">https://files.example/bare.png</a></p>'
    )
    assert row_of(tx)["edited_at"] is None
    assert "Een kat" in str(row_of(tx)["text"])  # the words stay, for who sees no picture
    move(tx, "hide-pictures")
    assert (row_of(tx)["html"], files(tx)) == (WORDS, 0)
    done = [row["action"] for row in tx.all("SELECT action FROM moderation_log ORDER BY id")]
    assert done == ["show-pictures", "hide-pictures"]


def test_what_came_before_it_was_taken_away_is_not_kept(tx: Transaction, mies: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    move(tx, "hide-pictures")
    assert fetch(tx) == WORDS
    assert files(tx) == 0
    move(tx, "show-pictures")
    move(tx, "hide")
    assert fetch(tx) == WORDS
    assert files(tx) == 0


def test_hiding_drops_the_bytes_and_showing_fetches_them_again(tx: Transaction, mies: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    fetch(tx)
    move(tx, "hide")
    assert (row_of(tx)["html"], files(tx), jobs_of(tx)) == (WORDS, 0, 1)
    move(tx, "restore")
    assert jobs_of(tx) == 2
    assert "<img" in fetch(tx)


def test_nothing_is_left_of_what_was_removed_or_deleted_elsewhere(tx: Transaction, mies: str) -> None:
    for is_ours in (True, False):
        a_reply(tx, mies)
        move(tx, "show-pictures")
        fetch(tx)
        assert files(tx) == 3
        if is_ours:
            move(tx, "remove")
        else:
            received.take_back(tx, row_of(tx), now=NOW)
        assert (row_of(tx)["html"], files(tx), tx.all("SELECT * FROM picture")) == ("", 0, [])
        with pytest.raises(NotFound):
            move(tx, "show-pictures")
        tx.run("UPDATE comment SET origin_uri = id")


@pytest.mark.parametrize("who", ["social.example", ACTOR, "list"])
def test_who_is_blocked_shows_no_pictures(tx: Transaction, mies: str, who: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    fetch(tx)
    if who == "list":
        servers.import_list(tx, [servers.Server("social.example", "block", "")])
    else:
        moderation.decide(tx, who, "block", "", "Beheer", is_sweep=False, now=NOW)
    assert (row_of(tx)["state"], row_of(tx)["html"], files(tx)) == ("shown", WORDS, 0)


@pytest.mark.parametrize("who", ["social.example", ACTOR])
def test_who_may_show_pictures_needs_no_leave_from_then_on(tx: Transaction, mies: str, who: str) -> None:
    moderation.decide(tx, who, "pictures", "", "Beheer", is_sweep=False, now=NOW)
    a_reply(tx, mies)
    assert jobs_of(tx) == 1
    assert "<img" in fetch(tx)
    moderation.decide(tx, who, None, "", "Beheer", is_sweep=False, now=NOW)
    assert files(tx) == 3  # what stands may stand


def test_who_may_show_pictures_does_not_wait(tx: Transaction, mies: str) -> None:
    servers.decide(tx, "social.example", "pictures")
    reply = Reply(URI, None, WORDS, "nl", None, NOW, None, False, True, (CAT,))
    rules = FederationSettings(hold_first=True)
    fate = received.receive(tx, SITE, "blogs/drempel", None, mies, reply, rules=rules, closed_before=None, now=NOW)
    assert (fate, jobs_of(tx)) == ("shown", 1)


def test_what_waits_fetches_nothing_until_it_is_shown(tx: Transaction, mies: str) -> None:
    servers.decide(tx, "social.example", "hold")
    a_reply(tx, mies)
    move(tx, "show-pictures")
    assert jobs_of(tx) == 0
    move(tx, "restore")
    assert jobs_of(tx) == 1


def test_an_edit_shows_no_picture_that_nobody_saw(tx: Transaction, mies: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    fetch(tx)
    other = Picture("https://files.example/other.png", "Iets anders")
    link = f'<p><a href="{other.url}">{other.alt}</a></p>'
    later = NOW + timedelta(hours=1)
    a_reply(
        tx, mies, HTML.replace(f'<p><a href="{CAT.url}">', f'{link}<p><a href="{CAT.url}">'), CAT, other, updated=later
    )
    html = str(row_of(tx)["html"])
    assert f'<a href="{other.url}" rel="ugc nofollow noopener">Iets anders</a>' in html
    assert html.count("<img") == 1  # the cat, which was allowed; the emoji is no longer named
    assert (files(tx), jobs_of(tx)) == (1, 1)
    assert fetch(tx, other).count("<img") == 1


def test_what_comes_again_unchanged_is_no_edit(tx: Transaction, mies: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    html = fetch(tx)
    a_reply(tx, mies)
    assert (row_of(tx)["html"], row_of(tx)["edited_at"]) == (html, None)


def test_what_stood_here_before_pictures_were_known_can_be_allowed_once_it_was_looked_at(
    tx: Transaction, mies: str
) -> None:
    a_reply(tx, mies)
    tx.run("DELETE FROM picture")
    with pytest.raises(NotFound):
        move(tx, "show-pictures")
    a_reply(tx, mies)
    move(tx, "show-pictures")
    assert "<img" in fetch(tx)


def test_one_file_serves_all_and_stays_as_long_as_one_comment_shows_it(tx: Transaction, mies: str) -> None:
    a_reply(tx, mies)
    move(tx, "show-pictures")
    fetch(tx)
    first = str(row_of(tx)["id"])
    tx.run("UPDATE comment SET origin_uri = 'https://social.example/notes/0'")
    a_reply(tx, mies)
    move(tx, "show-pictures")
    fetch(tx)
    assert files(tx) == 3
    move(tx, "remove")
    assert files(tx) == 3
    moderation.move(tx, "remove", first, "Beheer", now=NOW)
    assert files(tx) == 0


def test_what_is_no_picture_can_be_allowed_again(tx: Transaction, mies: str) -> None:
    row = a_reply(tx, mies)
    move(tx, "show-pictures")
    for one in (CAT, BARE, EMOJI):
        pictures.keep(tx, str(row["id"]), one.url, None, "https://plein.example")
    case = moderation.case(tx, SITE, str(row["id"]))
    assert (case.pictures, case.shows_pictures, row_of(tx)["html"]) == (3, False, WORDS)
