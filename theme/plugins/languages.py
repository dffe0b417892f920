"""Texts, dates and numbers in the language of the page: gettext by the `lang` of the context, formats by Babel.

Message ids are plain English, so English needs no catalogue.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from pelican import signals
from pelican.generators import Generator

from theme.plugins import catalogue

DOMAIN = "theme"
LONG_DATE = "d MMMM y"  # the same order in both languages: 18 november 2026, 18 November 2026


def texts_in(folder: Path, language: str) -> NullTranslations:
    """The translations of the site into one language; none when there is no catalogue."""
    return catalogue.read(folder, language, DOMAIN)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@lru_cache(maxsize=4096)
def long_date(day: date, language: str) -> str:
    """18 november 2026 in Dutch, 18 November 2026 in English."""
    return format_date(day, LONG_DATE, locale=_locale(language))


@lru_cache(maxsize=1024)
def number(value: float, language: str) -> str:
    """1.284 in Dutch, 1,284 in English."""
    return format_decimal(value, locale=_locale(language))


def language_name(language: str) -> str:
    """The name of a language in that language: Nederlands, English."""
    name = _locale(language).get_display_name(language) or language
    return name[:1].upper() + name[1:]


def language_in(code: str, lang: str) -> str:
    """The name of any language in the language of a page; its code when it has no name."""
    try:
        return Locale.parse(code, sep="-").get_display_name(lang) or code
    except (UnknownLocaleError, ValueError):
        return code


def _language(context: Context) -> str:
    return str(context.get("lang", "en"))


@pass_context
def _longdate_filter(context: Context, moment: date) -> str:
    return long_date(moment.date() if isinstance(moment, datetime) else moment, _language(context))


@pass_context
def _number_filter(context: Context, value: float) -> str:
    return number(value, _language(context))


def _isodate_filter(moment: date) -> str:
    """For `<time datetime>`: a date, or a moment with its zone (HTML, section 2.3.5)."""
    return moment.isoformat()


def _texts(
    catalogues: Mapping[str, NullTranslations],
) -> tuple[Callable[[Context, str], str], Callable[[Context, str, str, int], str]]:
    """gettext and ngettext that look up the language of the page that is being rendered."""
    english = NullTranslations()

    @pass_context
    def gettext(context: Context, message: str) -> str:
        return catalogues.get(_language(context), english).gettext(message)

    @pass_context
    def ngettext(context: Context, singular: str, plural: str, count: int) -> str:
        return catalogues.get(_language(context), english).ngettext(singular, plural, count)

    return gettext, ngettext


def install(generator: Generator) -> None:
    """Give the generator's templates their texts and filters."""
    equip(generator.env, Path(generator.settings["THEME"]) / "locale", generator.settings["PLEIN"].languages)


def equip(environment: Environment, folder: Path, languages: Sequence[str]) -> None:
    """Add `_`, `ngettext` (newstyle: arguments are escaped) and the filters to the templates of one environment."""
    gettext, ngettext = _texts({language: texts_in(folder, language) for language in languages})
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        longdate=_longdate_filter, isodate=_isodate_filter, number=_number_filter, language_name=language_name
    )


def register() -> None:
    """Called by Pelican once for the build."""
    signals.generator_init.connect(install)
