"""Our parts of Python-Markdown: tables, notes, code and figures that a strict CSP and a screen reader can live with."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped]

from theme.plugins.catalogue import N_, translations

TABLE_LABEL = N_("Table {number}")
CODE_LABEL = N_("Code example {number}")
NOTES_TITLE = N_("Notes")
NOTE_LABEL = N_("Note {number}")
BACK_LABEL = N_("Back to the text at note {number}")
BACK_TEXT = N_("Back")

# Ids that the page around the text uses itself.
RESERVED_IDS = frozenset({
    "inhoud", "content", "main", "top", "footer", "header", "nav", "menu", "search", "zoeken", "comments",
    "reacties", "rating", "thread", "notes", "noten", "toc", "related", "follow",
})  # fmt: skip
# Of these the page has one already.
_PAGE_IDS = frozenset({"content", "toc", "rating", "thread"})
_ALIGNMENT = {"text-align: right;": "n", "text-align: center;": "c"}


def heading_id(value: str, separator: str) -> str:
    """An ASCII id made from a heading; never one that the page around it has."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", separator, plain).strip(separator)[:80].strip(separator) or "text"
    taken = name in RESERVED_IDS or re.match(r"(?:fn|fnref|c|page)-", name)
    return f"{name}{separator}1" if taken else name


def is_page_id(name: str) -> bool:
    """Whether the page around a text uses this id, or the comments below it may."""
    return name in _PAGE_IDS or re.fullmatch(r"page-[a-z]+|c-[0-9a-zA-Z]{26}", name) is not None


class CodeFormatter(HtmlFormatter):  # type: ignore[misc]  # Pygments has no types
    """Highlighted code as `<pre><code>`. Options written in a text are not heard (`tagsfile` opens files)."""

    def __init__(self, **options: Any) -> None:
        lines = options.get("hl_lines")
        super().__init__(nowrap=False, hl_lines=lines if isinstance(lines, list) else [])

    def wrap(self, source: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        yield 0, '<pre class="code" tabindex="0" role="region" aria-label="@code@"><code>'
        yield from source
        yield 0, "</code></pre>\n"

    def _wrap_div(self, inner: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Pygments would put a second box around it."""
        return inner


class SiteParts(Extension):
    """Registers the tree processors below; `lang` is set before each rendering."""

    def __init__(self) -> None:
        super().__init__()
        self.lang = "en"

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        md.treeprocessors.register(
            _Parts(md, self), "site-parts", 12
        )  # after the notes are complete, before the ids of headings
        md.treeprocessors.register(
            _NotesTitle(md, self), "notes-title", 1
        )  # after the ids: the notes are no part of the contents


class _Parts(Treeprocessor):
    def __init__(self, md: Markdown, parts: SiteParts) -> None:
        super().__init__(md)
        self.parts = parts

    def run(self, root: ElementTree.Element) -> None:
        text = translations(self.parts.lang).gettext
        self.table_number = 0
        parents = {child: parent for parent in root.iter() for child in parent}
        for element in list(root.iter()):
            if element.tag == "table":
                self.table(element, parents[element], text(TABLE_LABEL))
            elif element.tag == "p" and len(element) == 1 and element[0].tag == "img":
                self.figure(element)
            elif element.tag == "a" and element.get("class") == "footnote-ref":
                element.set("class", "noteref")
                element.set("role", "doc-noteref")
                element.set("aria-label", text(NOTE_LABEL).format(number=element.text))
            elif element.tag == "a" and element.get("class") == "footnote-backref":
                self.back_link(element, text)
            elif element.tag == "div" and element.get("class") == "footnote":
                self.notes(element)
            elif element.tag == "blockquote":
                self.source(element)

    def source(self, quote: ElementTree.Element) -> None:
        """The last paragraph of a quote that begins with a dash says whose words these are."""
        last = quote[-1] if len(quote) > 1 else None
        if last is not None and last.tag == "p" and (found := re.match(r"\s*[—–]\s+", last.text or "")):
            last.tag = "footer"
            last.text = (last.text or "")[found.end() :]

    def table(self, table: ElementTree.Element, parent: ElementTree.Element, label: str) -> None:
        """Put a table in a region that can be scrolled by keyboard; alignment by class instead of style."""
        self.table_number += 1
        for cell in table.iter():
            if cell.tag in ("th", "td"):
                style = cell.attrib.pop("style", "")
                if style in _ALIGNMENT:
                    cell.set("class", _ALIGNMENT[style])
                if cell.tag == "th" and not len(cell) and not (cell.text or "").strip():
                    cell.tag = "td"
                elif cell.tag == "th":
                    cell.set("scope", "col")
        frame = ElementTree.Element("div", {"class": "table", "role": "region", "tabindex": "0"})
        frame.set("aria-label", label.format(number=self.table_number))
        frame.tail, table.tail = table.tail, "\n"
        parent[list(parent).index(table)] = frame
        frame.append(table)

    def figure(self, paragraph: ElementTree.Element) -> None:
        """A picture on its own is a figure; its title is the caption."""
        image = paragraph[0]
        if (paragraph.text or "").strip() or (image.tail or "").strip():
            return
        paragraph.tag = "figure"
        caption = image.attrib.pop("title", "")
        image.tail = ""
        if caption:
            ElementTree.SubElement(paragraph, "figcaption").text = caption

    def notes(self, section: ElementTree.Element) -> None:
        section.tag = "section"
        section.set("class", "notes")
        section.set("role", "doc-endnotes")
        for rule in section.findall("hr"):
            section.remove(rule)

    def back_link(self, link: ElementTree.Element, text: Any) -> None:
        number = link.attrib.pop("title", "")
        link.set("class", "noteback")
        link.set("role", "doc-backlink")
        link.set("aria-label", text(BACK_LABEL).format(number=number))
        link.text = text(BACK_TEXT)


class _NotesTitle(Treeprocessor):
    def __init__(self, md: Markdown, parts: SiteParts) -> None:
        super().__init__(md)
        self.parts = parts

    def run(self, root: ElementTree.Element) -> None:
        for section in root.iter("section"):
            if section.get("class") == "notes":
                title = ElementTree.Element("h2", {"id": "fn-title"})
                title.text = translations(self.parts.lang).gettext(NOTES_TITLE)
                section.insert(0, title)
                section.set("aria-labelledby", "fn-title")
