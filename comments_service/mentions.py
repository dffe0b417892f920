"""Mentions: `@Name` in a comment, where the name is exactly that of someone who wrote in the thread."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from comments_service.model import Author, SafeHtml

_TAG = re.compile(r"(<[^>]*>)")
_AT = re.compile(r"(?<![\w@/.])@")
_WORD = re.compile(r"\w")
_OPENING = re.compile(r"<(/?)(a|code|pre)\b")


def link(html: SafeHtml, people: Sequence[Author]) -> tuple[SafeHtml, tuple[str, ...]]:
    """Link every mention to the page of that person, and return the HTML and the ids of who is mentioned.

    Works on HTML that markup.py made, in its text alone, never within a link or code. Of names that start alike the
    longest wins, of two people with one name the first. An author without `url` is mentioned without a link.
    """
    if "@" not in html or not people:
        return html, ()
    known: dict[str, Author] = {}
    for person in people:
        known.setdefault(escape(person.name, quote=False), person)
    lengths = sorted({len(name) for name in known}, reverse=True)
    mentioned: dict[str, None] = {}

    def linked(text: str) -> str:
        made, end = "", 0
        for at in _AT.finditer(text):
            start = at.end()
            names = (text[start : start + length] for length in lengths)
            name = next((one for one in names if one in known and not _WORD.match(text, start + len(one))), None)
            if name is None or start <= end:  # a name may hold "@" too
                continue
            person, said = known[name], f"@{name}"
            mentioned[person.id] = None
            link = f'<a class="mention" href="{escape(person.url)}">{said}</a>' if person.url else said
            made, end = f"{made}{text[end : start - 1]}{link}", start + len(name)
        return made + text[end:]

    parts, depth = [], 0
    for part in _TAG.split(html):
        if part.startswith("<"):
            if opening := _OPENING.match(part):
                depth += -1 if opening[1] else 1
            parts.append(part)
        else:
            parts.append(part if depth else linked(part))
    return SafeHtml("".join(parts)), tuple(mentioned)


def with_addresses(people: Iterable[Author], base: str) -> list[Author]:
    """Give local people the address of their page below the service's base path."""
    return [Author(person.id, person.name, url=person.url or f"{base}/people/{person.id}") for person in people]
