"""The accessibility statement: whole in both languages, after the Dutch model, and told when it is out of date."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from tests.site.building import ROOT, build, write_content
from theme.plugins import accessibility
from theme.plugins.accessibility import StatementError, load
from theme.plugins.languages import texts_in

FILE = ROOT / accessibility.NAME
LANGUAGES = ("nl", "en")


def written(folder: Path, **changes: object) -> Path:
    """The statement of this site with other values."""
    values = yaml.safe_load(FILE.read_text("utf-8")) | changes
    path = folder / accessibility.NAME
    path.write_text(yaml.safe_dump(values), "utf-8")
    return path


def as_page(path: Path, lang: str) -> str:
    statement = load(path, LANGUAGES)
    assert statement is not None
    say = texts_in(ROOT / "theme" / "locale", lang).gettext
    return accessibility.page(statement, lang, say, url=f"/{lang}/", edit_url=None).html


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", ["Nalevingsstatus", "Akkoord op 20 november 2026", "Onderzoek", "Oorzaak", "Maatregel", "1 maart 2027"]),
        ("en", ["Status", "Agreed on 20 November 2026", "Research", "Cause", "Measure", "1 March 2027"]),
    ],
)
def test_a_statement_has_every_section_of_the_model(lang: str, words: list[str]) -> None:
    page = as_page(FILE, lang)
    for word in words:
        assert word in page
    assert page.count("<h2") == 5
    assert page.count("<h3") == 2


def test_research_and_the_register_are_linked(tmp_path: Path) -> None:
    report = {
        "title": {"nl": "Rapport", "en": "Report"},
        "date": date(2026, 9, 1),
        "by": "Bureau X",
        "url": "https://x.example/r.pdf",
    }
    page = as_page(written(tmp_path, research=[report], register="https://register.example/1"), "nl")
    assert '<a href="https://x.example/r.pdf">Rapport</a>: Bureau X, 1 september 2026' in page
    assert 'href="https://register.example/1"' in page


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"status": "F"}, "accessibility.yml: status"),
        ({"organisation": {"nl": "Plein"}}, "accessibility.yml: organisation: en is missing"),
        ({"revised": "gisteren"}, "accessibility.yml: revised"),
        ({"opinion": "fine"}, "accessibility.yml: opinion"),
        ({"deviations": [{"criterion": "9.9"}]}, "accessibility.yml: deviations.0.criterion"),
    ],
)
def test_a_fault_is_named_by_its_field(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(StatementError) as raised:
        load(written(tmp_path, **changes), LANGUAGES)
    assert named in str(raised.value)


def test_a_file_that_is_no_yaml_is_named_and_no_file_is_no_statement(tmp_path: Path) -> None:
    assert load(tmp_path / accessibility.NAME, LANGUAGES) is None
    (tmp_path / accessibility.NAME).write_text("a: [", "utf-8")
    with pytest.raises(StatementError, match=r"accessibility\.yml is no YAML"):
        load(tmp_path / accessibility.NAME, LANGUAGES)


def test_what_is_out_of_date_is_told(tmp_path: Path) -> None:
    report = {"title": {"nl": "R", "en": "R"}, "date": date(2023, 1, 1), "by": "X", "url": "https://x.example/"}
    statement = load(written(tmp_path, research=[report]), LANGUAGES)
    assert statement is not None
    assert not list(accessibility.warnings(statement, date(2025, 11, 1)))
    assert [text[:12] for text in accessibility.warnings(statement, date(2026, 11, 25))] == ["The research"]
    assert len(list(accessibility.warnings(statement, date(2027, 12, 1)))) == 2


def test_the_statement_stands_in_both_languages_and_is_warned_of(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    built = build(content, tmp_path / "output", clock=str(1_795_000_000 + 500 * 86_400))
    assert built.status == 0, built.said
    assert "accessibility.yml was looked at more than a year ago" in built.said
    assert 'hreflang="en" href="https://plein.example/en/accessibility/"' in built.text("/toegankelijkheid/")
    assert 'hreflang="nl" href="https://plein.example/toegankelijkheid/"' in built.text("/en/accessibility/")
    assert '<a href="/toegankelijkheid/">Toegankelijkheid</a>' in built.text("/")
