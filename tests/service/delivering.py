"""What delivery is tested on: a store with actors and followers, and a server that answers as it is told."""

import asyncio
import ipaddress
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from comments_service.federation import outbox
from comments_service.federation.delivery import Delivery
from comments_service.federation.keys import OwnKey, OwnKeys
from comments_service.federation.uris import Uris
from comments_service.ids import new_id
from comments_service.network import Client
from comments_service.store import actors as actor_rows
from comments_service.store import followers as follower_rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW, SITE

BASE = "https://plein.example"
OWN = "OWN0000000000000000000000A"
INTRANET = (ipaddress.ip_network("127.0.0.0/8"),)
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder without a disk, where there is one


class OneKey(OwnKeys):
    """All actors sign with one key: making and loading theirs takes long."""

    pair = rsa.generate_private_key(65537, 2048)
    pem = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    async def key(self, actor_id: str) -> OwnKey:
        return OwnKey(actor_id, self.pair, self.pem)


@dataclass
class Server:
    """Answers each POST to a path with the next status of its script, and with 202 when there is none left."""

    url: str = ""
    script: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    headers: dict[str, str] = field(default_factory=dict)  # of every answer
    got: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)  # path, headers, activity
    connections: int = 0
    hold: asyncio.Event = field(default_factory=asyncio.Event)  # paths with "slow" wait for it
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Server"]:
        listening = await asyncio.start_server(self.answer, "127.0.0.9", 0)
        self.url = "http://{}:{}".format(*listening.sockets[0].getsockname())
        yield self
        listening.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for requests until something is so."""
        while not condition():
            self.came.clear()
            async with asyncio.timeout(60):
                await self.came.wait()

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.got]

    def kinds(self, path: str) -> list[str]:
        return [activity["type"] for asked, _, activity in self.got if asked == path]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while line := await reader.readline():
            path, headers = line.decode().split(" ")[1], {}
            while (line := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                headers[name.strip().lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append((path, headers, json.loads(body)))
            self.came.set()
            if "slow" in path:
                await self.hold.wait()
            status = self.script[path].pop(0) if self.script[path] else 202
            more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n{more}\r\n".encode())
            await writer.drain()
        writer.close()


@dataclass
class Office:
    store: SqliteStore
    server: Server
    delivery: Delivery
    now: datetime = NOW

    async def queue(self, kind: str, told: object = "https://plein.example/ap/objects/x", **how: Any) -> None:
        """Queue an activity; every one has a moment of its own."""
        self.now += timedelta(milliseconds=1)
        activity = {"type": kind, "object": told, "to": ["https://www.w3.org/ns/activitystreams#Public"]}
        await self.store.write(outbox.queue, Uris(BASE), OWN, activity, now=self.now, **how)

    async def person(self, name: str, *, follows: bool = True, **fields: Any) -> Row:
        """Somebody of the server, with an inbox of their own unless `shared_inbox` is given."""
        return await self.store.write(self._person, name, follows, fields)

    def _person(self, tx: Transaction, name: str, follows: bool, fields: dict[str, Any]) -> Row:
        actor_id, uri = new_id(self.now), f"{self.server.url}/users/{name}"
        actor_rows.put(
            tx,
            **{
                "id": actor_id,
                "uri": uri,
                "server": self.server.url[7:],
                "kind": "Person",
                "name": name,
                "url": uri,
                "inbox": f"{uri}/inbox",
                "first_seen_at": self.now,
                "fetched_at": self.now,
                **fields,
            },
        )
        if follows:
            follower_rows.add(tx, OWN, actor_id, None, now=self.now)
        row = actor_rows.get(tx, actor_id)
        assert row is not None
        return row

    async def steps(self, most: int = 20) -> None:
        for _ in range(most):
            self.now += timedelta(milliseconds=1)
            if not await self.delivery.step():
                return
        raise AssertionError("it does not come to an end")

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in await self.store.read(lambda tx: tx.all(query))]


@contextmanager
def a_quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory: what a test with thousands of commits would wait for is the disk."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else otherwise) as folder:
        yield Path(folder)


@asynccontextmanager
async def an_office(folder: Path) -> AsyncIterator[Office]:
    """An actor of ours, nobody who follows it, and a server that waits for them."""
    store = await open_store(folder / "plein.db")
    client = Client(INTRANET)

    def clock() -> datetime:
        return office.now

    async with Server().serving() as server:
        office = Office(store, server, Delivery(store, SITE, OwnKeys(store, clock), client, clock))
        try:
            await store.write(add_own, OWN, "redactie")
            yield office
        finally:
            await client.close()
            await store.close()


def add_own(tx: Transaction, actor_id: str, handle: str, kind: str = "author", site_id: str = SITE) -> None:
    named = {"kind": kind, "subject": handle, "handle": handle}
    own_rows.add(tx, id=actor_id, site_id=site_id, **named, profile="{}", now=NOW)


def run(folder: Path, do: Callable[[Office], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async with an_office(folder) as office:
            await do(office)

    asyncio.run(all_of_it())
