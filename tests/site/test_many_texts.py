"""A large content folder is read by several processes: the same texts and the same problems as by one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.site.building import GARDEN, a_blog, write_content
from theme.plugins import drafts
from theme.plugins.content import Content, load


def read(root: Path) -> Content:
    return load(root, now=datetime(2026, 11, 25, tzinfo=UTC), timezone="Europe/Amsterdam", languages=("nl", "en"))


def test_several_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = {
        f"blogs/stuk-{n}.nl.md": a_blog(f"Stuk {n}", text="## Kop\n\nTekst.[^1]\n\n[^1]: Noot.") for n in range(30)
    }
    posts["blogs/dood.nl.md"] = a_blog("Dood", text="[x](nergens.nl.md)")
    posts["blogs/traag.nl.md"] = a_blog("Traag", text="[" * 8000)
    root = write_content(tmp_path / "content", {**GARDEN, **posts})
    alone = read(root)
    monkeypatch.setattr(drafts, "MANY", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("threading.active_count", lambda: 1)
    together = read(root)
    assert together == alone
    assert {problem.code for problem in together.errors} == {"dead-link", "too-slow"}
