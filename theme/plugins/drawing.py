"""Town plans, tiles and titles as PNG, for those who show no SVG: previews of links, and other servers.

All is drawn in numbers of a palette, not in colours: that is what the file holds, and it takes half the time.
"""

from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import fontpkg_source_serif_4
from PIL import Image, ImageDraw, ImageFont

from theme.plugins import paving, town_plan
from theme.plugins.colours import Colour, mix, parse
from theme.plugins.palette import Shades

VERSION = 4  # of what is drawn; it is part of the key of the cache
WIDTH, HEIGHT = 1200, 630  # what Open Graph readers show whole
FONT = Path(fontpkg_source_serif_4.__file__).parent / "files" / "SourceSerif4[opsz,wght].ttf"
PLAN_WIDTH = 420
LEFT, TOP, BOTTOM = 64, 56, 56
FINE = 2  # times finer than it is shown, for smooth edges
# What stands on what; each pair has a row of steps in the palette, for edges that are neither.
PAIRS = (
    ("paper", "ink"),
    ("paper", "mute"),
    ("soft", "houses"),
    ("soft", "accent"),
    ("paper", "accent"),
    ("paper", "sand"),
)
STEPS = 16
INK, MUTE, HOUSES, MARK = (row * STEPS for row in range(4))
_ANY = [0, *[255] * 255]  # from a mask with soft edges to one that takes the edges whole
SOLID = {over: (row + 1) * STEPS - 1 for row, (_, over) in enumerate(PAIRS)} | {"paper": INK, "soft": HOUSES}


def share_image(*, site: str, title: str, kicker: str, name: str, shades: Shades, tile: str | None = None) -> bytes:
    """A title beside the town plan of `name`, or beside the tile of a group."""
    image = Image.new("L", (WIDTH, HEIGHT), SOLID["paper"])
    image.paste(_tile(tile, HEIGHT, PLAN_WIDTH) if tile else _plan(name), (WIDTH - PLAN_WIDTH, 0))
    _masthead(image, site)
    wide = WIDTH - PLAN_WIDTH - LEFT - 56
    lines, font = _fitted(title, wide, HEIGHT - TOP - BOTTOM - 190)
    step = round(font.size * 1.12)
    y = 150
    if kicker:
        small = _font(28)
        _write(image, y, _cut(kicker, small, wide), small, MUTE)
        y += 52
    for line in lines:
        _write(image, y, line, font, INK)
        y += step
    return _png(image, shades)


def _write(image: Image.Image, y: int, text: str, font: ImageFont.FreeTypeFont, row: int) -> None:
    """A line of text on paper, in the steps of one row of the palette."""
    letters = Image.new("L", (WIDTH - PLAN_WIDTH - LEFT, 2 * round(font.size)), 0)
    ImageDraw.Draw(letters).text((0, round(font.size / 2)), text, font=font, fill=255)
    above = y - round(font.size / 2)
    image.paste(_stepped(letters, row), (LEFT, above), letters.point(_ANY))


def _stepped(mask: Image.Image, row: int) -> Image.Image:
    return mask.point([row + value * STEPS // 256 for value in range(256)])


def avatar(handle: str, shades: Shades, side: int = 400) -> bytes:
    """The tile of a group as a square picture."""
    return _png(_tile(handle, side, side), shades)


def _masthead(image: Image.Image, site: str) -> None:
    font = _font(40, bold=True)
    wide = WIDTH - PLAN_WIDTH - LEFT - 56
    text = _cut(site, font, wide - 30)
    _write(image, TOP - 16, text, font, INK)
    end = LEFT + round(font.getlength(text)) + 6
    draw = ImageDraw.Draw(image)
    draw.rectangle((end, TOP + 16, end + 11, TOP + 27), fill=SOLID["accent"])
    draw.rectangle((LEFT, 118, LEFT + wide, 121), fill=SOLID["ink"])
    draw.rectangle((LEFT, 126, LEFT + wide, 126), fill=SOLID["ink"])


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONT, size)
    values: dict[bytes, float] = {b"Weight": 700 if bold else 400, b"Optical Size": min(60, max(8, size))}
    font.set_variation_by_axes([values.get(axis["name"], axis["default"] or 0) for axis in font.get_variation_axes()])
    return font


def _fitted(title: str, width: int, height: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The title in the largest letters in which it fits; a very long one ends in an ellipsis."""
    for size in (76, 68, 60, 52, 46, 40):
        font = _font(size)
        lines = _wrapped(title, font, width)
        most = int(height // (size * 1.12))
        if len(lines) <= most and all(font.getlength(line) <= width for line in lines):
            return lines, font
    lines = [_cut(line, font, width) for line in lines[:most]]
    lines[-1] = _cut(lines[-1] + " …", font, width)
    return lines, font


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while font.getlength(text) > width and len(text) > 2:
        text = text[:-2].rstrip() + "…"
    return text


@lru_cache(maxsize=64)  # a post has an image in each language, with one plan
def _plan(name: str) -> Image.Image:
    plan = town_plan.draw(name, PLAN_WIDTH, HEIGHT)
    houses = Image.new("L", (PLAN_WIDTH * FINE, HEIGHT * FINE), 0)
    draw = ImageDraw.Draw(houses)
    for shapes, colour in ((plan.blocks, 255), (plan.courts, 0)):
        for shape in shapes:
            draw.polygon([(x * FINE, y * FINE) for x, y in shape], fill=colour)
    for x, y in plan.trees:
        draw.ellipse([(v + r) * FINE for r in (-4, 4) for v in (x, y)], outline=255, width=3)
    mark = Image.new("L", houses.size, 0)
    ImageDraw.Draw(mark).polygon([(x * FINE, y * FINE) for x, y in plan.mark], fill=255)
    small = mark.reduce(FINE)
    image = _stepped(houses.reduce(FINE), HOUSES)
    image.paste(_stepped(small, MARK), mask=small.point(_ANY))
    return image


def _tile(handle: str, height: int, width: int) -> Image.Image:
    """Stones over the whole height; what does not fit in the width is cut off, as at a kerb."""
    image = Image.new("L", (width, height), SOLID["paper"])
    draw = ImageDraw.Draw(image)
    unit = height / paving.CELLS
    gap = paving.JOINT * unit
    for stone in paving.lay(handle):
        box = (
            round(stone.x * unit + gap),
            round(stone.y * unit + gap),
            round((stone.x + stone.width) * unit - gap),
            round((stone.y + stone.height) * unit - gap),
        )
        draw.rectangle(box, fill=SOLID[stone.colour])
    return image


def _png(image: Image.Image, shades: Shades) -> bytes:
    """Without any fact of the moment."""
    buffer = BytesIO()
    image.putpalette(_palette(shades))
    image.save(buffer, "PNG", compress_level=5)
    return buffer.getvalue()


@cache
def _palette(shades: Shades) -> bytes:
    colours = (
        mix(_colour(getattr(shades, over)), _colour(getattr(shades, under)), step / (STEPS - 1))
        for under, over in PAIRS
        for step in range(STEPS)
    )
    return bytes(round(part * 255) for colour in colours for part in colour[:3])


def _colour(text: str) -> Colour:
    colour = parse(text)
    assert colour is not None, text  # noqa: S101  a palette has read it
    return colour
