"""Slugs and handles: how they are made, what they may hold, which names are taken."""

import re
import unicodedata

from theme.plugins.addresses import WORDS

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HANDLE_LENGTH = 30
HANDLE = re.compile(r"[a-z0-9_]{1,30}")
SLUG_LENGTH = 100

# Names that would look like the site itself, or that servers use for their own accounts.
RESERVED_HANDLES = frozenset({
    "abuse", "acct", "actor", "admin", "administrator", "api", "everyone", "help", "hostmaster", "inbox", "info",
    "instance", "mail", "moderator", "moderators", "nobody", "noreply", "null", "outbox", "postmaster", "relay",
    "root", "security", "shared", "site", "support", "system", "undefined", "webmaster", "www",
})  # fmt: skip
# First parts of URLs that the site or the service answers.
RESERVED_PAGES = frozenset({
    "404", "account", "answer", "api", "ap", "author", "authors", "blog", "blogs", "bodies", "comments", "dev",
    "drafts", "drawings", "embed", "en", "feeds", "follow", "group", "groups", "healthz", "images", "index", "log-in",
    "log-out", "manifest", "metrics", "moderation", "nl", "page", "pagefind", "people", "plein", "readyz", "robots",
    "sitemap", "static", "tag", "tags", "theme", "threads",
    *(word for words in WORDS.values() for word in words.values()),
})  # fmt: skip
RESERVED_SLUGS = frozenset({"page", "index", "atom"})  # /blogs/page/2/ is the second page of the list

_SPELLED_OUT = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d",
     "þ": "th", "Þ": "th", "ð": "d", "ı": "i", "’": "", "'": "", "ʼ": ""}
)  # fmt: skip


def slugify(text: str, *, length: int = 60) -> str:
    """A slug made from a title: ASCII, lower case, whole words up to `length`; "" when there is no Latin letter."""
    text = re.sub(r"(?<=[^\W_])\+\+(?!\w)", " plus plus", re.sub(r"(?<=[^\W_])#(?!\w)", " sharp", text))  # C++, C#
    plain = (
        unicodedata.normalize("NFKD", text.translate(_SPELLED_OUT)).encode("ascii", "ignore").decode("ascii").lower()
    )
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) <= length:
        return slug
    return slug[: length + 1].rpartition("-")[0] or slug[:length]


def tag_slug(name: str) -> str:
    """The last part of the address of a tag's page. A tag in another script has no Latin slug."""
    return slugify(name) or "u-" + name.encode().hex()


def is_slug(text: str) -> bool:
    return len(text) <= SLUG_LENGTH and SLUG.fullmatch(text) is not None


def is_handle(text: str) -> bool:
    return HANDLE.fullmatch(text) is not None


def folded(name: str) -> str:
    """Two names that differ only by letter case or Unicode form fold to the same text."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
