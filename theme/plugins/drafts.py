"""Files of content that have been read but not yet admitted to the site."""

import multiprocessing
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from theme.plugins import front_matter, slugs
from theme.plugins.fields import MODELS, BlogFields, Fields, GroupFields
from theme.plugins.folder import ASSETS, KINDS, Folder, extension
from theme.plugins.front_matter import Source
from theme.plugins.markup import Rendered, render
from theme.plugins.problems import Finding
from theme.plugins.yaml_tree import place_of

MANY = 200  # from this number of texts on, starting more processes costs less than it brings
_Text: TypeAlias = tuple[str, str, str, str, bytes]  # name, kind, slug, language, bytes

_FILE_NAME = re.compile(r"(?P<slug>[^/]+)\.(?P<lang>[a-z]{2,3})\.md")


@dataclass
class Draft:
    """One text file. `fields` is None when its front matter is not right."""

    name: str  # path within the content folder, with "/"
    kind: str
    slug: str
    lang: str
    source: Source
    fields: Fields | None
    rendered: Rendered = field(default_factory=Rendered)
    findings: list[Finding] = field(default_factory=list)
    is_members: bool = False
    is_due: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.slug

    @property
    def is_hidden(self) -> bool:
        return self.is_members or not self.is_due

    def add(self, code: str, *path: str | int, **values: str) -> None:
        """Note a finding at the value of a field; at the top of the file when the field is not there."""
        place = place_of(self.source.places, path)
        self.findings.append(Finding(code, place.line, place.column, values))


def read_all(folder: Folder, languages: Sequence[str], zone: ZoneInfo, now: datetime) -> list[Draft]:
    """Every text of the folder as a draft; what stands in the wrong place is noted in the folder's findings."""
    texts: list[_Text] = []
    for name in folder.sizes:
        kind, _, rest = name.partition("/")
        if kind not in KINDS or not rest:
            folder.findings.extend((name, finding) for finding in _out_of_place(name))
        elif "/" in rest:
            folder.findings.extend((name, finding) for finding in _beside(name))
        else:
            found = _FILE_NAME.fullmatch(rest)
            wrong = _name_fault(kind, rest, found, languages)
            if wrong or found is None:
                if wrong:
                    folder.findings.append((name, wrong))
                continue
            raw = folder.read(name)
            if raw is not None:
                texts.append((name, kind, found["slug"], found["lang"], raw))
    drafts = _read_each(texts, zone)
    _settle_visibility(drafts, now)
    return sorted(drafts, key=lambda draft: (*draft.key, languages.index(draft.lang)))


def _out_of_place(name: str) -> Iterator[Finding]:
    top = name.partition("/")[0]
    if name == "people.yml" or (top == "people" and extension(name) in ASSETS):
        return
    is_text = extension(name) in ("md", "markdown", "yml", "yaml")
    yield Finding("misplaced-file" if is_text else "stray-file")


def _beside(name: str) -> Iterator[Finding]:
    if extension(name) in ("md", "markdown"):
        yield Finding("misplaced-file")
    elif extension(name) not in ASSETS:
        yield Finding("file-kind", values={"allowed": ", ".join(sorted(ASSETS))})


def _name_fault(kind: str, name: str, found: re.Match[str] | None, languages: Sequence[str]) -> Finding | None:
    if found is None or not slugs.is_slug(found["slug"]):
        stem, _, rest = name.partition(".")
        slug, lang = slugs.slugify(stem), rest.partition(".")[0].lower()
        guess = f"{slug}.{lang if lang in languages else languages[0]}.md" if slug else ""
        return Finding("bad-file-name", values={"guess": guess})
    if found["lang"] not in languages:
        return Finding("unknown-language", values={"name": found["lang"], "allowed": ", ".join(languages)})
    reserved = slugs.RESERVED_PAGES | set(languages) if kind == "pages" else slugs.RESERVED_SLUGS
    if found["slug"] in reserved:
        return Finding("reserved-slug", values={"name": found["slug"]})
    return None


def _read_each(texts: Sequence[_Text], zone: ZoneInfo) -> list[Draft]:
    """Read many texts with all processors: rendering is nine tenths of the work, and no text needs another."""
    processors = os.cpu_count() or 1
    # A fork takes the other threads' locks along as they are, so not from a process that has any.
    may_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    if len(texts) < MANY or processors == 1 or not may_fork:
        return [_read(*text, zone) for text in texts]
    with multiprocessing.get_context("fork").Pool(processors) as pool:
        return pool.starmap(_read, [(*text, zone) for text in texts], chunksize=16)


def _read(name: str, kind: str, slug: str, lang: str, raw: bytes, zone: ZoneInfo) -> Draft:
    source = front_matter.read(raw)
    draft = Draft(name, kind, slug, lang, source, None, findings=list(source.findings), is_members=source.says_members)
    if source.is_whole:
        draft.fields, findings = front_matter.validate(MODELS[kind], source.values, source.places, zone=zone)
        lost = {finding.line for finding in source.findings if finding.code == "hash-in-value"}
        draft.findings.extend(found for found in findings if found.code != "empty-field" or found.line not in lost)
    if isinstance(draft.fields, (BlogFields, GroupFields)):
        draft.is_members = draft.fields.visibility != "public"
    if source.body.strip():
        draft.rendered = render(source.body, lang=lang, first_line=source.body_line)
        draft.findings.extend(draft.rendered.findings)
    elif source.body_line > 1:
        draft.add("empty-text")
    return draft


def _settle_visibility(drafts: Sequence[Draft], now: datetime) -> None:
    """One page is one thing in all its languages: when one is closed, or not due yet, all are. It fails closed."""
    members = {draft.key for draft in drafts if draft.is_members}
    later = {draft.key for draft in drafts if isinstance(draft.fields, BlogFields) and draft.fields.date > now}
    for draft in drafts:
        draft.is_members = draft.key in members
        draft.is_due = draft.key not in later
