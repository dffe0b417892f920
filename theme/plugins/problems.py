"""What the check found: findings (code and values) become problems (texts in one language)."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal

from theme.plugins.catalogue import N_, translations
from theme.plugins.faults import FAULTS

Severity = Literal["error", "warning"]

QUOTE_LENGTH = 80
OR = N_("or")
# Values of these names are our own words; all others come from the content and are never shown of a hidden file.
RATIOS = frozenset({"seen", "least"})  # of contrast, as numbers are written in each language
OWN_WORDS = frozenset({"field", "allowed", "limit", "length", "language", "level", "previous", "size"})


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, ready to print: `file:line: message mend`."""

    file: str  # "content/blogs/x.nl.md", with "/" on every system
    line: int  # from 1
    column: int  # from 1
    code: str
    severity: Severity
    message: str
    mend: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, before it has a language. `code` is a key of FAULTS, `values` fill its texts."""

    code: str
    line: int = 1
    column: int = 1
    values: Mapping[str, str] = field(default_factory=dict)


def to_problem(
    file: str, finding: Finding, lang: str, *, hidden: bool = False, reference: str = "front-matter"
) -> Problem:
    """Put a finding into words. Of a `hidden` file (members-only or not due) no word of its content is repeated.

    `reference` is the file in docs/reference/ that tells what may stand here.
    """
    fault = FAULTS[finding.code]
    hidden = hidden and finding.values.get("field") != "visibility"  # a misspelled "public" closes a file too
    text = translations(lang).gettext
    values = {name: _shown(name, value, lang, hidden=hidden) for name, value in finding.values.items()}
    values["reference"] = f"docs/reference/{reference}.md"
    if "readings" in values and not hidden:
        values |= _readings(finding.values["readings"].split("|"), lang)
    mend = fault.mend
    if fault.guess and finding.values.get("guess") and not hidden:
        mend = fault.guess
    message = text(fault.message).format_map(_Values(values))
    return Problem(
        file=printable(file, length=0),
        line=max(finding.line, 1),
        column=max(finding.column, 1),
        code=finding.code,
        severity=fault.severity,
        message=message,
        mend=text(mend).format_map(_Values(values)),
    )


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file and line."""
    return tuple(sorted(set(problems)))


def printable(text: str, *, length: int = QUOTE_LENGTH) -> str:
    """Text that is safe in a terminal, a log and JSON: no control or direction characters, no broken bytes."""
    if length and len(text) > length:
        text = text[: length - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def _shown(name: str, value: str, lang: str, *, hidden: bool) -> str:
    if name in RATIOS:
        return format_decimal(float(value), locale=lang)
    if name in OWN_WORDS:
        return value
    return "…" if hidden else printable(value)


def _readings(moments: list[str], lang: str) -> dict[str, str]:
    """Readings of a date in words, and as they should be written."""
    either = f" {translations(lang).gettext(OR)} "
    words = [
        format_date(date.fromisoformat(moment), "d MMMM y", locale=lang) if len(moment) == 10 else moment
        for moment in moments
        if moment
    ]
    ends = {"first": words[0], "last": words[-1]} if words else {}
    return {"readings": either.join(words), "iso": either.join(moments), **ends}


class _Values(dict[str, str]):
    """A value that a finding does not carry shows as an ellipsis instead of an error."""

    def __missing__(self, key: str) -> str:
        return "…"
