"""Colours as CSS writes them, mixed and compared by the contrast of WCAG 2.2."""

import colorsys
import re
from typing import NamedTuple

_NAMES = {"transparent": "#0000", "white": "#fff", "black": "#000", "red": "#f00", "gray": "#808080", "grey": "#808080"}
_FUNCTION = re.compile(r"(rgb|hsl)a?\((.*)\)")


class Colour(NamedTuple):
    """Red, green, blue and alpha, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @property
    def text(self) -> str:
        return "#" + "".join(f"{round(part * 255):02x}" for part in self[:3])


def parse(text: str) -> Colour | None:
    """A hexadecimal colour, rgb(), hsl() or one of a few names (CSS Color 4, sections 5 and 7); None for all else."""
    text = _NAMES.get(text.strip().lower(), text.strip().lower())
    if re.fullmatch(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", text):
        digits = text[1:] if len(text) > 5 else "".join(digit * 2 for digit in text[1:])
        return Colour(*(int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)))
    found = _FUNCTION.fullmatch(text)
    if not found:
        return None
    words = re.split(r"[\s,/]+", found[2].strip())
    numbers = [_number(word) for word in words]
    if len(numbers) not in (3, 4) or any(number is None for number in numbers):
        return None
    first, second, third, *alpha = [number or 0.0 for number in numbers]
    if found[1] == "hsl":
        red, green, blue = colorsys.hls_to_rgb(first % 360 / 360, min(third, 1.0), min(second, 1.0))
    else:
        red, green, blue = (
            min(part if "%" in word else part / 255, 1.0)
            for part, word in zip((first, second, third), words, strict=False)
        )
    return Colour(red, green, blue, *alpha)


def _number(word: str) -> float | None:
    found = re.fullmatch(r"([0-9.]+)(%|deg)?", word)
    try:
        return float(found[1]) / (100 if found[2] == "%" else 1) if found else None
    except ValueError:
        return None


def mix(front: Colour, ground: Colour, share: float) -> Colour:
    """`share` of the front over the ground, as a veil of that alpha gives it."""
    return Colour(*(a * share + b * (1 - share) for a, b in zip(front[:3], ground[:3], strict=True)))


def over(front: Colour, ground: Colour) -> Colour:
    """What is seen of a colour that lets its ground through."""
    return mix(front, ground, front.alpha)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio, from 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def clearest(ground: Colour, *candidates: Colour) -> Colour:
    """The candidate that stands out most."""
    return max(candidates, key=lambda candidate: contrast(candidate, ground))


def veil(front: Colour, grounds: tuple[Colour, ...], share: float, least: float) -> Colour:
    """The faintest mix of `front` into the first ground, from `share` up, that still stands out from every ground."""
    while share < 1 and min(contrast(mix(front, grounds[0], share), ground) for ground in grounds) < least:
        share += 0.05
    return mix(front, grounds[0], min(share, 1.0))
