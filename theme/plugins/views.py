"""What templates and feeds see of a blog, a group, a person: frozen, in one language, with finished links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup


@dataclass(frozen=True)
class PersonView:
    """An author or a member, as a page in one language names them."""

    handle: str
    name: str
    url: str
    initials: str
    avatar: str | None  # URL of the picture
    bio: str
    links: tuple[str, ...]


@dataclass(frozen=True)
class GroupView:
    """A group. `lang` is the language of its text: in a list of the other language it may differ from the page's."""

    key: str  # "groups/<slug>"
    slug: str
    handle: str
    name: str
    tagline: str
    lang: str
    url: str
    html: Markup
    owners: tuple[PersonView, ...]
    members: tuple[PersonView, ...]
    blog_count: int  # in the language of the page
    feed: str
    edit_url: str | None
    other_language_only: bool
    tile: str = ""  # URL of the picture that belongs to its handle

    @property
    def rating_key(self) -> str:
        return self.key


@dataclass(frozen=True)
class TagView:
    slug: str
    name: str
    url: str


class Source(NamedTuple):
    """One `<source>` of a `<picture>`: a media type, its files with their widths, and how wide they are shown."""

    kind: str
    files: str
    sizes: str


@dataclass(frozen=True)
class ImageView:
    """A post's picture; width and height in pixels, None when the file does not say."""

    src: str
    alt: str
    width: int | None
    height: int | None
    sources: tuple[Source, ...] = ()


class HeadingView(NamedTuple):
    """One line of a table of contents."""

    id: str
    title: str
    level: int


@dataclass(frozen=True)
class BlogView:
    """A post, as a page in one language shows it. `lang` is the language it is written in."""

    key: str  # "blogs/<slug>"
    slug: str
    lang: str
    title: str
    summary: str
    date: datetime
    updated: datetime | None
    authors: tuple[PersonView, ...]
    group: GroupView | None
    tags: tuple[TagView, ...]
    image: ImageView | None
    html: Markup
    toc: tuple[HeadingView, ...]
    url: str
    comments_open: bool
    visibility: str
    edit_url: str | None
    other_language_only: bool  # shown in a list of another language than its own
    is_drawn: bool = False  # its picture is a town plan, because it has none of its own


@dataclass(frozen=True)
class PageView:
    """A page of its own, such as "about this site"."""

    slug: str
    lang: str
    title: str
    summary: str
    html: Markup
    toc: tuple[HeadingView, ...]
    url: str
    edit_url: str | None


@dataclass(frozen=True)
class PageLink:
    """One number in a pager."""

    number: int
    url: str
    is_current: bool


@dataclass(frozen=True)
class Pager:
    """Where in a list that is cut into pages the reader is; `previous` and `next` are URLs."""

    number: int
    pages: tuple[PageLink, ...]
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class LanguageLink:
    """The way to another language. `exact` is False when there is no translation: then it leads to the front page."""

    lang: str
    url: str
    exact: bool


@dataclass(frozen=True)
class Alternate:
    """One `<link rel="alternate" hreflang>`: absolute URL, `lang` may be "x-default"."""

    lang: str
    url: str


@dataclass(frozen=True)
class SiteView:
    """What every template knows of the site. Links inside the site start with `base`, to the service with `service`."""

    name: str
    url: str
    base: str
    languages: tuple[str, ...]
    service: str
    repository: str
    contact: str
    menu: Mapping[str, tuple[tuple[str, str], ...]]  # language -> (title, URL) of the pages in content/pages
    handle: str = ""  # of the site itself
    handle_host: str = ""  # of handles in the fediverse; "" when federation is off
