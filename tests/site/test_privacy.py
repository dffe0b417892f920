"""What the privacy pages promise is what the settings do: numbers in words, cookies, and what travels."""

import re

import pytest

from comments_service.settings import LoginSettings
from tests.site.building import ROOT

PAGES = {lang: (ROOT / "content" / "pages" / f"privacy.{lang}.md").read_text("utf-8") for lang in ("nl", "en")}


@pytest.mark.parametrize(
    ("setting", "value", "dutch", "english"),
    [
        ("link_minutes", 15, "werken een kwartier", "work for a quarter of an hour"),
        ("session_days", 90, "na negentig dagen", "after ninety days"),
    ],
)
def test_a_time_in_words_is_the_default_of_its_setting(setting: str, value: int, dutch: str, english: str) -> None:
    assert getattr(LoginSettings(), setting) == value
    assert dutch in PAGES["nl"]
    assert english in PAGES["en"]


def test_both_languages_tell_of_the_same_things() -> None:
    headings = [len(re.findall(r"^## ", page, re.MULTILINE)) for page in PAGES.values()]
    assert headings[0] == headings[1] == 5
    assert "fediverse" in PAGES["nl"]
    assert "fediverse" in PAGES["en"]
