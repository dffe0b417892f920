"""The index of groups, and a page for every group in every language that it is written in."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.site import Site


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        yield _index(site, lang)
        yield from _groups(site, lang)


def _index(site: Site, lang: str) -> OutputPage:
    return OutputPage(
        path=site.addresses.groups(lang),
        lang=lang,
        template="groups",
        section="groups",
        title=site.text("Groups", lang),
        description="",
        versions={other: site.addresses.groups(other) for other in site.languages},
        context={"groups": site.library.groups[lang]},
        feed=site.addresses.site_feed(lang),
    )


def _groups(site: Site, lang: str) -> Iterator[OutputPage]:
    blogs_of = site.library.blogs_of_groups[lang]
    for group in site.library.groups[lang]:
        if group.other_language_only:
            continue
        path = site.addresses.group(group.slug, lang)
        yield OutputPage(
            path=path,
            lang=lang,
            template="group",
            section="groups",
            title=group.name,
            description=group.tagline,
            versions=site.versions("groups", group.slug),
            context={"group": group, "blogs": blogs_of.get(group.slug, ())},
            feed=site.addresses.feed_of(path),
        )


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
