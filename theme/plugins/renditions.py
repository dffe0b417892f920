"""Photographs in several sizes as AVIF and WebP, with the file itself for browsers that read neither.

Their names hold a hash of the file, so a browser may keep them for ever; a build makes only what var/pictures has not.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from theme.plugins import picture_cache
from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.views import Source

if TYPE_CHECKING:
    from theme.plugins.site import Site

VERSION = 1
KINDS = {"avif": {"quality": 60, "speed": 8}, "webp": {"quality": 78, "method": 4}}  # the smaller kind first
WIDTHS = (480, 800, 1216)  # a telephone, a telephone with a sharp screen, twice the column of text
SIZES = "(min-width: 42em) 38rem, 92vw"  # how wide the column shows them
RASTER = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True)
class Rendition:
    """One file to be made. `path` starts at the site's root."""

    path: str
    source: Path
    width: int
    kind: str

    def encode(self) -> bytes:
        """Raises SystemExit for a file that begins as a picture and is none."""
        try:
            with Image.open(self.source) as opened:
                image = ImageOps.exif_transpose(opened)
                image = image.convert("RGBA" if image.mode in ("RGBA", "LA", "PA", "P") else "RGB")
            height = max(1, round(image.height * self.width / image.width))
            buffer = BytesIO()
            image.resize((self.width, height), Image.Resampling.LANCZOS).save(buffer, self.kind, **KINDS[self.kind])
        except (OSError, ValueError, SyntaxError) as error:
            raise SystemExit(f"{self.source} is a broken picture: {error}. Save it anew. Nothing was built.") from error
        return buffer.getvalue()


@dataclass(frozen=True)
class Photograph:
    """A picture that has renditions, and its size as it is shown: a telephone turns what it stores."""

    width: int
    height: int
    renditions: tuple[Rendition, ...]


@lru_cache(maxsize=4096)
def of(file: Path, name: str) -> Photograph | None:
    """What to make of a file. None for a drawing, a moving picture, or one that is small or cannot be read."""
    if file.suffix.lower() not in RASTER:
        return None
    try:
        with Image.open(file) as image:
            if getattr(image, "is_animated", False):
                return None
            turned = image.getexif().get(0x0112, 1) >= 5  # Exif 2.3, section 4.6.4: Orientation
            width, height = (image.height, image.width) if turned else image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    widths = sorted({at for at in WIDTHS if at < width} | ({width} if width <= WIDTHS[-1] else set()))
    digest = picture_cache.digest(VERSION, repr(KINDS), file.read_bytes())
    stem = name.rpartition(".")[0]
    made = tuple(Rendition(f"/pictures/{stem}-{at}.{digest}.{kind}", file, at, kind) for kind in KINDS for at in widths)
    return Photograph(width, height, made) if width > WIDTHS[0] else None


def sources(photograph: Photograph, base: str) -> tuple[Source, ...]:
    """For `<picture>`: one source for each kind, with all its widths."""
    return tuple(
        Source(
            kind=f"image/{kind}",
            files=", ".join(f"{base}{one.path} {one.width}w" for one in photograph.renditions if one.kind == kind),
            sizes=SIZES,
        )
        for kind in KINDS
    )


def picture(image: str, photograph: Photograph, base: str) -> str:
    """An `<img>` within a `<picture>` that offers the renditions first."""
    offered = "".join(
        f'<source type="{one.kind}" srcset="{html.escape(one.files)}" sizes="{one.sizes}">'
        for one in sources(photograph, base)
    )
    return f"<picture>{offered}{image}</picture>"


def files(site: "Site", pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    return picture_cache.files(site.theme.parent, ((one.path, one.encode) for one in site.library.renditions))


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
