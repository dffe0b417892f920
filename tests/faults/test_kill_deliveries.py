"""kill -9 of the worker in mid-delivery, 50 times or KILLS: no recorded 2xx is repeated, and nothing is lost."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from comments_service.federation import outbox
from comments_service.federation.delivery import LEASE
from comments_service.federation.uris import Uris
from comments_service.store.sqlite import open_store
from tests.service.builders import NOW
from tests.service.delivering import BASE, OWN, a_quick_folder, add_own
from tests.service.running import wait_until

pytestmark = pytest.mark.fault

KILLS = int(os.environ.get("KILLS", "50"))
BETWEEN = 12  # requests before the worker dies
ACTIVITIES = 10
Delivered = tuple[str, str]  # id of the activity, inbox


@dataclass
class Town:
    """Many servers at one address. What is asked again after it was recorded is noted."""

    url: str = ""
    got: list[Delivered] = field(default_factory=list)
    recorded: set[Delivered] = field(default_factory=set)
    repeated: list[Delivered] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                (length,) = re.findall(r"(?i)\r\ncontent-length: (\d+)", head)
                activity = json.loads(await reader.readexactly(int(length)))
                one = activity["id"].rpartition("/")[2], self.url + head.split(" ")[1]
                self.got.append(one)
                if one in self.recorded:
                    self.repeated.append(one)
                self.came.set()
                writer.write(b"HTTP/1.1 202 Yes\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def until(self, total: int) -> None:
        while len(self.got) < total:
            self.came.clear()
            async with asyncio.timeout(60):
                await self.came.wait()


async def fill(path: Path, town: Town) -> None:
    store = await open_store(path)
    await store.write(add_own, OWN, "redactie")
    inboxes = [f"{town.url}/{number}" for number in range(KILLS * BETWEEN // ACTIVITIES + 1)]
    for number in range(ACTIVITIES):
        told = {"type": "Create", "object": f"{BASE}/ap/objects/{number}", "to": []}
        await store.write(outbox.queue, Uris(BASE), OWN, told, inboxes=inboxes, now=NOW)
    await store.close()
    with closing(sqlite3.connect(path)) as database, database:  # each on a server of its own
        database.execute("UPDATE delivery SET server = inbox")


def rows(path: Path, sql: str) -> list[Delivered]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def test_a_2xx_outlives_every_kill_9_and_nothing_is_lost(tmp_path: Path) -> None:
    town = Town()

    async def play(path: Path) -> None:
        listening = await asyncio.start_server(town.answer, "127.0.0.11", 0)
        port: int = listening.sockets[0].getsockname()[1]
        town.url = f"http://127.0.0.11:{port}"
        await fill(path, town)
        wanted = set(rows(path, "SELECT activity_id, inbox FROM delivery"))
        pipe = asyncio.subprocess.PIPE
        words = [sys.executable, "-m", "tests.faults.posting", str(path)]
        parent = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
        assert parent.stdin
        assert parent.stdout
        for life in range(KILLS + 1):
            parent.stdin.write(f"{(LEASE.total_seconds() + 1) * life}\n".encode())
            child = int(await parent.stdout.readline())
            if life < KILLS:
                await town.until(len(town.got) + BETWEEN)
            else:
                await asyncio.to_thread(wait_until, lambda: not rows(path, "SELECT activity_id, inbox FROM delivery"))
            os.kill(child, signal.SIGKILL)
            assert os.WTERMSIG(int(await parent.stdout.readline())) == signal.SIGKILL  # it did not die before
            town.recorded = set(rows(path, "SELECT activity_id, inbox FROM delivered"))
        parent.stdin.close()
        await parent.wait()
        listening.close()
        assert town.repeated == []
        assert set(town.got) == town.recorded == wanted
        assert len(town.got) > len(wanted)  # some died between an answer and its record

    with a_quick_folder(tmp_path) as folder:
        asyncio.run(play(folder / "plein.db"))
