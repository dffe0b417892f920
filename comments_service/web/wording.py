"""What is said in one language: the catalogue, dates and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALE = Path(__file__).parent.parent / "locale"
# Dutch prose writes "15.05 uur"; CLDR would give 15:05.
MOMENTS = {"nl": "d MMMM y, HH.mm 'uur'", "en": "d MMMM y, HH:mm"}
NAMES = {"nl": "Nederlands", "en": "English"}


@dataclass(frozen=True)
class Wording:
    """Everything that is said in one language."""

    lang: str
    translations: NullTranslations
    timezone: ZoneInfo

    def say(self, message_id: str, values: Mapping[str, object] | None = None) -> str:
        """Return the text of an English msgid, with its `%(name)s` values filled in."""
        text = self.translations.gettext(message_id) if message_id else ""
        return text % values if values else text

    def language(self, lang: str) -> str:
        """The name of a language in this one: Engels."""
        name: str = Locale(self.lang).languages.get(lang, lang)
        return name[:1].upper() + name[1:]

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.lang)

    def moment(self, moment: datetime) -> str:
        """An absolute moment in the site's time zone: 18 november 2026, 15.05 uur."""
        local = moment.astimezone(self.timezone)
        return format_datetime(local, MOMENTS.get(self.lang, MOMENTS["en"]), locale=self.lang)


def load(languages: Sequence[str], timezone: str) -> dict[str, Wording]:
    """Return one Wording per language. A language without a catalogue speaks English: the msgids are English."""
    return {lang: Wording(lang, _catalogue(lang), ZoneInfo(timezone)) for lang in languages}


@cache
def _catalogue(lang: str) -> NullTranslations:
    """Compile the .po files in memory, so that no step can be forgotten between a changed text and its display."""
    found = NullTranslations()
    for source in sorted((LOCALE / lang / "LC_MESSAGES").glob("*.po")):
        compiled = BytesIO()
        with source.open("rb") as file:
            write_mo(compiled, read_po(file, locale=lang, domain=source.stem))
        compiled.seek(0)
        found.add_fallback(GNUTranslations(compiled))
    return found
