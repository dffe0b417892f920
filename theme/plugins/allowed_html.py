"""Which HTML a page of the site may hold: wider than a comment, narrower than a browser. nh3 holds every page to it."""

import html
from collections.abc import Mapping
from html.parser import HTMLParser

import nh3
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "u", "ul", "var", "wbr",
})  # fmt: skip
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "*": frozenset({"id", "lang", "dir", "title", "aria-label", "aria-labelledby"}),
    "a": frozenset({"href", "hreflang"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "td": frozenset({"colspan", "rowspan", "headers"}),
    "th": frozenset({"colspan", "rowspan", "headers", "scope", "abbr"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "li": frozenset({"value"}),
    "time": frozenset({"datetime"}),
    "del": frozenset({"datetime"}),
    "ins": frozenset({"datetime"}),
    "details": frozenset({"open"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
}
# What our own renderer adds. A role or a place in the tab order is nothing to choose freely.
ATTRIBUTE_VALUES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "div": {"role": frozenset({"region"}), "tabindex": frozenset({"0"})},
    "pre": {"role": frozenset({"region"}), "tabindex": frozenset({"0"})},
    "section": {"role": frozenset({"doc-endnotes"})},
    "a": {"role": frozenset({"doc-noteref", "doc-backlink"})},
}
CLASSES: Mapping[str, frozenset[str]] = {
    "div": frozenset({"table", "bleed"}),
    "figure": frozenset({"bleed"}),
    "blockquote": frozenset({"bleed"}),
    "section": frozenset({"notes"}),
    "a": frozenset({"noteref", "noteback"}),
    "th": frozenset({"n", "c"}),
    "td": frozenset({"n", "c"}),
    "pre": frozenset({"code"}),
    "span": frozenset(name for name in STANDARD_TYPES.values() if name) | {"hll"},
}
SCHEMES = frozenset({"https", "http", "mailto", "tel"})

CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "textarea",
        "title",
    },
    attributes=ATTRIBUTES,
    tag_attribute_values=ATTRIBUTE_VALUES,
    allowed_classes=CLASSES,
    url_schemes=SCHEMES,
    link_rel=None,
)


class Dropped(HTMLParser):
    """Collects what the cleaner would take out of HTML: tags, attributes and classes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.classes: set[str] = set()
        self.schemes: set[str] = set()
        self.broken: set[str] = set()  # addresses that no browser can read
        self.declarations: set[str] = set()  # how they begin: "<?" or "<!"

    def handle_decl(self, _text: str) -> None:
        self.declarations.add("<!")

    def unknown_decl(self, _text: str) -> None:
        self.declarations.add("<!")

    def handle_pi(self, _text: str) -> None:
        self.declarations.add("<?")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.tags.add(tag)
            return
        for name, value in attrs:
            if name == "class":
                self.classes.update(set((value or "").split()) - CLASSES.get(tag, frozenset()))
            elif name in ("href", "src") and name in ATTRIBUTES.get(tag, frozenset()):
                scheme = scheme_of(value or "")
                if scheme and scheme not in SCHEMES:
                    self.schemes.add(value or "")
                elif scheme and not CLEANER.clean(f'<a href="{html.escape(value or "")}">').startswith("<a href"):
                    self.broken.add(value or "")
            elif name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, frozenset()) and (
                value or ""
            ) not in ATTRIBUTE_VALUES.get(tag, {}).get(name, frozenset()):
                self.attributes.add((tag, name))


def scheme_of(url: str) -> str:
    """The scheme of a URL as a browser reads it (white space and control characters inside are skipped), or ""."""
    plain = "".join(character for character in url if character > " ")
    scheme, colon, _ = plain.partition(":")
    is_scheme = colon and scheme[:1].isalpha() and all(c.isalnum() or c in "+-." for c in scheme)
    return scheme.lower() if is_scheme and scheme.isascii() else ""
