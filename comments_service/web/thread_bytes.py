"""The public thread as prepared bytes: the whole answer to each URL, kept until the thread changes (`Replay`).

The front sends it again without parsing, routing or making headers, which is most of what such an answer costs.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from comments_service.model import Page
from comments_service.store.protocol import Clock

Thread = tuple[str, str]  # site id, page key
Moment = tuple[int, int]  # epoch of the pages, changes of the thread
Asked = tuple[str, str, bytes]  # site id; path and query of a URL as they came
SITE_FEED = "comments"  # stands for a page key: what is made of all threads of a site
LONGEST_QUERY = 8192  # a hundred pages of /counts fit
ENTRY_BYTES = 3000  # what a kept URL costs beside the body, rather too much than too little
# A shared cache may keep an answer for a moment; a browser asks with the ETag each time, because it may belong to
# somebody who wrote a moment ago.
PUBLIC = {"Cache-Control": "public, max-age=0, s-maxage=5"}


@dataclass(frozen=True)
class Prepared:
    body: bytes
    etag: str
    media_type: str = "application/json"


def prepare(body: bytes, media_type: str = "application/json") -> Prepared:
    return Prepared(body, f'"{sha256(body).hexdigest()[:24]}"', media_type)


class Keepable(NamedTuple):
    """What a handler says of an answer that may be sent again: of which thread, read when, and true until when."""

    prepared: Prepared
    thread: Thread
    moment: Moment
    until: datetime | None


@dataclass(frozen=True)
class Replay:
    """A whole answer to GET, as ASGI messages."""

    thread: Thread
    size: int
    etag: bytes
    until: datetime | None
    found: Message
    body: Message
    unchanged: Message  # the start of a 304

    def messages(self, scope: Scope) -> tuple[Message, Message]:
        """The start and the body that this request gets."""
        for name, value in scope["headers"]:
            if name == b"if-none-match" and is_known(value, self.etag):
                return self.unchanged, NOTHING
        return self.found, self.body


NOTHING: Message = {"type": "http.response.body", "body": b""}
# A 304 need not repeat what the kept answer says (RFC 9110, 15.4.5).
OF_A_BODY = {
    *(b"content-length", b"content-type", b"content-security-policy"),
    *(b"referrer-policy", b"x-content-type-options", b"x-frame-options"),
}


class ThreadBytes:
    """A bounded cache; what was not asked for longest goes first.

    What was read before a commit is never kept after it: who keeps names the moment that the thread had at the reading.
    """

    def __init__(self, most_bytes: int = 8 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._size = 0
        self._replays: OrderedDict[Asked, Replay] = OrderedDict()
        self._urls: defaultdict[Thread, set[Asked]] = defaultdict(set)
        self._pages: dict[tuple[str, str], Page] = {}
        self._changes: Counter[Thread] = Counter()
        self._epoch = 0
        self._lock = Lock()  # listeners are called on the writer's thread

    def moment(self, thread: Thread) -> Moment:
        """Which version of the thread a reading that starts now will see at least."""
        with self._lock:
            return self._epoch, self._changes[thread]

    @property
    def epoch(self) -> int:
        """Rises when the pages themselves may have changed."""
        return self._epoch

    def page(self, kind: str, slug: str) -> Page | None:
        return self._pages.get((kind, slug))

    def keep_page(self, kind: str, slug: str, page: Page, epoch: int) -> None:
        """Remember what this address leads to. Only known slugs come here, so the manifest bounds them."""
        with self._lock:
            if epoch == self._epoch:
                self._pages[kind, slug] = page

    def replay(self, asked: Asked, clock: Clock) -> Replay | None:
        """Return what was answered to the same URL, when nothing that it tells has changed."""
        with self._lock:
            found = self._replays.get(asked)
            if found is None:
                return None
            self._replays.move_to_end(asked)
        return found if found.until is None or clock() < found.until else None

    def keep_replay(self, asked: Asked, keepable: Keepable, headers: list[tuple[bytes, bytes]]) -> None:
        prepared, thread, moment, until = keepable
        with self._lock:
            if moment != (self._epoch, self._changes[thread]) or len(asked[2]) > LONGEST_QUERY:
                return
            self._drop(asked)
            fewer = [(name, value) for name, value in headers if name not in OF_A_BODY]
            self._replays[asked] = kept = Replay(
                thread=thread,
                size=ENTRY_BYTES + len(asked[2]) + len(prepared.body),
                etag=prepared.etag.encode(),
                until=until,
                found={"type": "http.response.start", "status": 200, "headers": headers},
                body={"type": "http.response.body", "body": prepared.body},
                unchanged={"type": "http.response.start", "status": 304, "headers": fewer},
            )
            self._urls[thread].add(asked)
            self._size += kept.size
            while self._size > self._most_bytes:
                self._drop(next(iter(self._replays)))

    def forget(self, threads: Iterable[Thread]) -> None:
        """Drop everything about these threads. The store calls it after COMMIT, before the writer's answer."""
        with self._lock:
            for thread in {place for site_id, key in threads for place in ((site_id, key), (site_id, SITE_FEED))}:
                self._changes[thread] += 1
                for asked in tuple(self._urls.get(thread, ())):
                    self._drop(asked)

    def forget_all(self) -> None:
        with self._lock:
            self._epoch += 1
            self._size = 0
            for kept in (self._replays, self._urls, self._pages):
                kept.clear()

    def _drop(self, asked: Asked) -> None:
        if (gone := self._replays.pop(asked, None)) is not None:
            self._size -= gone.size
            self._urls[gone.thread].remove(asked)


def is_known(if_none_match: bytes, etag: bytes) -> bool:
    """Tell whether one of the tags is the reader's own (RFC 9110, 13.1.2); the comparison is weak."""
    if if_none_match == etag:
        return True
    known = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return etag in known or b"*" in known


def answer(request: Request, prepared: Prepared, headers: Mapping[str, str] = PUBLIC) -> Response:
    """Return the bytes, or 304 when the reader has them."""
    headers = {"ETag": prepared.etag, **headers}
    known = request.headers.get("if-none-match")
    if known is not None and is_known(known.encode("latin-1"), prepared.etag.encode()):
        return Response(status_code=304, headers=headers)
    return Response(prepared.body, headers=headers, media_type=prepared.media_type)


def keep(
    request: Request,
    body: bytes,
    thread: Thread,
    moment: Moment,
    until: datetime | None = None,
    media_type: str = "application/json",
) -> Response:
    """As `answer`; and the front may say it again to whoever asks the same, until the thread changes."""
    prepared = prepare(body, media_type)
    request.scope["plein.keepable"] = Keepable(prepared, thread, moment, until)
    return answer(request, prepared)
