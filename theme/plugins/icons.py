"""The mark of the site, a square in a square, in the sizes that devices ask for; and the web app manifest."""

import json
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageDraw

from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.palette import Shades
from theme.plugins.site import Site

MANIFEST = "/site.webmanifest"
SVG = "/theme/icon.svg"
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="{paper}" d="M0 0h32v32H0z"/>'
    '<path fill="{accent}" d="M8 8h16v16H8z"/></svg>\n'
)
SIZES = (192, 512)  # those that a phone needs to put the site on its screen
APPLE = 180


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    shades = site.sheet.palette.light
    yield OutputFile(SVG, MARK.format_map(vars(shades)).encode())
    for size in (*SIZES, APPLE):
        yield OutputFile(_path(size), mark(size, "PNG", shades))
    yield OutputFile("/favicon.ico", mark(32, "ICO", shades))  # asked for by whoever reads no page
    yield OutputFile(MANIFEST, (json.dumps(manifest(site), ensure_ascii=False, indent=1) + "\n").encode())


def _path(size: int) -> str:
    return f"/theme/icon-{size}.png"


def manifest(site: Site) -> dict[str, object]:
    """W3C Web Application Manifest. It stays a page in a browser: no window of its own."""
    svg = {"src": site.link(SVG), "sizes": "any", "type": "image/svg+xml"}
    pngs = [{"src": site.link(_path(size)), "sizes": f"{size}x{size}", "type": "image/png"} for size in SIZES]
    return {
        "name": site.settings.name,
        "short_name": site.settings.name,
        "lang": site.languages[0],
        "id": site.link("/"),
        "start_url": site.link("/"),
        "scope": site.link("/"),
        "display": "browser",
        "background_color": site.sheet.palette.light.paper,
        "theme_color": site.sheet.palette.light.paper,
        "icons": [svg, *pngs],
    }


def mark(size: int, kind: str, shades: Shades) -> bytes:
    image = Image.new("RGB", (size, size), shades.paper)
    ImageDraw.Draw(image).rectangle((size // 4, size // 4, size * 3 // 4 - 1, size * 3 // 4 - 1), fill=shades.accent)
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
