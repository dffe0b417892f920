"""Pages of their own (content/pages: about, house rules, …) and the page for an address where nothing is."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.site import Site


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        for page in site.library.pages[lang]:
            if page.lang == lang:
                yield OutputPage(
                    path=site.addresses.page(page.slug, lang),
                    lang=lang,
                    template="page",
                    section="page",
                    title=page.title,
                    description=page.summary,
                    versions=site.versions("pages", page.slug),
                    context={"page": page},
                    feed=site.addresses.site_feed(lang),
                )
        yield _not_found(site, lang)


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
