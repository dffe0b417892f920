"""What a page weighs after Brotli: markup, styles and scripts, each under its ceiling, and nothing from elsewhere."""

import re

import brotli  # type: ignore[import-untyped]
import pytest

from comments_service.web import embed
from tests.browser.place import Place

LOADS = re.compile(r'<(?:script|img|source|iframe)\b[^>]*>|<link[^>]*rel="(?:stylesheet|icon|manifest)"[^>]*>')
ELSEWHERE = re.compile(r'(?:src|srcset|href)="(?:https?:)?//(?!127\.0\.0\.1)')
MARKUP, STYLES, SCRIPTS = 30_000, 12_000, 10_000  # bytes


def weight(text: str) -> int:
    return len(brotli.compress(text.encode()))


def test_the_heaviest_pages_are_light_and_load_nothing_from_elsewhere(built: Place) -> None:
    pages = sorted(built.site.rglob("*.html"), key=lambda path: path.stat().st_size)
    pages = [path for path in pages if path.relative_to(built.site).parts[0] != "bodies"]
    assert len(pages) > 100
    for page in pages[-5:]:
        assert weight(page.read_text("utf-8")) < MARKUP, page
    for page in pages:
        for tag in LOADS.findall(page.read_text("utf-8")):
            assert not ELSEWHERE.search(tag), (page, tag)


def test_all_styles_of_a_page_are_light(built: Place) -> None:
    sheets = sum(weight(path.read_text("utf-8")) for path in (built.site / "theme").glob("plein.*.css"))
    assert 3_000 < sheets + len(embed.make()["plein.css"]["br"].body) < STYLES


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("page", ["", "blogs/een-dag-zonder-muis/", "groups/toegankelijk-bouwen/"])
def test_all_scripts_of_a_page_with_its_thread_are_light(built: Place, page: str, lang: str) -> None:
    text = (built.site / ("" if lang == "nl" else "en") / page / "index.html").read_text("utf-8")
    scripts = re.findall(r'<script type="module" src="[^"]*/(embed|theme)/([^"/]+)">', text)
    assert ("embed", "plein.js") in scripts
    made = embed.make()
    weights = [
        len(made[name]["br"].body) if folder == "embed" else weight((built.site / "theme" / name).read_text("utf-8"))
        for folder, name in [*scripts, ("embed", f"{lang}.js")]
    ]
    assert sum(weights) < SCRIPTS
