"""The nouns, as frozen dataclasses. Imports nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

SafeHtml = NewType("SafeHtml", str)  # made by markup.py alone
PageKey = NewType("PageKey", str)  # "blogs/<slug>" or "groups/<slug>", the first slug that was ever known


class CommentState(StrEnum):
    SHOWN = "shown"
    HELD = "held"  # waits for a moderator
    HIDDEN = "hidden"  # by a moderator, can be shown again
    REMOVED = "removed"  # by its author or a moderator, for good: no text is left
    PRIVATE = "private"  # addressed to one person; never shown


class Role(StrEnum):
    MEMBER = "member"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Account:
    id: str
    email: str
    name: str | None  # asked at the first comment; never the mail address
    role: Role
    banned: bool
    language: str
    handle: str | None = None  # in the fediverse; permanent
    federates: bool | None = None  # agreed that comments travel; None: not asked yet

    @property
    def may_moderate(self) -> bool:
        return self.role is not Role.MEMBER and not self.banned


@dataclass(frozen=True)
class Author:
    """Who wrote a comment, as readers see it: a local account, or an actor of another server."""

    id: str
    name: str
    handle: str | None = None
    server: str | None = None
    avatar: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Page:
    """A page that a manifest named: the thing a thread hangs on."""

    site_id: str
    key: PageKey
    slug: str  # the current slug; the key keeps the first one
    kind: str  # "blogs" or "groups"
    titles: Mapping[str, str]  # language -> title
    urls: Mapping[str, str]  # language -> absolute URL
    language: str  # the original language
    is_withdrawn: bool
    dated_at: datetime | None = None
    origin_url: str | None = None  # of a thread of another server: where it started


@dataclass(frozen=True)
class Picture:
    """What a comment from elsewhere shows beside its words, once a moderator allows it."""

    url: str  # where it stands
    alt: str  # "": it has no description; of a custom emoji its name, with colons
    is_emoji: bool = False
    address: str | None = None  # where we serve it, when we do; with its size in pixels
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Comment:
    id: str
    site_id: str
    page_key: PageKey
    parent_id: str | None
    author: Author | None  # None when the author is gone
    account_id: str | None
    state: CommentState
    text: str  # the Markdown source; "" when removed
    html: SafeHtml
    lang: str
    created_at: datetime
    edited_at: datetime | None
    votes: int
    warning: str | None = None  # content warning, plain text
    url: str | None = None  # of a comment from elsewhere: its own page
    travels: bool = False  # a local one that other servers can read
    is_indexable: bool = True  # its author agrees to copies and search engines
    likes: int = 0  # of elsewhere
    boosts: int = 0
    quotes: int = 0


@dataclass(frozen=True)
class Revision:
    """What a comment said until it was edited. Number 1 is what was posted."""

    number: int
    text: str
    html: SafeHtml
    written_at: datetime


@dataclass(frozen=True)
class Rating:
    """The stars of a page. `distribution[0]` counts one star, `distribution[4]` five."""

    distribution: tuple[int, int, int, int, int]

    @property
    def count(self) -> int:
        return sum(self.distribution)

    @property
    def average(self) -> float | None:
        """To one decimal; None when nobody rated."""
        if not self.count:
            return None
        return round(sum((stars + 1) * n for stars, n in enumerate(self.distribution)) / self.count, 1)


@dataclass(frozen=True)
class Branch:
    """A root comment with the first descendants, oldest first, parents before children; `next` pages on."""

    root: Comment
    replies: tuple[Comment, ...]
    next: str | None


@dataclass(frozen=True)
class ThreadPage:
    """One page of a thread, the same for every reader."""

    page: Page
    version: int
    comment_count: int
    rating: Rating
    views: int
    likes: int  # of people on other servers, as are boosts and quotes
    boosts: int
    quotes: int
    is_federated: bool  # other servers can read it, and answer
    closed_by: str | None  # "front-matter", "age" or "moderator"; None while comments are welcome
    languages: Mapping[str, int]  # shown comments per language
    branches: tuple[Branch, ...]
    next: str | None
    newest: str | None  # the comment that came last, on whatever page it stands


@dataclass(frozen=True)
class Counts:
    """What list pages show of one page."""

    comments: int
    rating: Rating
    views: int


@dataclass(frozen=True)
class Mine:
    """What one reader sees beside the public thread."""

    version: int
    account: Account
    may_comment: bool
    stars: int | None
    own: tuple[str, ...]  # ids of the reader's own shown comments on this page, the newest
    held: tuple[Comment, ...] = ()
    votes: Mapping[str, int] = field(default_factory=dict)  # comment id -> 1 or -1
