"""Atom feeds (RFC 4287): the site, each group, each author and each tag, per language.

Entry ids are tag URIs (RFC 4151) made from the page key, never from the address or the title, so that a renamed post
does not come back as a new one. The key is the first slug that the post ever had: the first one in `was`, else its own.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from feedgenerator import Atom1Feed

from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.site import Site
from theme.plugins.views import BlogView

# The year in which this scheme of ids was made. It is part of every id: never change it (RFC 4151, section 2.1).
TAG_YEAR = 2026
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)  # a feed without entries must not change with the clock


class AtomFeed(Atom1Feed):  # type: ignore[misc]  # feedgenerator comes without types
    """An Atom feed whose entries have several authors, a language of their own and a summary in plain text."""

    def latest_post_date(self) -> datetime:
        """Never the clock: a feed without entries is as old as `nothing_yet` says."""
        moments = [item["updateddate"] for item in self.items]
        latest: datetime = max(moments, default=self.feed["nothing_yet"])
        return latest

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["lang"]}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """RFC 4287, section 4.1.2. feedgenerator's own method knows one author and calls every summary HTML."""
        add = handler.addQuickElement
        add("id", item["unique_id"])
        add("title", item["title"])
        add("link", "", {"rel": "alternate", "type": "text/html", "hreflang": item["lang"], "href": item["link"]})
        add("published", item["pubdate"].isoformat())
        add("updated", item["updateddate"].isoformat())
        for name, uri in item["author_links"]:
            handler.startElement("author", {})
            add("name", name)
            add("uri", uri)
            handler.endElement("author")
        for term in item["categories"]:
            add("category", "", {"term": term})
        add("summary", item["description"], {"type": "text"})
        add("content", item["content"], {"type": "html"})


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    library = site.library
    for lang in site.languages:
        name = site.settings.name
        front = site.addresses.front(lang)
        yield _feed(site, lang, name, front, site.addresses.site_feed(lang), f"feeds/{lang}", library.blogs[lang])
        for group in library.groups[lang]:
            if not group.other_language_only:
                page = site.addresses.group(group.slug, lang)
                blogs = library.blogs_of_groups[lang].get(group.slug, ())
                key = first_slug(site, "groups", group.slug)
                title = f"{group.name} – {name}"
                yield _feed(site, lang, title, page, site.addresses.feed_of(page), f"feeds/groups/{key}/{lang}", blogs)
        for person in library.people[lang].values():
            page = site.addresses.author(person.handle, lang)
            blogs = library.blogs_of_people[lang].get(person.handle, ())
            title = f"{person.name} – {name}"
            key = f"feeds/authors/{person.handle}/{lang}"
            yield _feed(site, lang, title, page, site.addresses.feed_of(page), key, blogs)
        for slug, (tag, blogs) in library.tags[lang].items():
            page = site.addresses.tag(slug, lang)
            title = f"{tag.name} – {name}"
            yield _feed(site, lang, title, page, site.addresses.feed_of(page), f"feeds/tags/{slug}/{lang}", blogs)


def first_slug(site: Site, kind: str, slug: str) -> str:
    """The slug under which a page was first known: `was` holds the oldest one first."""
    document = next(iter(site.library.versions[kind, slug].values()))
    earlier: tuple[str, ...] = getattr(document.fields, "was", ())
    return earlier[0] if earlier else slug


def tag_uri(site: Site, name: str) -> str:
    return f"tag:{site.settings.host},{TAG_YEAR}:{site.settings.id}/{name}"


def _feed(site: Site, lang: str, title: str, page: str, path: str, key: str, blogs: Iterable[BlogView]) -> OutputFile:
    feed = AtomFeed(
        title=title,
        link=site.absolute(page),
        description=None,
        language=lang,
        feed_url=site.absolute(path),
        feed_guid=tag_uri(site, key),
        nothing_yet=site.library.newest or NOTHING_YET,
    )
    for blog in list(blogs)[: site.feed_items]:
        path_of_blog = site.addresses.blog(blog.slug, blog.lang)
        feed.add_item(
            title=blog.title,
            link=site.absolute(path_of_blog),
            description=blog.summary,
            unique_id=tag_uri(site, f"blogs/{first_slug(site, 'blogs', blog.slug)}/{blog.lang}"),
            content=site.library.bodies["blogs", blog.slug, blog.lang],
            pubdate=blog.date,
            updateddate=blog.updated or blog.date,
            lang=blog.lang,
            author_links=[(person.name, site.settings.origin + person.url) for person in blog.authors],
            categories=[tag.name for tag in blog.tags],
        )
    text = StringIO()
    feed.write(text, "utf-8")
    return OutputFile(path, text.getvalue().encode())


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
