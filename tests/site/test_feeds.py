"""Atom feeds of a built site, per language: ids that outlive a rename, absolute URLs, texts as typed."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from pathlib import Path

import pytest

from tests import atom
from tests.site.building import GARDEN, Built, a_blog, build, write_content

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("feeds")
    built = build(write_content(folder / "content", GARDEN), folder / "output", url="https://plein.example/sub")
    assert built.status == 0, built.said
    return built


def entries(built: Built, path: str) -> list[ElementTree.Element]:
    return built.xml(path).findall("a:entry", ATOM)


def ids(built: Built, path: str) -> list[str]:
    return [entry.findtext("a:id", "", ATOM) for entry in entries(built, path)]


def test_every_feed_keeps_to_the_standard(garden: Built) -> None:
    found = {
        path.relative_to(garden.folder).as_posix(): atom.faults(path.read_bytes())
        for path in garden.folder.rglob("atom.xml")
    }
    assert len(found) == 13
    assert not {path: said for path, said in found.items() if said}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("<updated>", "<updated>x"), "Error validating datatype dateTime"),
        (("</id>", "</id><id>a:b</id>"), "Extra element id in interleave"),
        (("/blogs/oudste/nl<", "/feeds/nl<"), "the id tag:plein.example,2026:plein/feeds/nl stands here twice"),
        (('rel="self"', 'rel="related"'), "it does not say once where it stands itself"),
        (('&lt;a href="https://plein.example', '&lt;a href="'), "is not absolute"),
        (("+02:00</updated>", "</updated>"), "is no moment"),
        (("<name>Redactie</name>", "<name> </name>"), "an author without name"),
    ],
)
def test_a_fault_in_a_feed_would_be_seen(garden: Built, changed: tuple[str, str], said: str) -> None:
    text = garden.text("/feeds/atom.xml")
    assert changed[0] in text
    assert any(said in fault for fault in atom.faults(text.replace(*changed, 1).encode()))


def test_a_feed_names_its_language_its_page_and_itself(garden: Built) -> None:
    for path, lang, page in (
        ("/feeds/atom.xml", "nl", "/"),
        ("/en/feeds/atom.xml", "en", "/en/"),
        ("/groups/tuin/atom.xml", "nl", "/groups/tuin/"),
        ("/en/authors/redactie/atom.xml", "en", "/en/authors/redactie/"),
    ):
        feed = garden.xml(path)
        assert feed.get(LANG) == lang
        links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
        assert links == {
            "alternate": f"https://plein.example/sub{page}",
            "self": f"https://plein.example/sub{path}",
        }
        assert garden.text(page).count(f'<link rel="alternate" type="application/atom+xml" href="/sub{path}"') == 1


def test_the_newest_post_comes_first_and_another_language_is_marked(garden: Built) -> None:
    assert [(entry.findtext("a:title", "", ATOM), entry.get(LANG)) for entry in entries(garden, "/feeds/atom.xml")] == [
        ("Only in English", "en"),
        ("Het vervolg", "nl"),
        ('Een <plein> zonder "drempels" & meer', "nl"),
    ]
    assert [entry.get(LANG) for entry in entries(garden, "/en/feeds/atom.xml")] == ["en", "nl", "en"]


def test_feeds_of_groups_and_authors_hold_their_own_posts(garden: Built) -> None:
    assert len(entries(garden, "/groups/bewaren-en-meer/atom.xml")) == 1
    assert len(entries(garden, "/groups/tuin/atom.xml")) == 2
    assert [entry.findtext("a:title", "", ATOM) for entry in entries(garden, "/authors/tuin_team/atom.xml")] == [
        "Het vervolg",
        'Een <plein> zonder "drempels" & meer',
    ]


def test_an_entry_names_all_its_authors_its_dates_and_its_plain_summary(garden: Built) -> None:
    entry = entries(garden, "/en/feeds/atom.xml")[-1]
    assert [name.text for name in entry.findall("a:author/a:name", ATOM)] == ["Editors", "Garden team"]
    assert entry.findtext("a:author/a:uri", "", ATOM) == "https://plein.example/sub/en/authors/redactie/"
    assert datetime.fromisoformat(entry.findtext("a:published", "", ATOM)).isoformat() == "2026-03-01T09:00:00+01:00"
    assert entry.findtext("a:updated", "", ATOM) == "2026-04-02T00:00:00+02:00"
    summary = entries(garden, "/feeds/atom.xml")[-1].find("a:summary", ATOM)
    assert summary is not None
    assert (summary.get("type"), summary.text) == ("text", "Wat <wij> leerden & u kunt gebruiken.")


def test_every_url_in_a_text_is_absolute(garden: Built) -> None:
    for path in ("/feeds/atom.xml", "/en/feeds/atom.xml"):
        for entry in entries(garden, path):
            content = entry.findtext("a:content", "", ATOM)
            for url in re.findall(r'(?:href|src)="([^"]*)"', content):
                assert url.startswith(("https://plein.example/sub/", "https://elders.example/")), url
    text = entries(garden, "/feeds/atom.xml")[-1].findtext("a:content", "", ATOM)
    assert 'src="https://plein.example/sub/blogs/eerste/schets.svg"' in text
    assert 'href="https://plein.example/sub/blogs/eerste/#fn-1"' in text


def test_ids_are_all_different_and_come_from_the_first_slug(garden: Built) -> None:
    found = {*ids(garden, "/feeds/atom.xml"), *ids(garden, "/en/feeds/atom.xml")}
    assert "tag:plein.example,2026:plein/blogs/oudste/nl" in found
    assert "tag:plein.example,2026:plein/blogs/oudste/en" in found
    assert len(found) == 4
    own = [garden.xml(path).findtext("a:id", "", ATOM) for path in ("/feeds/atom.xml", "/groups/tuin/atom.xml")]
    assert len({*own, *found}) == 6


def test_a_renamed_post_keeps_its_ids(tmp_path: Path) -> None:
    before = build(
        write_content(tmp_path / "a", {**GARDEN, "blogs/voor.nl.md": a_blog("Titel")}), tmp_path / "output-a"
    )
    renamed = a_blog("Een nieuwe titel", more="was: [voor]\n")
    after = build(write_content(tmp_path / "b", {**GARDEN, "blogs/na.nl.md": renamed}), tmp_path / "output-b")
    again = a_blog("Weer een titel", more="was: [voor, na]\n")
    later = build(write_content(tmp_path / "c", {**GARDEN, "blogs/nu.nl.md": again}), tmp_path / "output-c")
    assert ids(before, "/feeds/atom.xml") == ids(after, "/feeds/atom.xml") == ids(later, "/feeds/atom.xml")


def test_a_feed_without_entries_does_not_know_the_clock(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    feed = build(content, tmp_path / "output").xml("/authors/redactie/atom.xml")
    assert feed.findtext("a:updated", "", ATOM).startswith("1970-01-01")
