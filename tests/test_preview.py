"""A preview of a branch, and what it says that publication would announce. Everything is real but the internet."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.site.building import GARDEN, write_content
from theme.commands.build import MANIFEST, ROOT, build

NEW_POST = """---
title: A bench for the square
date: {date}
authors: [redactie]
group: tuin
summary: Forty people asked for a bench. Here it is.
---

It is green.
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_content(tmp_path_factory.mktemp("small") / "content", GARDEN)


@pytest.fixture(scope="module")
def published(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as it stands."""
    output = tmp_path_factory.mktemp("published") / "output"
    assert build(content, output, production=True) == 0
    return output / MANIFEST


def preview(content: Path, output: Path, published: str) -> subprocess.CompletedProcess[str]:
    words = ["-m", "theme.commands.preview", f"--content={content}", f"--output={output}", f"--published={published}"]
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def test_a_preview_says_which_posts_would_be_announced(content: Path, published: Path, tmp_path: Path) -> None:
    branch = Path(shutil.copytree(content, tmp_path / "content"))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (branch / "blogs" / "a-bench.en.md").write_text(NEW_POST.format(date=yesterday.date()), encoding="utf-8")
    answer = preview(branch, tmp_path / "preview", str(published))
    assert answer.returncode == 0, answer.stderr
    assert "  Create blogs/a-bench would be sent\n" in answer.stdout
    assert answer.stdout.count("would be sent") == 1
    assert (tmp_path / "preview" / "en" / "blogs" / "a-bench" / "index.html").is_file()


def test_a_preview_that_changes_nothing_announces_nothing(content: Path, published: Path, tmp_path: Path) -> None:
    answer = preview(content, tmp_path / "preview", str(published))
    assert answer.returncode == 0
    assert answer.stdout.endswith("Publishing this would announce nothing.\n")


def test_without_a_published_site_the_preview_is_built_all_the_same(content: Path, tmp_path: Path) -> None:
    answer = preview(content, tmp_path / "preview", str(tmp_path / "nowhere.json"))
    assert answer.returncode == 0
    assert "There is nothing to compare with" in answer.stdout
    assert (tmp_path / "preview" / MANIFEST).is_file()
