"""Where in the Markdown source a thing stands that was found in the rendered page."""

import html
import re
from bisect import bisect_right
from collections.abc import Iterator

from markdown.extensions.fenced_code import FencedBlockPreprocessor

_FENCED = FencedBlockPreprocessor.FENCED_BLOCK_RE
_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)((?:(?!\n[ \t]*\n).)*?[^`])\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(
    r"^(?:[ ]{0,4}>)*[ ]{0,4}(?P<marks>#{1,6})(?!#)(?P<text>[^\n]*)$"
    r"|^(?=[^\n]*\S)(?P<above>[^\n]*)\n(?P<line>=+|-+)[ ]*$"
    r"|<h(?P<tag>[1-6])\b",
    re.MULTILINE,
)


class SourceLines:
    """A Markdown text in which code and comments are blanked, so that only what is shown as text is found."""

    def __init__(self, body: str, first_line: int) -> None:
        self.first_line = first_line
        self._starts = [0]
        self._starts.extend(found.end() for found in re.finditer("\n", body))
        masked = _FENCED.sub(_blank, body) if "```" in body or "~~~" in body else body
        last = masked.rfind("-->") + 3  # behind the last end, each open comment would be sought to the end of the text
        masked = _COMMENT.sub(_blank, masked[:last]) + masked[last:] if "<!--" in masked and last > 2 else masked
        self.without_blocks = masked
        self.masked = _CODE_SPAN.sub(_blank, masked) if "`" in masked else masked
        self._taken: dict[str, Iterator[int]] = {}

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column in the file of an offset in the body."""
        row = bisect_right(self._starts, offset) - 1
        return self.first_line + row, offset - self._starts[row] + 1

    def find(self, pattern: str) -> Iterator[tuple[int, int]]:
        """Every place of a pattern."""
        for found in re.finditer(pattern, self.masked):
            yield self.place(found.start())

    def next_address(self, address: str) -> tuple[int, int]:
        """The place of the next use of a link address or image path, in the order of the text."""
        if address not in self._taken:
            self._taken[address] = iter(self._addresses(address))
        offset = next(self._taken[address], None)
        if offset is None:  # used once in a definition, many times in the text
            offset = next(iter(self._addresses(address)), 0)
        return self.place(offset)

    def _addresses(self, address: str) -> Iterator[int]:
        spellings = {address, address.replace("&", "&amp;"), html.escape(address)}
        if scheme_free := re.fullmatch(r"mailto:(.+)", address):
            spellings.add(scheme_free[1])
        choice = "|".join(re.escape(spelling) for spelling in sorted(spellings, key=len, reverse=True) if spelling)
        if choice:
            for found in re.finditer(rf"(?<![^\s(<\"'=:])(?:{choice})(?![^\s)>\"'])", self.masked):
                yield found.start()

    def headings(self) -> Iterator[tuple[int, int]]:
        """Level and line of everything that looks like a heading."""
        for found in _HEADING.finditer(self.masked):
            if found["marks"]:
                yield len(found["marks"]), self.place(found.start())[0]
            elif found["tag"]:
                yield int(found["tag"]), self.place(found.start())[0]
            else:
                yield (1 if found["line"].startswith("=") else 2), self.place(found.start("above"))[0]


def _blank(found: re.Match[str]) -> str:
    """Spaces of the same length; line ends stay."""
    return re.sub(r"[^\n]", " ", found[0])
