"""Every text stands in both languages: the catalogues of the site and the service, and the widget's strings."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages import mofile
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

from theme.commands import catalogues

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("theme", "comments_service")
# Calls whose first argument is a message, or whose first two are its singular and plural.
ONE, MANY = {"_", "N_", "gettext", ".gettext", ".say"}, {"ngettext", ".ngettext", ".count"}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]+\}|%[sd]")
FAMILIAR = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)  # the reader is "u"
SPELLED = re.compile(r"^\s*(\w+): ", re.MULTILINE)
Texts = tuple[str, ...]  # a message, or its singular and plural


def in_templates(folder: Path) -> Iterator[tuple[str, Texts]]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt"), *folder.rglob("*.xml")]):
        for line, _function, message in environment.extract_translations(path.read_text("utf-8"), tuple(ONE | MANY)):  # type: ignore[attr-defined]
            texts = (message,) if isinstance(message, str) else tuple(text for text in message if text)
            yield f"{path.relative_to(ROOT)}:{line}", texts


def messages_of(call: ast.Call) -> Texts:
    """The messages that a call names as plain texts; () when it names none."""
    name = f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = tuple(
        arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else "" for arg in call.args
    )
    if name in ONE or (name == ".text" and len(texts) == 2):  # site.text(message, lang)
        return tuple(filter(None, texts[:1]))
    if name in MANY and len(texts) >= 3:
        return texts[:2] if all(texts[:2]) else ()
    if name == "Fault" and len(texts) > 1:  # Fault(field, message)
        return tuple(filter(None, texts[1:2]))
    return ()


def in_modules(folder: Path) -> Iterator[tuple[str, Texts]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (texts := messages_of(node)):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", texts


def in_description(package: str) -> Iterator[tuple[str, Texts]]:
    """The texts of the API's description, each on one line, as the page shows them that is made of it."""
    for path in sorted((ROOT / package).rglob("openapi.yaml")):
        document = yaml.safe_load(path.read_text("utf-8"))
        for text in [*described(document), *document["x-problems"].values()]:
            yield path.name, (" ".join(text.split()),)


def described(part: object) -> Iterator[str]:
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from described(inner)
    if isinstance(part, dict):
        yield from (part[name] for name in ("summary", "description") if isinstance(part.get(name), str))


def said(package: str) -> list[tuple[str, Texts]]:
    """Everything that a package says, with the place where."""
    folder = ROOT / package
    return [*in_templates(folder / "templates"), *in_modules(folder), *in_description(package)]


def dutch(package: str) -> dict[str, Texts]:
    """What the Dutch catalogues of a package say: msgid -> translation, or the translations of singular and plural."""
    found: dict[str, Texts] = {}
    for path in sorted((ROOT / package / "locale" / "nl" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            catalogue: Catalog = read_po(file, locale="nl")
        for message in catalogue:
            if message.id:
                ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
                strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                assert not message.fuzzy, f"{path.name}: {ids[0]!r} is marked fuzzy; read it and take the mark away"
                found[ids[0]] = strings
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_has_a_dutch_one_with_the_same_values(package: str) -> None:
    catalogue = dutch(package)
    found = said(package)
    assert len(found) > 20
    missing = [f"{place}: {texts[0]!r}" for place, texts in found if not any(catalogue.get(texts[0], ()))]
    assert not missing, "\n".join(["no Dutch text for", *missing])
    for place, texts in found:
        wanted = {name for text in texts for name in PLACEHOLDER.findall(text)}
        translations = catalogue[texts[0]]
        assert len(translations) == len(texts), f"{place}: singular and plural"
        assert all(translations), f"{place}: an empty form of {texts[0]!r}"
        assert {name for text in translations for name in PLACEHOLDER.findall(text)} == wanted, f"{place}: {texts[0]!r}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_catalogue_holds_no_text_that_nothing_says(package: str) -> None:
    assert not dutch(package).keys() - {texts[0] for _, texts in said(package)}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_reader_is_addressed_with_u(package: str) -> None:
    assert not [text for texts in dutch(package).values() for text in texts if FAMILIAR.search(text)]


@pytest.mark.parametrize(("part", "least"), [("", 20), ("-writing", 20), ("-report", 5)])
def test_the_widget_says_the_same_things_in_both_languages(part: str, least: int) -> None:
    dutch_text, english_text = (
        (ROOT / "comments_service" / "embed" / f"{lang}{part}.js").read_text("utf-8") for lang in ("nl", "en")
    )
    assert SPELLED.findall(dutch_text) == SPELLED.findall(english_text)
    assert len(SPELLED.findall(dutch_text)) >= least
    assert not FAMILIAR.search(dutch_text)


def on_screen() -> Iterator[tuple[str, str]]:
    """Every text that a person may read on a page, in both languages, with the place where."""
    for package in PACKAGES:
        catalogue = dutch(package)
        for place, texts in in_templates(ROOT / package / "templates"):
            yield from ((place, text) for text in (*texts, *catalogue.get(texts[0], ())))
    for path in sorted((ROOT / "comments_service" / "embed").glob("*.js")):
        if re.match(r"(nl|en)(-\w+)?\.js", path.name):
            yield from ((path.name, text) for text in re.findall(r'"([^"]+)"', path.read_text("utf-8")))


def test_sentences_on_pages_are_short_and_say_u() -> None:
    """B1: 15 words at most in a sentence."""
    found = list(on_screen())
    assert len(found) > 400
    for place, text in found:
        assert not FAMILIAR.search(text) or not place.startswith("nl"), f"{place}: {text}"
        for sentence in re.split(r"(?<=[.!?:])\s+", text):
            assert len(re.findall(r"[\w'’%-]+", sentence)) <= 15, f"{place}: {sentence}"


COMPILE = (
    "import pathlib, sys; from theme.commands.catalogues import compile_catalogue as do; do(pathlib.Path(sys.argv[1]))"
)


def test_two_processes_may_compile_a_catalogue_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "nl" / "LC_MESSAGES" / "theme.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "Yes"\nmsgstr "Ja"\n', "utf-8")
    write = mofile.write_mo

    def while_another_does(*what: Any) -> None:
        subprocess.run([sys.executable, "-c", COMPILE, str(source)], check=True, cwd=ROOT)
        write(*what)

    monkeypatch.setattr(catalogues, "write_mo", while_another_does)
    catalogues.compile_catalogue(source)
    assert {path.name for path in source.parent.iterdir()} == {"theme.po", "theme.mo"}
