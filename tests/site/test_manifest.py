"""plein.json of a built site: held to its JSON Schema, true to the pages, silent about what is hidden."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.site.building import GARDEN, PICTURE, ROOT, Built, a_blog, build, write_content

SCHEMA = json.loads((ROOT / "docs" / "reference" / "manifest.schema.json").read_text("utf-8"))
LINK = re.compile(r'<li><a href="([^"]*)"[^>]*>([^<]*)</a>')
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def manifest_of(built: Built) -> dict[str, Any]:
    assert built.status == 0, built.said
    found: dict[str, Any] = json.loads(built.text("/plein.json"))
    assert [str(error) for error in VALIDATOR.iter_errors(found)] == []
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("manifest")
    people = GARDEN["people.yml"].replace(
        "      name: {nl: Redactie", "      avatar: merk.svg\n      name: {nl: Redactie"
    )
    hidden = a_blog("Geheim", more="visibility: members\n")
    files = {**GARDEN, "people.yml": people, "people/merk.svg": PICTURE, "blogs/geheim.nl.md": hidden}
    files["blogs/later.nl.md"] = a_blog("Later", date="2031-01-01")
    return build(write_content(folder / "content", files), folder / "output", url="https://plein.example/sub")


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    return manifest_of(built)


def test_the_site_says_who_it_is(built: Built, manifest: dict[str, Any]) -> None:
    site = manifest["site"]
    assert (site["name"], site["url"], site["languages"]) == ("Plein", "https://plein.example/sub", ["nl", "en"])
    assert built.has(site["stylesheet"].removeprefix("https://plein.example/sub"))


@pytest.mark.parametrize(("lang", "front"), [("nl", "/"), ("en", "/en/")])
def test_its_menu_is_that_of_the_pages_themselves(
    built: Built, manifest: dict[str, Any], lang: str, front: str
) -> None:
    menu = manifest["site"]["menu"][lang]
    head, foot = (
        [(link["title"], link["url"].removeprefix("https://plein.example")) for link in menu if place in link["places"]]
        for place in ("head", "foot")
    )
    page = built.text(front)
    nav, _, rest = page.partition("</nav>")
    assert head == [(title, url) for url, title in LINK.findall(nav.partition("<nav")[2])]
    shown = [(title, url) for url, title in LINK.findall(rest.partition("<footer")[2])]
    assert foot == [link for link in shown if link in foot]
    assert len(foot) == len(shown) - 2, "all but the feed of the page and the source, which the service knows itself"


def test_every_page_that_can_have_a_thread_is_in_it_and_nothing_else(manifest: dict[str, Any]) -> None:
    assert sorted(manifest["pages"]) == [
        "blogs/eerste",
        "blogs/only-english",
        "blogs/tweede",
        "groups/bewaren-en-meer",
        "groups/tuin",
    ]


def test_a_blog_is_described_in_every_language(manifest: dict[str, Any]) -> None:
    page = dict(manifest["pages"]["blogs/eerste"])
    translations = page.pop("translations")
    assert page == {
        "kind": "blog",
        "was": ["oudste", "oud"],
        "group": "groups/tuin",
        "authors": ["redactie", "tuin_team"],
        "tags": {
            "nl": [
                {"title": "open source", "url": "https://plein.example/sub/tags/open-source/"},
                {"title": "tuinieren", "url": "https://plein.example/sub/tags/tuinieren/"},
            ],
            "en": [{"title": "open source", "url": "https://plein.example/sub/en/tags/open-source/"}],
        },
        "image": {
            "url": "https://plein.example/sub/blogs/eerste/plein.svg",
            "alt": {"nl": "Een plein met <bomen>", "en": "A square with trees"},
        },
        "date": "2026-03-01T09:00:00+01:00",
        "updated": "2026-04-02T00:00:00+02:00",
        "language": "nl",
        "comments": "open",
        "minor": False,
        "federate": True,
    }
    assert translations["nl"]["title"] == 'Een <plein> zonder "drempels" & meer'
    assert translations["nl"]["url"] == "https://plein.example/sub/blogs/eerste/"
    assert translations["en"]["url"] == "https://plein.example/sub/en/blogs/eerste/"
    assert manifest["pages"]["blogs/tweede"]["comments"] == "closed"
    assert manifest["pages"]["blogs/only-english"]["language"] == "en"


def test_groups_and_people_are_found_by_handle(built: Built, manifest: dict[str, Any]) -> None:
    group = manifest["groups"]["tuin"]
    assert group["page"] == "groups/tuin"
    assert group["name"] == {"nl": "Tuin & plein", "en": "Garden & square"}
    assert manifest["pages"]["groups/tuin"]["translations"]["nl"]["summary"] == "Groen <overal>"
    person = manifest["people"]["redactie"]
    assert person["name"] == {"nl": "Redactie", "en": "Editors"}
    assert person["avatar"] == "https://plein.example/sub/people/merk.svg"
    for url in (person["avatar"], *person["url"].values()):
        assert built.has(url.removeprefix("https://plein.example/sub"))


def test_a_body_is_named_by_its_hash_and_has_no_relative_url(built: Built, manifest: dict[str, Any]) -> None:
    for page in manifest["pages"].values():
        for translation in page["translations"].values():
            text = built.text(translation["body"].removeprefix("https://plein.example/sub"))
            assert translation["body"].endswith(f"/{hashlib.sha256(text.encode()).hexdigest()}.html")
            assert 'href="/' not in text
            assert 'src="/' not in text
            assert 'href="#' not in text


def test_another_address_changes_no_hash_and_an_edit_changes_one(tmp_path: Path) -> None:
    def hashes(name: str, files: dict[str, str], url: str) -> dict[str, str]:
        built = build(write_content(tmp_path / name, files), tmp_path / f"output-{name}", url=url)
        return {
            f"{key}/{lang}": translation["hash"]
            for key, page in manifest_of(built)["pages"].items()
            for lang, translation in page["translations"].items()
        }

    first = hashes("a", dict(GARDEN), "https://plein.example")
    assert hashes("b", dict(GARDEN), "http://127.0.0.1:8123/preview") == first
    edited = hashes(
        "c", {**GARDEN, "blogs/eerste.en.md": GARDEN["blogs/eerste.en.md"] + "    More.\n"}, "https://x.example"
    )
    assert {key for key, value in edited.items() if first[key] != value} == {"blogs/eerste/en"}


def test_the_serial_is_the_newest_post_or_the_last_commit(tmp_path: Path) -> None:
    def serial(clock: str) -> int:
        built = build(content, tmp_path / "output", clock=clock)
        value: int = manifest_of(built)["serial"]
        return value

    content = write_content(
        tmp_path / "repository" / "content", {**GARDEN, "blogs/z.nl.md": a_blog("Z", date="2030-01-01")}
    )
    newest = 1780264800  # 1 June 2026, midnight in Amsterdam
    assert serial("1795000000") == serial("1796000000") == newest
    commit(tmp_path / "repository", "2026-07-01T00:00:00Z")
    assert serial("1795000000") == serial("1796000000") == 1782864000
    assert serial("1893456000") == 1893452400, "a post that becomes due makes it rise without a commit"


def commit(folder: Path, date: str) -> None:
    who = {f"GIT_{role}_{what}": "test@plein.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_COMMITTER_DATE": date, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, env=environment)


def test_the_schema_refuses_what_is_not_a_manifest(manifest: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**manifest, "version": 2})
    assert not VALIDATOR.is_valid({**manifest, "pages": {"blogs/Groot": manifest["pages"]["groups/tuin"]}})
    assert not VALIDATOR.is_valid({**manifest, "more": 1})
