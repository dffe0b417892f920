"""SVG pictures: nothing that runs, nothing that asks for anything outside the file."""

import re
from collections.abc import Mapping
from xml.parsers import expat

from theme.plugins.problems import Finding

_SVG = "http://www.w3.org/2000/svg"
_RUNS = frozenset({"script", "handler", "listener"})
_FOREIGN = frozenset({"foreignobject", "iframe", "object", "embed", "audio", "video", "canvas", "html", "body"})
_ANIMATES = frozenset({"set", "animate", "animatetransform", "animatemotion"})
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]*")
_CSS_URL = re.compile(r"url\(\s*+[\"']?+\s*+(?!#)([^)\"']*)|@import|(?:-moz-binding|behavior)\s*:", re.IGNORECASE)
_CSS_FUNCTION = re.compile(r"(?<![\w])(?:image-set|image|src)\(", re.IGNORECASE)  # these take an address as plain text
_SPACE = "\x1f"
_HARMLESS_LANGUAGES = re.compile(
    r"http://(?:www\.)?(?:inkscape\.org|sodipodi\.sourceforge\.net|creativecommons\.org|web\.resource\.org|purl\.org|w3\.org/1999/02)"
)


def check(raw: bytes) -> list[Finding]:
    """Every part of an SVG that may not be there, by line. Never raises."""
    return _Checker().run(raw)


class _Checker:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.style: list[str] | None = None
        self.has_root = False
        self.parser = expat.ParserCreate(namespace_separator=_SPACE)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction

    def run(self, raw: bytes) -> list[Finding]:
        try:
            self.parser.Parse(raw, True)
        except _Stop:
            pass
        except (expat.ExpatError, ValueError, LookupError):
            self.findings.append(Finding("svg-broken", self.parser.ErrorLineNumber, self.parser.ErrorColumnNumber + 1))
        return self.findings

    def note(self, code: str, name: str) -> None:
        self.findings.append(
            Finding(code, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1, {"name": name})
        )

    def doctype(self, *_: object) -> None:
        self.note("svg-doctype", "DOCTYPE")
        raise _Stop  # entities are never expanded

    def instruction(self, target: str, _text: str) -> None:
        self.note("svg-outside", f"<?{target}")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, local = name.rpartition(_SPACE)
        tag = local.lower()
        if not self.has_root:
            self.has_root = True
            if tag != "svg" or space != _SVG:
                self.note("svg-broken", local)
                raise _Stop
        if tag in _RUNS:
            self.note("svg-script", local)
        elif tag in _FOREIGN or (space not in ("", _SVG) and not _HARMLESS_LANGUAGES.match(space)):
            self.note("svg-foreign", local)
        if tag == "style":
            self.style = []
        for written, value in attributes.items():
            self.attribute(tag, written.rpartition(_SPACE)[2].lower(), value)

    def attribute(self, tag: str, name: str, value: str) -> None:
        plain = "".join(value.split())
        if name.startswith("on"):
            self.note("svg-event", name)
        elif name in ("href", "src", "base", "data"):
            if not plain.startswith("#") and not (name == "href" and _DATA_IMAGE.fullmatch(value.strip())):
                self.note("svg-outside", value)
        elif (
            tag in _ANIMATES
            and name == "attributename"
            and (plain.lower().rpartition(":")[2] == "href" or plain.lower().startswith("on"))
        ):
            self.note("svg-script", f"attributeName={value}")
        elif "javascript:" in plain.lower():
            self.note("svg-script", value)
        elif found := _asks(value, is_css=name == "style"):
            self.note("svg-outside", found)

    def characters(self, text: str) -> None:
        if self.style is not None:
            self.style.append(text)

    def end(self, name: str) -> None:
        if self.style is not None and name.rpartition(_SPACE)[2].lower() == "style":
            if found := _asks("".join(self.style), is_css=True):
                self.note("svg-outside", found)
            self.style = None


class _Stop(Exception):
    """The rest of the file is not worth reading."""


def _asks(text: str, *, is_css: bool) -> str:
    """What in a value or a style sheet would fetch something, or ""."""
    plain = _without_escapes(text)
    found = _CSS_URL.search(plain) or (_CSS_FUNCTION.search(plain) if is_css else None)
    return found[0] if found else ""


def _without_escapes(css: str) -> str:
    """CSS escapes and remarks resolved: `\\75rl(…)` is a way around a plain search (CSS Syntax 3, 4.3.7)."""

    def character(found: re.Match[str]) -> str:
        number = int(found[1], 16)
        return chr(number) if 0 < number <= 0x10FFFF else "�"

    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", character, plain)
    return plain.replace("\\", "")
