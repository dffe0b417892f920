"""How fast posts leave for followers on 1,000 servers, beside how fast one core signs; what readers notice meanwhile.

A process of its own sends, as a site with many followers would have it.

The servers are one process on the same machine that reads each request whole and takes it at once, over plain HTTP: it
costs a sixth of what ours does. Their names are addresses, so that nothing is looked up.
"""

import http.client
import json
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from comments_service.federation import signatures
from comments_service.store.protocol import utc_text
from tests.benchmarks.peers import TEXTS, Server, running
from tests.benchmarks.service_parts import Row, megabytes, milliseconds, per_second
from tests.peers.plein import Plein, site
from tests.service.running import free_port, wait_until

SERVERS = 1_000
FOLLOWERS = (1_000, 10_000)
POSTS = 4  # one after the other, each to every server
SECONDS = 300
TARGET, READS_TARGET = 0.5, 1.3


def fanout(folder: Path, _full: bool) -> list[Row]:
    port = free_port()
    words = [sys.executable, "-m", "tests.benchmarks.sinks", str(port)]
    own = site(folder / "site", extra="deliver_here = false\n")
    with running(words, f"http://127.0.0.1:{port}", "/") as sinks:
        own.start()
        words = ["-m", "comments_service", "--settings", str(own.folder / "plein.toml"), "deliver"]
        sender = Server("", subprocess.Popen([sys.executable, *words]))
        try:
            own.post("warm", "Warm", "Warm")
            rates: list[float] = []
            memories: list[int] = []
            for number, total in enumerate(FOLLOWERS):
                follow(own, port, FOLLOWERS[number - 1] if number else 0, total)
                idle = read_while(own, lambda: time.sleep(3))
                busy = read_while(own, partial(send, own, sinks, total, rates))
                memories.append(sender.memory("VmHWM"))
        finally:
            sender.process.terminate()
            assert sender.process.wait(20) == 0
            own.stop()
    signed = signing_rate()
    slower = statistics.median(busy) / statistics.median(idle)
    return [
        Row("RSA-2048 signatures of one core, through the library", per_second(signed)),
        *(
            Row(
                f"{total:,} followers on {SERVERS:,} servers",
                per_second(rate),
                f"{rate / signed:.2f} of signing",
                f">= {TARGET}",
            )
            for total, rate in zip(FOLLOWERS, rates, strict=True)
        ),
        Row("the most memory, 1,000 followers, then 10,000", " / ".join(map(megabytes, memories)), "", "flat"),
        Row(
            "a read, idle / meanwhile (median)",
            f"{milliseconds(statistics.median(idle))} / {milliseconds(statistics.median(busy))}",
            f"{slower:.2f}",
            f"<= {READS_TARGET}",
        ),
    ]


def signing_rate(seconds: float = 3) -> float:
    """How many requests one core signs in a second, digest and all."""
    key, body, url = (
        rsa.generate_private_key(65537, 2048),
        TEXTS[0]["text"].encode() * 5,
        "https://social.example/inbox",
    )
    begun, count = time.process_time(), 0
    while time.process_time() < begun + seconds:
        signatures.sign_cavage(key, "https://plein.example/a#main-key", "POST", url, body, now=datetime.now(UTC))
        count += 1
    return count / (time.process_time() - begun)


def follow(own: Plein, port: int, first: int, last: int) -> None:
    """Let people follow the author, spread over the servers, each of which has a shared inbox."""
    now = utc_text(datetime.now(UTC))
    author = own.actor("redactie").rpartition("/")[2]
    with closing(sqlite3.connect(own.folder / "plein.db")) as database, database:
        for number in range(first, last):
            server = f"127.1.{number % SERVERS // 250}.{number % SERVERS % 250 + 1}:{port}"
            uri, actor_id = f"http://{server}/users/{number}", f"A{number:025}"
            person = (actor_id, uri, server, uri, f"{uri}/inbox", f"http://{server}/inbox", now, now)
            database.execute(
                "INSERT INTO actor (id, uri, server, kind, name, url, inbox, shared_inbox, first_seen_at, fetched_at) "
                "VALUES (?, ?, ?, 'Person', 'somebody', ?, ?, ?, ?, ?)",
                person,
            )
            database.execute("INSERT INTO follower VALUES (?, ?, NULL, ?)", (author, actor_id, now))


def send(own: Plein, sinks: Server, total: int, rates: list[float]) -> None:
    """Publish posts at once; add deliveries in a second, from the first that came to the last."""
    urllib.request.urlopen(sinks.url).close()  # forget what came before
    for number in range(POSTS):
        own.put(f"post-{total}-{number}", f"Post {number}", TEXTS[number]["text"] * 3)
    own.announce()
    came: list[float] = []

    def is_done() -> bool:
        with urllib.request.urlopen(f"{sinks.url}/count") as answer:
            came[:] = json.load(answer)
        return came[0] >= POSTS * SERVERS

    wait_until(is_done, SECONDS)
    rates.append(came[0] / (came[2] - came[1]))


def read_while(own: Plein, work: Callable[[], None]) -> list[float]:
    """Seconds of reads of a thread, one after the other with a breath between, while something is done."""
    times: list[float] = []
    is_over = threading.Event()

    def read() -> None:
        address, _, port = own.host.rpartition(":")
        connection = http.client.HTTPConnection(address, int(port))
        while not is_over.wait(0.005):
            begun = time.perf_counter()
            connection.request("GET", "/api/v1/threads/groups/buurt?limit=50")
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        work()
    finally:
        is_over.set()
        reader.join()
    return times
