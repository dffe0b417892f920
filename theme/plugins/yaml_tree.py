"""YAML as plain text values with a place for each: nothing is guessed to be a number, a date or a yes.

`title: No`, `tags: [010]` and `title: 12:30` keep what was typed (YAML 1.1 would make False, 8 and 750 of it).
The parser's events are read one by one, so that no depth of nesting and no alias can make the reader run away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, cast

import yaml

from theme.plugins.problems import Finding

Raw: TypeAlias = "str | list[Raw] | dict[str, Raw] | None"
Path: TypeAlias = tuple[str | int, ...]

MOST_DEPTH = 6
MOST_VALUES = 5_000
_TEXTS = frozenset({"title", "name", "tagline", "summary", "image_alt", "bio", "tags"})
_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_EMPTY = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True)
class Place:
    """Where a value stands in its file; lines and columns from 1. `key_line` is the line of its key."""

    line: int
    column: int
    key_line: int
    key_column: int


Places: TypeAlias = Mapping[Path, Place]


@dataclass
class Tree:
    """A YAML mapping as plain values, the place of each, and what is wrong with it."""

    values: dict[str, Raw] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_whole: bool = True  # False when reading stopped: there are no values then


class Mark(Protocol):
    """A place in the YAML text, from 0."""

    line: int
    column: int


@dataclass
class _Open:
    """A list or mapping that is being read."""

    path: Path
    items: "list[Raw] | dict[str, Raw]"
    key: str | None = None
    key_mark: Mark | None = None
    skip: bool = False  # the value belongs to a key that is refused


def read(text: str, first_line: int) -> Tree:
    """Read one YAML mapping. `first_line` is the line of its file on which `text` begins."""
    tree = Tree()
    if found := _LINE_BREAKS.search(text):  # YAML 1.1 begins a new line there, and nobody sees it
        start = text.rfind("\n", 0, found.start()) + 1
        line, column = first_line + text.count("\n", 0, found.start()), found.start() - start + 1
        tree.findings.append(Finding("control-character", line, column, {"character": f"U+{ord(found[0]):04X}"}))
        tree.is_whole = False
        return tree
    try:
        _Reader(text, first_line, tree).run()
    except _Stop:
        tree.is_whole = False
    except yaml.YAMLError as error:
        tree.findings.append(_syntax_finding(error, text, first_line))
        tree.is_whole = False
    if not tree.is_whole:
        tree.values = {}
    return tree


class _Stop(Exception):
    """The rest of the text is not worth reading; the finding is noted."""


class _Reader:
    def __init__(self, text: str, first_line: int, tree: Tree) -> None:
        self.lines = text.split("\n")
        self.text = text
        self.first_line = first_line
        self.tree = tree
        self.stack: list[_Open] = []
        self.count = 0
        self.has_root = False

    def run(self) -> None:
        """Raises _Stop when the rest is not worth reading, YAMLError when it is no YAML."""
        for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent) and self.has_root:
                self.stop("second-document", _start(event))
            elif isinstance(event, yaml.AliasEvent):
                self.stop("yaml-alias", _start(event))
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self.open(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self.stack.pop()
            elif isinstance(event, yaml.ScalarEvent):
                self.scalar(event)

    def stop(self, code: str, mark: Mark, **values: str) -> None:
        self.tree.findings.append(Finding(code, self.first_line + mark.line, mark.column + 1, values))
        raise _Stop

    def count_one(self, mark: Mark) -> None:
        self.count += 1
        if self.count > MOST_VALUES or len(self.stack) > MOST_DEPTH:
            self.stop("yaml-too-big", mark)

    def open(self, event: "yaml.MappingStartEvent | yaml.SequenceStartEvent") -> None:
        self.count_one(_start(event))
        if event.anchor or event.tag:
            self.stop("yaml-alias" if event.anchor else "yaml-tag", _start(event))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if not self.stack:
            if not is_mapping:
                self.stop("not-a-mapping", _start(event))
            self.has_root = True
            self.stack.append(_Open((), self.tree.values))
            return
        parent = self.stack[-1]
        if isinstance(parent.items, dict) and parent.key is None:
            self.stop("yaml-key", _start(event))
        items: list[Raw] | dict[str, Raw] = {} if is_mapping else []
        path, skip = self.put(items, _start(event))
        self.stack.append(_Open(path, items, skip=skip))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        self.count_one(_start(event))
        if event.anchor or (event.tag and event.tag != "!"):
            self.stop("yaml-alias" if event.anchor else "yaml-tag", _start(event))
        if not self.stack:
            if event.value == "" and not event.style:
                return
            self.stop("not-a-mapping", _start(event))
        parent = self.stack[-1]
        if isinstance(parent.items, dict) and parent.key is None:
            parent.key, parent.key_mark = event.value, _start(event)
            parent.skip = parent.key in parent.items
            if parent.skip:
                self.note("duplicate-key", _start(event), key=event.value)
            return
        is_plain = not event.style
        if is_plain:
            self.look_for_hash(event)
        self.put(None if is_plain and event.value in _EMPTY else event.value, _start(event))

    def put(self, value: Raw, mark: Mark) -> tuple[Path, bool]:
        """Store a value in the list or mapping that is open; returns its path and whether it is thrown away."""
        parent = self.stack[-1]
        if isinstance(parent.items, list):
            path: Path = (*parent.path, len(parent.items))
            parent.items.append(value)
            self.place(path, mark, mark, skip=parent.skip)
            return path, parent.skip
        key, key_mark, skip = parent.key or "", parent.key_mark or mark, parent.skip
        path = (*parent.path, key)
        if not skip:
            parent.items[key] = value
        self.place(path, mark, key_mark, skip=skip)
        parent.key, parent.key_mark = None, None
        return path, skip

    def place(self, path: Path, mark: Mark, key_mark: Mark, *, skip: bool) -> None:
        if not skip:
            self.tree.places.setdefault(
                path,
                Place(
                    self.first_line + mark.line, mark.column + 1, self.first_line + key_mark.line, key_mark.column + 1
                ),
            )

    def note(self, code: str, mark: Mark, **values: str) -> None:
        self.tree.findings.append(Finding(code, self.first_line + mark.line, mark.column + 1, values))

    def look_for_hash(self, event: yaml.ScalarEvent) -> None:
        """`title: Over #openheid` silently loses its end; `title: Over openheid  # a remark` is what it seems.

        In a text for readers one space before "# " is as likely a part of it: `title: Stap # 2`.
        """
        parent = self.stack[-1]
        is_text = event.value != "" and not _TEXTS.isdisjoint({parent.key, *parent.path})
        line = self.lines[_end(event).line] if _end(event).line < len(self.lines) else ""
        rest = line[len(line[: _end(event).column].rstrip()) :]
        if re.match(r"[ \t]+#[^\s#]|[ \t]#[ \t]" if is_text else r"[ \t]+#[^\s#]", rest):
            self.note("hash-in-value", _end(event))


def _start(event: yaml.Event) -> Mark:
    """Events of a text always have marks; the stubs do not know that."""
    return cast("Mark", event.start_mark)


def _end(event: yaml.Event) -> Mark:
    return cast("Mark", event.end_mark)


def _syntax_finding(error: yaml.YAMLError, text: str, first_line: int) -> Finding:
    """What a reader of the file would call the fault that the YAML parser met."""
    lines = text.split("\n")
    if isinstance(error, yaml.reader.ReaderError):
        return Finding("control-character", first_line, 1)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    context = getattr(error, "context_mark", None)
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    number = min(mark.line, len(lines) - 1) if mark else 0
    for index, line in enumerate(lines[: number + 2]):
        if re.match(r" *\t[ \t]*\S", line):
            return Finding("tab", first_line + index, line.index("\t") + 1)
    column = (mark.column if mark else 0) + 1
    if "escape" in said and mark:
        return Finding("backslash", first_line + number, mark.column)
    if "quoted scalar" in said and context is not None:
        return Finding("unclosed-quote", first_line + context.line, context.column + 1)
    if "flow sequence" in said or "flow mapping" in said:
        start = context or mark
        opened = text[sum(len(line) + 1 for line in lines[: start.line]) + start.column :] if start else ""
        if start and not re.match(r"\[[^\[\]\n]*\][^,\s\]}#]|[\[{][^\n]*[\]}] *[^,\s\]}#]", opened):
            return Finding("unclosed-bracket", first_line + start.line, start.column + 1)
    if "document start" in said and any(line.startswith("...") for line in lines[:number]):
        return Finding("second-document", first_line + number, column)
    line = lines[number]
    if found := re.match(r"\s*(?:- +|[\w-]+ *: +)([*&!%@`|>\[\]{}?,#\"'-])", line):
        code = "unclosed-quote" if found[1] in "'\"" else "quote-needed"
        return Finding(code, first_line + number, found.start(1) + 1, {"character": found[1]})
    if "mapping values are not allowed" in said:
        return Finding("colon-in-value", first_line + number, column)
    return Finding("bad-yaml", first_line + number, column)


def place_of(places: Places, path: Path) -> Place:
    """The place of a value, or of the nearest thing around it; the top of the file when there is none."""
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return Place(1, 1, 1, 1)
