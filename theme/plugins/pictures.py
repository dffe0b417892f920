"""Picture files: their size, whether they are what their name says, and what an SVG may hold."""

from collections.abc import Callable, Iterator

from theme.plugins import svg
from theme.plugins.folder import IMAGES, Folder, extension
from theme.plugins.problems import Finding

MOST_BYTES = 500_000
_MOST_SVG_BYTES = 5_000_000


def _box(brand: bytes) -> Callable[[bytes], bool]:
    return lambda raw: raw[4:8] == b"ftyp" and brand in raw[8:40]


_SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "png": lambda raw: raw.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpg": lambda raw: raw.startswith(b"\xff\xd8\xff"),
    "jpeg": lambda raw: raw.startswith(b"\xff\xd8\xff"),
    "gif": lambda raw: raw.startswith((b"GIF87a", b"GIF89a")),
    "webp": lambda raw: raw.startswith(b"RIFF") and raw[8:12] == b"WEBP",
    "avif": _box(b"avif"),
    "pdf": lambda raw: raw.startswith(b"%PDF-"),
}


def too_big(folder: Folder, name: str) -> Finding | None:
    """An error for the place that uses the picture: there it can be mended or taken out."""
    size = folder.sizes.get(name, 0)
    if extension(name) not in IMAGES or size <= MOST_BYTES:
        return None
    return Finding("image-too-big", values={"size": str(-(-size // 1000)), "limit": str(MOST_BYTES // 1000)})


def check(folder: Folder, name: str) -> Iterator[Finding]:
    """What is wrong with a file itself; each finding has its line within an SVG."""
    kind = extension(name)
    if kind == "svg":
        if folder.sizes[name] > _MOST_SVG_BYTES:
            return
        raw = folder.read(name)
        if raw is not None:
            yield from svg.check(raw)
    elif kind in _SIGNATURES:
        raw = folder.head(name)
        if raw is not None and not _SIGNATURES[kind](raw):
            yield Finding("not-an-image")
