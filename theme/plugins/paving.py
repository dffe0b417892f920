"""Every group lays its own tile: stones of several sizes in three colours, placed by a hash of its handle."""

import random
from dataclasses import dataclass

from theme.plugins.palette import Palette
from theme.plugins.picture_cache import digest

VERSION = 2  # of what is drawn: it is part of the address
CELLS = 5  # along each side
JOINT = 0.055  # between stones, in cells
SIZES = ((2, 2), (2, 1), (1, 2), (1, 1), (3, 1), (1, 3))
ODDS = (3, 5, 5, 3, 2, 2)
COLOURS = ("ink", "accent", "sand")  # shades of the palette
STYLE = {name[0]: f"fill:{{{name}}}" for name in COLOURS}


@dataclass(frozen=True)
class Stone:
    """In cells from the upper left corner."""

    x: int
    y: int
    width: int
    height: int
    colour: str


def path(handle: str, kind: str, palette: Palette) -> str:
    """Where the tile of a group stands: "svg" for pages, "png" for other servers."""
    return f"/drawings/{handle}.{digest(VERSION, handle, palette)}.{kind}"


def lay(handle: str) -> tuple[Stone, ...]:
    """The tile of a handle: every cell is covered once, and stones that touch differ in colour where they can."""
    chance = random.Random(f"tile:{handle}")  # noqa: S311  a drawing, no secret
    covered: dict[tuple[int, int], str] = {}
    stones: list[Stone] = []
    for y in range(CELLS):
        for x in range(CELLS):
            if (x, y) in covered:
                continue
            fitting = [
                (size, odds)
                for size, odds in zip(SIZES, ODDS, strict=True)
                if x + size[0] <= CELLS
                and y + size[1] <= CELLS
                and all((x + dx, y) not in covered for dx in range(size[0]))
            ]
            width, height = chance.choices([size for size, _ in fitting], [odds for _, odds in fitting])[0]
            cells = [(x + dx, y + dy) for dx in range(width) for dy in range(height)]
            around = {covered.get((cx + dx, cy + dy)) for cx, cy in cells for dx, dy in ((-1, 0), (1, 0), (0, -1))}
            colour = chance.choice([name for name in COLOURS if name not in around] or list(COLOURS))
            covered |= dict.fromkeys(cells, colour)
            stones.append(Stone(x, y, width, height, colour))
    return tuple(stones)


def svg(handle: str, palette: Palette, side: int = 80) -> str:
    """The tile as a picture that follows a light or a dark screen."""
    unit = side / CELLS
    gap = JOINT * unit
    rects = "".join(
        f'<rect class="{stone.colour[0]}" x="{stone.x * unit + gap:.1f}" y="{stone.y * unit + gap:.1f}" '
        f'width="{stone.width * unit - 2 * gap:.1f}" height="{stone.height * unit - 2 * gap:.1f}"/>'
        for stone in lay(handle)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}">'
        f"{palette.style(STYLE)}{rects}</svg>\n"
    )
