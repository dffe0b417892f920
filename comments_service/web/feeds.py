"""Atom feeds (RFC 4287) of comments in full: of a thread and of the site, in all languages or one."""

import re
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from comments_service import pages
from comments_service.model import Comment, Page
from comments_service.store import latest
from comments_service.store.protocol import Transaction, utc_text
from comments_service.web import api, bodies, thread_bytes
from comments_service.web.rendering import lang_of
from comments_service.web.state import State, state, wording_of
from comments_service.web.thread_bytes import SITE_FEED
from comments_service.web.wording import Wording

ENTRIES = 50
ALL = "all"
# The year in which this scheme of ids was made, as in the feeds of the site: never change it (RFC 4151, 2.1).
TAG_YEAR = 2026
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)  # a feed without entries must not change with the clock
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
MEDIA_TYPE = "application/atom+xml"


async def show_feed(request: Request) -> Response:
    """`?lang=` keeps one language, or `all`. Unasked, /en and its like hold that language alone, and the root all."""
    here, wording = state(request), wording_of(request)
    page = await api.page_of(request) if "slug" in request.path_params else None
    fields = bodies.Fields(dict(request.query_params))
    lang = fields.language("lang")  # or `all`, which is no language
    fields.done(refuse_unknown=False)
    thread = (here.site_id, str(page.key) if page else SITE_FEED)
    moment = here.thread_bytes.moment(thread)
    body = await here.store.read(_feed, here, wording, page, lang)
    answer = thread_bytes.keep(request, body, thread, moment, media_type=MEDIA_TYPE)
    answer.headers["Access-Control-Allow-Origin"] = "*"  # a front page on another host shows what was said last
    return answer


def _feed(tx: Transaction, here: State, wording: Wording, page: Page | None, asked: str | None) -> bytes:
    lang = asked or (wording.lang if here.addresses.prefix(wording.lang) else ALL)
    languages = latest.languages(tx, here.site_id, str(page.key) if page else None) if lang == ALL else (lang,)
    if page is None:
        found = latest.of_site(tx, here.site_id, languages, limit=ENTRIES)
        title, about, path = here.settings.site.name, here.settings.site.url, "/comments/atom.xml"
        alternate = f"{here.addresses.site}{here.addresses.prefix(wording.lang)}/"
    else:
        found = latest.of_page(tx, here.site_id, page.key, languages, limit=ENTRIES)
        shown_in = lang_of(page, wording.lang)
        title, about, path = page.titles[shown_in], str(page.key), f"/threads/{page.kind}/{page.slug}/atom.xml"
        alternate = page.urls[shown_in]
    filtered = "" if lang == ALL else f" ({wording.language(lang)})"
    own = here.addresses.absolute(wording.lang, path) + (f"?{urlencode({'lang': asked})}" if asked else "")
    feed = Element(
        "feed", {"xmlns": "http://www.w3.org/2005/Atom", "xmlns:thr": "http://purl.org/syndication/thread/1.0"}
    )
    feed.set("xml:lang", wording.lang)
    name = "comments" if page is None else f"{about}/comments"
    _add(feed, "id", tag(here, f"feeds/{name}/{lang}"))
    _add(feed, "title", wording.say("Comments: %(title)s", {"title": title}) + filtered)
    _add(feed, "link", None, rel="self", type=MEDIA_TYPE, href=own)
    _add(feed, "link", None, rel="alternate", type="text/html", href=alternate)
    moments = [comment.edited_at or comment.created_at for comment in found]
    _add(feed, "updated", utc_text(max(moments, default=NOTHING_YET)))
    known: dict[str, Page] = {}
    for comment in found:
        if comment.page_key not in known:
            known[comment.page_key] = page or pages.by_key(tx, here.site_id, comment.page_key)
        _entry(feed, here, wording, comment, known[comment.page_key])
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + tostring(feed, "unicode").encode()


def _entry(feed: Element, here: State, wording: Wording, comment: Comment, page: Page) -> None:
    """One comment in full. `thr:in-reply-to` names what it answers: a comment, else the page (RFC 4685, 3)."""
    shown_on = page.urls[lang_of(page, comment.lang)]
    entry = SubElement(feed, "entry", {"xml:lang": comment.lang, "xml:base": shown_on})  # for links such as "/x"
    name = comment.author.name if comment.author else wording.say("Unknown author")
    title = {"name": name, "title": page.titles[lang_of(page, wording.lang)]}
    _add(entry, "id", tag(here, f"comments/{comment.id}"))
    _add(entry, "title", wording.say("%(name)s on “%(title)s”", title))
    _add(entry, "link", None, rel="alternate", type="text/html", href=permalink(page, comment.lang, comment.id))
    _add(entry, "published", utc_text(comment.created_at))
    _add(entry, "updated", utc_text(comment.edited_at or comment.created_at))
    author = SubElement(entry, "author")
    _add(author, "name", name)
    if comment.author:
        _add(author, "uri", here.addresses.absolute(wording.lang, f"/people/{comment.author.id}"))
    if comment.parent_id:
        answered = tag(here, f"comments/{comment.parent_id}")
        place = permalink(page, comment.lang, comment.parent_id)
    else:
        answered, place = tag(here, f"{page.key}/{page.language}"), page.urls[lang_of(page, page.language)]
    _add(entry, "thr:in-reply-to", None, ref=answered, href=place, type="text/html")
    if comment.warning:
        _add(entry, "summary", comment.warning)  # all that a list may show of it
    _add(entry, "content", comment.html, type="html")


def _add(parent: Element, name: str, text: str | None, **attributes: str) -> None:
    element = SubElement(parent, name, {key: NOT_XML.sub("", value) for key, value in attributes.items()})
    element.text = None if text is None else NOT_XML.sub("", text)


def tag(here: State, name: str) -> str:
    """An id for ever, made as the site makes those of its posts (RFC 4151)."""
    return f"tag:{urlsplit(here.settings.site.url).hostname},{TAG_YEAR}:{here.site_id}/{name}"


def permalink(page: Page, lang: str, comment_id: str) -> str:
    """Where a comment stands on the page of the site, which is absolute."""
    return f"{page.urls[lang_of(page, lang)]}#c-{comment_id}"


TABLE = (
    ("GET", "/threads/{kind}/{slug}/atom.xml", show_feed),
    ("GET", "/comments/atom.xml", show_feed),
)
