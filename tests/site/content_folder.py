"""Builders of content folders for the tests of the check: a small right site, and ways to write files beside it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from theme.plugins.content import Content, load
from theme.plugins.problems import Problem

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>\n'

BLOG = {
    "title": "Werken in het openbaar",
    "date": "2026-11-18",
    "authors": "[redactie]",
    "group": "open-werken",
    "tags": "[openheid]",
    "summary": "Wat wij leerden van een jaar werken in het openbaar.",
}
GROUP = {
    "name": "Open werken",
    "tagline": "Wij werken waar iedereen het ziet.",
    "owners": "[redactie, beheer]",
    "handle": "open_werken",
}
PEOPLE = """\
redactie:
  name: {nl: Redactie, en: Editors}
  bio: {nl: Wij schrijven., en: We write.}
beheer:
  name: {nl: Beheer, en: Operations}
"""


def a_text(fields: Mapping[str, str | None], body: str = "Een alinea.\n", **changes: str | None) -> str:
    """Front matter and body; a change of None leaves a field out. The first field stands on line 2."""
    merged = {**fields, **changes}
    lines = [f"{name}: {value}" for name, value in merged.items() if value is not None]
    return "\n".join(["---", *lines, "---", body])


def a_blog(body: str = "Een alinea.\n", **changes: str | None) -> str:
    """A right blog: title on line 2, date 3, authors 4, group 5, tags 6, summary 7; the body begins on line 9."""
    return a_text(BLOG, body, **changes)


def a_group(body: str = "Over de groep.\n", **changes: str | None) -> str:
    return a_text(GROUP, body, **changes)


def a_page(body: str = "Over deze site.\n", **changes: str | None) -> str:
    return a_text({"title": "Over", "summary": "Wie wij zijn."}, body, **changes)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below `root`, folders included."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return root


def a_site(tmp_path: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """A content folder in which all is right, with `files` beside it."""
    root = tmp_path / "content"
    right = {
        "people.yml": PEOPLE,
        "groups/open-werken.nl.md": a_group(),
        "groups/open-werken.en.md": a_group("About the group.\n", name="Open working"),
        "blogs/openbaar.nl.md": a_blog("Een alinea.\n\n## Wat wij leerden\n\nVeel.\n"),
        "blogs/openbaar.en.md": a_blog("A paragraph.\n", title="Working in public", tags="[openness]"),
        "pages/over.nl.md": a_page(),
    }
    return write(root, {**right, **(files or {})})


def checked(root: Path, *, lang: str = "en", now: datetime = NOW, languages: Sequence[str] = ("nl", "en")) -> Content:
    return load(
        root,
        now=now,
        timezone="Europe/Amsterdam",
        languages=languages,
        lang=lang,
        reserved_handles=("plein",),
        url="https://plein.example",
    )


def found(content: Content) -> list[tuple[str, int, str]]:
    """(file, line, code) of each problem, in order."""
    return [(problem.file.removeprefix("content/"), problem.line, problem.code) for problem in content.problems]


def problem_of(tmp_path: Path, text: str | bytes, *, lang: str = "en") -> Problem:
    """The one problem of a blog `probe.nl.md` beside a right site."""
    problems = checked(a_site(tmp_path, {"blogs/probe.nl.md": text}), lang=lang).problems
    assert len(problems) == 1, problems
    return problems[0]
