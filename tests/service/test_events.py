"""Event streams against a real process: what they tell, and that a stop waits for answers, not for listeners."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2
import pytest
from starlette.types import Message

from comments_service.store.protocol import Store
from comments_service.web.events import TOLD_TOGETHER, Events, Stream
from tests.service.running import OWN_PAGE, a_manifest, free_port, link_token, wait_until

THREAD = "/api/v1/threads/blogs/drempels"


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    client: httpx2.Client
    settings: Path
    url: str

    def post(self, text: str) -> dict[str, object]:
        headers = OWN_PAGE | {"Idempotency-Key": os.urandom(8).hex()}
        answer = self.client.post(f"{THREAD}/comments", json={"text": text, "name": "Anna"}, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made

    def log_in(self) -> None:
        self.client.post("/api/v1/log-in-links", json={"email": "anna@example.org"}).raise_for_status()
        wait_until(lambda: bool(self.client.get("/dev/mail.json").json()))
        token = link_token(self.client.get("/dev/mail.json").json()[-1]["text"])
        self.client.post("/log-in/link", data={"token": token}, headers=OWN_PAGE)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    (tmp_path / "plein.json").write_bytes(a_manifest(url))
    settings = tmp_path / "plein.toml"
    settings.write_text(
        f'limits = "off"\n[site]\nid = "plein"\nname = "Plein"\nurl = "{url}"\n[service]\ndatabase = "plein.db"\n'
        f'keys_dir = "."\nmanifest = "plein.json"\ndevelopment = true\npoll_seconds = 0\n',
        "utf-8",
    )
    command = [sys.executable, "-m", "comments_service", "--settings", str(settings), "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with httpx2.Client(base_url=url, trust_env=False, timeout=60) as client:
        try:
            wait_until(lambda: is_there(client))
            yield Running(process, client, settings, url)
        finally:
            process.kill()
            process.wait()


def is_there(client: httpx2.Client) -> bool:
    try:
        return client.get(THREAD).status_code == 200
    except httpx2.TransportError:
        return False


class Listener:
    """A reader of a stream on a thread of its own."""

    def __init__(self, url: str) -> None:
        self.events: queue.Queue[dict[str, int] | None] = queue.Queue()
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._listen, args=(url,))
        self._thread.start()

    def _listen(self, url: str) -> None:
        try:
            with (
                httpx2.Client(trust_env=False, timeout=60) as client,
                client.stream("GET", f"{url}{THREAD}/events") as answer,
            ):
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert answer.headers["cache-control"] == "no-store"
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        self.events.put(json.loads(line.removeprefix("data: ")))
        except Exception as error:
            self.failure = error
        self.events.put(None)

    def next(self) -> dict[str, int] | None:
        return self.events.get(timeout=60)

    def ended(self) -> bool:
        self._thread.join(60)
        return not self._thread.is_alive()


def test_a_stream_tells_at_once_after_a_comment_and_after_another_process_wrote(running: Running) -> None:
    running.log_in()
    listener = Listener(running.url)
    first = listener.next()
    assert first is not None
    assert first["comments"] == 0
    made = running.post("Dag")
    assert listener.next() == {"version": made["version"], "comments": 1}
    command = [sys.executable, "-m", "comments_service", "--settings", str(running.settings), "hide", str(made["id"])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = listener.next()
    assert after is not None
    assert after["comments"] == 0
    running.process.send_signal(signal.SIGTERM)
    assert listener.ended()


def test_a_stop_ends_streams_first_and_loses_no_comment(running: Running) -> None:
    running.log_in()
    listeners = [Listener(running.url) for _ in range(20)]
    for listener in listeners:
        assert listener.next() is not None
    written: list[dict[str, object]] = []
    cut: list[Exception] = []

    def write() -> None:
        try:
            for number in range(10_000):
                written.append(running.post(f"Reactie {number}"))
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            cut.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(written) > 20)
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(60)  # uvicorn alone would wait ten seconds, and then cut the streams off
    writer.join(60)
    assert all(listener.ended() and listener.failure is None for listener in listeners)
    assert cut, "the service refused no connection after its stop"
    command = [sys.executable, "-c", READ, str(running.settings.parent / "plein.db")]
    stored = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {str(comment["id"]) for comment in written} <= set(stored)


READ = "import sqlite3, sys; [print(row[0]) for row in sqlite3.connect(sys.argv[1]).execute('SELECT id FROM comment')]"


def test_a_stream_has_headers_to_ask_for_and_only_of_pages_that_exist(running: Running) -> None:
    head = running.client.head(f"{THREAD}/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["x-accel-buffering"] == "no"
    assert head.headers["api-version"]
    assert head.headers["access-control-allow-origin"] == "*"
    assert running.client.get("/api/v1/threads/blogs/nergens/events").status_code == 404


def test_readers_are_answered_between_the_streams_that_are_told() -> None:
    ended, steps = 0, []

    async def send(message: Message) -> None:
        nonlocal ended
        ended += message.get("more_body") is False

    class Quiet:
        async def read(self, *_: object) -> bytes:
            return b""

    async def follow_and_stop() -> None:
        events = Events(cast("Store", Quiet()))
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        streams = [Stream(events, ("plein", "blogs/drempels"), "network") for _ in range(2 * TOLD_TOGETHER + 1)]
        following = [asyncio.ensure_future(stream({"method": "GET"}, receive, send)) for stream in streams]
        await asyncio.sleep(0)
        events.close()
        while ended < len(streams):
            before = ended
            await asyncio.sleep(0)  # here others have their turn
            steps.append(ended - before)
        gone.set()
        await asyncio.gather(*following)

    asyncio.run(follow_and_stop())
    assert max(steps) <= TOLD_TOGETHER
