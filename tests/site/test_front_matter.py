"""Front matter: every fault is named with its line and a way to mend it; what is typed comes out as typed."""

from pathlib import Path

import pytest

from tests.site.content_folder import PEOPLE, a_blog, a_group, a_site, checked, found, problem_of
from theme.plugins import front_matter
from theme.plugins.content import GroupFields

TYPED = [
    ("Werken: open", '"Werken: open"'),
    ("Werken: open", "'Werken: open'"),
    ("Werken: open", ">-\n  Werken:\n  open"),
    ("Werken: open", "|\n  Werken: open"),
    ("Hij zei 'ja'", "\"Hij zei 'ja'\""),
    ("Hij zei 'ja'", "'Hij zei ''ja'''"),
    ('Zij zei "nee"', "'Zij zei \"nee\"'"),
    ('Zij zei "nee"', '"Zij zei \\"nee\\""'),
    ("It's fine", "It's fine"),
    ("*Vet* & #1", "'*Vet* & #1'"),
    ("C# en F#", "C# en F#"),
    ("A & B", "A & B"),
    ("Nee", "Nee"),
    ("No", "No"),
    ("2026", "2026"),
    ("010", "010"),
    ("12:30", "12:30"),
    ("1e3", "1e3"),
    ("<b>vet</b>", "<b>vet</b>"),
    ("C:\\temp", "'C:\\temp'"),
    ("€ 5, ±3 — “ja”", "€ 5, ±3 — “ja”"),
    ("Een kop", "Een kop  # een opmerking"),
    ("null", "'null'"),
]


@pytest.mark.parametrize(("title", "written"), TYPED)
def test_a_title_comes_out_as_typed_in_every_quoting_style(tmp_path: Path, title: str, written: str) -> None:
    content = checked(a_site(tmp_path, {"blogs/probe.nl.md": a_blog(title=written)}))
    assert content.problems == ()
    assert next(d.fields for d in content.documents if d.slug == "probe").title == title  # type: ignore[union-attr]


FAULTY = [
    ({"title": "'It's'"}, 2, "unclosed-quote"),
    ({"title": '"nooit dicht'}, 2, "unclosed-quote"),
    ({"title": "Een: twee: drie"}, 2, "colon-in-value"),
    ({"title": "*vet* begin"}, 2, "quote-needed"),
    ({"title": "@iemand"}, 2, "quote-needed"),
    ({"title": "Over #openheid"}, 2, "hash-in-value"),
    ({"title": "&anker tekst"}, 2, "yaml-alias"),
    ({"title": "!!python/object:os.system x"}, 2, "yaml-tag"),
    ({"title": ""}, 2, "empty-field"),
    ({"title": "'  '"}, 2, "empty-field"),
    ({"title": "~"}, 2, "empty-field"),
    ({"title": "# alleen een opmerking"}, 2, "empty-field"),
    ({"title": "#openheid"}, 2, "hash-in-value"),
    ({"titel": ""}, 8, "unknown-field"),
    ({"title": '"a\\u0007b"'}, 2, "control-character"),
    ({"title": '"a\\u202eb"'}, 2, "control-character"),
    ({"title": "x" * 201}, 2, "too-long"),
    ({"summary": "x" * 301}, 7, "too-long"),
    ({"authors": "redactie"}, 4, "not-a-list"),
    ({"authors": "[]"}, 4, "empty-field"),
    ({"authors": "[Redactie!]"}, 4, "bad-handle"),
    ({"authors": "[[redactie]]"}, 4, "wrong-type"),
    ({"tags": "a, b"}, 6, "not-a-list"),
    ({"tags": "\n- goed\n- ''"}, 8, "empty-field"),
    ({"tags": "[goed, '???']"}, 6, "bad-tag"),
    ({"comments": "of"}, 8, "wrong-value"),
    ({"federate": "nee"}, 8, "wrong-value"),
    ({"was": "[Oude Naam]"}, 8, "bad-slug"),
    ({"was": "[openbaar]"}, 8, "same-slug"),
    ({"was": "[probe]"}, 8, "same-slug"),
    ({"image": "../openbaar/x.svg", "image_alt": "x"}, 8, "leaves-folder"),
    ({"image": "x.exe", "image_alt": "x"}, 8, "image-kind"),
    ({"image": "weg.svg", "image_alt": "x"}, 8, "missing-image"),
    ({"image_alt": "x"}, 8, "alt-without-image"),
    ({"updated": "2026-11-01"}, 8, "updated-before-date"),
    ({"Title": "x"}, 8, "unknown-field"),
    ({"date": "2026"}, 3, "no-day"),
    ({"date": "morgen"}, 3, "not-iso"),
    ({"date": "[2026-11-25]"}, 3, "wrong-type"),
]


@pytest.mark.parametrize(("changes", "line", "code"), FAULTY)
def test_a_fault_is_found_on_its_line(tmp_path: Path, changes: dict[str, str], line: int, code: str) -> None:
    problem = problem_of(tmp_path, a_blog(**changes))
    assert (problem.file, problem.line, problem.code) == ("content/blogs/probe.nl.md", line, code), problem


RAW = [
    (b"", 1, "no-front-matter"),
    (b"Gewoon tekst\n", 1, "no-front-matter"),
    (b"\n---\ntitle: x\n---\n", 1, "no-front-matter"),
    (b"---\ntitle: x\n", 1, "no-closing-line"),
    (b"---\n- a\n- b\n---\nx\n", 2, "not-a-mapping"),
    (b"---\nzomaar tekst\n---\nx\n", 2, "not-a-mapping"),
    (b"---\ntitle: x\n...\ntitle: y\n---\nx\n", 4, "second-document"),
    (b"---\n? [a, b]\n: c\n---\nx\n", 2, "yaml-key"),
    (b"---\ntitle: {a: {b: {c: {d: {e: {f: {g: h}}}}}}}\n---\nx\n", 2, "yaml-too-big"),
    (b"---\ntitle: x\n  summary: y\n---\nx\n", 3, "colon-in-value"),
    (b"---\ntitle: [a, b\n---\nx\n", 2, "unclosed-bracket"),
    (b"---\ntitle: x\n---\nx \x07 y\n", 4, "control-character"),
    (b"\xff\xfe-\x00-\x00-\x00", 1, "wrong-encoding"),
    (b"---\n<<<<<<< HEAD\ntitle: x\n=======\ntitle: y\n>>>>>>> tak\n---\nx\n", 2, "merge-conflict"),
    (b"x" * 300_000, 1, "file-too-big"),
]


@pytest.mark.parametrize(("raw", "line", "code"), RAW)
def test_a_file_that_cannot_be_read_says_one_thing(tmp_path: Path, raw: bytes, line: int, code: str) -> None:
    problem = problem_of(tmp_path, raw)
    assert (problem.line, problem.code) == (line, code), problem


def test_a_value_names_its_own_line_in_a_list_over_many_lines(tmp_path: Path) -> None:
    text = a_blog(authors="\n  - redactie\n  - beheer\n  - niemand")
    problem = problem_of(tmp_path, text)
    assert (problem.line, problem.column, problem.code) == (7, 5, "unknown-author")


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = a_blog("#### Diep\n", title=None, date="25/11/2026", group="weg", sumary="x")
    content = checked(a_site(tmp_path, {"blogs/probe.nl.md": text}))
    assert [(line, code) for _, line, code in found(content)] == [
        (1, "missing-field"),
        (2, "not-iso"),
        (4, "unknown-group"),
        (7, "unknown-field"),
        (8 + 1, "skipped-heading"),
    ]


@pytest.mark.parametrize(
    ("lang", "message", "mend"),
    [
        ("en", "“03/04/2026” can be read as 3 April 2026 or 4 March 2026.", "Write 2026-04-03 or 2026-03-04."),
        ("nl", "“03/04/2026” is te lezen als 3 april 2026 of 4 maart 2026.", "Schrijf 2026-04-03 of 2026-03-04."),
    ],
)
def test_an_ambiguous_date_is_spelled_out(tmp_path: Path, lang: str, message: str, mend: str) -> None:
    problem = problem_of(tmp_path, a_blog(date="03/04/2026"), lang=lang)
    assert (problem.message, problem.mend) == (message, mend)


@pytest.mark.parametrize(
    ("changes", "guess"),
    [
        ({"sumary": "x"}, "summary"),
        ({"Titel": "x"}, "title"),
        ({"authors": "[redacti]"}, "redactie"),
        ({"group": "open-werk"}, "open-werken"),
        ({"visibility": "publik"}, "public"),
        ({"was": "[Oude Naam]"}, "oude-naam"),
    ],
)
def test_a_near_miss_is_guessed(tmp_path: Path, changes: dict[str, str], guess: str) -> None:
    assert f"Did you mean “{guess}”?" in problem_of(tmp_path, a_blog(**changes)).mend


def test_line_ends_of_windows_and_of_old_macs_count_as_lines(tmp_path: Path) -> None:
    for number, end in enumerate((b"\r\n", b"\r")):
        raw = a_blog("Een.\n\n[x](weg.md)\n").encode().replace(b"\n", end)
        problem = problem_of(tmp_path / str(number), raw)
        assert (problem.line, problem.column, problem.code) == (11, 5, "dead-link")


def test_a_rule_in_the_text_is_not_taken_for_the_end_of_forgotten_front_matter(tmp_path: Path) -> None:
    text = a_blog().replace("---\nEen alinea.\n", "\nEen alinea: kort.\nEn nog een.\n\n---\n\nSlot.\n")
    assert problem_of(tmp_path, text).code == "no-closing-line"


PERSON = [
    ("Redactie:\n  name: x\n", 1, "bad-handle"),
    ("admin:\n  name: x\n", 1, "reserved-handle"),
    ("plein:\n  name: x\n", 1, "reserved-handle"),
    ("open_werken:\n  name: x\n", 5, "same-handle"),
    ("nieuw:\n  bio: {nl: x}\n", 1, "missing-field"),
    ("nieuw:\n  name: {nl: x}\n", 2, "missing-field"),
    ("nieuw:\n  name: x\n  bio: {fr: x}\n", 3, "unknown-field"),
    ("nieuw:\n  name: x\n  links: [ftp://x.example]\n", 3, "bad-link"),
    ("nieuw:\n  name: x\n  avatar: weg.svg\n", 3, "missing-image"),
    ("nieuw:\n  name: x\n  leeftijd: 5\n", 3, "unknown-field"),
    ("nieuw: Jan\n", 1, "wrong-type"),
    ("redactie:\n  name: twee\n", 1, "duplicate-key"),
    ("nieuw:\n\tname: x\n", 2, "tab"),
]


@pytest.mark.parametrize(("text", "line", "code"), PERSON)
def test_a_fault_in_people_is_found_on_its_line(tmp_path: Path, text: str, line: int, code: str) -> None:
    content = checked(a_site(tmp_path, {"people.yml": PEOPLE + text}))
    file, at = ("groups/open-werken", line) if code == "same-handle" else ("people.yml", PEOPLE.count("\n") + line)
    problems = [problem for problem in found(content) if problem[2] != "unknown-author"]
    assert all(problem[0].startswith(file) and problem[1:] == (at, code) for problem in problems), problems
    assert problems


def test_two_groups_never_share_a_handle_and_both_languages_of_one_may(tmp_path: Path) -> None:
    content = checked(a_site(tmp_path, {"groups/ander.nl.md": a_group()}))
    assert found(content) == [
        ("groups/open-werken.en.md", 5, "same-handle"),
        ("groups/open-werken.nl.md", 5, "same-handle"),
    ]
    assert isinstance(next(d for d in content.documents if d.kind == "groups").fields, GroupFields)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("blogs/Groot.nl.md", "bad-file-name"),
        ("blogs/zonder-taal.md", "bad-file-name"),
        ("blogs/met_lijn.nl.md", "bad-file-name"),
        ("blogs/één.nl.md", "bad-file-name"),
        ("blogs/x.fr.md", "unknown-language"),
        ("blogs/x.nl.markdown", "bad-file-name"),
        ("blogs/page.nl.md", "reserved-slug"),
        ("pages/blogs.nl.md", "reserved-slug"),
        ("pages/en.nl.md", "reserved-slug"),
        ("blogs/dieper/x.nl.md", "misplaced-file"),
        ("los.nl.md", "misplaced-file"),
        ("blogs/openbaar/x.html", "file-kind"),
    ],
)
def test_a_file_that_would_be_left_out_is_an_error(tmp_path: Path, name: str, code: str) -> None:
    content = checked(a_site(tmp_path, {name: a_blog()}))
    assert found(content) == [(name, 1, code)]
    assert content.errors


def test_a_folder_without_people_says_so(tmp_path: Path) -> None:
    root = a_site(tmp_path)
    (root / "people.yml").unlink()
    assert ("people.yml", 1, "no-people") in found(checked(root))


def test_places_count_characters_not_bytes() -> None:
    source = front_matter.read("---\ntitle: één\ntags: [drieëntwintig, x]\n---\n".encode())
    place = source.places["tags", 1]
    assert (place.line, place.column) == (3, 23)


def test_an_optional_field_may_stand_there_empty(tmp_path: Path) -> None:
    empty = dict.fromkeys(("tags", "updated", "was", "image", "visibility", "comments", "minor"), "")
    assert checked(a_site(tmp_path, {"blogs/probe.nl.md": a_blog(**empty)})).problems == ()
