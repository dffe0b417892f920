"""What is wrong with an Atom feed: the grammar of RFC 4287 (atom.rng, its appendix B) and what a grammar cannot say."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from lxml import etree

_ATOM = {"a": "http://www.w3.org/2005/Atom"}
# RFC 4287, section 3.3: a date of RFC 3339 with a capital T, and a capital Z where there is no numeric offset.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def faults(content: bytes) -> list[str]:
    """Every fault of a feed; none is a feed that readers can rely on."""
    feed = etree.fromstring(content)
    grammar = _grammar()
    if not grammar.validate(feed):
        return [str(one) for one in grammar.error_log]
    return [
        *_of_feed(feed),
        *(f"{_id(entry)}: {said}" for entry in feed.findall("a:entry", _ATOM) for said in _of(entry)),
    ]


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))


def _of_feed(feed: etree._Element) -> Iterator[str]:
    entries = feed.findall("a:entry", _ATOM)
    ids = Counter([_id(feed), *(_id(entry) for entry in entries)])
    yield from (f"the id {one} stands here twice" for one, times in ids.items() if times > 1)  # 4.1.1
    if feed.find("a:author", _ATOM) is None and any(entry.find("a:author", _ATOM) is None for entry in entries):
        yield "an entry has no author, and neither has the feed"  # 4.1.1
    if len(feed.findall("a:link[@rel='self']", _ATOM)) != 1:
        yield "it does not say once where it stands itself"  # 4.1.1
    yield from _of_both(feed)


def _of(entry: etree._Element) -> Iterator[str]:
    content = entry.find("a:content", _ATOM)
    if content is None and entry.find("a:link[@rel='alternate']", _ATOM) is None:
        yield "neither content nor a page with it"  # 4.1.2
    if content is not None and content.get("type") == "html":  # 3.1.1.2 and 4.1.3.3
        addresses = re.findall(r'\s(?:href|src)="([^"]*)"', content.text or "")
        whole = (urljoin(entry.base or "", address) for address in addresses)  # xml:base: section 2
        yield from (f"{address} in its text is not absolute" for address in whole if not urlsplit(address).scheme)
    yield from _of_both(entry)


def _of_both(element: etree._Element) -> Iterator[str]:
    if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", _id(element)):
        yield "its id is no IRI"  # 4.2.6
    links = Counter(
        (link.get("type"), link.get("hreflang")) for link in element.findall("a:link[@rel='alternate']", _ATOM)
    )
    yield from ("two pages of one type and language" for times in links.values() if times > 1)  # 4.1.1 and 4.1.2
    for link in element.findall("a:link", _ATOM):
        if urlsplit(link.get("href", "")).scheme not in ("http", "https"):
            yield f"the link {link.get('href')} is not absolute"
    for date in (*element.findall("a:updated", _ATOM), *element.findall("a:published", _ATOM)):
        if not _MOMENT.fullmatch(date.text or ""):
            yield f"{date.text} is no moment"
    for author in element.findall("a:author", _ATOM):
        if (
            not author.findtext("a:name", "", _ATOM).strip()
            or author.findtext("a:uri", "https://", _ATOM)[:4] != "http"
        ):
            yield "an author without name, or whose page is not absolute"  # 3.2
    if not element.findtext("a:title", "", _ATOM).strip():
        yield "no title"


def _id(element: etree._Element) -> str:
    return str(element.findtext("a:id", "", _ATOM))
