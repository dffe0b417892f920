"""Front page, index of all blogs in pages, and a page for every blog in every language that it is written in."""

from collections.abc import Iterator

from theme.plugins.output import OutputPage, pages_wanted
from theme.plugins.related import related
from theme.plugins.site import Site
from theme.plugins.views import PageLink, Pager

# The words above the front page too, so they stand in the catalogue.
WELCOME = "Blogs and conversations about public work, out in the open. Everyone may read along and join in."
NEWEST = 7  # on the front page; the first one is the story


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        yield _front(site, lang)
        yield from _index(site, lang)
        yield from _blogs(site, lang)


def _front(site: Site, lang: str) -> OutputPage:
    library = site.library
    return OutputPage(
        path=site.addresses.front(lang),
        lang=lang,
        template="front",
        section="front",
        title=site.settings.name,
        description=site.text(WELCOME, lang),
        versions={other: site.addresses.front(other) for other in site.languages},
        context={"newest": library.blogs[lang][:NEWEST], "groups": library.groups[lang]},
        feed=site.addresses.site_feed(lang),
    )


def _index(site: Site, lang: str) -> Iterator[OutputPage]:
    """Every list has all posts, so every language has the same numbers. The first one is there without posts too."""
    blogs = site.library.blogs[lang]
    size = site.blogs_per_page
    last = max(1, -(-len(blogs) // size))
    for number in range(1, last + 1):
        numbered = site.text("Blogs, page %(number)d of %(last)d", lang) % {"number": number, "last": last}
        yield OutputPage(
            path=site.addresses.blogs(lang, number),
            lang=lang,
            template="blogs",
            section="blogs",
            title=site.text("Blogs", lang) if number == 1 else numbered,
            description="",
            versions={other: site.addresses.blogs(other, number) for other in site.languages},
            context={"blogs": blogs[(number - 1) * size : number * size], "pager": pager(site, lang, number, last)},
            feed=site.addresses.site_feed(lang),
        )


def pager(site: Site, lang: str, number: int, last: int) -> Pager:
    """At most the first, the last and two on either side: a pager of a hundred numbers helps nobody."""
    shown = sorted({1, last, *range(max(1, number - 2), min(last, number + 2) + 1)})

    def url(of: int) -> str:
        return site.link(site.addresses.blogs(lang, of))

    return Pager(
        number=number,
        pages=tuple(PageLink(of, url(of), of == number) for of in shown),
        previous=url(number - 1) if number > 1 else None,
        next=url(number + 1) if number < last else None,
    )


def _blogs(site: Site, lang: str) -> Iterator[OutputPage]:
    blogs = site.library.blogs[lang]
    with site.stopwatch.stage("related blogs"):
        others = related(blogs)
    for blog in blogs:
        if blog.other_language_only:
            continue
        yield OutputPage(
            path=site.addresses.blog(blog.slug, lang),
            lang=lang,
            template="blog",
            section="blogs",
            title=blog.title,
            description=blog.summary,
            versions=site.versions("blogs", blog.slug),
            context={"blog": blog, "related": others[blog.slug]},
            feed=site.addresses.site_feed(lang),
            updated=blog.updated or blog.date,
        )


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
