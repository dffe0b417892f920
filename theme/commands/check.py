"""`inv check`: every problem of the content, by file and line, for people, programs and git hosts."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from theme.plugins import accessibility
from theme.plugins import settings as site_settings
from theme.plugins.catalogue import LANGUAGES, N_, terminal_language, translations
from theme.plugins.content import Content, load
from theme.plugins.dates import clock
from theme.plugins.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("text", "json", "github")

ALL_RIGHT = N_("All is right: nothing to mend in {folder}.")
ERRORS = N_("Errors")
WARNINGS = N_("Warnings")


def main(argv: Sequence[str] | None = None) -> int:
    """Check a content folder and print what is wrong. Returns 1 when there are errors, 2 when it could not start."""
    options = _parser().parse_args(argv)
    folder = Path(options.content)
    if not folder.is_dir():
        print(f"There is no folder {folder}. Name another one with --content.", file=sys.stderr)
        return 2
    try:
        content = read(folder, options.lang)
    except (site_settings.SettingsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.format == "json":
        report = json.dumps([asdict(problem) for problem in content.problems], ensure_ascii=False, indent=2)
    elif options.format == "github":
        report = "\n".join(as_annotation(problem) for problem in content.problems)
    else:
        report = as_text(content, folder, options.lang)
    # A terminal that cannot show a character gets an escape instead of a crash.
    encoding = sys.stdout.encoding or "utf-8"
    if report:
        print(report.encode(encoding, "backslashreplace").decode(encoding))
    return 1 if content.errors else 0


def read(folder: Path, lang: str) -> Content:
    """Read and check a content folder, and the accessibility statement beside it, with the settings of this site.

    Raises SettingsError, ValueError (clock).
    """
    settings = site_settings.load(ROOT / "plein.toml", os.environ)
    now = clock(os.environ)
    content = load(
        folder.resolve(),
        now=now,
        timezone=settings.timezone,
        languages=settings.languages,
        lang=lang,
        reserved_handles=(settings.id,),
        url=settings.url,
    )
    _, found = accessibility.load(
        folder.resolve().parent / accessibility.NAME,
        settings.languages,
        today=now.date(),
        zone=ZoneInfo(settings.timezone),
        lang=lang,
    )
    return replace(content, problems=(*content.problems, *found))


def as_text(content: Content, folder: Path, lang: str) -> str:
    """Errors, then warnings, one line each, and a line that counts them."""
    text = translations(lang)
    warnings = [problem for problem in content.problems if problem.severity == "warning"]
    lines: list[str] = []
    for title, problems in ((ERRORS, content.errors), (WARNINGS, warnings)):
        if problems:
            lines += [f"{text.gettext(title)}:", *(as_line(problem) for problem in problems), ""]
    if not content.problems:
        return text.gettext(ALL_RIGHT).format(folder=folder)
    errors = text.ngettext("{number} error", "{number} errors", len(content.errors)).format(number=len(content.errors))
    also = text.ngettext("{number} warning", "{number} warnings", len(warnings)).format(number=len(warnings))
    return "\n".join([*lines, f"{errors}, {also}."])


def as_line(problem: Problem) -> str:
    return f"{problem.file}:{problem.line}: {problem.message} {problem.mend}"


def as_annotation(problem: Problem) -> str:
    """A workflow command of GitHub Actions, which also Forgejo understands; it shows the problem beside the line."""
    place = f"file={_property(problem.file)},line={problem.line},col={problem.column},title={_property(problem.code)}"
    return f"::{problem.severity} {place}::{_escape(f'{problem.message} {problem.mend}')}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inv check", description="Check all content and say how to mend it.")
    parser.add_argument("--content", default=str(ROOT / "content"), help="the content folder (default: content)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="for people, programs or a git host")
    parser.add_argument("--lang", choices=LANGUAGES, default=terminal_language(os.environ), help="default: from LANG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
