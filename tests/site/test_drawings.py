"""What the build draws: the same for the same name, another for another, whole, small, readable by other servers."""

import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.site.building import GARDEN, Built, build, write_content
from theme.plugins import drawing, paving, picture_cache, stylesheet, town_plan

PALETTE = stylesheet.load().palette


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("drawings")
    built = build(write_content(folder / "content", GARDEN), folder / "output", url="https://plein.example/sub")
    assert built.status == 0, built.said
    return built


def test_a_name_gives_one_town_and_another_name_another() -> None:
    one = town_plan.svg(town_plan.draw("blogs/een"), PALETTE)
    assert town_plan.svg(town_plan.draw("blogs/een"), PALETTE) == one
    assert town_plan.svg(town_plan.draw("blogs/twee"), PALETTE) != one
    assert len(one) < 10_000
    ElementTree.fromstring(one)  # noqa: S314  our own


@pytest.mark.parametrize("size", [(1200, 420), (420, 630)])
def test_every_town_has_houses_and_one_open_square(size: tuple[int, int]) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        plan = town_plan.draw(name, *size)
        assert len(plan.blocks) > 40
        x, y = town_plan.centroid(plan.mark)
        assert size[0] * 0.2 < x < size[0] * 0.8
        assert size[1] * 0.1 < y < size[1] * 0.9


def test_drawings_wear_a_house_style_at_addresses_of_their_own(tmp_path: Path) -> None:
    house = tmp_path / "town.css"
    house.write_text(":root { --utrecht-document-background-color: #fff; --utrecht-link-color: #00539b; }", "utf-8")
    theirs = stylesheet.load(house=[house]).palette
    for ours, drawn in (
        (town_plan.svg(town_plan.draw("blogs/een"), PALETTE), town_plan.svg(town_plan.draw("blogs/een"), theirs)),
        (paving.svg("tuin", PALETTE), paving.svg("tuin", theirs)),
    ):
        assert "#0b5240" in ours
        assert "(prefers-color-scheme:dark)" in ours
        assert "#00539b" in drawn
        assert "#0b5240" not in drawn
        assert "@media" not in drawn
    assert drawing.avatar("tuin", theirs.light, 50) != drawing.avatar("tuin", PALETTE.light, 50)
    assert town_plan.path("blogs/een", theirs) != town_plan.path("blogs/een", PALETTE)
    assert paving.path("tuin", "png", theirs) != paving.path("tuin", "png", PALETTE)


def test_fifty_groups_have_fifty_tiles_in_which_every_cell_is_covered_once() -> None:
    tiles = {paving.lay(f"groep_{n}") for n in range(50)}
    assert len(tiles) == 50
    for tile in tiles:
        cells = [(s.x + dx, s.y + dy) for s in tile for dx in range(s.width) for dy in range(s.height)]
        assert sorted(cells) == [(x, y) for x in range(paving.CELLS) for y in range(paving.CELLS)]


@pytest.mark.parametrize(
    "title", ["Kort", "Toegankelijkheidsverklaringscommissievergadering " * 2, "Lang " * 100, "мир"]
)
def test_any_title_fits_in_an_image_to_share_of_the_same_bytes_each_time(title: str) -> None:
    one, other = (
        drawing.share_image(
            site="Een heel lange naam van een plein", title=title, kicker="Groep", name="blogs/x", shades=PALETTE.light
        )
        for _ in range(2)
    )
    assert one == other
    image = Image.open(BytesIO(one))
    assert (image.size, image.format) == ((1200, 630), "PNG")
    assert len(one) < 80_000
    paper = image.convert("RGB").crop((1200 - 420 - 56, 140, 1200 - 420, 630))
    assert paper.getextrema() == tuple((c, c) for c in paper.getpixel((0, 0))), "no letter leaves its column"  # type: ignore[union-attr]


def test_every_page_names_an_image_to_share_that_is_there(garden: Built) -> None:
    for path in ("/", "/en/", "/blogs/eerste/", "/en/blogs/eerste/", "/groups/tuin/", "/over/", "/authors/redactie/"):
        found = re.search(r'<meta property="og:image" content="https://plein.example/sub([^"]+)">', garden.text(path))
        assert found, path
        assert (garden.folder / found[1].lstrip("/")).read_bytes().startswith(b"\x89PNG")


def test_a_post_without_a_picture_shows_its_town_and_one_with_a_picture_shows_that(garden: Built) -> None:
    cover = re.search(r'<img class="cover" src="/sub([^"]+)"', garden.text("/blogs/tweede/"))
    assert cover
    assert cover[1] == town_plan.path("blogs/tweede", PALETTE)
    assert garden.has(cover[1])
    assert "/drawings/eerste." not in garden.text("/blogs/eerste/")


def test_a_group_shows_its_tile_and_gives_it_to_other_servers(garden: Built) -> None:
    assert f'src="/sub{paving.path("tuin", "svg", PALETTE)}"' in garden.text("/groups/tuin/")
    assert f"https://plein.example/sub{paving.path('tuin', 'png', PALETTE)}" in garden.text("/plein.json")
    assert garden.has(paving.path("tuin", "svg", PALETTE))
    assert garden.has(paving.path("tuin", "png", PALETTE))


def test_a_drawing_is_made_once_and_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"x"

    assert [picture_cache.kept(tmp_path / "cache", "a.png", make) for _ in range(2)] == [b"x", b"x"]
    assert made == [1]
    (tmp_path / "file").touch()
    assert picture_cache.kept(tmp_path / "file", "a.png", make) == b"x"
