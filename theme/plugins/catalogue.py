"""Texts of the content check in Dutch and English; msgids are the English texts."""

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


@lru_cache(maxsize=8)
def translations(lang: str) -> gettext.NullTranslations:
    """The catalogue of `lang`; the English texts themselves where there is none.

    The .po file is read as it stands, so that the check works in a fresh clone, before any catalogue is compiled.
    """
    path = LOCALE / lang / "LC_MESSAGES" / "check.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as source:
        catalog = read_po(source, locale=lang)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def terminal_language(environ: Mapping[str, str]) -> str:
    """Dutch for who works in Dutch (LC_ALL, LC_MESSAGES, LANG: the first that is set), else English."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "nl" if locale.lower().startswith("nl") else "en"
