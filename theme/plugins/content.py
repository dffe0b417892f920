"""The content folder, read and checked: the texts that may be shown, and everything that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from theme.plugins import agreement, people_file, pictures
from theme.plugins.drafts import Draft, read_all
from theme.plugins.fields import BlogFields, Fields, GroupFields, PageFields
from theme.plugins.folder import KINDS, Folder, extension, walk
from theme.plugins.markup import Rendered, rewrite
from theme.plugins.people_file import NAME as PEOPLE
from theme.plugins.people_file import PeopleFile, Person
from theme.plugins.problems import Finding, Problem, in_order, to_problem
from theme.plugins.references import Reference, Resolver
from theme.plugins.slugs import RESERVED_HANDLES

__all__ = ["BlogFields", "Content", "Document", "GroupFields", "PageFields", "Person", "Reference", "load", "rewrite"]

Kind = Literal["blogs", "groups", "pages"]


@dataclass(frozen=True)
class Document:
    """A text that is public, due and right. `references` says what each address in `rendered.html` stands for."""

    path: Path
    name: str  # path within the content folder, with "/"
    kind: Kind
    slug: str
    lang: str
    fields: Fields
    body: str
    body_line: int
    rendered: Rendered
    references: Mapping[str, Reference] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.slug}"


@dataclass(frozen=True)
class Content:
    """What `load` found. Nothing of a hidden file is in it but the reason why it is hidden."""

    documents: tuple[Document, ...]
    people: Mapping[str, Person]
    problems: tuple[Problem, ...]
    hidden: tuple[str, ...]  # "members-only" or "not-due", once for each file that is left out
    files: tuple[str, ...] = ()  # pictures and documents that the texts above use, as paths within the content folder

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load(
    root: Path,
    *,
    now: datetime,
    timezone: str,
    languages: Sequence[str],
    lang: str = "en",
    reserved_handles: Collection[str] = (),
    url: str = "",
) -> Content:
    """Read and check a content folder. `now` decides which dated texts are due; `lang` is the language of the problems.

    `languages[0]` is the language that stands at the root. `reserved_handles` are names of the site itself.
    `url` is the site's address: whole addresses that begin with it are links inside the site.
    """
    zone = ZoneInfo(timezone)
    reserved = RESERVED_HANDLES | frozenset(reserved_handles)
    folder = walk(root)
    people = people_file.read(folder, languages, zone, reserved)
    drafts = read_all(folder, languages, zone, now)
    agreement.check(drafts, people, reserved, root.name)
    resolver = Resolver(drafts, folder.sizes, languages, sorted(people.people), url)
    references = {draft.name: resolver.resolve_all(draft) for draft in drafts}
    _pictures(folder, drafts, references, people, resolver)
    documents = tuple(
        _document(root, draft, draft.fields, references[draft.name])
        for draft in drafts
        if draft.fields is not None and not draft.is_hidden
    )
    return Content(
        documents=documents,
        people=people.people,
        problems=_problems(folder, drafts, people, lang),
        hidden=tuple(sorted("members-only" if draft.is_members else "not-due" for draft in drafts if draft.is_hidden)),
        files=_files(documents, people),
    )


def _document(root: Path, draft: Draft, fields: Fields, references: Mapping[str, Reference]) -> Document:
    kind: Kind = "blogs" if draft.kind == "blogs" else "groups" if draft.kind == "groups" else "pages"
    return Document(
        path=root / draft.name,
        name=draft.name,
        kind=kind,
        slug=draft.slug,
        lang=draft.lang,
        fields=fields,
        body=draft.source.body,
        body_line=draft.source.body_line,
        rendered=draft.rendered,
        references=references,
    )


def _files(documents: Sequence[Document], people: PeopleFile) -> tuple[str, ...]:
    names = {
        reference.target
        for document in documents
        for reference in document.references.values()
        if reference.kind == "file"
    }
    for document in documents:
        if isinstance(document.fields, BlogFields) and document.fields.image:
            names.add(f"blogs/{document.slug}/{document.fields.image}")
    return tuple(sorted(names | set(people.pictures)))


def _pictures(
    folder: Folder,
    drafts: Sequence[Draft],
    references: Mapping[str, Mapping[str, Reference]],
    people: PeopleFile,
    resolver: Resolver,
) -> None:
    """Check each picture once, and note its size where it is used."""
    for draft in drafts:
        for image in draft.rendered.images:
            reference = references[draft.name].get(image.src)
            if reference and (finding := pictures.too_big(folder, reference.target)):
                draft.findings.append(Finding(finding.code, image.line, image.column, finding.values))
        cover = draft.fields.image if isinstance(draft.fields, BlogFields) else None
        if cover and (finding := pictures.too_big(folder, f"blogs/{draft.slug}/{cover}")):
            draft.add(finding.code, "image", **finding.values)
    for name, place in people.pictures.items():
        if name not in folder.sizes:
            people.findings.append(Finding("missing-image", place.line, place.column, {"target": name}))
        elif finding := pictures.too_big(folder, name):
            people.findings.append(Finding(finding.code, place.line, place.column, finding.values))
    used = resolver.used | set(people.pictures)
    for name in folder.sizes:
        if name.partition("/")[0] not in (*KINDS, "people") or extension(name) == "md":
            continue
        folder.findings.extend((name, finding) for finding in pictures.check(folder, name))
        if name not in used and not any(where == name for where, _ in folder.findings):
            folder.findings.append((name, Finding("stray-file")))


def _problems(folder: Folder, drafts: Sequence[Draft], people: PeopleFile, lang: str) -> tuple[Problem, ...]:
    prefix = folder.root.name
    hidden_keys = {draft.key for draft in drafts if draft.is_hidden}
    problems = [to_problem(f"{prefix}/{PEOPLE}", finding, lang, hidden=False) for finding in people.findings]
    for name, finding in folder.findings:
        kind, _, rest = name.partition("/")
        hidden = (kind, rest.partition("/")[0]) in hidden_keys
        problems.append(to_problem(f"{prefix}/{name}", finding, lang, hidden=hidden))
    for draft in drafts:
        problems.extend(
            to_problem(f"{prefix}/{draft.name}", finding, lang, hidden=draft.is_hidden) for finding in draft.findings
        )
    return in_order(problems)
