"""Packed files beside the text files of a production build: they hold the same, and are the same each time."""

import gzip
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from theme.commands.compress import compress

TEXT = b"<p>Een plein zonder drempels.</p>\n" * 100


def test_texts_are_packed_both_ways_and_pictures_and_crumbs_are_not(tmp_path: Path) -> None:
    (tmp_path / "blogs").mkdir()
    for name, content in (("blogs/index.html", TEXT), ("a.png", TEXT), ("b.txt", b"short"), ("c.html", b"")):
        (tmp_path / name).write_bytes(content)
    assert compress(tmp_path) == 1
    assert brotli.decompress((tmp_path / "blogs" / "index.html.br").read_bytes()) == TEXT
    assert gzip.decompress((tmp_path / "blogs" / "index.html.gz").read_bytes()) == TEXT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.txt", "blogs", "c.html"]
    before = (tmp_path / "blogs" / "index.html.gz").read_bytes()
    assert compress(tmp_path) == 1
    assert (tmp_path / "blogs" / "index.html.gz").read_bytes() == before, "no moment is written into it"
