"""What search finds in: every published text in the languages of its readers, Dutch compounds in both their halves."""

import gzip
import json
from pathlib import Path

import pytest

from tests.site.building import GARDEN, Built, a_blog, build, write_content
from theme.plugins.search import _parts, fold

MEMBERS = a_blog("Geheim overleg", text="kruidenboter", more="visibility: members\n")
LATER = a_blog("Later", date="2031-01-01", text="regenboogforel")


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("search")
    hidden = {"blogs/geheim.nl.md": MEMBERS, "blogs/later.nl.md": LATER}
    content = write_content(folder / "content", {**GARDEN, **hidden})
    built = build(content, folder / "output", url="https://plein.example/sub")
    assert built.status == 0, built.said
    return built


def fragments(built: Built, lang: str) -> dict[str, dict[str, str]]:
    """What the index holds in one language, by URL."""
    found = {}
    for path in built.folder.glob(f"pagefind/fragment/{lang}_*"):
        text = gzip.decompress(path.read_bytes()).decode()
        fragment = json.loads(text[text.index("{") :])
        found[fragment["meta"]["url"]] = fragment["meta"] | {"content": fragment["content"], "id": path.stem}
    return found


def test_each_language_has_its_own_index_with_every_text_that_its_readers_can_read(garden: Built) -> None:
    dutch, english = fragments(garden, "nl"), fragments(garden, "en")
    assert dutch["/sub/blogs/eerste/"]["lang"] == "nl"
    assert english["/sub/en/blogs/eerste/"]["lang"] == "en"
    assert dutch["/sub/en/blogs/only-english/"]["lang"] == "en", "there is no Dutch text, so this one is found"
    assert "/sub/blogs/eerste/" not in english
    assert {meta["kind"] for meta in dutch.values()} == {"blog", "group", "page"}


def test_a_text_is_found_by_its_topics_its_authors_and_its_group(garden: Built) -> None:
    content = fragments(garden, "nl")["/sub/blogs/eerste/"]["content"]
    for words in ("open source", "Redactie", "Team Tuin", "Tuin & plein"):
        assert words in content


def test_nothing_hidden_is_in_the_index(garden: Built) -> None:
    for path in garden.folder.glob("pagefind/**/*_*"):
        text = gzip.decompress(path.read_bytes())
        assert b"kruidenboter" not in text
        assert b"regenboog" not in text


def test_the_list_of_kinds_names_what_is_no_blog(garden: Built) -> None:
    kinds = json.loads(garden.text("/pagefind/kinds.json"))
    for lang in ("nl", "en"):
        for meta in fragments(garden, lang).values():
            assert (meta["id"] in kinds.get(meta["kind"], ())) == (meta["kind"] != "blog")


def test_no_foreign_interface_and_no_worker_is_published(garden: Built) -> None:
    names = {path.name for path in (garden.folder / "pagefind").iterdir() if path.is_file()}
    assert "pagefind.js" in names
    assert not [name for name in names if "ui" in name or "worker" in name or "highlight" in name]


def test_the_page_says_what_to_do_without_javascript(garden: Built) -> None:
    for path, words in (
        ("/zoeken/", "Zoeken kan alleen met JavaScript"),
        ("/en/search/", "Searching needs JavaScript"),
    ):
        page = garden.text(path)
        assert words in page.partition("<noscript>")[2].partition("</noscript>")[0]
        assert 'role="search"' in page


def test_both_halves_of_a_compound_are_words_of_it() -> None:
    words = {"adviesraad", "advies", "raad", "stad", "stadsraad", "testuren", "test", "uren", "mededeling"}
    assert _parts("De adviesraad en de stadsraad kennen testuren.", words) == {"raad", "uren"}
    assert _parts("Een mededeling.", words) == set()


def test_folding_takes_accents_away() -> None:
    assert fold("Coördinaten, Tweeëndertig, één") == "coordinaten, tweeendertig, een"


def test_a_site_without_any_text_can_be_built(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    assert build(content, tmp_path / "output").status == 0
