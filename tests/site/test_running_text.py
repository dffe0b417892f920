"""What the look needs of rendered Markdown: a source under a quote, notes that are no chapter."""

import pytest

from theme.plugins.markup import render


@pytest.mark.parametrize("dash", ["—", "–"])
def test_the_last_line_of_a_quote_that_begins_with_a_dash_is_its_source(dash: str) -> None:
    rendered = render(f"> Een *zin*.\n>\n> {dash} Een tester\n", lang="nl")
    assert "<p>Een <em>zin</em>.</p>" in rendered.html
    assert "<footer>Een tester</footer>" in rendered.html
    assert rendered.findings == ()


@pytest.mark.parametrize(
    "quote", ["> — Alleen een streepje\n", "> Eerst.\n>\n> Daarna.\n", "> — Eerst.\n>\n> Daarna.\n"]
)
def test_other_quotes_have_no_source(quote: str) -> None:
    assert "<footer>" not in render(quote, lang="nl").html


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_notes_are_not_in_the_table_of_contents(lang: str) -> None:
    rendered = render("## Een\n\nTekst.[^1]\n\n[^1]: Noot.\n", lang=lang)
    assert [heading.id for heading in rendered.headings] == ["een"]
    assert 'role="doc-endnotes"' in rendered.html
    assert rendered.findings == ()
