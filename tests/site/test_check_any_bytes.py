"""Whatever the bytes of a file are, the check answers with problems; it never crashes and never shows raw bytes."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.site.content_folder import PEOPLE, a_blog, a_group, checked, write
from theme.plugins import front_matter, svg, yaml_tree
from theme.plugins.content import Content
from theme.plugins.markup import render

FRAGMENTS = st.sampled_from(
    [
        "---\n",
        "title: ",
        "date: 2026-11-18\n",
        "authors: [redactie]\n",
        "group: open-werken\n",
        "summary: x\n",
        "tags:\n  - ",
        "visibility: members\n",
        "was: [",
        "]\n",
        "{",
        "}",
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "<<: ",
        "? ",
        "|\n",
        ">-\n",
        "\t",
        "'",
        '"',
        "\\",
        "#",
        "# kop\n",
        "#### diep\n",
        "[x](",
        ")",
        "![",
        "![a](b.svg)",
        "[^1]",
        "[^1]: noot\n",
        "```\n",
        "~~~\n",
        "| a | b |\n|---|--:|\n| 1 | 2 |\n",
        "<div>",
        "</p>",
        "<script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<!DOCTYPE x [",
        "<?x",
        "&#x110000;",
        "&",
        "javascript:",
        "{filename}",
        "../",
        "/",
        "//",
        "%00",
        "%ff",
        "{: #a .b c=d }",
        "[TOC]",
        "///Footnotes Go Here///",
        "*",
        "_",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "\r",
        "\x00",
        "\x02",
        "\x1a",
        "\u2028",
        "\ufeff",
        "\u202e",
        "é",
        "e\u0301",
        "😀",
        "<<<<<<< a\n",
        "=======\n",
        ">>>>>>> b\n",
        "http://[",
        "2026-02-30",
        "9999-12-31",
        "0001-01-01",
        "*[a]: b\n",
        "<abbr md_in_html markdown=1>",
    ]
)
PIECES = st.one_of(FRAGMENTS, st.text(max_size=8))
TEXTS = st.lists(PIECES, max_size=25).map("".join)
BYTES = st.one_of(st.binary(max_size=400), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")))

calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_of(name: str, raw: bytes) -> Content:
    with TemporaryDirectory() as folder:
        right = {"people.yml": PEOPLE, "groups/open-werken.nl.md": a_group(), "blogs/een.nl.md": a_blog()}
        return checked(write(Path(folder) / "content", {**right, name: raw}), lang="nl")


def assert_calm(content: Content) -> None:
    for problem in content.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.mend
        shown = f"{problem.file}{problem.message}{problem.mend}"
        assert re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", shown) is None
        shown.encode("utf-8")


@calm
@given(BYTES)
@example(b"\xff\xfe-\x00-\x00")
@example(b"---\n" + b"[" * 5000 + b"\n---\n")
@example(b'---\ntitle: "\\ud800"\n---\n')
@example(b"---\n? [a]\n: b\n---\n")
@example(b"---\n...\n---\nx: y\n---\n")
def test_any_bytes_as_a_blog(raw: bytes) -> None:
    assert_calm(check_of("blogs/probe.nl.md", raw))


@calm
@given(TEXTS)
@example("<![CDATA[")
@example("> " * 3000 + "x")
@example("<div>" * 3000)
@example("- " * 500 + "x")
@example("```{.python linenos=table tagsfile=/etc/passwd lang=x}\nx\n```\n")
def test_any_text_as_a_body(body: str) -> None:
    assert_calm(check_of("blogs/probe.nl.md", a_blog(body).encode("utf-8", "surrogatepass")))


@calm
@given(BYTES)
def test_any_bytes_as_people(raw: bytes) -> None:
    assert_calm(check_of("people.yml", raw))


@calm
@given(st.text(alphabet="abn{}[]:-'\"#&*!|>? \n\t,\\", max_size=80))
def test_any_text_as_yaml(text: str) -> None:
    tree = yaml_tree.read(text, first_line=1)
    last_line = text.count("\n") + 1
    assert all(1 <= finding.line <= last_line for finding in tree.findings)
    assert tree.is_whole or tree.findings


@calm
@given(BYTES)
def test_any_bytes_as_svg(raw: bytes) -> None:
    svg.check(raw)
    svg.check(b'<svg xmlns="http://www.w3.org/2000/svg">' + raw + b"</svg>")


@calm
@given(st.text(max_size=60))
def test_any_title_between_double_quotes_of_json_or_single_quotes_comes_out_as_typed(title: str) -> None:
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]", title):
        return
    quoted = "'" + title.replace("'", "''") + "'"
    source = front_matter.read(f"---\ntitle: {quoted}\n---\n".encode())
    assert source.values["title"] == title


@pytest.mark.parametrize(
    "name", ["blogs/\udcff.nl.md", "blogs/a\nb.nl.md", "blogs/\x1b[31m.nl.md", "blogs/a b.nl.md", "x\u202e.md"]
)
def test_any_file_name_is_shown_without_harm(tmp_path: Path, name: str) -> None:
    right = {"people.yml": PEOPLE, "groups/open-werken.nl.md": a_group()}
    content = checked(write(tmp_path / "content", {**right, name: a_blog()}))
    assert len(content.problems) == 1
    assert_calm(content)


def test_the_ids_of_a_text_never_meet_those_of_the_page_around_it() -> None:
    rendered = render("## Inhoud\n\n## Reacties\n\n## Inhoud\n\n## C-x\n\n## ???\n", lang="nl")
    assert [heading.id for heading in rendered.headings] == ["inhoud-1", "reacties-1", "inhoud-1_1", "c-x-1", "text"]
