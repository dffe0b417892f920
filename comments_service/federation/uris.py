"""The addresses of what we send: opaque, permanent, without a fragment; made here, and recognised here."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from comments_service.ids import ALPHABET

ID_LENGTH = 26
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_LOCAL = re.compile(rf"/ap/(actors|objects|threads|activities|quotes)/([{ALPHABET}]{{{ID_LENGTH}}})(/[a-z]+)?")
SHARED_INBOX = "/ap/inbox"


@dataclass(frozen=True)
class Local:
    """One of our addresses. `kind` is actors, objects, threads, activities or quotes; `part` is "" or "replies", …"""

    kind: str
    id: str
    part: str = ""


@dataclass(frozen=True)
class Uris:
    """Addresses below one base URL (without a slash at the end); `former` ones are recognised too."""

    base: str
    former: Sequence[str] = ()
    moved_to: str | None = None  # the base of now, when this is a former one

    def before(self) -> "list[Uris]":
        """The addresses below each former base."""
        return [Uris(base, (self.base, *self.former), self.base) for base in self.former]

    def asked_as(self, host: str) -> "Uris":
        """The addresses below the former base on a host that was asked, else these."""
        return next((one for one in self.before() if urlsplit(one.base).netloc == host.lower()), self)

    @property
    def shared_inbox(self) -> str:
        return self.base + SHARED_INBOX

    def actor(self, actor_id: str) -> str:
        return f"{self.base}/ap/actors/{actor_id}"

    def followers(self, actor_id: str) -> str:
        return self.actor(actor_id) + "/followers"

    def key(self, actor_id: str) -> str:
        """The one address with a fragment: every server strips it and finds the key in the actor's document."""
        return self.actor(actor_id) + "#main-key"

    def object(self, object_id: str) -> str:
        return f"{self.base}/ap/objects/{object_id}"

    def thread(self, thread_id: str) -> str:
        return f"{self.base}/ap/threads/{thread_id}"

    def activity(self, activity_id: str) -> str:
        return f"{self.base}/ap/activities/{activity_id}"

    def quote(self, quote_id: str) -> str:
        return f"{self.base}/ap/quotes/{quote_id}"

    def parse(self, uri: str) -> Local | None:
        """Return what an address of ours names, or None. `uri` has the one form of `wire.uri`."""
        bare = uri.partition("#")[0]
        for base in (self.base, *self.former):
            if bare.startswith(base) and (match := _LOCAL.fullmatch(bare, len(base))):
                return Local(match[1], match[2], (match[3] or "").removeprefix("/"))
        return None


def permanent_id(*parts: str | int) -> str:
    """The id of something that has a name in the manifest: the same again in an empty database, and opaque."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest).decode("ascii").translate(_BASE32)[:ID_LENGTH]
