"""The parts of `inv bench service`: each starts what it needs and returns rows of a table."""

import json
import statistics
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import filling, stages
from tests.benchmarks.load import Job, Seen, begin, end, wrk
from tests.benchmarks.peers import BIG, HOT, TEXTS, Server, bare, get, isso, ours, settings_file
from tests.service.running import free_port

CONNECTIONS = 64
ROUNDS = 3
SECONDS = 4.0
STREAMS = 10_000
TURNS_BESIDE = 7  # more than a minute: at least two heartbeats fall into it


@dataclass(frozen=True)
class Row:
    what: str
    measured: str
    ratio: str = ""
    target: str = ""


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def thread_url(server: Server, page: str = HOT, order: str = "newest") -> str:
    return f"{server.url}/api/v1/threads/{page}?order={order}&limit=50"


def etag_of(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return f"If-None-Match: {answer.headers['ETag']}"


def per_second(value: float) -> str:
    return f"{value:,.0f}/s"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def megabytes(size: float) -> str:
    return f"{size / 1_000_000:.0f} MB"


def reads(folder: Path, _full: bool) -> list[Row]:
    """In turns, so that a busy machine slows each of them; the middle of the ratios counts."""
    settings = settings_file(folder, free_port())
    filling.fill(settings)
    rates: dict[str, list[float]] = {"bare": [], "ours": [], "unchanged": [], "isso 1": [], "isso 4": []}
    with ExitStack() as running:
        server = running.enter_context(ours(settings))
        url = thread_url(server)
        body = get(url)
        least = running.enter_context(bare(url, folder))
        for _ in range(ROUNDS):
            rates["bare"].append(wrk(least.url, seconds=SECONDS))
            rates["ours"].append(wrk(url, seconds=SECONDS))
            rates["unchanged"].append(wrk(url, seconds=SECONDS, headers=[etag_of(url)]))
    for workers in (1, 4):
        with isso(folder, workers) as peer:
            for text in TEXTS[:50]:
                _write_to_isso(peer, text["text"])
            rates[f"isso {workers}"].append(wrk(f"{peer.url}/?uri=/hot/", seconds=SECONDS))
    middle = {name: statistics.median(found) for name, found in rates.items()}

    def beside(name: str, other: str) -> str:
        return f"{statistics.median(a / b for a, b in zip(rates[name], rates[other], strict=True)):.2f}"

    size = f"{len(body) / 1000:.0f} kB"
    return [
        Row(f"bare route, the same {size} and headers", per_second(middle["bare"]), "1"),
        Row(f"thread of 50 comments, {size}", per_second(middle["ours"]), beside("ours", "bare"), "≥ 0.9"),
        Row("the same with a matching ETag", per_second(middle["unchanged"]), beside("unchanged", "bare"), "≥ 1.1"),
        *(
            Row(f"Isso 0.14, {workers} worker(s): 50 comments", f"{middle[f'isso {workers}']:.0f}/s",
                f"we read {middle['ours'] / middle[f'isso {workers}']:,.0f} times as many")
            for workers in (1, 4)
        ),
    ]  # fmt: skip


def _write_to_isso(peer: Server, text: str) -> None:

    body = json.dumps({"text": text, "author": "Anna", "title": "hot"}).encode()
    asked = urllib.request.Request(f"{peer.url}/new?uri=/hot/", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked).close()


def writes(folder: Path, _full: bool) -> list[Row]:
    settings = settings_file(folder, free_port())
    tokens = filling.fill(settings, people=CONNECTIONS)
    alone: list[Seen] = []
    peers: dict[int, list[Seen]] = {1: [], 4: []}
    with ExitStack() as running:
        server = running.enter_context(ours(settings))
        others = {workers: running.enter_context(isso(folder, workers)) for workers in peers}
        for _ in range(ROUNDS):
            alone.append(end(begin(Job("plein", port_of(server), CONNECTIONS, SECONDS * 2, tokens))))
            for workers, peer in others.items():
                peers[workers].append(end(begin(Job("isso", port_of(peer), CONNECTIONS, SECONDS * 2)), may_fail=True))
        load = begin(Job("plein", port_of(server), CONNECTIONS, SECONDS * 2, tokens))
        read = wrk(thread_url(server), seconds=SECONDS, connections=8)
        beside = end(load)
    middle = sorted(alone, key=lambda seen: seen.rate)[ROUNDS // 2]
    rows = [
        Row(f"durable comments, {CONNECTIONS} connections", per_second(middle.rate), "1"),
        Row("the same: median, p99", _times(middle), f"p99 is {middle.p99 / middle.median:.1f} times", "≤ 4"),
        Row(
            f"beside {read:,.0f} reads/s: {beside.rate:,.0f}/s; median, p99",
            _times(beside),
            f"p99 is {beside.p99 / beside.median:.1f} times",
            "≤ 4",
        ),
    ]
    for workers, target in ((1, 15), (4, 8)):
        peer_seen = sorted(peers[workers], key=lambda seen: seen.rate)[ROUNDS // 2]
        ratio = statistics.median(a.rate / b.rate for a, b in zip(alone, peers[workers], strict=True))
        failed = sum(seen.wrong for seen in peers[workers])
        what = f"Isso 0.14, {workers} worker(s), {failed} comments failed; median, p99 {_times(peer_seen)}"
        rows.append(Row(what, per_second(peer_seen.rate), f"we store {ratio:.1f} times as many", f"≥ {target}"))
    return rows


def _times(seen: Seen) -> str:
    return f"{milliseconds(seen.median)}, {milliseconds(seen.p99)}"


def where_time_goes(folder: Path, _full: bool) -> list[Row]:
    """One comment at a time through each stage, in this process: processor time, and the wait for the disk."""
    settings = settings_file(folder, free_port())
    tokens = filling.fill(settings)
    found = stages.measure(settings)
    with ours(settings) as server:
        before = server.processor_seconds()
        seen = end(begin(Job("plein", port_of(server), CONNECTIONS, SECONDS * 2, tokens)))
        whole = (server.processor_seconds() - before) / seen.count
    rest = whole - sum(found.values())
    return [
        Row("processor time of one comment, all of it", f"{whole * 1e6:.0f} µs", "100 %"),
        *(Row(name, f"{used * 1e6:.0f} µs", f"{used / whole:.0%}") for name, used in found.items()),
        Row("HTTP, routing, JSON, handing over between threads", f"{rest * 1e6:.0f} µs", f"{rest / whole:.0%}"),
        Row("one COMMIT, which waiting comments share: the disk", milliseconds(stages.commit_seconds(settings))),
    ]


def big_thread(folder: Path, _full: bool) -> list[Row]:
    count = 100_000
    settings = settings_file(folder, free_port())
    filling.fill(settings, big=count)
    rows = []
    for order in ("newest", "best"):
        warm = stages.page_seconds(settings, (HOT, BIG), order)
        cold = [[_first_answer(settings, page, order) for page in (HOT, BIG)] for _ in range(7)]
        for name, found, target in (("warm, made anew", warm, "≤ 1.1"), ("first after a restart", cold, "≤ 1.5")):
            small, large = (statistics.median(seconds) for seconds in zip(*found, strict=True))
            ratio = statistics.median(large / small for small, large in found)
            what = f"first page of {count:,} comments, {order}, {name} (of 50: {milliseconds(small)})"
            rows.append(Row(what, milliseconds(large), f"{ratio:.2f}", target))
    return rows


def _first_answer(settings: Path, page: str, order: str) -> float:
    with ours(settings) as server:
        get(f"{server.url}/api/v1/threads/blogs/bericht-1")  # what any first request waits for
        started = time.perf_counter()
        get(thread_url(server, page, order))
        return time.perf_counter() - started


def counts(folder: Path, _full: bool) -> list[Row]:
    settings = settings_file(folder, free_port())
    filling.fill(settings, many=2000)
    with ours(settings) as server:
        urls = [
            f"{server.url}/api/v1/counts?" + "&".join(f"page=blogs/bericht-{number}" for number in range(pages))
            for pages in (1, 100)
        ]
        found = [[wrk(url, seconds=SECONDS / 2) for url in urls] for _ in range(ROUNDS)]
        anew = [stages.counts_seconds(settings, pages) for pages in (1, 100)]
    one, hundred = (statistics.median(rates) for rates in zip(*found, strict=True))
    ratio = statistics.median(a / b for a, b in found)
    return [
        Row("counts of 1 page in a request", per_second(one), "1"),
        Row("counts of 100 pages in a request", per_second(hundred), f"takes {ratio:.2f} times", "≤ 2"),
        Row(f"100 pages, read anew after a change (1 page: {milliseconds(anew[0])})", milliseconds(anew[1])),
    ]


def memory(folder: Path, full: bool) -> list[Row]:
    count, seconds = (1_000_000, 600.0) if full else (50_000, 30.0)
    settings = settings_file(folder, free_port())
    tokens = filling.fill(settings, many=count)
    with ours(settings) as server:
        start = server.memory()
        seen = end(begin(Job("mixed", port_of(server), CONNECTIONS, seconds, tokens)))
        after, most = server.memory(), server.memory("VmHWM")
    return [
        Row(f"memory at start, {count:,} comments in the database", megabytes(start)),
        Row(
            f"after {seconds:.0f} s of load ({seen.rate:,.0f} requests/s, one in ten a comment)",
            megabytes(after),
            f"at most {megabytes(most)}",
            "≤ 120 MB",
        ),
    ]


def streams(folder: Path, _full: bool) -> list[Row]:
    """Beside a second server without streams, in turns: the machine is not as quick in one minute as in the next."""
    one, other = (settings_file(Path(tempfile.mkdtemp(dir=folder)), free_port()) for _ in range(2))
    filling.fill(other)
    tokens = filling.fill(one)
    with ExitStack() as running:
        followed, quiet = (running.enter_context(ours(settings)) for settings in (one, other))
        for server in (followed, quiet):
            wrk(thread_url(server), seconds=SECONDS / 4)  # what any first request waits for
        lean = followed.memory()
        load = begin(Job("streams", port_of(followed), STREAMS, 0, tokens))
        assert load.stdout is not None
        assert load.stdin is not None
        if load.stdout.readline() != "open\n":
            raise RuntimeError("the streams could not be opened; is `ulimit -n` high enough?")
        used = followed.memory() - lean
        found = [
            [wrk(thread_url(server), seconds=SECONDS) for server in (followed, quiet)] for _ in range(TURNS_BESIDE)
        ]
        load.stdin.write("go\n")
        load.stdin.flush()
        seen = end(load)
    slower = 1 - statistics.median(beside / alone for beside, alone in found)
    rate = statistics.median(beside for beside, _ in found)
    return [
        Row(f"memory of {STREAMS:,} open streams", megabytes(used), f"{used / STREAMS / 1000:.1f} kB each", "≤ 250 MB"),
        Row(f"one event to all of them (median {seen.median:.2f} s)", f"{seen.most:.2f} s", "", "< 1 s"),
        Row("hot reads beside them", per_second(rate), f"{slower:.0%} slower than without", "≤ 10 %"),
    ]
