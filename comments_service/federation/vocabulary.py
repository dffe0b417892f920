"""The values that documents of other servers become: exactly what we use of them. reading.py makes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from comments_service.received import Reply

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Refusal(Exception):
    """Something from elsewhere is not taken. `reason` is a stable code such as "not-addressed-to-everyone"."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class RemoteActor:
    """An actor document. All URIs are in the one form of `wire.uri`, and of one origin where that is demanded."""

    uri: str
    kind: str  # Application, Group, Organization, Person or Service
    username: str
    name: str  # plain text, never empty
    url: str
    avatar: str | None
    inbox: str
    shared_inbox: str | None
    key_id: str | None
    public_key: str | None  # PEM
    also_known_as: tuple[str, ...]
    is_indexable: bool


@dataclass(frozen=True, kw_only=True)
class RemoteObject(Reply):
    """A Note, Article, Page, … of another server: what readers may see of it, and what it hangs together with."""

    attributed_to: str
    in_reply_to: str | None
    is_public: bool  # Public is in its own `to` or `cc` (ActivityPub, section 5.6); in `cc` alone it is unlisted
    recipients: frozenset[str]  # everyone in to and cc
    quotes: str | None  # URI of what it quotes
    replies: str | None  # URI of its collection of replies
    context: str | None


@dataclass(frozen=True)
class Activity:
    """An activity as it arrived. `object` is the embedded document, {} when only its id was sent."""

    document: Mapping[str, object]  # all of it
    kind: str
    id: str | None
    actor: str
    object_uri: str | None
    object: Mapping[str, object]
    target: str | None  # of Move; `instrument` of QuoteRequest; `result` of Accept
    content: str | None  # of EmojiReact and Flag
