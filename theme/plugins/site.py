"""The site that is being built: reads and checks the content once; from content with errors nothing is built."""

import atexit
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from pelican import Pelican, signals

from theme.plugins import accessibility, repository_links, stylesheet
from theme.plugins.accessibility import Statement
from theme.plugins.addresses import Addresses
from theme.plugins.catalogue import terminal_language
from theme.plugins.content import Content, load
from theme.plugins.dates import clock
from theme.plugins.languages import texts_in
from theme.plugins.library import Library, fill
from theme.plugins.links import DeadLinkError
from theme.plugins.problems import Problem
from theme.plugins.settings import SiteSettings
from theme.plugins.stylesheet import Stylesheet
from theme.plugins.timing import Stopwatch
from theme.plugins.views import Alternate, LanguageLink, SiteView


@dataclass(frozen=True)
class Site:
    """What every plugin draws from: who the site is, what is published, where it stands."""

    settings: SiteSettings
    root: Path  # the content folder
    theme: Path
    sheet: Stylesheet  # with the house style
    content: Content
    addresses: Addresses
    library: Library
    blogs_per_page: int
    feed_items: int
    texts: Mapping[str, NullTranslations]
    stopwatch: Stopwatch
    now: datetime  # of the build

    @property
    def languages(self) -> tuple[str, ...]:
        return self.settings.languages

    def link(self, path: str) -> str:
        """A link inside the site: it works at the root of a host and in a subpath."""
        return self.settings.base + path

    def absolute(self, path: str) -> str:
        return self.settings.url + path

    def text(self, message: str, lang: str) -> str:
        """A text of the theme's catalogue; `message` is the English text."""
        return self.texts[lang].gettext(message)

    def versions(self, kind: str, slug: str) -> dict[str, str]:
        """The paths of one file of content in every language in which it is published."""
        return {lang: self.addresses.document(kind, slug, lang) for lang in self.library.versions[kind, slug]}

    def language_links(self, lang: str, versions: Mapping[str, str]) -> tuple[LanguageLink, ...]:
        """The way to every other language: to the same page, or to the front page, honestly marked `exact=False`."""
        return tuple(
            LanguageLink(other, self.link(versions.get(other) or self.addresses.front(other)), other in versions)
            for other in self.languages
            if other != lang
        )

    def alternates(self, versions: Mapping[str, str]) -> tuple[Alternate, ...]:
        """hreflang both ways, itself included, and the first language for everyone else."""
        if len(versions) < 2:
            return ()
        ordered = [(lang, versions[lang]) for lang in self.languages if lang in versions]
        return tuple(Alternate(lang, self.absolute(path)) for lang, path in [*ordered, ("x-default", ordered[0][1])])

    def view(self) -> SiteView:
        return SiteView(
            name=self.settings.name,
            url=self.settings.url,
            base=self.settings.base,
            languages=self.languages,
            service=self.settings.service,
            handle=self.settings.handle,
            handle_host=self.settings.handle_host,
            repository=self.settings.repository,
            contact=self.settings.contact,
            menu={lang: tuple((page.title, page.url) for page in self.library.pages[lang]) for lang in self.languages},
        )


def _prepare(pelican: Pelican) -> None:
    """Pelican's plugins are in place: read the content, then fill the shelves from which everything is built."""
    stopwatch = Stopwatch()
    if report := os.environ.get("PLEIN_TIMINGS"):
        atexit.register(stopwatch.write, Path(report))
    settings: SiteSettings = pelican.settings["PLEIN"]
    root = Path(pelican.path)
    locale = Path(pelican.theme) / "locale"
    says = texts_in(locale, terminal_language(os.environ))
    _miss_no_plugin(pelican, says)
    _refuse_a_strange_folder(Path(pelican.output_path), says)
    now = _now()
    content = _read(root, settings, stopwatch, now)
    lang, zone = terminal_language(os.environ), ZoneInfo(settings.timezone)
    statement, faults = accessibility.load(
        Path(pelican.theme).parent / accessibility.NAME, settings.languages, today=now.date(), zone=zone, lang=lang
    )
    _stop_on_errors((*content.problems, *faults), says)
    sheet = stylesheet.require(Path(pelican.theme), _house_style(pelican))
    with stopwatch.stage("make views"):
        library = _with_statement(_fill(content, root, settings, sheet), statement, settings, locale)
    pelican.settings["PLEIN_SITE"] = Site(
        settings=settings,
        root=root,
        theme=Path(pelican.theme),
        sheet=sheet,
        content=content,
        addresses=Addresses(settings.languages),
        library=library,
        blogs_per_page=pelican.settings["BLOGS_PER_PAGE"],
        feed_items=pelican.settings["FEED_MAX_ITEMS"],
        texts={lang: texts_in(locale, lang) for lang in settings.languages},
        stopwatch=stopwatch,
        now=now,
    )


def _house_style(pelican: Pelican) -> tuple[Path, ...]:
    """The files of tokens, as HOUSE_STYLE names them."""
    named = pelican.settings["HOUSE_STYLE"]
    return tuple(Path(pelican.theme).parent / name for name in ([named] if isinstance(named, str) else named) if name)


# Whatever stops a build is a SystemExit with one clear text: Pelican prints a traceback for every other exception.


def _miss_no_plugin(pelican: Pelican, says: NullTranslations) -> None:
    """Pelican logs a plugin that fails and goes on without it; then pages would be left out."""
    missing = [name for name in pelican.settings["PLEIN_PLUGINS"] if name not in pelican.settings["PLUGINS"]]
    if missing:
        text = says.gettext("These plugins could not start: %(names)s. The reason stands above. Nothing was built.")
        raise SystemExit(text % {"names": ", ".join(missing)})


def _refuse_a_strange_folder(output: Path, says: NullTranslations) -> None:
    """Pelican empties the output folder first: never one that holds something else than a build."""
    if output.is_dir() and any(output.iterdir()) and not (output / "404.html").exists():
        text = says.gettext(
            "%(folder)s has files in it that are no build of this site, and a build would delete them. "
            "Choose an empty or new folder with --output."
        )
        raise SystemExit(text % {"folder": output})


def _now() -> datetime:
    try:
        return clock(os.environ)
    except ValueError as error:
        raise SystemExit(str(error)) from error


def _read(root: Path, settings: SiteSettings, stopwatch: Stopwatch, now: datetime) -> Content:
    with stopwatch.stage("read and check"):
        return load(
            root,
            now=now,
            timezone=settings.timezone,
            languages=settings.languages,
            lang=terminal_language(os.environ),
            reserved_handles=(settings.handle,),
            url=settings.url,
        )


def _stop_on_errors(problems: Sequence[Problem], says: NullTranslations) -> None:
    """Every problem is printed; with an error among them nothing is built. A published file is never just left out."""
    for problem in problems:
        kind = says.gettext("warning: ") if problem.severity == "warning" else ""
        line = f"{problem.file}:{problem.line}: {kind}{problem.message} {problem.mend}"
        print(line, file=sys.stderr)  # noqa: T201  this is what the person who builds must see
    if count := sum(problem.severity == "error" for problem in problems):
        text = says.ngettext(
            "The content has %(num)d error. Nothing was built.",
            "The content has %(num)d errors. Nothing was built.",
            count,
        )
        raise SystemExit(text % {"num": count})


def _fill(content: Content, root: Path, settings: SiteSettings, sheet: Stylesheet) -> Library:
    try:
        return fill(content, root, settings, sheet.palette)
    except DeadLinkError as error:
        raise SystemExit(str(error)) from error


def _with_statement(library: Library, statement: Statement | None, settings: SiteSettings, locale: Path) -> Library:
    """The accessibility statement joins the pages of its kind, when the site has one."""
    if statement is None:
        return library
    addresses = Addresses(settings.languages)
    pages = {
        lang: accessibility.page(
            statement,
            lang,
            texts_in(locale, lang).gettext,
            url=settings.base + addresses.accessibility(lang),
            edit_url=repository_links.edit_url(settings, accessibility.NAME),
        )
        for lang in settings.languages
    }
    return replace(library, pages={lang: (*views, pages[lang]) for lang, views in library.pages.items()})


def register() -> None:
    """Called by Pelican once for the build."""
    signals.initialized.connect(_prepare)
