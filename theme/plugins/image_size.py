"""Width and height of a picture from its first bytes, so that a page keeps its place while the picture loads."""

import re
import struct
from pathlib import Path

# The first tag of an SVG; attributes may stand in any order and in either kind of quotes.
_SVG_TAG = re.compile(rb"<svg\b[^>]*>", re.IGNORECASE)
_SVG_BOX = re.compile(rb"""\bviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)""")
_SVG_LENGTH = rb"""(?<![-\w])%s\s*=\s*["']\s*([\d.]+)(?:px)?\s*["']"""
_READ = 256 * 1024  # a JPEG may carry a large colour profile before its size


def image_size(path: Path) -> tuple[int, int] | None:
    """Pixels, or None when the file does not say (or says nonsense): then the page leaves the attributes out."""
    with path.open("rb") as file:
        start = file.read(_READ)
    try:
        size = _SIZES.get(path.suffix.lower(), lambda _: None)(start)
    except (struct.error, IndexError, ValueError):
        return None
    return size if size and size[0] > 0 and size[1] > 0 else None


def _svg(start: bytes) -> tuple[int, int] | None:
    tag = _SVG_TAG.search(start)
    if not tag:
        return None
    width, height = (re.search(_SVG_LENGTH % name, tag[0]) for name in (b"width", b"height"))
    if width and height:
        return round(float(width[1])), round(float(height[1]))
    box = _SVG_BOX.search(tag[0])
    return (round(float(box[1])), round(float(box[2]))) if box else None


def _png(start: bytes) -> tuple[int, int] | None:
    """IHDR is always the first chunk (PNG, section 5.6)."""
    if start[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", start[16:24])
    return width, height


def _gif(start: bytes) -> tuple[int, int] | None:
    if start[:4] != b"GIF8":
        return None
    width, height = struct.unpack("<HH", start[6:10])
    return width, height


def _jpeg(start: bytes) -> tuple[int, int] | None:
    """The first start-of-frame marker (ITU-T T.81, section B.2.2)."""
    if start[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(start):
        marker = start[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", start[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + struct.unpack(">H", start[at + 2 : at + 4])[0]
    return None


def _webp(start: bytes) -> tuple[int, int] | None:
    """Three kinds of first chunk (RFC 9649, sections 2.5 to 2.7)."""
    if start[:4] != b"RIFF" or start[8:12] != b"WEBP":
        return None
    kind = start[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(start[24:27], "little"), 1 + int.from_bytes(start[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", start[26:30])
    return width & 0x3FFF, height & 0x3FFF


_SIZES = {".svg": _svg, ".png": _png, ".gif": _gif, ".jpg": _jpeg, ".jpeg": _jpeg, ".webp": _webp}
