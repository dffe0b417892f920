"""Event streams at the edges: a change or a stop while one opens, many that open at once, lines that are full."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.types import Message

from comments_service.errors import TooMany, Unavailable
from comments_service.model import Page
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from comments_service.web import events as room
from comments_service.web.events import Events
from tests.service.builders import a_comment, a_page, an_account

Place = tuple[str, str]
GET = {"type": "http", "method": "GET"}


class Line:
    """A reader's end of a stream."""

    def __init__(self, *, is_full: bool = False) -> None:
        self.bodies: list[bytes] = []
        self.is_open = True
        self._is_full = is_full
        self._gone = asyncio.Event()
        self._news = asyncio.Event()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            if self._is_full and self.bodies:
                await asyncio.Event().wait()
            self.bodies.append(message["body"])
            self.is_open = message.get("more_body", False)
            if not self.is_open:
                self._gone.set()
            self._news.set()

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def hears(self, text: bytes) -> None:
        """Wait until something was told."""
        async with asyncio.timeout(30):
            while not any(text in body for body in self.bodies):
                self._news.clear()
                await self._news.wait()

    def leave(self) -> None:
        self._gone.set()


def with_events(path: Path, work: Callable[[SqliteStore, Events, Page], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await open_store(path / "plein.db")
        events = Events(store)
        store.on_commit(events.changed)
        telling = asyncio.create_task(events.run())
        try:
            await work(store, events, await store.write(lambda tx: a_page(tx)))
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            await store.close()

    asyncio.run(run())


def comment_on(tx: Transaction, page: Page) -> None:
    a_comment(tx, page, an_account(tx))


async def follow(events: Events, page: Page, line: Line, network: str = "here") -> None:
    await (await events.open(page, network))(GET, line.receive, line.send)


def test_a_change_while_a_stream_opens_is_told(tmp_path: Path) -> None:
    async def work(store: SqliteStore, events: Events, page: Page) -> None:
        line = Line()
        stream = await events.open(page, "here")
        await store.write(comment_on, page)
        listening = asyncio.create_task(stream(GET, line.receive, line.send))
        await line.hears(b'"comments":1')
        line.leave()
        await listening

    with_events(tmp_path, work)


def test_many_that_open_at_once_are_no_more_than_a_network_may_have(tmp_path: Path) -> None:
    async def work(store: SqliteStore, _: Events, page: Page) -> None:
        events = Events(store, most_per_network=5)
        lines = [Line() for _ in range(20)]
        opening = [asyncio.create_task(follow(events, page, line)) for line in lines]
        await asyncio.gather(*(line.hears(b"data") for line in lines[:5]))
        refused, waiting = await asyncio.wait(opening[5:], timeout=30)
        assert not waiting
        assert [type(one.exception()) for one in refused] == [TooMany] * 15
        for line in lines:
            line.leave()
        await asyncio.gather(*opening, return_exceptions=True)
        line = Line()
        listening = asyncio.create_task(follow(events, page, line))
        await line.hears(b"data")  # there is room again
        line.leave()
        await listening

    with_events(tmp_path, work)


def test_a_stream_that_opens_while_the_service_stops_does_not_hold_it(tmp_path: Path) -> None:
    async def work(_: SqliteStore, events: Events, page: Page) -> None:
        stream = await events.open(page, "here")
        events.close()
        line = Line()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(stream(GET, line.receive, line.send), 10)

    with_events(tmp_path, work)


def test_a_reader_whose_line_is_full_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.05)

    async def work(store: SqliteStore, events: Events, page: Page) -> None:
        full, other = Line(is_full=True), Line()
        letting_go = asyncio.create_task(follow(events, page, full))
        listening = asyncio.create_task(follow(events, page, other))
        await asyncio.gather(full.hears(b"data"), other.hears(b"data"))
        await store.write(comment_on, page)
        await other.hears(b'"comments":1')
        await asyncio.wait_for(letting_go, 10)  # the server closes a line whose answer ends before it is whole
        other.leave()
        await listening

    with_events(tmp_path, work)


def test_a_quiet_thread_is_kept_alive_beside_one_that_changes_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BEAT_SECONDS", 0.3)

    async def work(store: SqliteStore, events: Events, page: Page) -> None:
        quiet = await store.write(lambda tx: a_page(tx, "blogs/stil", site_id="other"))
        here, there = Line(), Line()
        listening = [asyncio.create_task(follow(events, page, here)), asyncio.create_task(follow(events, quiet, there))]
        read = store.read

        async def read_while_it_changes(query: Callable[[Transaction, Place], bytes], thread: Place) -> bytes:
            found = await read(query, thread)
            events.changed([(page.site_id, str(page.key))])
            await asyncio.sleep(0)
            return found

        monkeypatch.setattr(store, "read", read_while_it_changes)
        await asyncio.gather(here.hears(b"data"), there.hears(b"data"))
        events.changed([(page.site_id, str(page.key))])
        await there.hears(room.BEAT)
        for line in (here, there):
            line.leave()
        await asyncio.gather(*listening)

    with_events(tmp_path, work)
