"""A figure-ground plan of a town that nobody built: buildings in ink, public space in paper, one square in the accent.

It is drawn from a name and nothing else: the same name gives the same town. Streets come from cutting a plane in two,
again and again, until quarters are left and then blocks; one quarter in the middle stays open.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from theme.plugins.palette import Palette
from theme.plugins.picture_cache import digest

Point = tuple[float, float]
Shape = tuple[Point, ...]

VERSION = 2  # of what is drawn: it is part of the address
# In units of a plan of 1200 by 420.
QUARTER = 17_000.0  # area of a quarter, about; one of them stays open
BLOCK = 3_400.0  # of a block of houses
SLIVER = 240.0  # smaller is not built on
EDGE = 60.0  # the town goes on beyond the picture
MARK = 42.0  # side of the one in the accent
STYLE = {
    "p": "fill:{soft}",
    "b": "fill:{houses}",
    "t": "fill:none;stroke:{houses};stroke-width:1.4",
    "a": "fill:{accent}",
}


@dataclass(frozen=True)
class TownPlan:
    """`blocks` are solid; `courts` are open places inside of blocks; `trees` stand round the square."""

    width: int
    height: int
    blocks: tuple[Shape, ...]
    courts: tuple[Shape, ...]
    trees: tuple[Point, ...]
    mark: Shape


def path(key: str, palette: Palette) -> str:
    """Where the plan of a page stands."""
    return f"/drawings/{key.rpartition('/')[2]}.{digest(VERSION, key, palette)}.svg"


def draw(name: str, width: int = 1200, height: int = 420) -> TownPlan:
    """The town of a name."""
    chance = random.Random(f"plein:{name}")  # noqa: S311  a drawing, no secret
    right, bottom = width + EDGE, height + EDGE
    middle = (width * chance.uniform(0.4, 0.6), height * chance.uniform(0.42, 0.58))
    quarters = list(_cut(((-EDGE, -EDGE), (right, -EDGE), (right, bottom), (-EDGE, bottom)), 0, QUARTER, chance))
    nearest = sorted(quarters, key=lambda quarter: math.dist(centroid(quarter[0]), middle))[:3]
    square = max(nearest, key=lambda quarter: area(quarter[0]))
    quarters.remove(square)
    blocks: list[Shape] = []
    courts: list[Shape] = []
    for quarter, depth in quarters:
        for block, _ in _cut(quarter, depth, BLOCK, chance):
            if area(block) > SLIVER:
                blocks.append(block)
                court = inset(block, chance.uniform(9, 15))
                if area(court) > SLIVER and chance.random() < 0.5:
                    courts.append(court)
    mark = _mark(centroid(square[0]), chance)
    return TownPlan(width, height, tuple(blocks), tuple(courts), _trees(square[0]), mark)


def _cut(piece: Shape, depth: int, small: float, chance: random.Random) -> Iterator[tuple[Shape, int]]:
    """Cut in two across the longest side, a little askew; the first cuts are avenues, the last ones alleys."""
    if area(piece) < small * chance.uniform(0.6, 1.8):
        yield piece, depth
        return
    one, two = max(_sides(piece), key=lambda side: math.dist(*side))
    across = math.atan2(two[1] - one[1], two[0] - one[0]) + math.pi / 2 + chance.uniform(-0.32, 0.32)
    part = chance.uniform(0.38, 0.62)
    through = (one[0] + (two[0] - one[0]) * part, one[1] + (two[1] - one[1]) * part)
    street = max(4.0, 15.0 - 1.7 * depth) / 2 * chance.uniform(0.8, 1.25)
    for side in (1.0, -1.0):
        inner = (-math.sin(across) * side, math.cos(across) * side)
        half = _half(piece, (through[0] + inner[0] * street, through[1] + inner[1] * street), inner)
        if len(half) > 2:
            yield from _cut(half, depth + 1, small, chance)


def _sides(shape: Shape) -> Iterator[tuple[Point, Point]]:
    return zip(shape, (*shape[1:], *shape[:1]), strict=True)


def _half(shape: Shape, at: Point, inner: Point) -> Shape:
    """The part of a convex shape on the side of a line to which `inner` points (Sutherland and Hodgman, 1974)."""
    (x0, y0), (dx, dy) = at, inner
    sides = [(x - x0) * dx + (y - y0) * dy for x, y in shape]
    kept: list[Point] = []
    for one, two, first, second in zip(shape, (*shape[1:], shape[0]), sides, (*sides[1:], sides[0]), strict=True):
        if first >= 0:
            kept.append(one)
        if (first >= 0) != (second >= 0):
            part = first / (first - second)
            kept.append((one[0] + (two[0] - one[0]) * part, one[1] + (two[1] - one[1]) * part))
    return tuple(kept)


def inset(shape: Shape, distance: float) -> Shape:
    """A convex shape made smaller by the same distance on every side; () when nothing is left."""
    inner = shape
    turn = 1.0 if _signed_area(shape) > 0 else -1.0
    for one, two in _sides(shape):
        length = math.dist(one, two)
        if length < 1e-6:
            continue
        normal = (-(two[1] - one[1]) / length * turn, (two[0] - one[0]) / length * turn)
        inner = _half(inner, (one[0] + normal[0] * distance, one[1] + normal[1] * distance), normal)
        if len(inner) < 3:
            return ()
    return inner


def _signed_area(shape: Shape) -> float:
    total = 0.0
    for (x, y), (next_x, next_y) in _sides(shape):  # a loop, for it is asked a thousand times for each plan
        total += x * next_y - next_x * y
    return total / 2


def area(shape: Shape) -> float:
    return abs(_signed_area(shape))


def centroid(shape: Shape) -> Point:
    return sum(x for x, _ in shape) / len(shape), sum(y for _, y in shape) / len(shape)


def _trees(square: Shape) -> tuple[Point, ...]:
    """A row along every side, but not where the mark is."""
    trees: list[Point] = []
    for one, two in _sides(inset(square, 16)):
        steps = int(math.dist(one, two) // 26)
        trees += [
            (one[0] + (two[0] - one[0]) * n / steps, one[1] + (two[1] - one[1]) * n / steps) for n in range(steps)
        ]
    centre = centroid(square)
    return tuple(tree for tree in trees if math.dist(tree, centre) > MARK)


def _mark(centre: Point, chance: random.Random) -> Shape:
    turn, half = chance.uniform(-0.25, 0.25), MARK / math.sqrt(2)
    corners = [turn + math.pi / 4 + quarter * math.pi / 2 for quarter in range(4)]
    return tuple((centre[0] + math.cos(corner) * half, centre[1] + math.sin(corner) * half) for corner in corners)


def svg(plan: TownPlan, palette: Palette) -> str:
    """The plan as a picture that follows a light or a dark screen; whole numbers keep it small."""
    trees = "".join(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>' for x, y in plan.trees)
    buildings = "".join(_path(shape) for shape in (*plan.blocks, *plan.courts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plan.width} {plan.height}" width="{plan.width}" '
        f'height="{plan.height}">{palette.style(STYLE)}<path class="p" d="M0 0h{plan.width}v{plan.height}H0z"/>'
        f'<path class="b" fill-rule="evenodd" d="{buildings}"/><g class="t">{trees}</g>'
        f'<path class="a" d="{_path(plan.mark)}"/></svg>\n'
    )


def _path(shape: Shape) -> str:
    """From point to point in whole steps, which are shorter to write than places."""
    whole = [(round(x), round(y)) for x, y in shape]
    steps = " ".join(f"{two[0] - one[0]} {two[1] - one[1]}" for one, two in pairwise(whole))
    return f"M{whole[0][0]} {whole[0][1]}l{steps.replace(' -', '-')}z"
