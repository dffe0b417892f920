"""`inv check`, `inv new-blog`, `inv new-group` and the schema, as people, programs and git hosts use them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tests.site.content_folder import a_blog, a_site, checked, found
from theme.commands import check, new, schema
from theme.plugins import front_matter
from theme.plugins.faults import FAULTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _fixed_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600800")  # 25 November 2026, 11:00 in Amsterdam
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def faulty(tmp_path: Path) -> Path:
    body = 'Zie [x](weg,100%:.nl.md).\n\n<p class="groot">x</p>\n'
    return a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body, sumary="x")})


def test_text_puts_errors_before_warnings_and_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--content", str(faulty(tmp_path)), "--lang", "en"]) == 1
    assert capsys.readouterr().out == (
        "Errors:\n"
        "content/blogs/probe.nl.md:8: There is no field “sumary”. Did you mean “summary”?\n"
        "content/blogs/probe.nl.md:10: “weg,100%:.nl.md” leads nowhere. "
        "Write the path from this file to the other file, like “../groups/x.nl.md”.\n"
        "\n"
        "Warnings:\n"
        "content/blogs/probe.nl.md:12: The class “groot” does nothing here. Take it out.\n"
        "\n"
        "2 errors, 1 warning.\n"
    )


def test_the_language_comes_from_the_terminal_or_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    check.main(["--content", str(faulty(tmp_path))])
    assert "content/blogs/probe.nl.md:8: Er is geen veld “sumary”. Bedoelt u “summary”?" in capsys.readouterr().out
    monkeypatch.delenv("LC_ALL")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    check.main(["--content", str(faulty(tmp_path))])
    assert "2 errors, 1 warning." in capsys.readouterr().out


def test_json_is_a_list_of_problems_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--content", str(faulty(tmp_path)), "--format", "json"]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert [(problem["line"], problem["code"], problem["severity"]) for problem in problems] == [
        (8, "unknown-field", "error"),
        (10, "dead-link", "error"),
        (12, "unknown-class", "warning"),
    ]
    assert set(problems[0]) == {"file", "line", "column", "code", "severity", "message", "mend"}


def test_github_annotations_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = faulty(tmp_path)
    (root / "blogs" / "a,b:c%.nl.md").write_text(a_blog())
    assert check.main(["--content", str(root), "--format", "github", "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "::error file=content/blogs/a%2Cb%3Ac%25.nl.md,line=1,col=1,title=bad-file-name::The file name"
    )
    assert (
        "::error file=content/blogs/probe.nl.md,line=10,col=9,title=dead-link::“weg,100%25:.nl.md” leads nowhere."
        in lines[2]
    )
    assert lines[3].startswith("::warning file=")


def test_right_content_says_so_and_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = a_site(tmp_path)
    assert check.main(["--content", str(root), "--lang", "nl"]) == 0
    assert capsys.readouterr().out == f"Alles klopt: er is niets te verbeteren in {root}.\n"
    assert check.main(["--content", str(root), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert check.main(["--content", str(root), "--format", "github"]) == 0
    assert capsys.readouterr().out == ""


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    assert check.main(["--content", str(a_site(tmp_path, {"blogs/probe.nl.md": a_blog('<p class="x">x</p>\n')}))]) == 0


def test_a_check_that_cannot_start_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check.main(["--content", str(tmp_path / "weg")]) == 2
    assert "There is no folder" in capsys.readouterr().err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "gisteren")
    assert check.main(["--content", str(a_site(tmp_path))]) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err


def test_a_terminal_without_unicode_gets_escapes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "theme.commands.check", "--content", str(faulty(tmp_path))],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"There is no field \\u201csumary\\u201d." in done.stdout


TITLES = [
    "Gewoon",
    "Nee: “ja” & *#1*",
    '\'t Is "zo"',
    "- een streep",
    "50% {x} [y]",
    "C:\\temp\\nieuw",
    "2026",
    "Één voor ‘allen’",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_new_blog_is_right_whatever_its_title(tmp_path: Path, title: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = a_site(tmp_path)
    assert new.main(["blog", "--group", "open-werken", "--content", str(root), "--author", "beheer", "--", title]) == 0
    content = checked(root)
    assert content.problems == ()
    name = next(path for path in root.glob("blogs/*.nl.md") if path.name != "openbaar.nl.md")
    source = front_matter.read(name.read_bytes())
    assert source.values["title"] == title
    assert yaml.safe_load(name.read_text().split("---\n")[1])["title"] == title
    assert (source.values["date"], source.values["authors"]) == ("2026-11-25", ["beheer"])
    said = capsys.readouterr().out
    assert f"Wrote {name}" in said
    assert "inv check" in said


def test_a_new_file_is_never_written_over_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = a_site(tmp_path)
    before = (root / "blogs" / "openbaar.nl.md").read_bytes()
    command = ["blog", "Openbaar", "--group", "open-werken", "--content", str(root)]
    assert new.main(command) == 1
    assert new.main([*command, "--lang", "en"]) == 1
    assert new.main(["blog", "--translate", "blogs/openbaar", "--content", str(root)]) == 1
    assert new.main(["blog", "--translate", "blogs/openbaar", "--lang", "nl", "--content", str(root)]) == 1
    assert (root / "blogs" / "openbaar.nl.md").read_bytes() == before
    assert "is there already" in capsys.readouterr().err


def test_a_translation_begins_with_the_original_and_agrees_with_it(tmp_path: Path) -> None:
    fields = {
        "title": '"Een: twee"',
        "date": "2026-11-18T09:30+01:00",
        "was": "[oud]",
        "comments": "closed",
        "federate": "false",
        "minor": "true",
        "image": "x.svg",
        "image_alt": "Een *x*",
    }
    body = "Zie [dit](openbaar.nl.md) en [dat](enkel.nl.md).\n"
    root = a_site(
        tmp_path,
        {
            "blogs/probe.nl.md": a_blog(body, **fields),
            "blogs/probe/x.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
            "blogs/enkel.nl.md": a_blog(),
        },
    )
    assert new.main(["blog", "--translate", "blogs/probe", "--content", str(root)]) == 0
    assert checked(root).problems == ()
    text = (root / "blogs" / "probe.en.md").read_text()
    assert "minor" not in text
    assert "[dit](openbaar.en.md) en [dat](enkel.nl.md)" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["blog", "???", "--group", "open-werken"],
        ["blog", "Titel", "--group", "open-werke"],
        ["blog", "Titel", "--group", "open-werken", "--author", "redactje"],
        ["blog", "Titel", "--group", "open-werken", "--slug", "../../weg"],
        ["blog", "\x07", "--group", "open-werken", "--slug", "bel"],
        ["blog", "--translate", "../../etc/passwd"],
        ["blog", "--translate", "blogs/weg"],
        ["group", "Groep", "--handle", "Te Groot"],
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_site(tmp_path)
    before = sorted(root.rglob("*"))
    assert new.main([*arguments, "--content", str(root)]) == 1
    assert sorted(root.rglob("*")) == before
    assert capsys.readouterr().err.strip()


def test_a_new_group_is_right_and_can_be_translated(tmp_path: Path) -> None:
    root = a_site(tmp_path)
    assert new.main(["group", "Groen & stil", "--content", str(root)]) == 0
    assert new.main(["group", "--translate", "groups/groen-stil.nl.md", "--content", str(root)]) == 0
    assert checked(root).problems == ()
    assert front_matter.read((root / "groups" / "groen-stil.en.md").read_bytes()).values["handle"] == "groen_stil"


def test_the_committed_schema_is_that_of_the_model() -> None:
    assert schema.SCHEMA.read_text(encoding="utf-8") == schema.as_text(), "run: python -m theme.commands.schema"


def test_the_schema_accepts_what_the_check_accepts_and_knows_a_fault() -> None:
    validator = jsonschema_rs.validator_for({**schema.schema(), "anyOf": [{"$ref": "#/$defs/blog"}]})
    right = {
        "title": "x",
        "date": "2026-11-25T09:30+01:00",
        "authors": ["redactie"],
        "group": "open-werken",
        "summary": "x",
        "federate": False,
    }
    assert validator.is_valid(right)
    wrongs: list[dict[str, object]] = [
        {"date": "25/11/2026"},
        {"authors": []},
        {"visibility": "prive"},
        {"sumary": "x"},
        {"group": "A b"},
    ]
    for wrong in wrongs:
        assert not validator.is_valid(right | wrong), wrong


def test_the_sample_content_has_nothing_to_mend() -> None:
    assert found(check.read(ROOT / "content", "en")) == []


def test_every_fault_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "front-matter.md").read_text(encoding="utf-8")
    assert [code for code in FAULTS if f"`{code}`" not in reference] == []
