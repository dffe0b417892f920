"""Links between files of content become links between pages: `other.nl.md#x` is `/blogs/other/#x`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from theme.plugins import renditions
from theme.plugins.addresses import Addresses
from theme.plugins.allowed_html import SCHEMES, scheme_of
from theme.plugins.content import Document
from theme.plugins.image_size import image_size
from theme.plugins.markup import rewrite

_IMAGE = re.compile(r'<img ([^>]*?src="([^"]*)"[^>]*)>')
_BARE_IMAGE = re.compile(r'<img (?![^>]*\swidth=)([^>]*?src="([^"]*)"[^>]*)>')


class DeadLinkError(Exception):
    """A text names what is not published. The check finds these first; this holds the build to it."""


@dataclass(frozen=True)
class Text:
    """One document's HTML: for its own page, and for elsewhere with every URL absolute."""

    html: str
    absolute: str


class Links:
    """Knows where every published file of content stands. `url` is the site's URL."""

    def __init__(self, documents: Iterable[Document], root: Path, addresses: Addresses, url: str) -> None:
        self._root = root
        self._addresses = addresses
        self._url = url
        self._base = urlsplit(url).path
        self._pages = {document.name: self._path_of(document) for document in documents}
        self._size = lru_cache(maxsize=None)(image_size)
        self.renditions: dict[str, renditions.Rendition] = {}  # of all texts so far, by path

    def _path_of(self, document: Document) -> str:
        return self._addresses.document(document.kind, document.slug, document.lang)

    def text_of(self, document: Document) -> Text:
        """Raises DeadLinkError."""
        html = rewrite(document.rendered.html, lambda href: self._resolve(document, href))
        if "<img " in html:
            html = _BARE_IMAGE.sub(self._with_size, html)
        own = self._url + self._path_of(document)
        absolute = rewrite(html, lambda href: self._absolute(own, href))
        return Text(_IMAGE.sub(self._with_choices, html), absolute)

    def _resolve(self, document: Document, href: str) -> str:
        """A path from the root of the host, or what was written when it stays on the page or leads elsewhere."""
        if href.startswith("#") or scheme_of(href) in SCHEMES:
            return href
        reference = document.references.get(href)
        if reference is None:  # the page itself, by the name of its file
            anchor = urlsplit(href).fragment
            path = self._pages.get(document.name) if document.path.name in href else None
        else:
            anchor = quote(reference.anchor)
            path = self._pages.get(reference.target) if reference.kind == "text" else quote(reference.target)
        if not path:
            raise DeadLinkError(f"{document.name} leads to {href}, which is not published.")
        return f"{self._base}/{path.lstrip('/')}" + (f"#{anchor}" if anchor else "")

    def _absolute(self, own: str, href: str) -> str:
        if href.startswith("#"):
            return own + href
        if href.startswith("/") and not href.startswith("//"):
            return self._url + href[len(self._base) :]
        return href

    def _with_choices(self, found: re.Match[str]) -> str:
        """On the page itself a picture waits until it comes near, and a photograph is offered in several sizes."""
        image = f'<img {found[1]} loading="lazy">'
        photograph = self._photograph(found[2])
        return renditions.picture(image, photograph, self._base) if photograph else image

    def _photograph(self, src: str) -> renditions.Photograph | None:
        name = unquote(src[len(self._base) + 1 :])
        path = self._root / name
        photograph = renditions.of(path, name) if path.is_file() else None
        self.renditions |= {one.path: one for one in photograph.renditions} if photograph else {}
        return photograph

    def _with_size(self, found: re.Match[str]) -> str:
        """Width and height keep the place of a picture while it loads."""
        photograph = self._photograph(found[2])
        path = self._root / unquote(found[2][len(self._base) + 1 :])
        stored = self._size(path) if path.is_file() else None
        size = (photograph.width, photograph.height) if photograph else stored
        return f'<img {found[1]} width="{size[0]}" height="{size[1]}">' if size else found[0]
