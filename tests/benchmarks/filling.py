"""Fills a database for measuring: accounts with sessions, and threads of many comments, by the rules themselves."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comments_service import accounts, announcements, comments, pages, settings
from comments_service.login import sessions
from comments_service.model import Account, Page
from comments_service.pages import Asked
from comments_service.store import accounts as account_rows
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.benchmarks.peers import BIG, HOT, PAGES, TEXTS
from tests.service.builders import post

BATCH = 1000
START = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "plein"


def fill(path: Path, *, big: int = 0, many: int = 0, people: int = 64) -> list[str]:
    """Let all pages exist; put 50 comments in one thread, `big` in another, `many` over the rest.

    Return the sessions of the accounts.
    """
    return asyncio.run(_fill(path, big, many, people))


async def _fill(path: Path, big: int, many: int, people: int) -> list[str]:
    known = settings.load(path)
    store = await open_store(known.service.database)
    try:
        await announcements.announce(store, known, Asked(), now=datetime.now(UTC))
        made = await store.write(_people, people)
        drafts = [comments.prepare(text["text"], text["lang"], None) for text in TEXTS]
        rest = [f"blogs/bericht-{number}" for number in range(PAGES)]
        for names, count in (([HOT], 50), ([BIG], big), (rest, many)):
            found = [await store.read(pages.find, SITE, *name.split("/")) for name in names]
            for first in range(0, count, BATCH):
                numbers = range(first, min(count, first + BATCH))
                await store.write(_comments, found, [account for account, _ in made], drafts, numbers)
        await _vote(store)
    finally:
        await store.close()
    return [token for _, token in made]


def _people(tx: Transaction, people: int) -> list[tuple[Account, str]]:
    found = []
    for number in range(people):
        account = accounts.find_or_add(tx, f"person-{number}@example.org", "nl", now=START)
        account_rows.change(tx, account.id, name=f"Person {number}")
        found.append((account, sessions.start(tx, SITE, account.id, timedelta(days=90), now=datetime.now(UTC))))
    return found


def _comments(
    tx: Transaction, found: Sequence[Page], people: Sequence[Account], drafts: Sequence[comments.Draft], numbers: range
) -> None:
    for number in numbers:
        account, draft = people[number % len(people)], drafts[number % len(drafts)]
        post(tx, account, found[number % len(found)], draft, None, now=START + timedelta(seconds=20 * number))


async def _vote(store: SqliteStore) -> None:
    """Give every comment votes as if many people had voted, so that the best order has something to order."""

    def votes(tx: Transaction) -> None:
        chance = random.Random(4)
        for residue in range(50):
            values = {"votes": chance.randrange(30), "score": round(chance.random(), 6), "residue": residue}
            tx.run("UPDATE comment SET votes = :votes, score = :score WHERE rowid % 50 = :residue", values)

    await store.write(votes)
