"""A page for everyone in people.yml, in every language: who it is and what they wrote."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.site import Site


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        blogs_of = site.library.blogs_of_people[lang]
        for person in site.library.people[lang].values():
            path = site.addresses.author(person.handle, lang)
            yield OutputPage(
                path=path,
                lang=lang,
                template="author",
                section="author",
                title=person.name,
                description=person.bio,
                versions={other: site.addresses.author(person.handle, other) for other in site.languages},
                context={"person": person, "blogs": blogs_of.get(person.handle, ())},
                feed=site.addresses.feed_of(path),
            )


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
