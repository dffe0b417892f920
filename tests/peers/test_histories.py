"""Random histories of a site, 500 or HISTORIES: whatever happens to it, a follower's timeline is the site in the end.

Pages are written, edited, renamed, withdrawn, given back, kept for members and off the fediverse; manifests are stale
or half; the database is replaced by an old backup or by nothing. The service works in this process; what it sends goes
over HTTP to a server that keeps what Mastodon would keep.
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comments_service import announcements, network
from comments_service.federation import actors, signatures
from comments_service.federation.delivery import Delivery
from comments_service.federation.house import House
from comments_service.federation.outgoing import Outgoing
from comments_service.federation.signatures import Signed
from comments_service.federation.uris import Uris
from comments_service.network import Client
from comments_service.pages import Asked, Intake
from comments_service.settings import ServiceSettings, Settings, SiteSettings
from comments_service.store import actors as actor_rows
from comments_service.store import followers as follower_rows
from comments_service.store import objects as object_rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text
from comments_service.store.sqlite import SqliteStore, open_store
from tests.peers.recording import Json, Peer
from tests.service.builders import SITE, SITE_URL, manifest_json, page_json
from tests.service.delivering import INTRANET, OneKey, a_quick_folder

HISTORIES = int(os.environ.get("HISTORIES", "500"))
STEPS = 12
GROUP = "groups/buurt"
NOW = datetime.now(UTC).replace(microsecond=0)
PLAINLY = Asked()
MIES = "MIES0000000000000000000000"


@dataclass
class Post:
    """What its author made of it. `told` is the text that servers must have; a small correction is not told."""

    slug: str
    date: datetime
    text: int = 0
    told: int = 0
    was: list[str] = field(default_factory=list)
    is_public: bool = True
    federates: bool = True
    is_minor: bool = False
    is_news: bool = True


@dataclass
class Town:
    """A peer over HTTP that answers at once, or not at all for a while."""

    peer: Peer
    now: datetime = NOW
    refuses: int = 0  # so many requests
    connections: set["asyncio.Task[None] | None"] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
                body = await reader.readexactly(int(headers["content-length"]))
                self.refuses -= 1
                if self.refuses < 0:
                    self.take(head[0].split(" ")[1], headers, body)
                status = "503 Later" if self.refuses >= 0 else "202 Yes"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()
        with contextlib.suppress(ConnectionError):  # who waited too long went away
            await writer.wait_closed()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        activity = json.loads(body)
        signatures.verify(Signed("POST", self.peer.url + path, headers, body), OneKey.pem, now=self.now)
        self.peer.receive(activity)


@dataclass
class History:
    """One site, from its first manifest on."""

    folder: Path
    town: Town
    client: Client
    luck: random.Random
    store: SqliteStore
    now: datetime = NOW
    serial: int = 1
    posts: list[Post] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    backup: int = 0

    @property
    def settings(self) -> Settings:
        service = ServiceSettings(database=self.folder / "plein.db", manifest=str(self.folder / "plein.json"))
        return Settings(site=SiteSettings(id=SITE, name="Plein", url=SITE_URL), service=service)

    # what happens

    async def write_one(self) -> None:
        name = f"p{len(self.posts)}"
        self.posts.append(Post(name, self.now - timedelta(minutes=1)))
        await self.publish()

    async def edit(self) -> None:
        post = self.some()
        post.text += 1
        post.is_minor = False
        if await self.publish():
            post.told = post.text

    async def correct(self) -> None:
        post = self.some()
        post.text += 1
        post.is_minor = True
        await self.publish()

    async def rename(self) -> None:
        post = self.some()
        post.was.append(post.slug)
        post.slug = f"{post.slug.partition('-')[0]}-{len(post.was)}"
        await self.publish()

    async def withdraw(self) -> None:
        post = self.some()
        post.is_public = False
        await self.publish(Asked(withdraw=(f"blogs/{(post.was or [post.slug])[0]}",)))

    async def keep_for_members(self) -> None:
        self.some().is_public = False
        await self.publish()

    async def give_back(self) -> None:
        for post in self.posts:
            if not post.is_public and self.luck.random() < 0.7:
                post.is_public = True
        await self.publish()

    async def keep_off(self) -> None:
        post = self.some()
        post.federates = not post.federates
        await self.publish()

    async def build_again(self) -> None:
        await self.publish()

    async def read_a_stale_one(self) -> None:
        self.write_manifest(self.serial - 1, self.posts[: len(self.posts) // 2])
        assert (await self.take_in()).refused in ("older", None)
        self.write_manifest(self.serial, self.posts)

    async def read_half(self) -> None:
        self.write_manifest(self.serial + 1, [])
        intake = await self.take_in()
        assert intake.refused == "loses-pages" or len(self.live()) <= 3
        if intake.refused is None:  # so few that it may be meant: and it comes back
            self.serial += 1
        await self.publish()

    async def fail_for_a_while(self) -> None:
        self.town.refuses = self.luck.randrange(1, 6)
        await self.edit()

    async def back_up(self) -> None:
        await self.store.close()
        shutil.copyfile(self.folder / "plein.db", self.folder / "backup.db")
        self.backup = 1
        await self.open()

    async def restore(self) -> None:
        if self.backup:
            await self.store.close()
            shutil.copyfile(self.folder / "backup.db", self.folder / "plein.db")
            await self.open()
            await self.look_at_the_difference()

    async def empty(self) -> None:
        await self.store.close()
        shutil.copyfile(self.folder / "empty.db", self.folder / "plein.db")
        await self.open()
        await self.look_at_the_difference()

    async def look_at_the_difference(self) -> None:
        """Nothing is sent after a restore, but to who asks, until somebody confirms."""
        before = len(self.town.peer.inbox)
        intake = await self.take_in()
        await self.follow()
        await self.work()
        if intake.waits:
            assert len(self.town.peer.inbox) == before
        if self.luck.random() < 0.5:
            await self.take_in(Asked(confirm=True))
            await self.work()

    # how

    def some(self) -> Post:
        return self.luck.choice(self.posts)

    def live(self) -> list[Post]:
        return [post for post in self.posts if post.is_public]

    async def publish(self, asked: Asked = PLAINLY) -> bool:
        self.serial += 1
        self.write_manifest(self.serial, self.posts)
        intake = await self.take_in(asked)
        if intake.refused == "loses-pages":
            intake = await self.take_in(Asked(force=True))
        assert intake.refused is None, intake
        if self.luck.random() < 0.7:
            await self.work()
        return True

    def write_manifest(self, serial: int, posts: list[Post]) -> None:
        entries = {GROUP: page_json(GROUP)}
        for post in posts:
            if post.is_public:
                page = page_json(f"blogs/{post.slug}", title=post_title(post), text=str(post.text))
                page |= {"date": post.date.isoformat(), "group": GROUP, "was": post.was, "authors": ["redactie"]}
                entries[f"blogs/{post.slug}"] = {**page, "federate": post.federates, "minor": post.is_minor}
        manifest = manifest_json(serial, entries)
        manifest["people"] = {"redactie": {"name": {"nl": "Redactie"}, "text": {}, "url": {}}}
        manifest["groups"] = {"buurt": {"page": GROUP, "name": {"nl": "Buurt"}, "text": {}, "owners": ["redactie"]}}
        (self.folder / "plein.json").write_text(json.dumps(manifest), "utf-8")

    async def take_in(self, asked: Asked = PLAINLY) -> Intake:
        self.now += timedelta(seconds=1)
        intake = await announcements.announce(self.store, self.settings, asked, now=self.now, after=actors.take_in)
        for url in await self.store.read(object_rows.missing_bodies, SITE):
            await self.store.write(object_rows.keep_body, url, f"<p>{url}</p>", "now")
        return intake

    async def work(self) -> None:
        self.town.now = self.now
        while await self.outgoing.step():
            pass
        while await self.delivery.step():
            pass

    async def open(self) -> None:
        self.store = await open_store(self.folder / "plein.db")
        self.start()

    def start(self) -> None:
        """New workers, as after a restart."""
        uris = Uris(SITE_URL)
        keys = OneKey(self.store, lambda: self.now)
        self.outgoing = Outgoing(self.store, House(uris, SITE_URL), keys, SITE, lambda: self.now)
        self.delivery = Delivery(self.store, SITE, keys, self.client, lambda: self.now)

    async def follow(self) -> None:
        await self.store.write(_follow, self.town.peer)

    def check(self) -> None:
        """The timeline holds each post that was news and is public, with the text that was told last; nothing else."""
        peer = self.town.peer
        expected = {post.slug.partition("-")[0]: post for post in self.live() if post.is_news and post.federates}
        shown: dict[str, Json] = {}
        for status in peer.statuses.values():
            shown.setdefault(str(status["name"]).partition(" ")[0], status)
        assert len(shown) == len(peer.statuses)
        assert set(shown) == set(expected), (sorted(shown), sorted(expected))
        for name, post in expected.items():
            number = int(str(shown[name]["content"]).rpartition("-nl-")[2].partition(".")[0])
            assert number in (post.told, post.text)
        boosted = sorted(uri for _, uri in peer.boosts)
        assert boosted == sorted([*peer.statuses, *peer.statuses])  # by the group and by the site


OPERATIONS = [
    History.write_one,
    History.write_one,
    History.edit,
    History.edit,
    History.correct,
    History.rename,
    History.withdraw,
    History.keep_for_members,
    History.give_back,
    History.keep_off,
    History.build_again,
    History.read_a_stale_one,
    History.read_half,
    History.fail_for_a_while,
    History.back_up,
    History.restore,
    History.empty,
]


def post_title(post: Post) -> str:
    return f"{post.slug.partition('-')[0]} titel"


def _follow(tx: Transaction, peer: Peer) -> None:
    if actor_rows.get(tx, MIES) is None:
        person = {"uri": f"{peer.url}/mies", "server": peer.host, "kind": "Person", "name": "mies", "url": peer.url}
        actor_rows.put(tx, id=MIES, inbox=f"{peer.url}/inbox", first_seen_at=NOW, fetched_at=NOW, **person)
    for row in own_rows.of_site(tx, SITE, ("site", "group", "author")):
        follower_rows.add(tx, text(row, "id"), MIES, None, now=NOW)
        peer.following.add(f"{SITE_URL}/ap/actors/{text(row, 'id')}")


async def play(seed: int, folder: Path, empty: Path) -> None:
    luck, client = random.Random(seed), Client(INTRANET)
    shutil.copyfile(empty, folder / "empty.db")
    shutil.copyfile(empty, folder / "plein.db")
    town = Town(Peer())
    listening = await asyncio.start_server(town.answer, "127.0.0.7", 0)
    port: int = listening.sockets[0].getsockname()[1]
    town.peer.url = f"http://127.0.0.7:{port}"
    history = History(folder, town, client, luck, await open_store(folder / "plein.db"))
    history.start()
    try:
        history.posts = [Post(f"oud{number}", NOW - timedelta(days=2), is_news=False) for number in range(2)]
        history.write_manifest(1, history.posts)
        await history.take_in()
        await history.follow()
        for _ in range(STEPS):
            happens = luck.choice(OPERATIONS)
            history.done.append(happens.__name__)
            await happens(history)
        for asked in (Asked(), Asked(), Asked(confirm=True)):
            await history.publish(asked)
        for _ in range(4):  # until all that failed was tried again
            town.refuses = 0
            history.now += timedelta(hours=3)
            await history.work()
        history.check()
    except AssertionError as error:
        raise AssertionError(f"history {seed}: {history.done}") from error
    finally:
        await history.store.close()
        await client.close()
        listening.close()
        await asyncio.gather(*filter(None, town.connections))


def test_in_the_end_a_timeline_is_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a history lives by its own clock: how busy the machine is must not make a server rest
    monkeypatch.setattr(network, "SECONDS", 600.0)

    async def some_of_them(seeds: Iterator[int], empty: Path) -> None:
        for seed in seeds:
            with tempfile.TemporaryDirectory(dir=empty.parent) as folder:
                await play(seed, Path(folder), empty)

    async def all_of_them(empty: Path) -> None:
        await (await open_store(empty)).close()
        seeds = iter(range(HISTORIES))
        await asyncio.gather(*(some_of_them(seeds, empty) for _ in range(8)))

    with a_quick_folder(tmp_path) as place:
        asyncio.run(all_of_them(place / "empty.db"))
