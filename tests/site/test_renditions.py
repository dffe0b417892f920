"""Photographs in several sizes: offered to browsers, made once, turned the right way, and no danger to the build."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.site.building import GARDEN, Built, a_blog, build, write_content
from theme.plugins import renditions

BODY = "Zie ![Een foto](foto/plein.jpg) en ![Klein](foto/klein.png)\n\n![Een tekening](eerste/schets.svg)"


def a_photograph(width: int, height: int, kind: str = "JPEG", orientation: int = 1) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = BytesIO()
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("renditions")
    more = "image: plein.jpg\nimage_alt: Een plein\n"
    content = write_content(folder / "content", {**GARDEN, "blogs/foto.nl.md": a_blog("Foto", text=BODY, more=more)})
    (content / "blogs" / "foto").mkdir()
    (content / "blogs" / "foto" / "plein.jpg").write_bytes(a_photograph(900, 600))
    (content / "blogs" / "foto" / "klein.png").write_bytes(a_photograph(200, 100, "PNG"))
    built = build(content, folder / "output", url="https://plein.example/sub")
    assert built.status == 0, built.said
    return built


def test_a_photograph_is_offered_in_two_kinds_and_several_sizes_that_are_all_there(garden: Built) -> None:
    page = garden.text("/blogs/foto/")
    pictures = re.findall(r"<picture>(.*?)</picture>", page, re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        assert re.findall(r'type="([^"]+)"', picture) == ["image/avif", "image/webp"]
        assert 'src="/sub/blogs/foto/plein.jpg"' in picture
        assert 'width="900" height="600"' in picture
        for srcset in re.findall(r'srcset="([^"]+)"', picture):
            for url, width in re.findall(r"(\S+) (\d+)w", srcset):
                content = (garden.folder / url.removeprefix("/sub/")).read_bytes()
                assert Image.open(BytesIO(content)).width == int(width)
    assert sorted(set(re.findall(r"(\d+)w", pictures[0]))) == ["480", "800", "900"]


def test_only_what_stands_below_waits(garden: Built) -> None:
    cover, _, rest = garden.text("/blogs/foto/").partition('class="utrecht-rich-text"')
    assert 'loading="lazy"' not in cover.rpartition('class="cover"')[2]
    assert rest.count('loading="lazy"') >= 3


def test_small_pictures_and_drawings_are_left_as_they_are(garden: Built) -> None:
    assert not [name for name in garden.files() if name.startswith("pictures/") and "klein" in name]
    assert not [name for name in garden.files() if name.startswith("pictures/") and "schets" in name]


def test_other_servers_get_the_plain_picture(garden: Built) -> None:
    feed = garden.text("/feeds/atom.xml")
    assert "https://plein.example/sub/blogs/foto/plein.jpg" in feed
    assert "srcset" not in feed
    assert "lazy" not in feed


def test_what_a_telephone_stored_on_its_side_is_turned(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(a_photograph(900, 600, orientation=6))
    photograph = renditions.of(path, "x.jpg")
    assert photograph is not None
    assert (photograph.width, photograph.height) == (600, 900)
    made = Image.open(BytesIO(photograph.renditions[0].encode()))
    assert made.size == (480, 720)
    assert not made.getexif(), "nothing of the telephone is kept"


def test_another_picture_under_the_same_name_has_another_address(tmp_path: Path) -> None:
    paths = []
    for number, width in enumerate((900, 901)):
        path = tmp_path / str(number) / "x.jpg"
        path.parent.mkdir()
        path.write_bytes(a_photograph(width, 600))
        photograph = renditions.of(path, "x.jpg")
        assert photograph is not None
        paths.append(photograph.renditions[0].path)
    assert paths[0] != paths[1]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", a_photograph(900, 600)[:40]])
def test_what_is_no_picture_gets_no_sizes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    assert renditions.of(tmp_path / "x.jpg", "x.jpg") is None


def test_a_picture_that_breaks_off_stops_the_build_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(a_photograph(900, 600)[:-4000])
    photograph = renditions.of(path, "x.jpg")
    assert photograph is not None
    with pytest.raises(SystemExit, match=r"x\.jpg is a broken picture"):
        photograph.renditions[0].encode()


def test_a_bomb_of_pixels_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    (tmp_path / "x.png").write_bytes(a_photograph(900, 600, "PNG"))
    assert renditions.of(tmp_path / "x.png", "x.png") is None
