"""What search engines and other servers read in the head of a page: whole, true, and no way out of its script."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.site.building import GARDEN, Built, a_blog, build, write_content
from theme.plugins.structured_data import written

URL = "https://plein.example/sub"
EVIL = "</script><script>alert(1)</script><!-- ]]>"


def an_export() -> str:
    comment: dict[str, object] = {
        "id": "root",
        "html": "<p>x</p>",
        "lang": "nl",
        "author": None,
        "createdAt": "2026-11-20T10:00:00Z",
    }
    comment |= {"inReplyTo": None, "editedAt": None, "votes": 0, "state": "shown", "replies": []}
    rated = {"rating": {"average": 3.7, "count": 3, "distribution": [0, 0, 1, 2, 0]}}
    threads = [{"page": "blogs/eerste", "version": 1, "commentCount": 4, "items": [comment], **rated}]
    return json.dumps({"version": 1, "service": URL, "threads": threads})


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("structured")
    (folder / "comments.json").write_text(an_export(), "utf-8")
    content = write_content(folder / "content", {**GARDEN, "blogs/boos.nl.md": a_blog(EVIL)})
    built = build(content, folder / "output", url=URL, environ={"PLEIN_COMMENTS": str(folder / "comments.json")})
    assert built.status == 0, built.said
    return built


def data(built: Built, path: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', built.text(path), re.DOTALL)
    assert len(found) == 1, path
    said: dict[str, Any] = json.loads(found[0])
    return said


def test_a_blog_says_who_wrote_it_when_and_how_it_was_received(garden: Built) -> None:
    said = data(garden, "/blogs/eerste/")
    assert said["@type"] == "BlogPosting"
    assert said["headline"] == 'Een <plein> zonder "drempels" & meer'
    assert [person["name"] for person in said["author"]] == ["Redactie", "Team Tuin"]
    assert said["datePublished"] == "2026-03-01T09:00:00+01:00"
    assert said["commentCount"] == 4
    assert said["aggregateRating"]["ratingValue"] == 3.7
    assert said["aggregateRating"]["ratingCount"] == 3
    english = data(garden, "/en/blogs/eerste/")
    assert (english["inLanguage"], english["dateModified"]) == ("en", "2026-04-02T00:00:00+02:00")
    assert english["url"] == f"{URL}/en/blogs/eerste/"


def test_what_is_not_known_is_left_out(garden: Built) -> None:
    said = data(garden, "/blogs/tweede/")
    assert "commentCount" not in said
    assert "aggregateRating" not in said


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "WebSite"),
        ("/groups/tuin/", "CollectionPage"),
        ("/authors/redactie/", "ProfilePage"),
        ("/tags/open-source/", "CollectionPage"),
        ("/over/", "WebPage"),
    ],
)
def test_every_kind_of_page_says_what_it_is_and_where(garden: Built, path: str, kind: str) -> None:
    for prefix, lang in (("", "nl"), ("/en", "en")):
        said = data(garden, prefix + path)
        assert (said["@context"], said["@type"], said["inLanguage"]) == ("https://schema.org", kind, lang)
        assert said["url"] == URL + prefix + path
    action = data(garden, "/")["potentialAction"]
    assert action["target"] == f"{URL}/zoeken/?q={{query}}"


def test_a_title_cannot_end_the_script(garden: Built) -> None:
    assert data(garden, "/blogs/boos/")["headline"] == EVIL
    assert "<script>alert" not in garden.text("/blogs/boos/")
    assert not re.search(r"[<>&\u2028\u2029]", written({"a": EVIL + "\u2028"}))


def test_a_page_without_an_address_says_nothing(garden: Built) -> None:
    for path in ("/404.html", "/blogs/oud/"):
        assert "ld+json" not in garden.text(path)
        assert "og:url" not in garden.text(path)


def test_other_servers_learn_the_title_the_text_the_languages_and_the_author(garden: Built) -> None:
    page = garden.text("/en/blogs/eerste/")
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))
    assert found["og:type"] == "article"
    assert found["og:title"] == "A square without thresholds"
    assert found["og:description"] == "What we learned."
    assert found["og:url"] == f"{URL}/en/blogs/eerste/"
    assert (found["og:locale"], found["og:locale:alternate"]) == ("en_GB", "nl_NL")
    assert found["twitter:card"] == "summary_large_image"
    assert found["fediverse:creator"] == "@redactie@plein.example"


def test_who_reads_finds_where_a_page_is_written_and_where_mistakes_are_told(garden: Built) -> None:
    page = garden.text("/blogs/eerste/")
    assert 'href="https://git.example/plein/plein/_edit/main/content/blogs/eerste.nl.md"' in page
    assert "https://git.example/plein/plein/issues/new?title=Een%20%3Cplein%3E" in page


@pytest.mark.parametrize(
    ("kind", "edit", "report"),
    [
        ("github", "/edit/main/content/blogs/eerste.nl.md", "/issues/new?title="),
        ("gitlab", "/-/edit/main/content/blogs/eerste.nl.md", "/-/issues/new?issue%5Btitle%5D="),
    ],
)
def test_each_git_host_has_its_own_addresses(tmp_path: Path, kind: str, edit: str, report: str) -> None:
    content = write_content(tmp_path / "content", GARDEN)
    built = build(content, tmp_path / "output", environ={"PLEIN_SITE__REPOSITORY_KIND": kind})
    page = built.text("/blogs/eerste/")
    assert f'href="https://git.example/plein/plein{edit}"' in page
    assert f'href="https://git.example/plein/plein{report}' in page
