"""Atom feeds (RFC 4287) of comments in full: of a thread and of the site, in all languages or one."""

import re
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from comments_service import pages
from comments_service.model import Page
from comments_service.store import latest
from comments_service.store.protocol import Transaction
from comments_service.web import api, bodies, thread_bytes
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
    fields = bodies.Fields(request.query_params)
    lang = fields.made(fields.language("lang"))  # or `all`, which is no language
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
    else:
        found = latest.of_page(tx, here.site_id, page.key, languages, limit=ENTRIES)
    known = {key: page or pages.by_key(tx, here.site_id, key) for key in {comment.page_key for comment in found}}
    host = urlsplit(here.settings.site.url).hostname
    template = here.templates[wording.lang].get_template("atom.xml")
    text = template.render(
        # an id for ever, made as the site makes those of its posts (RFC 4151)
        tag=lambda name: f"tag:{host},{TAG_YEAR}:{here.site_id}/{name}",
        page=page,
        site_name=here.settings.site.name,
        front=f"{here.addresses.site}{here.addresses.prefix(wording.lang)}/",
        absolute=partial(here.addresses.absolute, wording.lang),
        asked=asked,
        kept=lang,
        updated=max((comment.edited_at or comment.created_at for comment in found), default=NOTHING_YET),
        entries=[(comment, known[comment.page_key]) for comment in found],
    )
    return NOT_XML.sub("", text).encode()


TABLE = (
    ("GET", "/threads/{kind}/{slug}/atom.xml", show_feed),
    ("GET", "/comments/atom.xml", show_feed),
)
