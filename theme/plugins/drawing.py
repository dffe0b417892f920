"""Town plans, tiles and titles as PNG, for those who show no SVG: previews of links, and other servers."""

from functools import cache
from io import BytesIO
from pathlib import Path

import fontpkg_source_serif_4
from PIL import Image, ImageDraw, ImageFont

from theme.plugins import paving, town_plan
from theme.plugins.palette import Shades

VERSION = 3  # of what is drawn; it is part of the key of the cache
WIDTH, HEIGHT = 1200, 630  # what Open Graph readers show whole
FONT = Path(fontpkg_source_serif_4.__file__).parent / "files" / "SourceSerif4[opsz,wght].ttf"
PLAN_WIDTH = 420
LEFT, TOP, BOTTOM = 64, 56, 56
FINE = 2  # times finer than it is shown, for smooth edges


def share_image(*, site: str, title: str, kicker: str, name: str, shades: Shades, tile: str | None = None) -> bytes:
    """A title beside the town plan of `name`, or beside the tile of a group."""
    image = Image.new("RGB", (WIDTH, HEIGHT), shades.paper)
    side = _tile(tile, HEIGHT, PLAN_WIDTH, shades) if tile else _plan(name, shades)
    image.paste(side, (WIDTH - PLAN_WIDTH, 0))
    draw = ImageDraw.Draw(image)
    _masthead(draw, site, shades)
    wide = WIDTH - PLAN_WIDTH - LEFT - 56
    lines, font = _fitted(title, wide, HEIGHT - TOP - BOTTOM - 190)
    step = round(font.size * 1.12)
    y = 150
    if kicker:
        small = _font(28)
        draw.text((LEFT, y), _cut(kicker, small, wide), font=small, fill=shades.mute)
        y += 52
    for line in lines:
        draw.text((LEFT, y), line, font=font, fill=shades.ink)
        y += step
    return _png(image)


def avatar(handle: str, shades: Shades, side: int = 400) -> bytes:
    """The tile of a group as a square picture."""
    return _png(_tile(handle, side, side, shades))


def _masthead(draw: ImageDraw.ImageDraw, site: str, shades: Shades) -> None:
    font = _font(40, bold=True)
    wide = WIDTH - PLAN_WIDTH - LEFT - 56
    text = _cut(site, font, wide - 30)
    draw.text((LEFT, TOP - 16), text, font=font, fill=shades.ink)
    end = LEFT + round(font.getlength(text)) + 6
    draw.rectangle((end, TOP + 16, end + 11, TOP + 27), fill=shades.accent)
    draw.rectangle((LEFT, 118, LEFT + wide, 121), fill=shades.ink)
    draw.rectangle((LEFT, 126, LEFT + wide, 126), fill=shades.ink)


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


def _plan(name: str, shades: Shades) -> Image.Image:
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
    image = Image.new("RGB", (PLAN_WIDTH, HEIGHT), shades.soft)
    image.paste(Image.new("RGB", image.size, shades.houses), mask=houses.reduce(FINE))
    image.paste(Image.new("RGB", image.size, shades.accent), mask=mark.reduce(FINE))
    return image


def _tile(handle: str, height: int, width: int, shades: Shades) -> Image.Image:
    """Stones over the whole height; what does not fit in the width is cut off, as at a kerb."""
    image = Image.new("RGB", (width, height), shades.paper)
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
        draw.rectangle(box, fill=getattr(shades, stone.colour))
    return image


def _png(image: Image.Image) -> bytes:
    """Few colours, so a palette holds them; without any fact of the moment."""
    buffer = BytesIO()
    image.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=5)
    return buffer.getvalue()
