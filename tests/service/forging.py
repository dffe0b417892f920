"""A site with two other servers, for forgeries: every address that anything connects to is noted."""

import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from comments_service import app
from comments_service.federation import rooms
from comments_service.federation.rooms import Federation
from comments_service.settings import FederationSettings, Settings
from comments_service.store.sqlite import open_store
from tests.peers.recording import Json, Peer
from tests.service.running import serving, some_settings, wait_until


@dataclass
class Scene:
    url: str
    database: Path
    peer: Peer  # mies and eve live here
    victim: Peer  # and vera here
    mies: str
    eve: str
    vera: str
    settings: Settings
    reached: list[str] = field(default_factory=list)  # addresses that anything here connected to

    @property
    def inbox(self) -> str:
        return f"{self.url}/ap/inbox"

    @property
    def post(self) -> str:
        return f"{self.url}/blogs/drempels/"

    @property
    def allowed(self) -> set[str]:
        """Ours, and those of the peers: the only addresses that may be reached."""
        return {"127.0.0.2", "127.0.0.4", "127.0.0.5"}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.database) as database:
            return database.execute(query, values).fetchall()

    def counts(self) -> list[int]:
        tables = ("arrival", "comment", "reaction", "follower", "fate")
        return [self.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]  # noqa: S608

    def fate(self, uri: object) -> str:
        """The reason that was kept, or "shown"; waits until everything that came was looked at."""
        wait_until(lambda: self.rows("SELECT count(*) FROM arrival") == [(0,)])
        found = self.rows("SELECT fate, reason FROM fate WHERE uri = ?", str(uri))
        return "" if not found else str(found[0][1]).partition(":")[0] or str(found[0][0])

    def shown(self) -> list[str]:
        wait_until(lambda: self.rows("SELECT count(*) FROM arrival") == [(0,)])
        return [html for (html,) in self.rows("SELECT html FROM public_comment WHERE state = 'shown'")]

    def create(self, note: Json | None = None, **changes: Any) -> int:
        return self.peer.create(self.inbox, note or self.note(), **changes)

    def note(self, **fields: object) -> Json:
        return self.peer.note(self.mies, "Vals.", self.post, **fields)

    def look(self, later: timedelta, do: Callable[[Federation], Awaitable[object]] | None = None) -> None:
        """Let another process of the site look at what is due by then, or do something else."""

        async def run() -> None:
            store = await open_store(self.database)
            federation = await rooms.open_federation(self.settings, store, lambda: datetime.now(UTC) + later)
            try:
                await (do(federation) if do else federation.checks.step())
            finally:
                await federation.client.close()
                await store.close()

        asyncio.run(run())

    def send(self, activity: Json, **changes: Any) -> int:
        return self.peer.send(self.inbox, activity, **changes)


@contextmanager
def a_scene(folder: Path) -> Iterator[Scene]:
    listening = socket.socket()
    listening.bind(("127.0.0.2", 0))
    url = f"http://127.0.0.2:{listening.getsockname()[1]}"
    peers = ["127.0.0.4/32", "127.0.0.5/32"]
    federation = FederationSettings.model_validate({"intranet": peers, "hold_first": False, "hold_per_minute": 0})
    settings = some_settings(folder, site=url, federation=federation)
    reached: list[str] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        reached.append(str(address[0]))
        connect(self, address)

    with (
        pytest.MonkeyPatch.context() as patch,
        Peer("127.0.0.4").serving() as peer,
        Peer("127.0.0.5").serving() as victim,
    ):
        patch.setattr(socket.socket, "connect", noted)
        people = [peer.person("mies"), peer.person("eve"), victim.person("vera")]
        victim.keys |= peer.keys
        peer.keys |= victim.keys
        with serving(app.create(settings), listening):
            yield Scene(url, folder / "plein.db", peer, victim, people[0], people[1], people[2], settings, reached)
