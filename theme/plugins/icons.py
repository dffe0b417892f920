"""The mark of the site, a square in a square, in the sizes that devices ask for; and the web app manifest."""

import json
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageDraw

from theme.plugins.drawing import GREEN, PAPER
from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.site import Site

MANIFEST = "/site.webmanifest"
SIZES = (192, 512)  # those that a phone needs to put the site on its screen
APPLE = 180


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    for size in (*SIZES, APPLE):
        yield OutputFile(_path(size), mark(size, "PNG"))
    yield OutputFile("/favicon.ico", mark(32, "ICO"))  # asked for by whoever reads no page
    yield OutputFile(MANIFEST, (json.dumps(manifest(site), ensure_ascii=False, indent=1) + "\n").encode())


def _path(size: int) -> str:
    return f"/theme/icon-{size}.png"


def manifest(site: Site) -> dict[str, object]:
    """W3C Web Application Manifest. It stays a page in a browser: no window of its own."""
    svg = {"src": site.link("/theme/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    pngs = [{"src": site.link(_path(size)), "sizes": f"{size}x{size}", "type": "image/png"} for size in SIZES]
    return {
        "name": site.settings.name,
        "short_name": site.settings.name,
        "lang": site.languages[0],
        "id": site.link("/"),
        "start_url": site.link("/"),
        "scope": site.link("/"),
        "display": "browser",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [svg, *pngs],
    }


def mark(size: int, kind: str) -> bytes:
    image = Image.new("RGB", (size, size), PAPER)
    ImageDraw.Draw(image).rectangle((size // 4, size // 4, size * 3 // 4 - 1, size * 3 // 4 - 1), fill=GREEN)
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
