"""One fault gives one finding, where it can be mended; what looks odd but is lost, hidden or doubled is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.site.content_folder import PEOPLE, SVG, a_blog, a_group, a_site, checked, found, problem_of
from theme.commands import check
from theme.plugins.content import load

PEOPLE_FAULTS = [
    (PEOPLE + "x: {name: a #b}\n", [(6, "unclosed-bracket"), (6, "hash-in-value")]),
    (PEOPLE + "x:\n\tname: a\n", [(7, "tab")]),
    (PEOPLE + "x: &a {name: a}\ny: *a\n", [(6, "yaml-alias")]),
    (PEOPLE + "<<<<<<< HEAD\nx: {name: a}\n", [(6, "merge-conflict")]),
    ("- redactie\n", [(1, "not-a-mapping")]),
    (PEOPLE.encode("utf-16"), [(1, "wrong-encoding")]),
    (PEOPLE + 'x: {name: "a\u202eb"}\n', [(6, "control-character")]),
]


@pytest.mark.parametrize(("text", "faults"), PEOPLE_FAULTS)
def test_a_fault_of_people_yml_calls_no_author_unknown(
    tmp_path: Path, text: str | bytes, faults: list[tuple[int, str]]
) -> None:
    content = checked(a_site(tmp_path, {"people.yml": text}))
    assert found(content) == [("people.yml", line, code) for line, code in faults]


def test_a_people_yml_that_is_missing_or_a_link_is_one_fault(tmp_path: Path) -> None:
    root = a_site(tmp_path)
    (root / "people.yml").rename(tmp_path / "elsewhere.yml")
    assert found(checked(root)) == [("people.yml", 1, "no-people")]
    (root / "people.yml").symlink_to(tmp_path / "elsewhere.yml")
    assert found(checked(root)) == [("people.yml", 1, "symlink")]


@pytest.mark.parametrize("field", ["title", "summary", "image_alt"])
def test_a_text_that_would_lose_its_end_to_a_hash_is_told(tmp_path: Path, field: str) -> None:
    changes = {"image": "x.svg", "image_alt": "Een stap", field: "Stap # 2 van het werk"}
    files = {"blogs/probe.nl.md": a_blog(**changes), "blogs/probe/x.svg": SVG}
    assert [code for _, _, code in found(checked(a_site(tmp_path, files)))] == ["hash-in-value"]


def test_a_remark_behind_a_date_is_right(tmp_path: Path) -> None:
    files = {"blogs/probe.nl.md": a_blog(date="2026-11-18 # woensdag", visibility="public # voorlopig")}
    assert checked(a_site(tmp_path, files)).problems == ()


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("2026-11-18T09:30:00.000Z", "Write 2026-11-18T09:30:00Z."),
        ("2026-11-18t09:30z", "Write 2026-11-18T09:30Z."),
        ("2026-11-18T0930", "Write 2026-11-18T09:30."),
        ("2026-11-18T09:30+1:00", "Write 2026-11-18T09:30+01:00."),
        ("2026-11-18T09:30+0100", "Write 2026-11-18T09:30+01:00."),
        ("18 november 2026 9:30", "Write 2026-11-18T09:30."),
        ("03/04/2026 9:30", "Write 2026-04-03T09:30 or 2026-03-04T09:30."),
        ("2026-11-18T09", "Write year-month-day, like 2026-11-25 or 2026-11-25T09:30."),
        ("2026-11-18T09:30 Europe/Amsterdam", "Write year-month-day, like 2026-11-25 or 2026-11-25T09:30."),
    ],
)
def test_the_way_to_mend_a_date_keeps_its_time(tmp_path: Path, written: str, mend: str) -> None:
    problem = problem_of(tmp_path, a_blog(date=written))
    assert (problem.line, problem.mend) == (3, mend)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026", "1 January 2026", "31 December 2026"),
        ("2026-02", "1 February 2026", "28 February 2026"),
        ("02/2028", "1 February 2028", "29 February 2028"),
        ("november 2026", "1 November 2026", "30 November 2026"),
    ],
)
def test_a_year_or_month_alone_is_refused_with_the_days_it_could_be(
    tmp_path: Path, written: str, first: str, last: str
) -> None:
    problem = problem_of(tmp_path, a_blog(date=written))
    assert problem.message == f"“{written}” names no day: it can be any day from {first} to {last}."
    assert problem.mend == "Write year-month-day, like 2026-11-25 or 2026-11-25T09:30."


@pytest.mark.parametrize("title", ['"\u200b"', '"\u3164"', '"\u2800 \u200d"', '"\u0301"'])
def test_a_title_that_shows_nothing_is_empty(tmp_path: Path, title: str) -> None:
    assert problem_of(tmp_path, a_blog(title=title)).code == "empty-field"


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_a_hidden_line_break_in_front_matter_is_named_at_its_place(tmp_path: Path, character: str) -> None:
    problem = problem_of(tmp_path, a_blog(title=f"a{character}b"))
    assert (problem.line, problem.column, problem.code) == (2, 9, "control-character")


def test_a_backslash_in_double_quotes_is_explained(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, a_blog(title='"C:\\werk"'))
    assert (problem.line, problem.code) == (2, "backslash")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("![x](data:image/png;base64,AAAA)\n", "bad-scheme"),
        ('<a href="java\tscript:alert(1)">x</a>\n', "bad-scheme"),
        ("- " * 3000 + "x\n", "too-deep"),
        ("".join(" " * (4 * depth) + "- x\n" for depth in range(300)), "too-deep"),
        ("## A {#x}\n\n## B {#x}\n", "same-id"),
        ("## A\n\n<p id='a'>b</p>\n", "same-id"),
        ("## A {#thread}\n", "same-id"),
        ("A[^1]\n\n## B {#fn-title}\n\n[^1]: C\n", "same-id"),
        ("[x](https://plein.example/blogs/weg/)\n", "dead-link"),
        ("![x](gedeeld/x.svg)\n", "image-elsewhere"),
    ],
)
def test_one_fault_of_a_text_is_one_finding(tmp_path: Path, body: str, code: str) -> None:
    root = a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body), "blogs/gedeeld/x.svg": SVG})
    assert [problem.code for problem in checked(root).errors] == [code]


def test_headings_that_sound_like_parts_of_the_page_get_ids_of_their_own(tmp_path: Path) -> None:
    body = "## Page blogs\n\n## C-1\n\n## Thread\n\n## Content\n\n## Fn title\n\n## 日本語\n\n## 中文\n"
    content = checked(a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body)}))
    assert content.problems == ()
    probe = next(document for document in content.documents if document.slug == "probe")
    assert [heading.id for heading in probe.rendered.headings] == [
        *("page-blogs-1", "c-1-1", "thread-1", "content-1", "fn-title-1", "text", "text_1"),
    ]


def test_a_whole_address_of_this_site_may_not_lead_to_what_is_hidden(tmp_path: Path) -> None:
    files = {
        "blogs/geheim.nl.md": a_blog(visibility="members"),
        "blogs/probe.nl.md": a_blog(
            "[a](https://plein.example/blogs/geheim/) [b](https://plein.example/blogs/openbaar/)\n"
            "[c](https://plein.example) [d](https://plein.example.org/blogs/geheim/)\n"
        ),
    }
    assert found(checked(a_site(tmp_path, files))) == [("blogs/probe.nl.md", 9, "hidden-link")]


def test_the_feeds_of_groups_and_authors_are_addresses(tmp_path: Path) -> None:
    body = "[a](/groups/open-werken/atom.xml) [b](/en/authors/redactie/atom.xml) [c](/sitemap.xml)\n"
    assert checked(a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body)})).problems == ()


@pytest.mark.parametrize("style", ['a{background:image-set("https://x.example/a.png" 1x)}', 'a{fill:src("https://x")}'])
def test_css_of_an_svg_asks_for_nothing_by_another_name_of_url(tmp_path: Path, style: str) -> None:
    picture = SVG.replace("<path", f"<style>{style}</style><path")
    files = {"blogs/probe.nl.md": a_blog("![x](probe/x.svg)\n"), "blogs/probe/x.svg": picture}
    assert found(checked(a_site(tmp_path, files))) == [("blogs/probe/x.svg", 1, "svg-outside")]


def test_a_picture_just_over_the_limit_is_said_to_be_over_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blogs/probe.nl.md": a_blog("![x](probe/x.png)\n"),
        "blogs/probe/x.png": b"\x89PNG\r\n\x1a\n" + bytes(500_000),
    }
    (problem,) = checked(a_site(tmp_path, files)).problems
    assert "501 kB" in problem.message


def test_a_group_in_two_languages_with_a_taken_handle_is_told_in_both(tmp_path: Path) -> None:
    files = {"groups/a.nl.md": a_group(handle="redactie"), "groups/a.en.md": a_group(handle="redactie")}
    assert {code for _, _, code in found(checked(a_site(tmp_path, files)))} == {"same-handle"}


@pytest.mark.parametrize("year", range(2025, 2028))
def test_the_sample_content_is_right_on_every_day(year: int) -> None:
    for month in range(1, 13):
        content = load(
            check.ROOT / "content",
            now=datetime(year, month, 10, tzinfo=UTC),
            timezone="Europe/Amsterdam",
            languages=("nl", "en"),
        )
        assert content.problems == ()
