"""Markdown of strangers -> SafeHtml. The only maker of it: comrak renders with raw HTML escaped, nh3 cleans.

Only what is seen to hold nothing but words and a few tags without attributes is not cleaned again.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape, unescape
from itertools import count

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown

from comments_service.model import Picture, SafeHtml

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


_EXTENSIONS, _OPTIONS = ExtensionOptions(), RenderOptions()
_EXTENSIONS.autolink = _EXTENSIONS.strikethrough = True
_OPTIONS.escape = _OPTIONS.hardbreaks = True
_CLEANER = _cleaner(_TAGS)
_REMOTE_TAGS = _TAGS | {"b", "i", "u", "s", "sub", "sup"}
_REMOTE_CLEANER = _cleaner(_REMOTE_TAGS)
# Most comments, of which nh3 changes nothing but the entity of a quotation mark. Every other sign is left to it.
_BARE = re.compile(
    r"(?:[^<>&\xa0]++|&(?:amp|gt|lt|quot);|</?(?:blockquote|code|del|em|li|ol|p|pre|strong|ul)>)*+", re.ASCII
)
_HEADING = re.compile(r"<(/?)h[1-6]>")
_PLAINLY_SEEN = re.compile("(?:^|>)[^<>&]*[0-9A-Za-z]")  # in most comments the first letter already
_BETWEEN_TAGS = re.compile(r"(?:^|>)([^<>]+)")


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing
MOST_MARKS = 30  # on one letter: what every language needs fits (UAX #15, stream-safe text), and NFC stays fast


# Characters that only steer, but for line feed and tab: controls, lone surrogates, line separators, bidirectional
# overrides. And a run that could be too many marks, which all stand from U+0300.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")
_MANY_MARKS = re.compile(f"[^\x00-\u02ff]{{{MOST_MARKS + 1}}}")


def normalise(text: str) -> str:
    """Return text in NFC with one kind of line end and without characters that only steer."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", _with_few_marks(text))
    return CONTROLS.sub("", text).strip()


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
    return _PLAINLY_SEEN.search(html) is not None or any(
        is_seen(one) for part in _BETWEEN_TAGS.finditer(html) for one in unescape(part[1])
    )


def render(markdown: str) -> SafeHtml:
    """Return the HTML of a comment: no raw HTML, no images, links only to http, https and mailto with rel set.

    Headings become bold paragraphs, so that a comment cannot disturb the outline of the page around it.
    """
    html = render_markdown(markdown, extension_options=_EXTENSIONS, render_options=_OPTIONS)
    if _BARE.fullmatch(html):
        return SafeHtml(html.replace("&quot;", '"').strip())
    html = _CLEANER.clean(html)
    if "<h" in html:
        html = _HEADING.sub(lambda tag: "</strong></p>" if tag[1] else "<p><strong>", html)
    return SafeHtml(html.strip())


MOST_REMOTE = 64_000  # characters of HTML from elsewhere that are read
MOST_TAGS = 5_000
MOST_DEPTH = 24
MOST_ALT = 1_500  # characters of a description, as Mastodon has it
_LINE_ENDS = {"div", "section", "article", "header", "footer", "figure", "figcaption", "details", "summary"}
_LINE_ENDS |= {"dt", "dd", "tr", "caption", "address", "center"}
# Matches every "<". Each alternative takes time linear in the text: no two "<" start a search over the same stretch.
_MARKUP = re.compile(
    r"<!--(?:.*?-->|.*)|<(?P<code>script|style)\b(?:.*?</(?P=code)\s*+>|.*)|<[!?/][^<>a-z][^<>]*>|"
    r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9:-]*)(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+|[^<>]*)>|<",
    re.IGNORECASE | re.DOTALL,
)
_OF_IMG = re.compile(r"""(?<![\w-])(src|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)
EMOJI = re.compile(r":[\w+-]{1,64}:", re.ASCII)
_EMPTY_LINK = re.compile(r"<a href=[^>]*></a>")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


def remote(html: str) -> SafeHtml:
    """Return HTML of another server as ours: the same few tags, links with rel set, pictures as links or words.

    What is not ours goes before a tree is built, attributes too: of a few thousand `<b a=1>` the algorithm of HTML
    (section 13.2.4.3) makes millions. What has more than MOST_TAGS tags, or nests deeper than MOST_DEPTH, keeps its
    words only.
    """
    simple, tags = _MARKUP.subn(_ours, CONTROLS.sub("", html[:MOST_REMOTE]))
    cleaned = _REMOTE_CLEANER.clean(simple) if tags <= MOST_TAGS else ""
    if tags > MOST_TAGS or len(cleaned) > 4 * MOST_REMOTE or _depth(cleaned) > MOST_DEPTH:
        cleaned = f"<p>{escape(plain(_MARKUP.sub(_word, html[:MOST_REMOTE]), MOST_REMOTE), quote=False)}</p>"
    # Entities have become characters. NFC would now join ">" and U+0338 to one sign, and open the tag again.
    return SafeHtml(CONTROLS.sub("", _with_few_marks(_EMPTY_LINK.sub("", cleaned))).strip())


MOST_EMOJI = 100  # that one text shows
EMOJI_HEIGHT = 22  # pixels, beside letters of 18
_IMG = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*>')


def picture_link(url: str, alt: str) -> str:
    """What stands for a picture until it is shown: for `remote`."""
    return f'<a href="{escape(url)}">{escape(alt or url)}</a>'


def images(html: str) -> Iterator[Picture]:
    """Find the pictures in HTML of another server that stand as links in what `remote` makes of it."""
    for found in _MARKUP.finditer(CONTROLS.sub("", html[:MOST_REMOTE])):
        if found["tag"] and found["tag"].lower() == "img":
            url, alt = _image(found["rest"])
            if url:
                yield Picture(url, alt)


def pictured(html: SafeHtml, pictures: Sequence[Picture]) -> SafeHtml:
    """Return what `remote` made, with pictures that we serve: each within its link, emoji in the place of their names.

    One without a description keeps the words of its link; else those become its `alt`.
    """
    shown = html
    for one in pictures:
        words_, link = remote(escape(one.alt or one.url)), remote(picture_link(one.url, one.alt))
        if not one.is_emoji and link.endswith(end := f"{words_}</a>"):
            inner = _img(one, words_) if one.alt else _img(one, "") + words_
            shown = SafeHtml(shown.replace(link, f"{link.removesuffix(end)}{inner}</a>", 1))
    emoji, used = {one.alt: _img(one, one.alt) for one in pictures if one.is_emoji}, count()

    def drawn(found: re.Match[str]) -> str:
        return emoji[found[0]] if found[0] in emoji and next(used) < MOST_EMOJI else found[0]

    return SafeHtml(re.sub(rf"<[^>]*>|{EMOJI.pattern}", drawn, shown, flags=re.ASCII)) if emoji else shown


def words(html: SafeHtml) -> SafeHtml:
    """Take back what `pictured` did."""
    return SafeHtml(_IMG.sub(lambda img: img[1].replace("&quot;", '"'), html))


def _img(one: Picture, alt: str) -> str:
    width, height, kind = one.width, one.height, ""
    if one.is_emoji:
        width, height = min(5 * EMOJI_HEIGHT, one.width * EMOJI_HEIGHT // one.height), EMOJI_HEIGHT
        kind = ' class="emoji"'
    quoted = alt.replace('"', "&quot;")
    size = f'width="{width}" height="{height}"'
    return f'<img src="{one.address}" alt="{quoted}" {size} loading="lazy"{kind}>'


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
    if tag == "img" and not is_end:
        url, alt = _image(found["rest"])
        return picture_link(url, alt) if url else escape(alt)
    return "" if not is_end else "<br>" if tag in _LINE_ENDS else " " if tag in ("td", "th") else ""


def _image(attributes: str) -> tuple[str, str]:
    """The address and the description of an `img`; no address: its description says it all, or there is nothing."""
    said = {name.lower(): quoted or single or bare for name, quoted, single, bare in _OF_IMG.findall(attributes)}
    url, alt = unescape(said.get("src", "")).strip(), plain(said.get("alt", ""), MOST_ALT)
    is_word = "alt" in said and (EMOJI.fullmatch(alt) or not any(map(str.isalnum, alt)))  # or it decorates
    return ("" if is_word or not _WEB.match(url) else url), alt


def _word(found: re.Match[str]) -> str:
    return "&lt;" if found[0] == "<" else " "


def _depth(html: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag[2] not in ("br", "hr"):
            depth += -1 if tag[1] else 1
            deepest = max(deepest, depth)
    return deepest
