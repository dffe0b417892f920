"""Comments in the pages themselves: `inv build --with-comments` names where to read them, a service or an export.

Their HTML is cleaned again here. When the source fails nothing is built: half a site would look whole.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_datetime
from markupsafe import Markup
from pelican import signals
from pelican.generators import Generator

from theme.plugins import comment_source, voices
from theme.plugins.catalogue import terminal_language
from theme.plugins.comment_source import REPLIES, Comment, Rating, Root, SourceError, Thread
from theme.plugins.languages import language_in
from theme.plugins.manifest import KINDS
from theme.plugins.pages import PageGenerator
from theme.plugins.site import Site

VARIABLE = "PLEIN_COMMENTS"  # "": none, "service": that of the settings, a URL, or the path of an export
DEEPEST = 4  # levels that are shown nested, as in the widget
MOMENTS = {"nl": "d MMMM y, HH.mm 'uur'", "en": "d MMMM y, HH:mm"}  # as the service's own pages write them
TAGS = {"a", "blockquote", "br", "code", "del", "em", "hr", "img", "li", "ol", "p", "pre", "strong", "ul"}
_NO_PICTURE = re.compile(r"<img(?![^>]* src=)[^>]*>")
_PICTURE = re.compile(r"/embed/pictures/[0-9a-f]{64}\.webp")  # of the service, which drew it anew
_WEB = re.compile(r"https?://[^/\\]", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^/]", re.IGNORECASE)
_PATH = re.compile(r"/(?![/\\])")  # of the service: where a mention leads


@dataclass(frozen=True)
class CommentView:
    """A comment as a page in one language shows it, with its replies."""

    id: str
    html: Markup
    lang: str
    language_name: str  # in the language of the page
    name: str  # "" when its author is gone
    initials: str
    author_url: str | None
    created_iso: str
    created: str
    edited: str
    votes: int
    likes: int
    boosts: int
    quotes: int
    came_from: str  # the handle, or the server, of who wrote it elsewhere; "" for somebody of here
    original_url: str | None
    travels: bool
    state: str
    parent_id: str | None  # where nesting does not say whom it answers
    parent_name: str
    replies: tuple["CommentView", ...]
    has_more: bool


@dataclass(frozen=True)
class ThreadView:
    version: int
    count: int
    is_open: bool | None  # None: the source does not tell
    likes: int
    boosts: int
    quotes: int
    comments: tuple[CommentView, ...]
    rating: Rating | None


@dataclass(frozen=True)
class Baked:
    """All threads that were read. `service` is where links of the source that start with a slash lead."""

    service: str
    timezone: ZoneInfo
    threads: Mapping[str, Thread]

    def view(self, page: str, lang: str) -> ThreadView | None:
        """The thread of a page in the words of a language; None when it has no comments."""
        thread = self.threads.get(page)
        if thread is None or not thread.items:
            return None
        is_open = None if thread.comments is None else thread.comments == "open"
        comments = tuple(self._root(root, lang) for root in thread.items)
        reactions = (thread.likes, thread.boosts, thread.quotes)
        return ThreadView(thread.version, thread.comment_count, is_open, *reactions, comments, thread.rating)

    def _root(self, root: Root, lang: str) -> CommentView:
        """Nested as deep as the widget does it: a deeper reply stands beside the one it answers, and names it."""
        replies = root.replies[:REPLIES]
        by_id: dict[str, Comment] = {root.id: root}
        depth, above = {root.id: 1}, {root.id: root.id}
        hanging: dict[str, list[Comment]] = defaultdict(list)
        for reply in replies:
            if reply.id in by_id:
                continue
            parent = reply.in_reply_to if reply.in_reply_to in by_id else root.id
            under = parent if parent and depth[parent] < DEEPEST else above[parent or root.id]
            by_id[reply.id], depth[reply.id], above[reply.id] = reply, depth[under] + 1, under
            hanging[under].append(reply)

        def view(comment: Comment, under: str | None, *, has_more: bool = False) -> CommentView:
            name = comment.author.name if comment.author else ""
            parent = comment.in_reply_to if comment.in_reply_to != under else None
            answered = by_id.get(parent or "")
            return CommentView(
                id=comment.id,
                html=_folded(comment.warning, Markup(clean(comment.html, self.service))),  # noqa: S704  nh3 made it
                lang=comment.lang,
                language_name=language_in(comment.lang, lang),
                name=name,
                initials=initials(name),
                author_url=_address(comment.author.url if comment.author else None, self.service),
                created_iso=_iso(comment.created_at),
                created=self._moment(comment.created_at, lang),
                edited=self._moment(comment.edited_at, lang) if comment.edited_at else "",
                votes=comment.votes,
                likes=comment.likes,
                boosts=comment.boosts,
                quotes=comment.quotes,
                came_from=comment.author.handle or comment.author.server
                if comment.author and comment.author.server
                else "",
                original_url=_address(comment.url, self.service),
                travels=comment.travels,
                state=comment.state,
                parent_id=parent,
                parent_name=answered.author.name if answered and answered.author else "",
                replies=tuple(view(reply, comment.id) for reply in hanging[comment.id]),
                has_more=has_more,
            )

        return view(root, None, has_more=root.has_more or len(root.replies) > REPLIES)

    def _moment(self, moment: datetime, lang: str) -> str:
        return format_datetime(moment.astimezone(self.timezone), MOMENTS.get(lang, MOMENTS["en"]), locale=lang)


def _folded(warning: str | None, text: Markup) -> Markup:
    """A text behind what its author warns of."""
    return Markup("<details><summary>{}</summary>{}</details>").format(warning, text) if warning and text else text


def clean(html: str, service: str) -> str:
    """What a comment may hold, and no more: no matter what the source calls safe."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("a", "href"):
            return value if _MAIL.match(value) else _address(value, service)
        if attribute == "class":
            return value if (tag, value) in (("a", "mention"), ("img", "emoji")) else None
        if attribute == "src":
            is_ours = value.startswith(service) and _PICTURE.fullmatch(value.removeprefix(service))
            return value if is_ours else None
        return value

    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes={
            "a": {"href", "class"},
            "img": {"src", "alt", "width", "height", "loading", "class"},
            "ol": {"start"},
        },
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="ugc nofollow noopener",
    )
    return _NO_PICTURE.sub("", cleaned)


def _address(url: str | None, service: str) -> str | None:
    """An absolute address of the web, or None."""
    if url and _PATH.match(url):
        parts = urlsplit(service)
        return f"{parts.scheme}://{parts.netloc}{url}"
    return url if url and _WEB.match(url) else None


def initials(name: str) -> str:
    """One or two letters: of the first and the last word that begins with a letter or a digit."""
    firsts = [next((character for character in word if character.isalnum()), "") for word in name.split()]
    letters = [letter for letter in firsts if letter]
    return "".join(dict.fromkeys(letters[:1] + letters[-1:])).upper()[:4] or "?"


def _iso(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(site: Site, source: str) -> Baked:
    """Read the comments of all pages of the site. Raises SourceError."""
    pages: Sequence[str] = [f"{kind}/{slug}" for kind, slug in site.library.versions if kind in KINDS]
    timezone = ZoneInfo(site.settings.timezone)
    url = (site.settings.service_url or site.settings.url) if source == "service" else source.rstrip("/")
    if not _WEB.match(url):
        service, threads = comment_source.from_file(Path(source))
        return Baked(service, timezone, threads)
    return Baked(url, timezone, comment_source.from_service(url, pages))


def _equip(generators: Iterable[Generator]) -> None:
    """Everything is read before the first page is rendered."""
    source = os.environ.get(VARIABLE, "")
    for generator in generators:
        if source and isinstance(generator, PageGenerator):
            site: Site = generator.settings["PLEIN_SITE"]
            try:
                with site.stopwatch.stage("comments"):
                    baked = read(site, source)
                    generator.env.globals["baked"] = baked.view
                    generator.env.globals["voices"] = partial(voices.newest, baked.threads, baked.timezone, site)
            except SourceError as error:
                text = site.text(
                    "The comments cannot be read from %(source)s: %(reason)s. Nothing was built. Mend that, give "
                    "another source (--with-comments=FILE), or build without comments.",
                    lang if (lang := terminal_language(os.environ)) in site.texts else site.languages[0],
                )
                where = site.settings.service_url or site.settings.url if source == "service" else source
                raise SystemExit(text % {"source": where, "reason": error}) from error


def register() -> None:
    """Called by Pelican once for the build."""
    signals.all_generators_finalized.connect(_equip)
