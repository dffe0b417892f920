"""Languages: which one a reader gets, and the marker that makes a message translatable."""

import re

LANGUAGES = ("nl", "en")  # of our own texts, the widget's too; a site may have fewer
WISH = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


def N_(message_id: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark an English message for the catalogue; it is translated where it is shown."""
    return message_id


def negotiate(accept_language: str, available: tuple[str, ...] | list[str]) -> str:
    """Return the available language that an Accept-Language header likes best (RFC 9110, section 12.5.4).

    The first available language when the header names none of them.
    """
    found = map(WISH.fullmatch, accept_language[:500].split(","))
    wishes = [(float(match[2] or 1), match[1].lower()) for match in found if match]
    wishes.sort(key=lambda wish: -wish[0])  # of two that are liked as much the first one stays first
    return next((language for weight, language in wishes if weight and language in available), available[0])
