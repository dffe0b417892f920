"""Every view of the site, made once from the checked content: each page, list, feed and the manifest draw from here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from markupsafe import Markup

from theme.plugins import paving, renditions, repository_links, town_plan
from theme.plugins.addresses import Addresses
from theme.plugins.content import Content, Document, Person
from theme.plugins.fields import BlogFields, GroupFields, PageFields
from theme.plugins.image_size import image_size
from theme.plugins.links import Links, Text
from theme.plugins.palette import Palette
from theme.plugins.settings import SiteSettings
from theme.plugins.slugs import tag_slug
from theme.plugins.views import (
    BlogView,
    GroupView,
    HeadingView,
    ImageView,
    PageView,
    PersonView,
    TagView,
)

TextKey: TypeAlias = tuple[str, str, str]  # kind, slug, language


@dataclass(frozen=True)
class Library:
    """Views by the language of the page that shows them.

    `blogs["en"]` has every post, newest first: in English where there is an English text, else in the language that
    there is. `versions` says in which languages a file really exists: ("blogs", slug) -> language -> document.
    """

    versions: Mapping[tuple[str, str], Mapping[str, Document]]
    people: Mapping[str, Mapping[str, PersonView]]
    groups: Mapping[str, tuple[GroupView, ...]]
    blogs: Mapping[str, tuple[BlogView, ...]]
    pages: Mapping[str, tuple[PageView, ...]]
    tags: Mapping[str, Mapping[str, tuple[TagView, tuple[BlogView, ...]]]]  # language -> tag slug -> tag, its posts
    blogs_of_groups: Mapping[str, Mapping[str, tuple[BlogView, ...]]]  # language -> slug of the group -> its posts
    blogs_of_people: Mapping[str, Mapping[str, tuple[BlogView, ...]]]  # language -> handle -> their posts
    bodies: Mapping[TextKey, str]  # the HTML of feeds and manifest, every URL absolute
    images: Mapping[TextKey, ImageView]  # the picture of a post
    renditions: tuple[renditions.Rendition, ...]  # of the photographs that texts show
    newest: datetime | None  # the latest date of a published post


@dataclass(frozen=True)
class _Shelf:
    """What the makers of views share while the library is filled."""

    settings: SiteSettings
    addresses: Addresses
    versions: Mapping[tuple[str, str], Mapping[str, Document]]
    texts: Mapping[TextKey, Text]
    root: Path
    palette: Palette

    def html(self, document: Document) -> Markup:
        return Markup(self.texts[document.kind, document.slug, document.lang].html)  # noqa: S704  nh3 has passed it

    def link(self, path: str) -> str:
        return self.settings.base + path

    def file(self, path: Path) -> str:
        return self.link("/" + quote(path.relative_to(self.root).as_posix()))

    def edit_url(self, document: Document) -> str | None:
        return repository_links.edit_url(self.settings, f"content/{document.name}")

    def shown(self, kind: str, lang: str) -> list[Document]:
        """One document per slug: in `lang` where that exists, else in the first language that does."""
        return [
            documents.get(lang) or next(iter(documents.values()))
            for (of_kind, _), documents in self.versions.items()
            if of_kind == kind
        ]


def fill(content: Content, root: Path, settings: SiteSettings, palette: Palette) -> Library:
    """Make all views. Every order is decided here, so that two builds are the same.

    `root` is the content folder; drawings have the colours of `palette`.
    """
    addresses = Addresses(settings.languages)
    versions = _versions(content.documents, settings.languages)
    links = Links(content.documents, root, addresses, settings.url)
    texts: dict[TextKey, Text] = {
        (document.kind, document.slug, document.lang): links.text_of(document) for document in content.documents
    }
    shelf = _Shelf(settings, addresses, versions, texts, root, palette)
    images: dict[TextKey, ImageView] = {
        (document.kind, document.slug, document.lang): image
        for document in content.documents
        if (image := _image(shelf, document))
    }
    people = {lang: _people(shelf, content.people, lang) for lang in settings.languages}
    groups = {lang: _groups(shelf, people[lang], lang) for lang in settings.languages}
    blogs = {lang: _blogs(shelf, people[lang], groups[lang], lang) for lang in settings.languages}
    return Library(
        versions=versions,
        people=people,
        groups=groups,
        blogs=blogs,
        pages={lang: _pages(shelf, lang) for lang in settings.languages},
        tags={lang: _tags(blogs[lang], lang) for lang in settings.languages},
        blogs_of_groups={
            lang: _grouped(blogs[lang], lambda blog: [blog.group.slug] if blog.group else []) for lang in blogs
        },
        blogs_of_people={
            lang: _grouped(blogs[lang], lambda blog: [person.handle for person in blog.authors]) for lang in blogs
        },
        bodies={key: text.absolute for key, text in texts.items()},
        images=images,
        renditions=tuple(made for _, made in sorted((links.renditions | _of_covers(content, root)).items())),
        newest=max((blog.date for blog in blogs[settings.languages[0]]), default=None),
    )


def _versions(documents: Iterable[Document], languages: tuple[str, ...]) -> dict[tuple[str, str], dict[str, Document]]:
    """Sorted by kind and slug; within one, in the order of the site's languages."""
    found: dict[tuple[str, str], dict[str, Document]] = {}
    for document in sorted(documents, key=lambda item: (item.kind, item.slug, languages.index(item.lang))):
        found.setdefault((document.kind, document.slug), {})[document.lang] = document
    return found


def _people(shelf: _Shelf, people: Mapping[str, Person], lang: str) -> dict[str, PersonView]:
    return {
        handle: PersonView(
            handle=handle,
            name=(name := _in_language(person.names, lang, handle)),
            url=shelf.link(shelf.addresses.author(handle, lang)),
            initials=initials(name),
            avatar=shelf.file(person.avatar) if person.avatar else None,
            bio=_in_language(person.bios, lang, ""),
            links=tuple(person.links),
        )
        for handle, person in sorted(people.items())
    }


def _in_language(texts: Mapping[str, str], lang: str, otherwise: str) -> str:
    return texts.get(lang) or next(iter(texts.values()), otherwise)


def initials(name: str) -> str:
    """What stands in the square of who has no picture: R for Redactie, WT for Werkgroep Toegankelijkheid."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words)) or "?"


def _groups(shelf: _Shelf, people: Mapping[str, PersonView], lang: str) -> tuple[GroupView, ...]:
    counts: dict[str, int] = {}
    for document in shelf.shown("blogs", lang):
        group = _blog_fields(document).group
        counts[group] = counts.get(group, 0) + 1
    groups = [_group(shelf, people, document, lang, counts) for document in shelf.shown("groups", lang)]
    return tuple(sorted(groups, key=lambda group: (group.name.casefold(), group.slug)))


def _group(
    shelf: _Shelf, people: Mapping[str, PersonView], document: Document, lang: str, counts: Mapping[str, int]
) -> GroupView:
    fields = document.fields
    assert isinstance(fields, GroupFields)  # noqa: S101  the kind says so
    url = shelf.link(shelf.addresses.group(document.slug, document.lang))
    return GroupView(
        key=f"groups/{document.slug}",
        slug=document.slug,
        handle=fields.handle,
        name=fields.name,
        tagline=fields.tagline,
        lang=document.lang,
        url=url,
        html=shelf.html(document),
        owners=tuple(people[handle] for handle in fields.owners),
        members=tuple(people[handle] for handle in fields.members),
        blog_count=counts.get(document.slug, 0),
        feed=shelf.addresses.feed_of(url),
        edit_url=shelf.edit_url(document),
        other_language_only=document.lang != lang,
        tile=shelf.link(paving.path(fields.handle, "svg", shelf.palette)),
    )


def _blog_fields(document: Document) -> BlogFields:
    assert isinstance(document.fields, BlogFields)  # noqa: S101  the kind says so
    return document.fields


def _blogs(
    shelf: _Shelf, people: Mapping[str, PersonView], groups: Iterable[GroupView], lang: str
) -> tuple[BlogView, ...]:
    by_slug = {group.slug: group for group in groups}
    blogs = [_blog(shelf, people, by_slug, document, lang) for document in shelf.shown("blogs", lang)]
    return tuple(sorted(blogs, key=lambda blog: (-blog.date.timestamp(), blog.slug)))


def _blog(
    shelf: _Shelf,
    people: Mapping[str, PersonView],
    groups: Mapping[str, GroupView],
    document: Document,
    lang: str,
) -> BlogView:
    fields = _blog_fields(document)
    key = f"blogs/{document.slug}"
    image = _image(shelf, document)
    return BlogView(
        key=key,
        slug=document.slug,
        lang=document.lang,
        title=fields.title,
        summary=fields.summary,
        date=fields.date,
        updated=fields.updated,
        authors=tuple(people[handle] for handle in fields.authors),
        group=groups.get(fields.group),
        tags=tuple(_tag(shelf, name, document.lang) for name in fields.tags),
        image=image or ImageView(shelf.link(town_plan.path(key, shelf.palette)), "", 1200, 420),
        is_drawn=image is None,
        html=shelf.html(document),
        toc=_contents(document),
        url=shelf.link(shelf.addresses.blog(document.slug, document.lang)),
        comments_open=fields.comments == "open",
        visibility=fields.visibility,
        edit_url=shelf.edit_url(document),
        other_language_only=document.lang != lang,
    )


def _tag(shelf: _Shelf, name: str, lang: str) -> TagView:
    slug = tag_slug(name)
    return TagView(slug=slug, name=name, url=shelf.link(shelf.addresses.tag(slug, lang)))


def _contents(document: Document) -> tuple[HeadingView, ...]:
    return tuple(HeadingView(heading.id, heading.text, heading.level) for heading in document.rendered.headings)


def _image(shelf: _Shelf, document: Document) -> ImageView | None:
    fields = document.fields
    if not isinstance(fields, BlogFields) or not fields.image:
        return None
    file = shelf.root / "blogs" / document.slug / fields.image
    src, alt = shelf.file(file), fields.image_alt or ""
    if photograph := renditions.of(file, file.relative_to(shelf.root).as_posix()):
        offered = renditions.sources(photograph, shelf.settings.base)
        return ImageView(src, alt, photograph.width, photograph.height, offered)
    width, height = image_size(file) or (None, None)
    return ImageView(src, alt, width, height)


def _of_covers(content: Content, root: Path) -> dict[str, renditions.Rendition]:
    names = [
        f"blogs/{one.slug}/{getattr(one.fields, 'image', None)}" for one in content.documents if one.kind == "blogs"
    ]
    found = (renditions.of(root / name, name) for name in names)
    return {made.path: made for photograph in found if photograph for made in photograph.renditions}


def _pages(shelf: _Shelf, lang: str) -> tuple[PageView, ...]:
    return tuple(_page(shelf, document) for document in shelf.shown("pages", lang))


def _page(shelf: _Shelf, document: Document) -> PageView:
    fields = document.fields
    assert isinstance(fields, PageFields)  # noqa: S101  the kind says so
    return PageView(
        slug=document.slug,
        lang=document.lang,
        title=fields.title,
        summary=fields.summary,
        html=shelf.html(document),
        toc=_contents(document),
        url=shelf.link(shelf.addresses.page(document.slug, document.lang)),
        edit_url=shelf.edit_url(document),
    )


def _grouped(blogs: Iterable[BlogView], keys: Callable[[BlogView], Iterable[str]]) -> dict[str, tuple[BlogView, ...]]:
    """The posts under each of their keys, in the order in which they come."""
    found: dict[str, list[BlogView]] = {}
    for blog in blogs:
        for key in keys(blog):
            found.setdefault(key, []).append(blog)
    return {key: tuple(items) for key, items in found.items()}


def _tags(blogs: Iterable[BlogView], lang: str) -> dict[str, tuple[TagView, tuple[BlogView, ...]]]:
    """The tags of the texts in one language. A post in another language joins them when it has the same tag."""
    own = {tag.slug: tag for blog in blogs if blog.lang == lang for tag in blog.tags}
    tagged = _grouped(blogs, lambda blog: {tag.slug: None for tag in blog.tags})
    return {slug: (own[slug], tagged[slug]) for slug in sorted(own)}
