"""The stages of a request one by one, in this process: what each costs without a server around it."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comments_service import comments, pages, settings, shapes, threads
from comments_service.comments import IdempotencyKey, Posting
from comments_service.login import sessions
from comments_service.model import Page
from comments_service.store import accounts as account_rows
from comments_service.store import sqlite
from comments_service.store.protocol import Transaction
from tests.benchmarks.filling import SITE
from tests.benchmarks.peers import TEXTS
from tests.service.builders import post

RUNS = 1000
TOGETHER = 50  # comments that share a COMMIT, when 64 people write
TURNS = 100


def measure(path: Path) -> dict[str, float]:
    """Return seconds of processor time per comment, by stage."""
    with a_transaction(path) as tx:
        return _stages(tx)


def _stages(tx: Transaction) -> dict[str, float]:
    people = [account_rows.by_email(tx, f"person-{number}@example.org") for number in range(TOGETHER)]
    accounts = [account for account in people if account is not None]
    account = accounts[1]
    page = pages.find(tx, SITE, "blogs", "bericht-1")
    token = sessions.start(tx, SITE, account.id, timedelta(days=90), now=datetime.now(UTC))
    drafts = [comments.prepare(text["text"], text["lang"], None) for text in TEXTS]
    made = post(tx, account, page, drafts[0], None, now=datetime.now(UTC))
    now = datetime.now(UTC)

    def prepare(number: int) -> None:
        text = TEXTS[number % len(TEXTS)]
        comments.prepare(text["text"], text["lang"], None)

    def store(number: int) -> None:
        key, draft = IdempotencyKey(f"key-{number}", f"hash-{number}"), drafts[number % len(drafts)]
        comments.post(tx, [Posting(one, page, draft, key, now + timedelta(seconds=number)) for one in accounts])

    return {
        "Markdown, links and the sanitiser": _used(prepare),
        "the rule and its SQL": _used(store, RUNS // TOGETHER) / TOGETHER,
        "looking up the session": _used(lambda _: sessions.find(tx, SITE, token, now=now)),
        "the answer as JSON": _used(lambda _: shapes.encode(shapes.comment(made, ""))),
    }


def _used(stage: Callable[[int], object], runs: int = RUNS) -> float:
    started = time.thread_time()
    for number in range(runs):
        stage(number)
    return (time.thread_time() - started) / runs


@contextmanager
def a_transaction(path: Path) -> Iterator[Transaction]:
    """A transaction of its own that nobody commits."""
    connection = sqlite.connect(settings.load(path).service.database)
    connection.execute("BEGIN")
    try:
        yield sqlite.SqliteTransaction(connection)
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def page_seconds(path: Path, names: Sequence[str], order: str) -> list[list[float]]:
    """Return how long it takes, in turns, to make the first page of threads as JSON, with the database warm."""
    with a_transaction(path) as tx:
        found = [pages.find(tx, SITE, *name.split("/")) for name in names]
        return [[_seconds(lambda: _first_page(tx, page, order)) for page in found] for _ in range(TURNS)]  # noqa: B023


def _first_page(tx: Transaction, page: Page, order: str) -> bytes:
    return shapes.encode(shapes.thread(threads.read_page(tx, page, order=order, limit=50), ""))


def counts_seconds(path: Path, count: int) -> float:
    names = [f"blogs/bericht-{number}" for number in range(count)]
    with a_transaction(path) as tx:
        return statistics.median(_seconds(lambda: threads.counts(tx, SITE, names)) for _ in range(TURNS))


def commit_seconds(path: Path) -> float:
    """Return how long one COMMIT of one comment's size takes; the disk is most of it."""
    connection = sqlite.connect(path.parent / "commits.db")
    connection.execute("CREATE TABLE line (text TEXT)")

    def commit() -> None:
        connection.execute("INSERT INTO line VALUES (hex(randomblob(500)))")  # outside a transaction: committed at once

    try:
        return statistics.median(_seconds(commit) for _ in range(TURNS))
    finally:
        connection.close()


def _seconds(stage: Callable[[], object]) -> float:
    started = time.perf_counter()
    stage()
    return time.perf_counter() - started
