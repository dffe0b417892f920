"""A page for every tag, in the languages in which a text has it."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.site import Site


def pages(site: Site) -> Iterator[OutputPage]:
    tags = site.library.tags
    for lang in site.languages:
        for slug, (tag, blogs) in tags[lang].items():
            yield OutputPage(
                path=site.addresses.tag(slug, lang),
                lang=lang,
                template="tag",
                section="tag",
                title=tag.name,
                description="",
                versions={other: site.addresses.tag(slug, other) for other in site.languages if slug in tags[other]},
                context={"tag": tag, "blogs": blogs},
                feed=site.addresses.feed_of(site.addresses.tag(slug, lang)),
            )


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
