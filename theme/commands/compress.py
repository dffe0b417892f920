"""Packs the text files of a production build, .br and .gz beside each, so that a web server need not do it again."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli  # type: ignore[import-untyped]

TEXTS = frozenset({".html", ".css", ".js", ".json", ".svg", ".txt", ".xml", ".webmanifest", ".ico"})
SMALL = 512  # bytes: less than this gains nothing
LARGE = 1_000_000  # from here on the slowest ways cost more than they gain


def compress(folder: Path) -> int:
    """Pack what is worth it and return how many files were. The same bytes give the same packed bytes."""
    found = (path for path in folder.rglob("*") if path.suffix in TEXTS and path.is_file())
    with ThreadPoolExecutor() as workers:  # both packers let other threads work
        return sum(workers.map(_pack, found))


def _pack(path: Path) -> bool:
    content = path.read_bytes()
    if len(content) < SMALL:
        return False
    packed = brotli.compress(content, quality=9 if len(content) > LARGE else 11)
    if len(packed) >= len(content):
        return False
    path.with_name(f"{path.name}.br").write_bytes(packed)
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    return True
