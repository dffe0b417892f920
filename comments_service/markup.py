"""Markdown of strangers -> SafeHtml. The only maker of it: comrak renders with raw HTML escaped, nh3 cleans always."""

import re
import unicodedata
from html import escape, unescape

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown

from comments_service.model import SafeHtml

RENDERER_VERSION = 1  # rises when the same Markdown would give other HTML; stored with every comment

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TAGS = {"a", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"} | _HEADINGS
_LINK = re.compile(r"https?://[^/]|mailto:[^/]", re.IGNORECASE)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Keep a link only when it names its scheme and a host: http:x and //x depend on the page they stand on."""
    return value if (tag, attribute) != ("a", "href") or _LINK.match(value) else None


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes={"a": {"href"}, "ol": {"start"}, "*": set()},
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="ugc nofollow noopener",
    )


_CLEANER = _cleaner(_TAGS)
_REMOTE_TAGS = _TAGS | {"b", "i", "u", "s", "sub", "sup"}
_REMOTE_CLEANER = _cleaner(_REMOTE_TAGS)
_HEADING = re.compile(r"<(/?)h[1-6]>")
_BETWEEN_TAGS = re.compile(r"(?:^|>)([^<>]+)")


_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing
MOST_MARKS = 30  # on one letter: what every language needs fits (UAX #15, stream-safe text), and NFC stays fast


# What is_control tells, but for line feed and tab; and a run that could be too many marks, which all stand from U+0300.
# A search is a hundred times quicker than asking for each character.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")
_MANY_MARKS = re.compile(f"[^\x00-\u02ff]{{{MOST_MARKS + 1}}}")


def normalise(text: str) -> str:
    """Return text in NFC with one kind of line end and without characters that only steer."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", _with_few_marks(text))
    return _CONTROLS.sub("", text).strip()


def is_control(character: str) -> bool:
    """Tell whether a character only steers: controls, lone surrogates, line separators, bidirectional overrides."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDIRECTIONAL


def _with_few_marks(text: str) -> str:
    if _MANY_MARKS.search(text) is None:
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def is_seen(character: str) -> bool:
    """Tell whether a character by itself shows something: a letter, a digit, a sign."""
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def has_text(html: str) -> bool:
    """Tell whether a reader would see any letter, digit or sign of this HTML."""
    return any(is_seen(one) for part in _BETWEEN_TAGS.finditer(html) for one in unescape(part[1]))


def render(markdown: str) -> SafeHtml:
    """Return the HTML of a comment: no raw HTML, no images, links only to http, https and mailto with rel set.

    Headings become bold paragraphs, so that a comment cannot disturb the outline of the page around it.
    """
    extensions = ExtensionOptions()
    extensions.autolink = True
    extensions.strikethrough = True
    options = RenderOptions()
    options.escape = True
    options.hardbreaks = True
    html = _CLEANER.clean(render_markdown(markdown, extension_options=extensions, render_options=options))
    return SafeHtml(_HEADING.sub(lambda tag: "</strong></p>" if tag[1] else "<p><strong>", html).strip())


MOST_REMOTE = 64_000  # characters of HTML from elsewhere that are read
MOST_TAGS = 5_000
MOST_DEPTH = 24
_LINE_ENDS = {"div", "section", "article", "header", "footer", "figure", "figcaption", "details", "summary"}
_LINE_ENDS |= {"dt", "dd", "tr", "caption", "address", "center"}
# Matches every "<". Each alternative takes time linear in the text: no two "<" start a search over the same stretch.
_MARKUP = re.compile(
    r"<!--(?:.*?-->|.*)|<(?P<code>script|style)\b(?:.*?</(?P=code)\s*+>|.*)|<[!?/][^<>a-z][^<>]*>|"
    r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9:-]*)(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+|[^<>]*)>|<",
    re.IGNORECASE | re.DOTALL,
)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


def remote(html: str) -> SafeHtml:
    """Return HTML of another server as ours: the same few tags, links with rel set, pictures as their description.

    What is not ours goes before a tree is built, attributes too: of a few thousand `<b a=1>` the algorithm of HTML
    (section 13.2.4.3) makes millions. What has more than MOST_TAGS tags, or nests deeper than MOST_DEPTH, keeps its
    words only.
    """
    simple, tags = _MARKUP.subn(_ours, _CONTROLS.sub("", html[:MOST_REMOTE]))
    cleaned = _REMOTE_CLEANER.clean(simple) if tags <= MOST_TAGS else ""
    if tags > MOST_TAGS or len(cleaned) > 4 * MOST_REMOTE or _depth(cleaned) > MOST_DEPTH:
        cleaned = f"<p>{escape(plain(_MARKUP.sub(_word, html[:MOST_REMOTE]), MOST_REMOTE), quote=False)}</p>"
    # Entities have become characters. NFC would now join ">" and U+0338 to one sign, and open the tag again.
    return SafeHtml(_CONTROLS.sub("", _with_few_marks(cleaned)).strip())


def plain(text: str, most: int) -> str:
    """Return a name, a warning or a description of a stranger as one line of plain text of at most `most` characters.

    Tags go, entities become what they mean; whoever shows it escapes it. "" when nothing of it would be seen.
    """
    line = " ".join(normalise(unescape(re.sub(r"<[^<>]*>", " ", text[: 4 * most]))).split())
    if not any(map(is_seen, line)):
        return ""
    return line if len(line) <= most else line[: most - 1] + "…"


def _ours(found: re.Match[str]) -> str:
    """What a tag of another server becomes here."""
    if (name := found["tag"]) is None:
        return "&lt;" if found[0] == "<" else ""
    tag, is_end = name.lower(), bool(found["end"])
    if tag in _HEADINGS:
        return "</strong></p>" if is_end else "<p><strong>"
    if tag in ("a", "ol") and not is_end:
        return found[0]  # the cleaner looks at its attributes
    if tag in _REMOTE_TAGS:
        return f"<{found['end']}{tag}>"
    if tag == "img" and (alt := _ALT.search(found["rest"])):
        return escape(unescape(alt[1] or alt[2] or ""))
    return "" if not is_end else "<br>" if tag in _LINE_ENDS else " " if tag in ("td", "th") else ""


def _word(found: re.Match[str]) -> str:
    return "&lt;" if found[0] == "<" else " "


def _depth(html: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag[2] not in ("br", "hr"):
            depth += -1 if tag[1] else 1
            deepest = max(deepest, depth)
    return deepest
