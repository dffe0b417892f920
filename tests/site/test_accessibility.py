"""The accessibility statement: whole in both languages, after the Dutch model, and told when it is out of date."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.site.building import CLOCK, ROOT, build, write_content
from theme.commands import check
from theme.plugins import accessibility, criteria
from theme.plugins.accessibility import Statement
from theme.plugins.languages import texts_in

FILE = ROOT / accessibility.NAME
REPORT = {
    "title": {"nl": "Rapport", "en": "Report"},
    "date": date(2023, 1, 1),
    "by": "Bureau X",
    "url": "https://x.example/r.pdf",
}


def loaded(path: Path, *, today: date = date(2026, 11, 25), lang: str = "en") -> tuple[Statement | None, list[str]]:
    """The statement and what is said of it."""
    statement, problems = accessibility.load(
        path, ("nl", "en"), today=today, zone=ZoneInfo("Europe/Amsterdam"), lang=lang
    )
    return statement, [f"{one.file}:{one.line}: {one.message} {one.mend}" for one in problems]


def written(folder: Path, **changes: object) -> Path:
    """The statement of this site with other values."""
    values = yaml.safe_load(FILE.read_text("utf-8")) | changes
    path = folder / accessibility.NAME
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False, default_flow_style=False), "utf-8")
    return path


def as_page(path: Path, lang: str) -> str:
    statement, said = loaded(path)
    assert statement is not None, said
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


def test_a_criterion_leads_to_where_it_stands() -> None:
    assert '<a href="https://www.w3.org/TR/WCAG22/#non-text-content">WCAG 1.1.1</a>' in as_page(FILE, "nl")
    assert len(criteria.URLS) == len(set(criteria.URLS.values())) == 55


def test_research_and_the_register_are_linked(tmp_path: Path) -> None:
    page = as_page(written(tmp_path, research=[REPORT], register="https://register.example/1"), "nl")
    assert '<a href="https://x.example/r.pdf">Rapport</a>: Bureau X, 1 januari 2023' in page
    assert 'href="https://register.example/1"' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("status: C ", "status: F "), "6: “F” is not possible for “status”. Use one of: A, B, C, D, E."),
        ((", en: The editors of Plein}", "}"), "4: The field “organisation: en” is missing. Add a line"),
        (("revised: 2026-11-20", "revised: gisteren"), "11: “gisteren” is not an ISO date"),
        (("revised: 2026-11-20", "revised: 20/11/2026"), "11: “20/11/2026” is not an ISO date of the kind used here."),
        (("research: []", "opinion: fine"), "34: There is no field “opinion”. Take it out, or see docs/reference/acc"),
        (("research: []", "resarch: []"), "34: There is no field “resarch”. Did you mean “research”?"),
        (
            ("criterion: 3.1.2", "criterion: 9.9"),
            "56: “9.9” is no criterion of WCAG 2.2 at level A or AA. Write its number",
        ),
        (("criterion: 3.1.2", "criterion: 3.1.5"), "56: “3.1.5” is no criterion of WCAG 2.2 at level A or AA."),
        (("answer_days: 5", "answer_days: vijf"), "15: “vijf” is no whole number."),
        (("url: mailto:redactie", "url: redactie"), "14: “redactie@plein.example” is no address to write to."),
        (("  answer_days: 5\n", ""), "13: The field “contact.answer_days” is missing."),
        (("scope: [https://plein.example]", "scope: plein"), "5: The field “scope” must be a list."),
        (("by: {nl: hoofd", "by:  # {nl: hoofd"), "10: The field “agreed.by” is empty."),
        (("contact:", "\tcontact:"), "13: The line begins with a tab"),
        (("contact:", "<<<<<<< HEAD\ncontact:"), "13: A merge conflict was left in the file."),
    ],
)
def test_a_fault_is_named_by_its_line_with_what_to_do(tmp_path: Path, changed: tuple[str, str], said: str) -> None:
    text = FILE.read_text("utf-8")
    assert changed[0] in text
    path = tmp_path / accessibility.NAME
    path.write_text(text.replace(*changed, 1), "utf-8")
    lines = loaded(path)[1]
    assert any(line.startswith(f"accessibility.yml:{said}") for line in lines), lines


def test_the_statement_of_this_site_has_no_fault_and_no_file_is_no_statement(tmp_path: Path) -> None:
    assert loaded(FILE, today=date(2026, 11, 20))[1] == []
    assert loaded(tmp_path / accessibility.NAME) == (None, [])


def test_what_is_out_of_date_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, research=[REPORT])
    assert loaded(path, today=date(2025, 11, 1))[1] == []
    old, older = loaded(path, lang="nl")[1], loaded(path, today=date(2027, 12, 1), lang="nl")[1]
    assert [line.partition(":")[2][2:] for line in old] == [
        ": Het nieuwste onderzoek is meer dan drie jaar oud. Laat het opnieuw doen."
    ]
    assert len(older) == 2
    assert older[0].endswith(
        "De verklaring is meer dan een jaar geleden bekeken. Bekijk haar opnieuw en pas “revised” aan."
    )


def test_a_fault_stops_the_check_of_the_content_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    (tmp_path / accessibility.NAME).write_text("status: F\n", "utf-8")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", CLOCK)
    assert "“F” kan niet bij “status”." in [problem.message for problem in check.read(content, "nl").errors]


def test_the_statement_stands_in_both_languages_and_is_warned_of(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    built = build(content, tmp_path / "output", clock=str(1_795_000_000 + 500 * 86_400))
    assert built.status == 0, built.said
    assert "accessibility.yml:11: warning: The statement was looked at more than a year ago." in built.said
    assert 'hreflang="en" href="https://plein.example/en/accessibility/"' in built.text("/toegankelijkheid/")
    assert 'hreflang="nl" href="https://plein.example/toegankelijkheid/"' in built.text("/en/accessibility/")
    assert '<a href="/toegankelijkheid/">Toegankelijkheid</a>' in built.text("/")
