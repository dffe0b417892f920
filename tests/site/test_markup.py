"""What Markdown becomes: HTML for a strict CSP and a screen reader, with the line of everything that can be wrong."""

import threading
import time

import pytest

from theme.plugins.markup import Rendered, render, rewrite


def codes(rendered: Rendered) -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in rendered.findings]


def test_table_alignment_is_a_class_and_the_table_can_be_scrolled_by_keyboard() -> None:
    page = render("| a | b | c | |\n|:--|--:|:-:|---|\n| 1 | 2 | 3 | 4 |\n", lang="nl").html
    assert "style" not in page
    assert '<th class="n" scope="col">b</th>' in page
    assert '<td class="c">3</td>' in page
    assert '<th scope="col"></th>' not in page
    assert 'aria-label="Tabel 1"' in page
    assert 'tabindex="0"' in page


def test_code_is_coloured_by_classes_and_can_be_reached_by_keyboard() -> None:
    page = render('```python\nprint("<b>")\n```\n\n    ingesprongen\n', lang="en").html
    assert '<span class="nb">print</span>' in page
    assert "style" not in page
    assert "<div" not in page
    assert page.index('aria-label="Code example 1"') < page.index('aria-label="Code example 2"')


@pytest.mark.parametrize(("lang", "title", "note", "back"), [
    ("nl", "Noten", "Noot 1", "Terug naar de tekst bij noot 1"),
    ("en", "Notes", "Note 1", "Back to the text at note 1"),
])  # fmt: skip
def test_notes_say_in_the_language_of_the_text_what_they_are(lang: str, title: str, note: str, back: str) -> None:
    rendered = render("Tekst.[^a]\n\n[^a]: De noot.\n", lang=lang)
    for part in (f">{title}</h2>", f'aria-label="{note}"', f'aria-label="{back}"', 'role="doc-endnotes"'):
        assert part in rendered.html
    assert rendered.headings == ()
    assert rendered.links == ()
    assert rendered.findings == ()


def test_a_picture_on_its_own_is_a_figure_with_its_title_as_caption() -> None:
    page = render('![Een deur](x/deur.svg "De deur & meer")\n\nIn de ![zin](x/z.svg) zelf.\n', lang="nl").html
    assert "<figcaption>De deur &amp; meer</figcaption>" in page
    assert page.count("<figure>") == 1


def test_links_pictures_and_headings_know_their_line() -> None:
    body = (
        "Een [link](a.nl.md), `[geen](b.nl.md)` en\n[twee](a.nl.md).\n\n"
        "```\n[ook](a.nl.md) niet\n# geen kop\n```\n\n"
        "## Kop met [link](c.nl.md)\n\n> ### Citaat\n\n![x](d.svg)\n\nKop\n---\n\n[ref][r] en <https://x.example/?a=1&b=2>\n\n"
        '[r]: e.nl.md "Titel"\n\n<h2 id="h">Rauw</h2>\n\n<p><a href="f.nl.md">rauw</a></p>\n'
    )
    rendered = render(body, lang="nl", first_line=11)
    assert [(link.href, link.line, link.column) for link in rendered.links] == [
        ("a.nl.md", 11, 12),
        ("a.nl.md", 12, 8),
        ("c.nl.md", 19, 19),
        ("e.nl.md", 30, 6),
        ("https://x.example/?a=1&b=2", 28, 14),
        ("f.nl.md", 34, 13),
    ]
    assert [(image.src, image.alt, image.line) for image in rendered.images] == [("d.svg", "x", 23)]
    headings = [(heading.level, heading.text, heading.line) for heading in rendered.headings]
    assert headings == [(2, "Kop met link", 19), (3, "Citaat", 21), (2, "Kop", 25), (2, "Rauw", 32)]
    assert "h" in rendered.ids


DROPPED = [
    ("<script>alert(1)</script>\n", (1, "dropped-html")),
    ("Een <iframe src=\"https://x.example\"></iframe>\n", (1, "dropped-html")),
    ("x\n\n<p onclick=\"x()\">y</p>\n", (3, "dropped-html")),
    ("x\n\n<p style=\"color: red\">y</p>\n", (3, "dropped-html")),
    ("<form><input name=a></form>\n", (1, "dropped-html")),
    ("Alinea\n{: style=\"color: red\" }\n", (2, "dropped-html")),
    ("<p class=\"groot\">x</p>\n", (1, "unknown-class")),
    ("[x](javascript:alert(1))\n", (1, "bad-scheme")),
    ("[x](JAVA&#115;CRIPT:alert(1))\n", (1, "bad-scheme")),
    ("Links a<b en rechts x > y.\n", (1, "dropped-html")),
    ("[x](data:text/html,x)\n", (1, "bad-scheme")),
    ("x\n\n<?php echo 1 ?>\n", (3, "dropped-html")),
    ("x <![CDATA[weg]]> y\n", (1, "dropped-html")),
    ("<!DOCTYPE html>\n", (1, "dropped-html")),
    ("<svg onload=alert(1)>\n", (1, "dropped-html")),
    ("<a tabindex=\"5\" href=\"x\">x</a>\n", (1, "dropped-html")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), DROPPED)
def test_what_the_site_would_not_show_is_named_by_its_line(body: str, expected: tuple[int, str]) -> None:
    rendered = render(body, lang="nl")
    assert expected in codes(rendered)
    for part in ("<script", "onclick", "style=", "<iframe", "<form", "<input", "<svg", "onload", 'href="j', "data:"):
        assert part not in rendered.html


KEPT = [
    "Een <kbd>Ctrl</kbd>, <abbr title=\"voluit\">v.</abbr>, H<sub>2</sub>O en <mark>geel</mark>.\n",
    "<details><summary>Meer</summary>\n<p>Tekst</p>\n</details>\n",
    "<!-- een opmerking -->\n\nTekst.\n",
    "3 < 4 en x > y & z.\n",
    "`<script>` en\n\n    <script>\n\n```html\n<script>alert(1)</script>\n```\n",
    "<post@plein.example> en <https://plein.example>\n",
    "{accolades} en {: zo } en \\<b>.\n",
    "<p lang=\"en\">English</p>\n",
    "Tekst.\n\n## Kop {#eigen}\n",
    "1. een\n2. twee\n\n<ol start=\"3\"><li>drie</li></ol>\n",
    "<figure><img src=\"a.svg\" alt=\"x\" width=\"3\" height=\"4\"><figcaption>x</figcaption></figure>\n",
]  # fmt: skip


@pytest.mark.parametrize("body", KEPT)
def test_what_the_site_shows_is_not_reported(body: str) -> None:
    assert render(body, lang="nl").findings == ()


ODDITIES = [
    ("# Titel\n", [(1, "heading-one")]),
    ("### Diep\n", [(1, "skipped-heading")]),
    ("## A\n\n#### B\n\n## C\n\n### D\n", [(3, "skipped-heading")]),
    ("Tekst[^weg] en [^ook].\n", [(1, "unknown-note"), (1, "unknown-note")]),
    ("Code `[^a-z]` en \\[^x].\n", []),
    ("Tekst.\n\n[^los]: Een noot.\n", [(3, "unused-note")]),
    ("Tekst.\n\n```\nzonder eind\n", [(3, "unclosed-code")]),
    ("- punt\n\n    ```sh\n    ls\n    ```\n", [(3, "indented-fence")]),
]


@pytest.mark.parametrize(("body", "expected"), ODDITIES)
def test_a_text_that_would_read_wrong_is_named_by_its_line(body: str, expected: list[tuple[int, str]]) -> None:
    assert codes(render(body, lang="nl")) == expected


@pytest.mark.parametrize("body", ["[" * 20_000, "![[]()" * 8_000, "`a``" * 30_000, "*a **b " * 8_000])
def test_rendering_stops_at_its_limit(body: str) -> None:
    started = time.process_time()
    rendered = render(body, lang="nl", seconds=0.2)
    assert time.process_time() - started < 1.5
    assert codes(rendered) in ([(1, "too-slow")], [(1, "cannot-render")], [])
    assert render("Gewoon.\n", lang="nl").html == "<p>Gewoon.</p>"


def test_the_limit_is_real() -> None:
    assert codes(render("[" * 20_000, lang="nl", seconds=0.2)) == [(1, "too-slow")]


@pytest.mark.parametrize("body", ["<div>" * 20_000, "> " * 400 + "x", "<b>" * 50_000])
def test_deep_nesting_is_refused_before_it_costs_anything(body: str) -> None:
    started = time.process_time()
    assert codes(render(body, lang="nl")) in ([(1, "too-deep")], [(1, "too-slow")], [(1, "cannot-render")])
    assert time.process_time() - started < 2


def test_rendering_works_outside_the_main_thread_too() -> None:
    pages: list[str] = []
    thread = threading.Thread(target=lambda: pages.append(render("*Zo.*\n", lang="nl").html))
    thread.start()
    thread.join()
    assert pages == ["<p><em>Zo.</em></p>"]


def test_one_text_leaves_nothing_behind_in_the_next() -> None:
    first = render("Een[^1] [r]\n\n[^1]: Noot.\n\n[r]: x.nl.md\n\n*[HTML]: Hyper\n", lang="nl")
    assert "section" in first.html
    assert render("HTML [r] [^1]\n", lang="nl").html == "<p>HTML [r] [^1]</p>"


def test_addresses_are_rewritten_and_text_is_not() -> None:
    page = render('[a](x.nl.md#y) ![b](p/é.svg) `<a href="x.nl.md">` <https://e.example/?a=1&b=2>\n', lang="nl").html
    seen: list[str] = []

    def resolve(address: str) -> str:
        seen.append(address)
        return '/nieuw/"><script>' if address == "x.nl.md#y" else address

    changed = rewrite(page, resolve)
    assert seen == ["x.nl.md#y", "p/é.svg", "https://e.example/?a=1&b=2"]
    assert '<a href="/nieuw/&quot;&gt;&lt;script&gt;">' in changed
    assert rewrite(page, lambda address: address) == page
