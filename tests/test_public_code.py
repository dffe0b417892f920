"""What the public sector asks of a repository: publiccode.yml, a licence for every file, and who decides and how."""

import fnmatch
import tomllib

import pytest
import yaml

from tests.test_house import ROOT, text, tracked
from theme.plugins import settings

SAYS = tomllib.loads(text("REUSE.toml"))["annotations"]


def licence_of(name: str) -> str:
    """REUSE specification 3.3: of several annotations that fit the last one counts."""
    fitting = [
        one["SPDX-License-Identifier"]
        for one in SAYS
        for pattern in ([one["path"]] if isinstance(one["path"], str) else one["path"])
        if pattern == "**" or fnmatch.fnmatchcase(name, pattern.replace("**", "*"))
    ]
    return str(fitting[-1])


def test_every_file_has_a_licence_whose_text_is_there_and_no_text_is_left_over() -> None:
    used = {licence_of(name) for name in tracked() if not name.startswith("LICENSES/")}
    assert {path.stem for path in (ROOT / "LICENSES").iterdir()} == used
    assert text("LICENSES/EUPL-1.2.txt") == text("LICENSE")
    assert licence_of("content/blogs/x.nl.md") == "CC0-1.0"
    assert licence_of("theme/plugins/site.py") == "EUPL-1.2"


def test_publiccode_says_what_its_standard_asks_in_both_languages() -> None:
    """https://yml.publiccode.tools, version 0.7: the mandatory keys and their limits."""
    said = yaml.safe_load(text("publiccode.yml"))
    for key in ("publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "legal"):
        assert said[key], key
    assert set(said["description"]) == {"nl", "en"} == set(said["localisation"]["availableLanguages"])
    for description in said["description"].values():
        assert len(description["shortDescription"]) <= 150
        assert 150 <= len(description["longDescription"]) <= 10_000
        assert description["features"]
        assert all(len(feature) <= 100 for feature in description["features"])
    assert said["legal"]["license"] == "EUPL-1.2"
    assert said["maintenance"]["contacts"]


def test_the_files_about_the_project_agree_with_its_settings() -> None:
    site = settings.load(ROOT / "plein.toml", {})
    project = tomllib.loads(text("pyproject.toml"))["project"]
    said, cited = yaml.safe_load(text("publiccode.yml")), yaml.safe_load(text("CITATION.cff"))
    assert said["url"].removesuffix(".git") == cited["repository-code"] == site.repository
    assert said["softwareVersion"] == cited["version"] == project["version"]
    assert said["legal"]["license"] == cited["license"] == project["license"]


@pytest.mark.parametrize("name", ["GOVERNANCE.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CONTRIBUTING.md"])
def test_who_decides_and_how_can_be_found_from_the_first_page(name: str) -> None:
    assert f"]({name})" in text("README.md")
