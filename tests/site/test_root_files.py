"""What a site has for machines: robots.txt, security.txt, icons, the web app manifest, feeds of tags."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.site.building import CLOCK, GARDEN, Built, build, write_content
from theme.plugins import security_txt


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("root-files")
    built = build(write_content(folder / "content", GARDEN), folder / "output", url="https://plein.example/sub")
    assert built.status == 0, built.said
    return built


def test_security_txt_says_where_to_report_until_when_and_for_which_address(garden: Built) -> None:
    """RFC 9116, section 2.5: each field once, Contact a URI, Expires less than a year ahead."""
    lines = garden.text("/.well-known/security.txt").splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(fields) == len(lines)
    assert fields["Contact"].startswith("mailto:")
    assert fields["Canonical"] == "https://plein.example/sub/.well-known/security.txt"
    assert fields["Preferred-Languages"] == "nl, en"
    left = datetime.fromisoformat(fields["Expires"]) - datetime.fromtimestamp(int(CLOCK), UTC)
    assert timedelta(days=120) < left < timedelta(days=184)
    assert fields["Policy"].endswith("/SECURITY.md")


@pytest.mark.parametrize(
    ("now", "expires"),
    [
        ("2026-11-25", "2027-05-01"),
        ("2026-06-01", "2026-12-01"),
        ("2026-12-31", "2027-06-01"),
        ("2027-08-31", "2028-02-01"),
    ],
)
def test_security_txt_expires_within_six_months(now: str, expires: str) -> None:
    assert security_txt.expires(datetime.fromisoformat(now)) == f"{expires}T00:00:00Z"


@pytest.mark.parametrize("contact", ["", "redactie@plein.example", "http://plein.example/x"])
def test_a_site_without_a_contact_is_not_built(tmp_path: Path, contact: str) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    built = build(content, tmp_path / "output", environ={"PLEIN_SITE__CONTACT": contact})
    assert built.status != 0
    assert "site.contact" in built.said
    assert "Traceback" not in built.said


def test_robots_may_see_the_pages_and_find_the_sitemap(garden: Built) -> None:
    lines = garden.text("/robots.txt").splitlines()
    assert "User-agent: *" in lines
    assert "Disallow: /sub/bodies/" in lines
    assert lines[-1] == "Sitemap: https://plein.example/sub/sitemap.xml"
    assert "Disallow: /sub/" not in lines


def test_the_web_app_manifest_names_icons_that_are_there_in_their_size(garden: Built) -> None:
    page = garden.text("/en/")
    found = re.search(r'<link rel="manifest" href="/sub([^"]+)">', page)
    assert found
    manifest = json.loads(garden.text(found[1]))
    assert manifest["start_url"] == manifest["scope"] == "/sub/"
    for icon in manifest["icons"]:
        content = (garden.folder / icon["src"].removeprefix("/sub/")).read_bytes()
        if icon["type"] == "image/png":
            size = Image.open(BytesIO(content)).size
            assert icon["sizes"] == f"{size[0]}x{size[1]}"
    assert garden.has("/favicon.ico")
    assert garden.has("/theme/icon-180.png")


def test_every_tag_has_a_feed_of_its_own_in_each_language(garden: Built) -> None:
    names = {"a": "http://www.w3.org/2005/Atom"}
    ids = set()
    for path, titles in (
        ("/tags/tuinieren/", ["Het vervolg", 'Een <plein> zonder "drempels" & meer']),
        ("/en/tags/open-source/", ["Only in English", "A square without thresholds"]),
    ):
        assert f'type="application/atom+xml" href="/sub{path}atom.xml"' in garden.text(path)
        feed = garden.xml(f"{path}atom.xml")
        assert [entry.findtext("a:title", "", names) for entry in feed.findall("a:entry", names)] == titles
        ids.add(feed.findtext("a:id", "", names))
    assert len(ids) == 2
