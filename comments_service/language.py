"""Languages: which one a reader gets, and the marker that makes a message translatable."""

import re

LANGUAGES = ("nl", "en")  # of our own texts, the widget's too; a site may have fewer


def N_(message_id: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark an English message for the catalogue; it is translated where it is shown."""
    return message_id


def negotiate(accept_language: str, available: tuple[str, ...] | list[str]) -> str:
    """Return the available language that an Accept-Language header likes best (RFC 9110, section 12.5.4).

    The first available language when the header names none of them.
    """
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:500].split(",")):
        match = re.fullmatch(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", part)
        if match:
            wishes.append((-float(match[2] or 1), position, match[1].lower()))
    for weight, _, language in sorted(wishes):
        if weight < 0 and language in available:
            return language
    return available[0]
