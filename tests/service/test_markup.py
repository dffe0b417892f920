"""Markdown of strangers: nothing but the allowed tags and links comes out."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service import markup
from comments_service.markup import has_text, normalise, render


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Een *kleine* **stap**", "<p>Een <em>kleine</em> <strong>stap</strong></p>"),
        ("een\ntwee", "<p>een<br>\ntwee</p>"),
        ("# Kop\n\ntekst", "<p><strong>Kop</strong></p>\n<p>tekst</p>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
        ("`<b>` ~~weg~~", "<p><code>&lt;b&gt;</code> <del>weg</del></p>"),
        ("![pixel](https://x.example/p.png)", "<p></p>"),
        ("[x](https://a.example 'titel')", '<p><a href="https://a.example" rel="ugc nofollow noopener">x</a></p>'),
        ("www.example.org", '<p><a href="http://www.example.org" rel="ugc nofollow noopener">www.example.org</a></p>'),
        ("[m](mailto:a@b.example)", '<p><a href="mailto:a@b.example" rel="ugc nofollow noopener">m</a></p>'),
    ],
)
def test_markdown_becomes_this_html(markdown: str, html: str) -> None:
    assert render(markdown) == html


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/x",
        "/log-out",
        "#c-1",
        "http:evil",
        "https:/evil",
        "http:///evil",
        "\\\\evil.example",
        "mailto:",
        "feed:x",
    ],
)
@pytest.mark.parametrize("form", ["[x]({})", "[x](<{}>)", "<{}>", "[x][1]\n\n[1]: {}"])
def test_a_link_without_an_allowed_scheme_and_host_leads_nowhere(target: str, form: str) -> None:
    assert "href" not in render(form.format(target))


PIECES = [
    "<",
    "<p>",
    "</p>",
    "<b>",
    "&lt;",
    "&quot;",
    '"',
    "*",
    "**",
    "~~",
    "`",
    "```",
    "```x",
    "[x](http://a.b)",
    "# ",
]
PIECES += [
    "---",
    "woord",
    "é",
    "&",
    "&nbsp;",
    "&#60;",
    "_",
    "\\",
    "\xa0",
    "    ",
    "> ",
    "- ",
    "1. ",
    "7. ",
    "\n",
    "\n\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_what_is_not_cleaned_would_stay_as_it_is(pieces: list[str]) -> None:
    markdown = normalise("".join(pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markup, "_BARE", re.compile("(?!)"))
        cleaned = render(markdown)
    assert render(markdown) == cleaned


@given(st.text(alphabet=st.sampled_from("<>&\"'[]()!*_`~#:/\\ \n\tajsx=@.-+1|^"), max_size=200))
def test_whatever_is_written_only_allowed_tags_come_out(markdown: str) -> None:
    html = render(normalise(markdown))
    tags = re.findall(r"<(/?)([a-z0-9]+)([^>]*)>", html)
    assert {name for _, name, _ in tags} <= set("a blockquote br code del em hr li ol p pre strong ul".split())  # noqa: SIM905
    for closing, name, attributes in tags:
        if name == "a" and not closing:
            assert re.fullmatch(r'( href="(https?://|mailto:)[^"]+")? rel="ugc nofollow noopener"', attributes)
        elif name == "ol":
            assert re.fullmatch(r'( start="\d+")?', attributes)
        else:
            assert attributes == ""


@pytest.mark.parametrize(
    "piece", ["[", "![", "*a ", "<", "> ", ">", "- ", "[^", "`", "[a](", "&", "|", "~~", "http://a "]
)
def test_hostile_repetition_is_rendered_at_once(piece: str) -> None:
    begun = time.process_time()
    render((piece * 5000)[:5000])
    assert time.process_time() - begun < 1.0


def test_a_letter_keeps_few_enough_marks_to_be_normalised_at_once() -> None:
    begun = time.process_time()
    assert len(normalise("a" + "\u0316\u0300" * 100_000)) <= 31
    assert time.process_time() - begun < 1.0
    assert normalise("\u0e01\u0e33\u0e49 e\u0301\u0323") == "\u0e01\u0e33\u0e49 \u1eb9\u0301"


def test_text_loses_what_only_steers() -> None:
    assert normalise("a\x00b\x1b[31m\r\nc\u202ed\u2066\x85\u2028 \ud800") == "ab[31m\ncd"
    assert normalise("e\u0301") == "\u00e9"


@pytest.mark.parametrize(
    ("html", "is_text"),
    [("<p></p>", False), ("<p>&nbsp;\u200b</p>", False), ("<p>.</p>", True), ("<p>\u3164\u2800\u0301</p>", False)],
)
def test_text_is_what_a_reader_would_see(html: str, is_text: bool) -> None:
    assert has_text(html) == is_text
