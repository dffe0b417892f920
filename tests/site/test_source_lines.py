"""Finding the line of a thing in a text: right, and in time that grows no faster than the text."""

import time

import pytest

from theme.plugins.source_lines import SourceLines


@pytest.mark.parametrize("shape", ["> ", ">", "<!--", "a b ", "#", "> # ", "` `` ", "- ", "<h", "=\n", "a\n="])
def test_a_hostile_text_takes_no_more_than_its_share_of_time(shape: str) -> None:
    started = time.process_time()
    list(SourceLines(shape * (100_000 // len(shape)), 1).headings())
    assert time.process_time() - started < 2


def test_headings_of_every_spelling_have_their_level_and_line() -> None:
    body = "# One\n\nTwo\n---\n\n> ### Three\n\n<h4>Four</h4>\n\n<!-- # none -->\n\n```\n# none\n```\n\n   \n---\n"
    assert list(SourceLines(body, 10).headings()) == [(1, 10), (2, 12), (3, 15), (4, 17)]
