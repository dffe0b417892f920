"""One file of content: from bytes to fields and body, each fault with its line and column."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from theme.plugins import yaml_tree
from theme.plugins.fields import BlogFields
from theme.plugins.problems import Finding
from theme.plugins.yaml_tree import Path, Place, Raw, place_of

MOST_BYTES = 256_000
FENCE_LINE = re.compile(r"---[ \t]*")
CODE_FENCE = re.compile(r"(`{3,}|~{3,})")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Source:
    """A file of content as text, cut into front matter and body."""

    values: dict[str, Raw] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1  # the line of the file on which the body begins
    findings: list[Finding] = field(default_factory=list)
    is_whole: bool = False  # the front matter could be read, so that its fields are worth judging
    says_members: bool = False  # closed even when the front matter cannot be read


def decode(raw: bytes) -> tuple[str | None, list[Finding]]:
    """The text of a file, with "\\n" line ends and no byte-order mark; None when it is no text at all."""
    findings: list[Finding] = []
    if len(raw) > MOST_BYTES:
        return None, [Finding("file-too-big", values={"limit": f"{MOST_BYTES // 1000} kB"})]
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Finding("wrong-encoding", values={"guess": "UTF-16"})]
    if raw.startswith(b"\xef\xbb\xbf"):
        findings.append(Finding("byte-order-mark"))
        raw = raw[3:]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        findings.append(Finding("wrong-encoding", before.count(b"\n") + 1, column, {"guess": "Windows-1252"}))
        return None, findings
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _FORBIDDEN.search(text):
        line, column = position(text, found.start())
        findings.append(Finding("control-character", line, column, {"character": f"U+{ord(found[0]):04X}"}))
        return None, findings
    return text, findings


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def read(raw: bytes) -> Source:
    """Cut a file into front matter and body. Whatever the bytes are, the answer is a Source with findings."""
    text, findings = decode(raw)
    source = Source(findings=findings, says_members=_says_members(raw))
    if text is None:
        return source
    lines = text.split("\n")
    conflicts = conflict_markers(lines)
    findings.extend(conflicts)
    if not FENCE_LINE.fullmatch(lines[0]):
        findings.append(Finding("no-front-matter"))
        return source
    end = next((number for number, line in enumerate(lines[1:], start=1) if FENCE_LINE.fullmatch(line)), None)
    if end is None:
        findings.append(Finding("no-closing-line"))
        return source
    source.body = "\n".join(lines[end + 1 :])
    source.body_line = end + 2
    if conflicts and conflicts[0].line <= end + 1:
        return source  # the parser would only repeat what the conflict markers say
    tree = yaml_tree.read("\n".join(lines[1:end]), first_line=2)
    source.values, source.places, source.is_whole = tree.values, tree.places, tree.is_whole
    if not tree.is_whole and _closing_line_forgotten(lines[1:end], tree.findings[-1].line - 2):
        findings.append(Finding("no-closing-line"))
    else:
        findings.extend(tree.findings)
    return source


def _says_members(raw: bytes) -> bool:
    """Whether the file asks to be closed, in whatever state it is."""
    return re.search(rb"^[\xef\xbb\xbf\s]*visibility[ \t]*:[ \t]*[\"']?(?!public\b)\S", raw, re.MULTILINE) is not None


def plain_yaml(raw: bytes) -> yaml_tree.Tree:
    """A file that holds fields and nothing else."""
    text, findings = decode(raw)
    if text is None:
        return yaml_tree.Tree(findings=findings, is_whole=False)
    if conflicts := conflict_markers(text.split("\n")):
        return yaml_tree.Tree(findings=[*findings, *conflicts], is_whole=False)
    tree = yaml_tree.read(text, first_line=1)
    tree.findings[:0] = findings
    return tree


def conflict_markers(lines: list[str]) -> list[Finding]:
    """The markers that an unfinished merge leaves. Inside a code block they may be an example."""
    fence = ""
    for number, line in enumerate(lines, start=1):
        if fence:
            fence = "" if line.rstrip(" ") == fence else fence
        elif found := CODE_FENCE.match(line):
            fence = found[1]
        elif _CONFLICT.match(line):
            return [Finding("merge-conflict", number)]
    return []


def _closing_line_forgotten(block: list[str], failed: int) -> bool:
    """A line "---" far down the text is no end of the front matter: text stands between the last field and it."""
    names = "|".join(BlogFields.model_fields) + "|name|tagline|owners|members|handle"
    known = [index for index, line in enumerate(block) if re.match(rf"(?:{names})\s*:", line)]
    last = known[-1] if known else -1
    return failed > last and any(not line.strip() for line in block[last + 1 : failed + 1])


def validate(
    model: type[Model],
    values: Mapping[str, Raw],
    places: Mapping[Path, Place],
    *,
    zone: ZoneInfo,
    inside: Path = (),
) -> tuple[Model | None, list[Finding]]:
    """Judge values by a model; every fault of every field becomes a finding. `inside` is the path of the values."""
    required = {name for name, info in model.model_fields.items() if info.is_required()}
    given: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, value in values.items():
        if value is not None:
            given[name] = value
        elif name in required:
            findings.append(_at(places, (*inside, name), "empty-field", field=name))
        elif name not in model.model_fields:
            given[name] = ""
    try:
        return (None if findings else model.model_validate(given, context={"zone": zone})), findings
    except ValidationError as error:
        empty = {finding.values["field"] for finding in findings}
        faults = [(_location(fault), fault) for fault in error.errors(include_url=False)]
        inner = {where[:length] for where, _ in faults for length in range(1, len(where))}
        texts = {where for where, fault in faults if isinstance(fault["input"], str) and fault["type"] != "dict_type"}
        for where, fault in faults:
            if fault["type"] == "missing" and where[0] in empty:
                continue
            if fault["type"] == "too_short" and where in inner:
                continue  # items that are wrong were not counted
            if fault["type"] == "dict_type" and where in texts:
                continue  # a text or texts per language: it is a text, and that is what is wrong with it
            finding = _finding(fault, where, model, places, inside)
            if finding not in findings:
                findings.append(finding)
    return None, findings


def _location(fault: ErrorDetails) -> Path:
    """Where the fault is, without what pydantic adds about its own steps."""
    return tuple(part for part in fault["loc"] if not str(part).startswith(("function-", "dict[", "constrained-")))


def _finding(
    fault: ErrorDetails, where: Path, model: type[BaseModel], places: Mapping[Path, Place], inside: Path
) -> Finding:
    path = (*inside, *where)
    name = ".".join(str(part) for part in where if isinstance(part, str))
    context = {key: str(value) for key, value in fault.get("ctx", {}).items()}
    kind = fault["type"]
    if kind == "missing":
        place = place_of(places, path[:-1])
        return Finding("missing-field", place.key_line, place.key_column, {"field": name})
    if kind == "extra_forbidden":
        guess = close_to(name, model.model_fields)
        place = place_of(places, path)
        return Finding("unknown-field", place.key_line, place.key_column, {"name": name, "guess": guess})
    if fault["input"] is None:
        return _at(places, path, "empty-field", field=name)
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "").replace(" or ", ", ")
        value = str(fault["input"])
        return _at(
            places,
            path,
            "wrong-value",
            field=name,
            allowed=allowed,
            value=value,
            guess=close_to(value, allowed.split(", ")),
        )
    if kind == "date":
        code, readings = context["code"], context["readings"].split("|")
        return _at(
            places, path, code, field=name, value=context["value"], readings=context["readings"], guess=readings[0]
        )
    if kind in ("string_too_long", "too_long"):
        length = len(str(fault["input"]).strip())
        return _at(places, path, "too-long", field=name, limit=context["max_length"], length=str(length))
    if kind == "too_short":
        code = "too-few-owners" if name == "owners" else "empty-field"
        return _at(places, path, code, field=name, limit=context["min_length"])
    if kind in ("string_type", "dict_type", "model_type", "wrong-type"):
        return _at(places, path, "wrong-type", field=name)
    if kind == "tuple_type":
        return _at(places, path, "not-a-list", field=name)
    return _at(places, path, kind, field=name, **context)


def _at(places: Mapping[Path, Place], path: Path, code: str, **values: str) -> Finding:
    place = place_of(places, path)
    return Finding(code, place.line, place.column, values)


def close_to(word: str, choices: Iterable[str]) -> str:
    """The choice that was probably meant, or ""."""
    lower = {choice.lower(): choice for choice in sorted(choices)}
    found = difflib.get_close_matches(word.lower()[:100], lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else ""
