"""The newest comments on the front page: whose, in which order, and how much of them."""

import pytest

from theme.plugins.voices import LONGEST, said, shortened


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Een</p><p>twee</p>", "Een twee"),
        ("<blockquote><p>Van een ander</p></blockquote>\n<p>Van mij &amp; u</p>", "Van mij & u"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<p>&lt;script&gt;</p>", "<script>"),
        ("", ""),
    ],
)
def test_only_somebodys_own_words_are_shown(html: str, text: str) -> None:
    assert said(html) == text


def test_a_long_comment_is_cut_between_words() -> None:
    assert shortened("a b  c") == "a b c"
    assert shortened("woord " * 100) == " ".join(["woord"] * 26) + "…"
    assert shortened("x" * 500) == "x" * LONGEST + "…"
