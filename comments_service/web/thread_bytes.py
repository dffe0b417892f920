"""The public thread as prepared bytes: one body and ETag per question, kept until the thread changes."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from comments_service.model import Page

Thread = tuple[str, str]  # site id, page key
SITE_FEED = "comments"  # stands for a page key: what is made of all threads of a site
# A shared cache may keep an answer for a moment; a browser asks with the ETag each time, because it may belong to
# somebody who wrote a moment ago.
PUBLIC = "public, max-age=0, s-maxage=5"


@dataclass(frozen=True)
class Prepared:
    body: bytes
    etag: str
    media_type: str = "application/json"


def prepare(body: bytes, media_type: str = "application/json") -> Prepared:
    return Prepared(body, f'"{sha256(body).hexdigest()[:24]}"', media_type)


class ThreadBytes:
    """A bounded cache, the least asked thread goes first.

    What was read before a commit is never kept after it: `keep` wants the moment that the thread had at the reading.
    """

    def __init__(self, most_bytes: int = 32 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._size = 0
        self._kept: OrderedDict[Thread, dict[str, Prepared]] = OrderedDict()
        self._pages: dict[tuple[str, str], Page] = {}
        self._changes: Counter[Thread] = Counter()
        self._epoch = 0
        self._lock = Lock()  # listeners are called on the writer's thread

    def moment(self, thread: Thread) -> tuple[int, int]:
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

    def find(self, thread: Thread, question: str) -> Prepared | None:
        with self._lock:
            answers = self._kept.get(thread)
            if answers is None:
                return None
            self._kept.move_to_end(thread)
            return answers.get(question)

    def keep(self, thread: Thread, question: str, prepared: Prepared, moment: tuple[int, int]) -> None:
        with self._lock:
            if moment != (self._epoch, self._changes[thread]):
                return
            answers = self._kept.setdefault(thread, {})
            if question in answers:
                return
            answers[question] = prepared
            self._size += len(prepared.body)
            while self._size > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def forget(self, threads: Iterable[Thread]) -> None:
        """Drop everything about these threads. The store calls it after COMMIT, before the writer's answer."""
        with self._lock:
            for thread in {place for site_id, key in threads for place in ((site_id, key), (site_id, SITE_FEED))}:
                self._changes[thread] += 1
                self._drop(thread)

    def forget_all(self) -> None:
        with self._lock:
            self._epoch += 1
            self._size = 0
            self._kept.clear()
            self._pages.clear()

    def _drop(self, thread: Thread) -> None:
        self._size -= sum(len(prepared.body) for prepared in self._kept.pop(thread, {}).values())


def answer(request: Request, prepared: Prepared, cache_control: str = PUBLIC) -> Response:
    """Return the bytes, or 304 when the reader has them (RFC 9110, 13.1.2)."""
    headers = {"ETag": prepared.etag, "Cache-Control": cache_control}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if prepared.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(prepared.body, headers=headers, media_type=prepared.media_type)
