"""Reads the gettext catalogues of the theme; msgids are the English texts. Those of the content check stand ready."""

import gettext
import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("nl", "en")


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark a text for the catalogue without translating it yet."""
    return message


def read(folder: Path, lang: str, domain: str) -> gettext.NullTranslations:
    """The catalogue of `lang`; the English texts themselves where there is none.

    It is read from its .mo file, or from the .po when that is newer or alone: who mends a translation sees it at once,
    and a fresh clone needs no step before.
    """
    source = folder / lang / "LC_MESSAGES" / f"{domain}.po"
    compiled = source.with_suffix(".mo")
    if not source.exists():
        return gettext.NullTranslations()
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    buffer = io.BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file, locale=lang, domain=domain))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


@lru_cache(maxsize=8)
def translations(lang: str) -> gettext.NullTranslations:
    """The texts of the content check in `lang`."""
    return read(LOCALE, lang, "check")


def terminal_language(environ: Mapping[str, str]) -> str:
    """Dutch for who works in Dutch (LC_ALL, LC_MESSAGES, LANG: the first that is set), else English."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "nl" if locale.lower().startswith("nl") else "en"
