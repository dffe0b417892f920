"""The newest comments of all pages, for the front page, when the build has read comments."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from theme.plugins.comment_source import Comment, Thread
from theme.plugins.languages import language_in, long_date
from theme.plugins.markup import plain_text
from theme.plugins.site import Site

MOST = 4
LONGEST = 160  # characters of what somebody said; static/voices.js cuts the same
_QUOTE = re.compile(r"<blockquote>.*?</blockquote>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class VoiceView:
    """The beginning of a comment, who said it, and where it stands."""

    text: str
    lang: str
    language_name: str
    name: str  # "" when its author is gone
    title: str
    url: str
    iso: str
    date: str


def newest(threads: Mapping[str, Thread], timezone: ZoneInfo, site: Site, lang: str) -> tuple[VoiceView, ...]:
    """The newest shown comments, newest first, each with the page it is on in this language or its own."""
    pages = {page.key: (page.title, page.url) for page in site.library.blogs[lang]}
    pages |= {group.key: (group.name, group.url) for group in site.library.groups[lang]}
    shown = [
        (comment.created_at.astimezone(timezone), comment.id, comment, key)
        for key, thread in threads.items()
        if key in pages
        for comment in _comments(thread)
        if comment.state == "shown"
    ]
    return tuple(
        VoiceView(
            text=shortened(comment.warning or said(comment.html)),
            lang=comment.lang,
            language_name=language_in(comment.lang, lang),
            name=comment.author.name if comment.author else "",
            title=pages[key][0],
            url=f"{pages[key][1]}#c-{comment.id}",
            iso=moment.isoformat(),
            date=long_date(moment.date(), lang),
        )
        for moment, _, comment, key in sorted(shown, reverse=True, key=lambda found: found[:2])[:MOST]
    )


def _comments(thread: Thread) -> Iterator[Comment]:
    for root in thread.items:
        yield root
        yield from root.replies


def said(html: str) -> str:
    """What somebody said in their own words: without tags, and without what they quote."""
    return plain_text(_TAG.sub(" ", _QUOTE.sub("", html)))


def shortened(text: str) -> str:
    """At most LONGEST characters, cut between words."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST + 1].rsplit(" ", 1)[0][:LONGEST] + "…"
