"""How many signed activities one process takes in, and what forged ones cost it beside good ones.

Every request is signed beforehand. The senders are known, so their keys are warm; the worker that says what activities
mean runs in the same process, as it does everywhere.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from comments_service.federation import signatures
from tests.benchmarks.load import Asking, Job, Seen, seen_of
from tests.benchmarks.peers import HOT, TEXTS, Server, ours, settings_file
from tests.benchmarks.service_parts import Row, milliseconds, per_second, port_of
from tests.peers.recording import ACTIVITY, Json, Peer
from tests.service.running import free_port, wait_until

PEOPLE = 20
REQUESTS = 4000  # of each kind
CONNECTIONS = 32
TARGET = 500
Sign = Callable[..., dict[str, str]]


class Sending(Asking):
    """A connection that sends what is left, one request after the other."""

    def __init__(self, left: Iterator[bytes], job: Job, expected: bytes) -> None:
        super().__init__(job, 0, float("inf"))
        self._left, self._expected = left, expected

    def _ask(self) -> None:
        request = next(self._left, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._transport.write(request)


async def send(requests: list[bytes], port: int, expected: bytes) -> Seen:
    loop, started, left = asyncio.get_running_loop(), time.perf_counter(), iter(requests)
    job = Job("plein", port)
    sending = [Sending(left, job, expected) for _ in range(CONNECTIONS)]
    for each in sending:
        await loop.create_connection(lambda: each, "127.0.0.1", port)  # noqa: B023 - called at once
    await asyncio.gather(*(each.done for each in sending))
    times = [seconds for each in sending for seconds in each.times]
    return seen_of(time.perf_counter() - started, times, sum(each.wrong for each in sending))


def inbox(folder: Path, _full: bool) -> list[Row]:
    settings = settings_file(folder, free_port())
    with settings.open("a", encoding="utf-8") as file:
        file.write('[federation]\nintranet = ["127.0.0.0/8"]\nhold_first = false\nhold_per_minute = 0\n')
    with Peer("127.0.0.4").serving() as peer, ours(settings) as server:
        people = [peer.person(f"a{number}") for number in range(PEOPLE)]
        post = f"{server.url}/{HOT}/"
        for person in people:  # so that their keys are known
            assert peer.create(f"{server.url}/ap/inbox", note(peer, person, post, 0)) == 202, peer.said

        def requests(kind: str, sign: Sign, *, forged: bool = False) -> list[bytes]:
            return [
                request(peer, server, made(peer, kind, number), sign, is_forged=forged) for number in range(REQUESTS)
            ]

        def made(peer: Peer, kind: str, number: int) -> Json:
            person = people[number % PEOPLE]
            told = note(peer, person, post, number) if kind == "Create" else post
            return peer.activity(person, kind, told)

        cavage, newer = signatures.sign_cavage, signatures.sign_rfc9421
        rows, costs = [], {}
        for name, kind, sign in (
            ("likes, draft-cavage-12", "Like", cavage),
            ("answers, draft-cavage-12", "Create", cavage),
            ("answers, RFC 9421", "Create", newer),
        ):
            seen, costs[name], handled = measured(server, requests(kind, sign), b"HTTP/1.1 202", folder / "plein.db")
            rows.append(Row(name, f"{per_second(seen.rate)}, p99 {milliseconds(seen.p99)}", target=f">= {TARGET}/s"))
            rows.append(Row(f"{name}, until the last one shows", per_second(handled)))
        for name, like, sign in (
            ("a wrong signature, draft-cavage-12", "answers, draft-cavage-12", cavage),
            ("a wrong signature, RFC 9421", "answers, RFC 9421", newer),
        ):
            forged = requests("Create", sign, forged=True)
            seen, cost, _ = measured(server, forged, b"HTTP/1.1 401", folder / "plein.db")
            told = f"{per_second(seen.rate)}, {milliseconds(cost)} of processor each"
            rows.append(Row(name, told, f"{cost / costs[like]:.2f} of a good one with its meaning", "<= 1"))
    return rows


def measured(server: Server, requests: list[bytes], expected: bytes, database: Path) -> tuple[Seen, float, float]:
    """Return what was seen, seconds of processor for each request, and how many were done with in a second."""
    before, begun = server.processor_seconds(), time.perf_counter()
    seen = uvloop.run(send(requests, port_of(server), expected))
    if seen.wrong:
        raise RuntimeError(f"{seen.wrong} requests were not answered as they should")
    with closing(sqlite3.connect(database)) as reading:
        wait_until(lambda: not reading.execute("SELECT 1 FROM arrival LIMIT 1").fetchone(), 300)
    cost = (server.processor_seconds() - before) / len(requests)
    return seen, cost, len(requests) / (time.perf_counter() - begun)


def note(peer: Peer, person: str, post: str, number: int) -> Json:
    return peer.note(person, TEXTS[number % len(TEXTS)]["text"], post)


def request(peer: Peer, server: Server, activity: Json, sign: Sign, *, is_forged: bool) -> bytes:
    uri, body = activity["actor"], json.dumps(activity).encode()
    key_id, now = f"{uri}#main-key", datetime.now(UTC)
    headers = sign(peer.keys[uri], key_id, "POST", f"{server.url}/ap/inbox", body, now=now)
    if is_forged:  # well formed, over another key id
        other = sign(peer.keys[uri], f"{uri}#other", "POST", f"{server.url}/ap/elsewhere", body, now=now)
        headers["Signature"] = other["Signature"].replace("#other", "#main-key")
    lines = {**headers, "Content-Type": ACTIVITY, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /ap/inbox HTTP/1.1\r\n{head}\r\n".encode() + body
