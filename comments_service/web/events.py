"""Server-sent events of a thread: its version and number of comments, at once and after every change. Nothing private.

Format: WHATWG HTML, 9.2 (text/event-stream). A stream costs one waiting coroutine, no task
or timer of its own.
"""

import asyncio
import json
import logging
import signal
from collections import Counter
from collections.abc import Iterable
from functools import partial
from types import FrameType

from starlette.types import Message, Receive, Scope, Send

from comments_service.errors import NotFound, TooMany, Unavailable
from comments_service.model import Page
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Store, Transaction
from comments_service.store.rows import number
from comments_service.web.thread_bytes import Thread

GATHER_SECONDS = 0.1  # changes that come together are told together
BEAT_SECONDS = 25  # proxies close what is silent for a minute; a reader who is gone is noticed by then
PATIENCE_SECONDS = 5  # for a reader whose line is full; then the stream ends, and the browser comes back
RETRY_MILLISECONDS = 5000
TOLD_TOGETHER = 200  # streams; whoever asks for a page in the meantime is answered between these
MOST_STREAMS = 20_000
MOST_PER_NETWORK = 500  # an office shares one address
BEAT = b": \n\n"

log = logging.getLogger(__name__)


class Stream:
    """One reader who listens: an answer that ends when the reader goes or reads no more, or the service stops."""

    def __init__(self, events: "Events", thread: Thread, network: str) -> None:
        self.thread = thread
        self.network = network
        self._events = events
        self._send: Send | None = None
        self._answering: asyncio.Task[object] | None = None
        self._is_cut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body"})
            return
        self._events.add(self)  # before anything is read, so that no change comes in between
        self._answering = asyncio.current_task()
        try:
            await send(start)
            self._send = send
            await self.tell(await self._events.first(self.thread))
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self._is_cut:
                raise
        finally:
            self._events.drop(self)

    async def tell(self, text: bytes, *, is_last: bool = False) -> None:
        if self._send is not None:
            await self._send({"type": "http.response.body", "body": text, "more_body": not is_last})
            if is_last:
                self._send = None  # the waiting coroutine hears of the end from the server

    def cut(self) -> None:
        """Leave the answer unfinished, and the server closes the line: the reader takes nothing any more."""
        self._is_cut = True
        if self._answering is not None:
            self._answering.cancel()


class Events:
    """All open streams of a service, by thread."""

    def __init__(self, store: Store, *, most_per_network: int | None = MOST_PER_NETWORK) -> None:
        self._store = store
        self._most_per_network = most_per_network
        self._streams: dict[Thread, dict[Stream, None]] = {}
        self._networks: Counter[str] = Counter()
        self._count = 0
        self._changed: set[Thread] = set()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._is_closing = False

    async def open(self, page: Page, network: str) -> Stream:
        """Return an answer that follows a thread. It raises what `add` does."""
        return Stream(self, (page.site_id, str(page.key)), network)

    async def first(self, thread: Thread) -> bytes:
        """What a new stream tells first."""
        return f"retry: {RETRY_MILLISECONDS}\n".encode() + await self._store.read(_event, thread)

    def add(self, stream: Stream) -> None:
        """Raises Unavailable while the service stops, TooMany."""
        if self._is_closing or self._count >= MOST_STREAMS:
            raise Unavailable("no more streams")
        if self._most_per_network is not None and self._networks[stream.network] >= self._most_per_network:
            raise TooMany(60)
        self._streams.setdefault(stream.thread, {})[stream] = None
        self._networks[stream.network] += 1
        self._count += 1

    def drop(self, stream: Stream) -> None:
        there = self._streams.get(stream.thread, {})
        if stream not in there:
            return
        del there[stream]
        if not there:
            del self._streams[stream.thread]
        self._count -= 1
        self._networks[stream.network] -= 1
        if not self._networks[stream.network]:
            del self._networks[stream.network]

    def changed(self, threads: Iterable[Thread]) -> None:
        """Tell who follows these threads, soon. The store calls it on the writer's thread, after COMMIT."""
        followed = [thread for thread in threads if thread in self._streams]
        if followed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, followed)

    def all_changed(self) -> None:
        """Another process wrote, nobody knows what."""
        self._note(list(self._streams))

    def _note(self, threads: Iterable[Thread]) -> None:
        self._changed.update(threads)
        self._wake.set()

    async def run(self) -> None:
        """Tell changes, and keep silent lines alive, until cancelled."""
        next_beat = self._loop.time() + BEAT_SECONDS
        while True:
            if self._loop.time() >= next_beat:
                next_beat = self._loop.time() + BEAT_SECONDS
                await self._tell([stream for there in self._streams.values() for stream in there], BEAT)
            try:
                async with asyncio.timeout(max(0.0, next_beat - self._loop.time())):  # as in jobs.py
                    await self._wake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            changed, self._changed = self._changed, set()
            for thread in changed & self._streams.keys():
                try:
                    text = await self._store.read(_event, thread)
                except NotFound:  # the page is gone; who comes back is told so
                    await self._tell(list(self._streams.get(thread, {})), b"", is_last=True)
                except Exception:  # the store cannot be read now: readers still have what they had
                    log.exception("a change could not be told")
                else:
                    await self._tell(list(self._streams.get(thread, {})), text)

    async def _tell(self, streams: list[Stream], text: bytes, *, is_last: bool = False) -> None:
        sending = {}
        for told, stream in enumerate(streams, 1):
            sending[asyncio.ensure_future(stream.tell(text, is_last=is_last))] = stream
            if told % TOLD_TOGETHER == 0:
                await asyncio.sleep(0)
        if not sending:
            return
        done, slow = await asyncio.wait(sending, timeout=PATIENCE_SECONDS)
        for task in slow:
            task.cancel()
        for task in (*slow, *(task for task in done if task.exception() is not None)):
            self.drop(sending[task])
            sending[task].cut()

    def close(self) -> None:
        """End every stream, and open no more: a stopping server waits for answers that are not whole yet."""
        self._is_closing = True
        streams = [stream for there in self._streams.values() for stream in there]
        self._closing = asyncio.ensure_future(self._tell(streams, b"", is_last=True))

    def close_on_signals(self) -> None:
        """Close when the server is told to stop, before it begins to wait for open answers.

        uvicorn waits for those before the lifespan's end, so that end would come too late. What was set for the signal
        is called next.
        """

        def stop(before: object, received: int, frame: FrameType | None) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self.close)
            if callable(before):
                before(received, frame)

        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, partial(stop, signal.getsignal(which)))


def _event(tx: Transaction, thread: Thread) -> bytes:
    row = thread_rows.get(tx, *thread)
    if row is None:
        raise NotFound("page", thread[1])
    data = {"version": number(row, "version"), "comments": number(row, "comment_count")}
    return b"event: thread\ndata: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"
