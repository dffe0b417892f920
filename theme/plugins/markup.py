"""Markdown of the site's own content -> HTML that nh3 has passed, with the lines of headings, links and pictures."""

import gc
import html
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from types import FrameType

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.codehilite import CodeHiliteExtension
from markdown.extensions.fenced_code import FencedCodeExtension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.tables import TableExtension
from markdown.extensions.toc import TocExtension

from theme.plugins.allowed_html import CLEANER, Dropped
from theme.plugins.catalogue import translations
from theme.plugins.markdown_parts import CODE_LABEL, CodeFormatter, SiteParts, heading_id, is_page_id
from theme.plugins.problems import Finding
from theme.plugins.source_lines import SourceLines

RENDER_SECONDS = 1.0
MOST_DEPTH = 100

_TAG = re.compile(r'<(a|img|h[1-6])((?:\s[\w:-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_ID = re.compile(r'<[a-z0-9]+(?:\s[\w:-]+="[^"]*")*?\sid="([^"]*)"')
_REFERENCE = re.compile(r'(<(?:a|img)(?:\s[\w:-]+="[^"]*")*?\s(?:href|src)=")([^"]*)(")')
_NOTES = re.compile(r'<section\b[^>]*\sclass="notes"')  # nh3 sorts attributes: "aria-labelledby" stands before it
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_INDENTED_FENCE = re.compile(r"^((?:> ?)*[ \t]+)(`{3,}|~{3,})[\w.+-]*[ ]*\n(?:[^\n]*\n)*?\1\2[ ]*$", re.MULTILINE)
_VOID = frozenset({"br", "hr", "img", "wbr", "col"})


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link as written; `line` and `column` are those of its address in the file."""

    href: str
    line: int
    column: int


@dataclass(frozen=True)
class Image:
    src: str
    alt: str | None
    line: int
    column: int


@dataclass(frozen=True)
class Rendered:
    """A text as HTML. Addresses in `html` stand as written in the file; `rewrite` puts the site's in their place."""

    html: str = ""
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    ids: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = field(default=(), compare=False)


class _TooSlow(BaseException):
    """Past every `except Exception` on its way out of a renderer that takes too long."""


def render(body: str, *, lang: str, first_line: int = 1, seconds: float = RENDER_SECONDS) -> Rendered:
    """Render a text and look at what came out. Never raises: a text that cannot be rendered is a finding.

    The limit counts processor time of this process, so a busy machine refuses no text that a quiet one takes.
    It needs signals, so it works in the main thread only; elsewhere there is no limit.
    """
    try:
        with _limit(seconds):
            dirty = _convert(body, lang)
            if _depth(dirty) > MOST_DEPTH:  # nh3 takes quadratic time over nested tags
                return Rendered(findings=(Finding("too-deep", first_line, values={"limit": str(MOST_DEPTH)}),))
            return _look(CLEANER.clean(dirty), dirty, SourceLines(body, first_line))
    except _TooSlow:
        _markdown.cache_clear()
        return Rendered(findings=(Finding("too-slow", first_line, values={"limit": f"{seconds:g}"}),))
    except RecursionError:
        _markdown.cache_clear()
        return Rendered(findings=(Finding("too-deep", first_line, values={"limit": str(MOST_DEPTH)}),))
    except Exception:
        # Python-Markdown answers some odd inputs with an IndexError or an AssertionError.
        _markdown.cache_clear()
        return Rendered(findings=(Finding("cannot-render", first_line),))


def rewrite(page: str, resolve: Callable[[str], str]) -> str:
    """Put the site's addresses in the place of those that were written: `resolve` gets each href and src, unescaped."""

    def replace(found: re.Match[str]) -> str:
        return found[1] + html.escape(resolve(html.unescape(found[2]))) + found[3]

    return _REFERENCE.sub(replace, page)


@lru_cache(maxsize=1)
def _markdown() -> tuple[Markdown, SiteParts]:
    """The one renderer; making it takes longer than using it."""
    parts = SiteParts()
    extensions: list[Extension | str] = [
        TableExtension(),
        FencedCodeExtension(),
        CodeHiliteExtension(guess_lang=False, pygments_formatter=CodeFormatter),
        FootnoteExtension(SEPARATOR="-", BACKLINK_TITLE="{}"),
        TocExtension(slugify=heading_id, marker=""),
        "attr_list", "def_list", "abbr", "md_in_html", "sane_lists",
        parts,
    ]  # fmt: skip
    return Markdown(extensions=extensions, output_format="html"), parts


def _convert(body: str, lang: str) -> str:
    markdown, parts = _markdown()
    parts.lang = lang
    markdown.reset()
    page = markdown.convert(body)
    label, numbers = translations(lang).gettext(CODE_LABEL), iter(range(1, 1_000_000))
    return re.sub('aria-label="@code@"', lambda _: f'aria-label="{label.format(number=next(numbers))}"', page)


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if armed:
            raise _TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    # Python swallows an exception that strikes in a destructor or a callback of the garbage collector: the one is met
    # by striking again, the other by collecting later.
    collects = gc.isenabled()
    gc.disable()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        if collects:
            gc.enable()


def _depth(page: str) -> int:
    deepest = depth = 0
    for closing, tag in _ANY_TAG.findall(page):
        if tag.lower() not in _VOID:
            depth = max(depth - 1, 0) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _look(page: str, dirty: str, source: SourceLines) -> Rendered:
    """Read the rendered page for what must be checked; find each thing's line in the source."""
    links: list[Link] = []
    images: list[Image] = []
    headings: list[Heading] = []
    text = _NOTES.split(page)[0]
    shown_headings = source.headings()
    last_line = source.first_line
    for found in _TAG.finditer(page):
        tag = found[1]
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(found[2])}
        if tag == "a":
            href = attributes.get("href", "")
            if href and attributes.get("class") not in ("noteref", "noteback"):
                links.append(Link(href, *source.next_address(href)))
        elif tag == "img":
            if "src" not in attributes and dirty.count("src=") > page.count("src="):
                continue  # the cleaner took the address out, which is told below
            src = attributes.get("src", "")
            images.append(Image(src, attributes.get("alt"), *source.next_address(src)))
        elif found.start() < len(text):
            level = int(tag[1])
            last_line = next((line for candidate, line in shown_headings if candidate == level), last_line)
            end = page.find(f"</{tag}>", found.end())
            headings.append(Heading(level, attributes.get("id", ""), plain_text(page[found.end() : end]), last_line))
    ids = [html.unescape(name) for name in _ID.findall(page)]
    findings = [
        *_dropped(page, dirty, source),
        *_levels(headings),
        *_ids(ids, source),
        *_notes(page, source),
        *_fences(page, source),
    ]
    return Rendered(
        html=page,
        headings=tuple(headings),
        links=tuple(links),
        images=tuple(images),
        ids=frozenset(ids),
        findings=tuple(findings),
    )


def plain_text(page: str) -> str:
    """HTML without its tags, white space folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def _levels(headings: list[Heading]) -> Iterator[Finding]:
    previous = 1  # the title of the page
    for heading in headings:
        if heading.level == 1:
            yield Finding("heading-one", heading.line)
        elif heading.level > previous + 1:
            values = {"level": str(heading.level), "previous": str(previous)}
            yield Finding("skipped-heading", heading.line, values=values)
        previous = heading.level


def _ids(ids: list[str], source: SourceLines) -> Iterator[Finding]:
    """A browser goes to the first of two places with the same id."""
    for name, times in sorted(Counter(ids).items()):
        if times > 1 or is_page_id(name):
            written = rf"(?:\{{[^{{}}\n]*#|(?i:\bid)\s*=\s*[\"']?)(?={re.escape(html.escape(name))}(?![\w-]))"
            places = list(source.find(written))
            line, column = places[-1] if places else (source.first_line, 1)
            yield Finding("same-id", line, column, {"name": name})


def _notes(page: str, source: SourceLines) -> Iterator[Finding]:
    """A mark without its note is shown as `[^1]`; a note without its mark leads back to nowhere."""
    if "[^" in page:
        shown = re.sub(r"<(pre|code)\b.*?</\1>", "", page, flags=re.DOTALL)
        for name in sorted(set(re.findall(r"\[\^([^\]\s<]+)\]", shown))):
            mark = html.unescape(name)
            for line, column in source.find(rf"(?<!\\)\[\^{re.escape(mark)}\]"):
                yield Finding("unknown-note", line, column, {"name": mark})
    if _NOTES.search(page):
        defined = dict.fromkeys(re.findall(r'<li id="fn-([^"]*)"', page))
        for name in defined:
            if f'id="fnref-{name}"' not in page:
                mark = html.unescape(name)
                line, column = next(source.find(rf"(?m)^[ ]{{0,3}}\[\^{re.escape(mark)}\]:"), (source.first_line, 1))
                yield Finding("unused-note", line, column, {"name": mark})


def _fences(page: str, source: SourceLines) -> Iterator[Finding]:
    """Code fences that make no code block: without an end, or indented as in a list, where they run together."""
    for line, column in source.find(r"(?m)^(?:`{3,}|~{3,})[^`\n]*$"):
        yield Finding("unclosed-code", line, column)
        break
    if "```" not in page and "~~~" not in page:  # else they are shown, as an example within indented code
        for found in _INDENTED_FENCE.finditer(source.without_blocks):
            yield Finding("indented-fence", *source.place(found.start(2)))


def _dropped(page: str, dirty: str, source: SourceLines) -> Iterator[Finding]:
    """What the cleaner took out, at every place in the source where it could have come from."""
    suspicious = re.search(r"<[a-zA-Z/!?]|\{:?[^}\n]*[.#=]", source.masked)
    if not suspicious and all(dirty.count(name) == page.count(name) for name in ("href=", "src=")):
        return
    dropped = Dropped()
    try:
        dropped.feed(dirty)
        dropped.close()
    except AssertionError:  # html.parser on a broken declaration
        yield Finding("cannot-render", source.first_line)
        return
    for tag in sorted(dropped.tags):
        for line, column in source.find(rf"(?i)<{re.escape(tag)}(?![\w-])"):
            yield Finding("dropped-html", line, column, {"name": f"<{tag}>"})
    for opening in sorted(dropped.declarations):
        for line, column in source.find(re.escape(opening) + r"(?!--)"):
            yield Finding("dropped-html", line, column, {"name": opening})
    for tag, name in sorted(dropped.attributes):
        places = set(source.find(rf"(?i)(?<=<){tag}\s[^>]*?(?<![\w-]){re.escape(name)}(?![\w-])"))
        places |= set(source.find(rf"(?i)(?<={{)[^{{}}\n]*?(?<![\w-]){re.escape(name)}\s*="))
        for line, column in sorted(places) or [(source.first_line, 1)]:
            yield Finding("dropped-html", line, column, {"name": f"{name}="})
    for name in sorted(dropped.classes):
        for line, column in source.find(rf"(?<![\w-]){re.escape(name)}(?![\w-])(?=[^<{{\n]*[}}>])"):
            yield Finding("unknown-class", line, column, {"name": name})
    for url in sorted(dropped.schemes):
        line, column = source.next_address(url)
        yield Finding("bad-scheme", line, column, {"target": url})
    for url in sorted(dropped.broken):
        line, column = source.next_address(url)
        yield Finding("bad-link", line, column, {"value": url})
