"""The load: a process of its own, `python -m tests.benchmarks.load`, that reads a Job as JSON and writes what it saw.

Reads are loaded by wrk, which is quicker than any server here; see `wrk`.
"""

import asyncio
import json
import random
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, cast
from urllib.parse import quote

import uvloop

from tests.benchmarks.peers import HOT, PAGES, ROOT, TEXTS, allow_many_files


@dataclass(frozen=True)
class Job:
    kind: Literal["plein", "isso", "mixed", "streams"]
    port: int
    connections: int = 64
    seconds: float = 10
    tokens: Sequence[str] = ()  # sessions; a connection writes as one account


@dataclass(frozen=True)
class Seen:
    """Seconds of the requests; of streams the seconds from the comment until each stream told of it."""

    seconds: float
    count: int
    median: float
    p99: float
    most: float
    wrong: int

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def seen_of(seconds: float, times: list[float], wrong: int) -> Seen:
    ordered = sorted(times) or [seconds]
    p99 = ordered[int(len(ordered) * 0.99)]
    return Seen(seconds, len(times), statistics.median(ordered), p99, ordered[-1], wrong)


def begin(job: Job) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdin is not None
    child.stdin.write(json.dumps(asdict(job)) + "\n")
    child.stdin.flush()
    return child


def end(child: "subprocess.Popen[str]", *, may_fail: bool = False) -> Seen:
    """What the load saw. Raises RuntimeError when the load failed or the server answered wrongly."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if child.wait() != 0 or not line:
        raise RuntimeError("the load failed")
    seen = Seen(**json.loads(line))
    if seen.wrong and not may_fail:
        raise RuntimeError(f"{seen.wrong} requests were not answered as they should")
    return seen


def wrk(url: str, *, seconds: float, connections: int = 32, headers: Sequence[str] = ()) -> float:
    """Return the requests that were answered per second."""
    if shutil.which("wrk") is None:
        raise RuntimeError("this needs wrk (Debian: apt-get install wrk)")
    words = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "--timeout=10s",
        *(f"-H{header}" for header in headers),
        url,
    ]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    if "Non-2xx or 3xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found, told
    return float(found[1])


BODIES = [json.dumps(text).encode() for text in TEXTS]


def request_of(job: Job, number: int, chance: random.Random) -> tuple[bytes, bytes]:
    """Return a request and how its answer must start."""
    which = chance.randrange(len(TEXTS))
    page = f"blogs/bericht-{chance.randrange(PAGES)}"
    kind = job.kind
    if kind == "mixed":
        if chance.random() > 0.1:
            return _reading(page, chance), b"HTTP/1.1 200"
        kind = "plein"
    if kind == "plein":
        path, body = f"/api/v1/threads/{page}/comments", BODIES[which]
        extra = (
            f"Cookie: plein-session={job.tokens[number % len(job.tokens)]}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Idempotency-Key: {secrets.token_hex(12)}\r\n"  # never one of an earlier round: that stores nothing
        )
    else:
        path, extra = f"/new?uri={quote(f'/{page}/', safe='')}", ""
        body = json.dumps({"text": TEXTS[which]["text"], "author": f"Anna {number}", "title": page}).encode()
    return _post(path, body, extra), b"HTTP/1.1 201"


def _post(path: str, body: bytes, extra: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}Content-Type: application/json\r\nContent-Length: "
    return head.encode() + f"{len(body)}\r\n\r\n".encode() + body


def _reading(page: str, chance: random.Random) -> bytes:
    order, limit = chance.choice(("oldest", "newest", "best")), chance.choice((10, 25, 50))
    counted = "&".join(f"page=blogs/bericht-{chance.randrange(PAGES)}" for _ in range(10))
    path = chance.choice(
        (
            f"/api/v1/threads/{page}?order={order}&limit={limit}",
            f"/api/v1/threads/{page}?order={order}&limit={limit}&visit={chance.getrandbits(32)}",  # no kept address
            f"/threads/{page}",
            f"/threads/{page}/atom.xml",
            f"/api/v1/counts?{counted}",
        )
    )
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """Return the head of the answer; its body is read and dropped."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    await reader.readexactly(int(length[1]) if length else 0)
    return head


class Asking(asyncio.Protocol):
    """A connection that asks anew as soon as it is answered; lighter than streams, for the servers share our cores."""

    def __init__(self, job: Job, number: int, until: float) -> None:
        self.times: list[float] = []
        self.wrong = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._job, self._number, self._until = job, number, until
        self._chance = random.Random(number)
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._ask()

    def _ask(self) -> None:
        request, self._expected = request_of(self._job, self._number, self._chance)
        self._begun = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", self._answer[:end])
        if end < 0 or len(self._answer) < end + 4 + (int(length[1]) if length else 0):
            return
        now = time.perf_counter()
        if self._answer.startswith(self._expected):
            self.times.append(now - self._begun)
        else:
            self.wrong += 1
        self._answer = b""
        if now < self._until:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server hung up"))


async def requests(job: Job) -> Seen:
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    asking = [Asking(job, number, started + job.seconds) for number in range(job.connections)]
    for each in asking:
        await loop.create_connection(lambda: each, "127.0.0.1", job.port)  # noqa: B023 - called at once
    await asyncio.gather(*(each.done for each in asking))
    times = [seconds for each in asking for seconds in each.times]
    return seen_of(time.perf_counter() - started, times, sum(each.wrong for each in asking))


class Listening(asyncio.Protocol):
    """A stream that notes when it hears a number of events."""

    def __init__(self, heard: "asyncio.Queue[float]") -> None:
        self._heard = heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(
            f"GET /api/v1/threads/{HOT}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if b"data: {" in data:
            self._heard.put_nowait(time.perf_counter())


async def streams(job: Job) -> Seen:
    """Open the streams, say "open", wait for a line, then write one comment and see when each stream tells of it."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[float] = asyncio.Queue()
    opened = []
    for number in range(job.connections):
        opened.append(await loop.create_connection(lambda: Listening(heard), "127.0.0.1", job.port))
        if number % 100 == 0:  # no faster than the server takes them
            await asyncio.sleep(0)
    for _ in range(job.connections):
        await asyncio.wait_for(heard.get(), 60)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    cookie = (
        f"Cookie: plein-session={job.tokens[0]}\r\nSec-Fetch-Site: same-origin\r\nIdempotency-Key: {time.time()}\r\n"
    )
    head = await ask(reader, writer, _post(f"/api/v1/threads/{HOT}/comments", BODIES[0], cookie))
    begun = time.perf_counter()
    times = [await asyncio.wait_for(heard.get(), 60) - begun for _ in range(job.connections)]
    writer.close()
    return seen_of(max(times), times, not head.startswith(b"HTTP/1.1 201"))


def main() -> None:
    allow_many_files()
    job = Job(**json.loads(sys.stdin.readline()))
    seen = uvloop.run(streams(job) if job.kind == "streams" else requests(job))
    sys.stdout.write(json.dumps(asdict(seen)) + "\n")


if __name__ == "__main__":
    main()
