"""Compile the gettext catalogues (.po) into what programs read (.mo), those that changed only."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LOCALES = (ROOT / "theme" / "locale", ROOT / "comments_service" / "locale")


def stale(locales: Sequence[Path] = LOCALES) -> Iterator[Path]:
    """Every .po whose .mo is missing or older."""
    for locale in locales:
        for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
            compiled = source.with_suffix(".mo")
            if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
                yield source


def compile_catalogue(source: Path) -> None:
    """Write the .mo beside a .po, whole or not at all; other processes may be doing the same."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], domain=source.stem)
    unfinished = source.with_suffix(f".{os.getpid()}.mo.new")
    with unfinished.open("wb") as file:
        write_mo(file, catalogue)
    unfinished.replace(source.with_suffix(".mo"))


def main() -> int:
    """Compile what is stale and return an exit status."""
    for source in stale():
        compile_catalogue(source)
        print(f"Compiled {source.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
