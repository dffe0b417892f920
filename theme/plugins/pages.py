"""The one generator: asks the other plugins for their pages and files, renders the pages and writes everything."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pelican import Pelican, signals
from pelican.generators import ArticlesGenerator, Generator, PagesGenerator

from theme.plugins import drawings, repository_links, structured_data
from theme.plugins.output import Output, OutputPage, PathTakenError, files_wanted, pages_wanted
from theme.plugins.site import Site
from theme.plugins.views import BlogView, GroupView

if TYPE_CHECKING:
    from theme.plugins.comments import ThreadView

Answer = TypeVar("Answer")


class PageGenerator(Generator):  # type: ignore[misc]  # Pelican comes without types
    """Renders and writes. Pelican's own writer is not used: it hands all its settings, paths included, to templates."""

    others: tuple[Generator, ...] = ()

    def generate_output(self, _writer: object) -> None:
        site: Site = self.settings["PLEIN_SITE"]
        output = Output(Path(self.output_path))
        shared = {"site": site.view(), "stylesheet": self.context.get("stylesheet", "")}
        pages: list[OutputPage] = []
        for answer in _in_order(pages_wanted.send(site)):
            pages.extend(answer[1])
        for page in pages:
            template = self.get_template(page.template)
            with site.stopwatch.stage("render pages"):
                text = template.render(_context(site, page, shared, self._talk(page)))
            with site.stopwatch.stage("write pages"):
                _write(output, page.path, text.encode())
        for name, files in _in_order(files_wanted.send(site, pages=tuple(pages))):
            with site.stopwatch.stage(name):
                for file in files:
                    _write(output, file.path, file.content)
        self._report(site)

    def _talk(self, page: OutputPage) -> "ThreadView | None":
        """The comments of a page, when the build has read them."""
        shown = page.context.get(page.template)
        baked = self.env.globals.get("baked")
        return baked(shown.key, page.lang) if baked and isinstance(shown, BlogView | GroupView) else None

    def _report(self, site: Site) -> None:
        """Pelican's last line counts what its own generators read, which is nothing here: give them our numbers."""
        for generator in self.others:
            kind = {ArticlesGenerator: "blogs", PagesGenerator: "pages"}.get(type(generator))
            if kind:
                versions = [list(docs) for (of_kind, _), docs in site.library.versions.items() if of_kind == kind]
                generator.translations = [lang for languages in versions for lang in languages[1:]]
                setattr(generator, "articles" if kind == "blogs" else "pages", versions)


def _in_order(answers: Iterable[tuple[Callable[..., object], Answer]]) -> list[tuple[str, Answer]]:
    """Blinker calls receivers in no fixed order; the name of the plugin gives one."""
    named = [(receiver.__module__.rpartition(".")[2], answer) for receiver, answer in answers]
    return sorted(named, key=lambda item: item[0])


def _write(output: Output, path: str, content: bytes) -> None:
    try:
        output.write(path, content)
    except PathTakenError as error:
        raise SystemExit(str(error)) from error  # Pelican prints a traceback for every other exception


def _context(
    site: Site, page: OutputPage, shared: Mapping[str, object], talk: "ThreadView | None"
) -> dict[str, object]:
    """What every template gets, besides what its page brings."""
    share_image = drawings.share_image(site, page) if page.lang in page.versions else None
    canonical = site.absolute(page.versions[page.lang]) if page.lang in page.versions else None
    return {
        **shared,
        "lang": page.lang,
        "section": page.section,
        "title": page.title,
        "description": page.description,
        "canonical": canonical,
        "share_image": share_image,
        "structured": structured_data.of(site, page, image=share_image, talk=talk),
        "report_url": repository_links.report_url(site.settings, page.title, canonical) if canonical else None,
        "alternates": site.alternates(page.versions),
        "page_lang_urls": site.language_links(page.lang, page.versions),
        "feed": site.link(page.feed) if page.feed else None,
        "feed_title": site.settings.name if page.feed == site.addresses.site_feed(page.lang) else page.title,
        **page.context,
    }


def _remember(generators: Iterable[Generator]) -> None:
    for generator in generators:
        if isinstance(generator, PageGenerator):
            generator.others = tuple(generators)


def _add_generator(_pelican: Pelican) -> type[PageGenerator]:
    return PageGenerator


def register() -> None:
    """Called by Pelican once for the build."""
    signals.get_generators.connect(_add_generator)
    signals.all_generators_finalized.connect(_remember)
