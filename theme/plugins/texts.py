"""Pages of their own (content/pages: about, house rules, …) and the page for an address where nothing is."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.site import Site
from theme.plugins.views import PageView


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        for page in site.library.pages[lang]:
            if page.lang == lang:
                yield OutputPage(
                    path=_path(site, page),
                    lang=lang,
                    template="page",
                    section="page",
                    title=page.title,
                    description=page.summary,
                    versions=_versions(site, page),
                    context={"page": page},
                    feed=site.addresses.site_feed(lang),
                )
        yield _not_found(site, lang)


def _path(site: Site, page: PageView) -> str:
    return page.url[len(site.settings.base) :]


def _versions(site: Site, page: PageView) -> dict[str, str]:
    """The same page in every language that it is written in; the accessibility statement has no file of its own."""
    return {
        view.lang: _path(site, view)
        for lang in site.languages
        for view in site.library.pages[lang]
        if view.slug == page.slug and view.lang == lang
    }


def _not_found(site: Site, lang: str) -> OutputPage:
    """It is shown at any address, so it has no canonical one; the language switch leads to the other front page."""
    others = site.language_links(lang, {other: site.addresses.front(other) for other in site.languages})
    return OutputPage(
        path=site.addresses.not_found(lang),
        lang=lang,
        template="404",
        section="404",
        title=site.text("This page does not exist", lang),
        description="",
        versions={},
        context={"page_lang_urls": others},
        feed=site.addresses.site_feed(lang),
    )


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
