"""Much that comes at once, while some callers go away: nothing is stored twice, and every counter is right."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service import comments, moderation, ratings, threads, votes
from comments_service.comments import IdempotencyKey, Posting, prepare
from comments_service.errors import PleinError
from comments_service.model import Account, Page
from comments_service.store.protocol import Row, Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW, a_page, an_account
from tests.service.test_comments import wrong_counters


class Crowd:
    """Browsers of a few people who do anything in any order."""

    def __init__(self, store: SqliteStore, page: Page, seed: int) -> None:
        self._store = store
        self._page = page
        self._chance = random.Random(seed)
        self._ids: list[str] = []
        self.acknowledged: dict[tuple[str, str], str] = {}  # account and key -> comment

    async def live(self, who: Account) -> None:
        for _ in range(60):
            with suppress(PleinError):
                await (self._post(who) if self._chance.random() < 0.5 or not self._ids else self._do(who))

    async def _post(self, who: Account) -> None:
        key = IdempotencyKey(f"key-{self._chance.randrange(30):04}", "the same")
        answered = self._chance.choice(self._ids) if self._ids and self._chance.random() < 0.7 else None
        draft = prepare(f"Nummer {self._chance.random()}", self._chance.choice(["nl", "en"]), answered)
        posting = Posting(who, self._page, draft, key, NOW, self._chance.random() < 0.1)
        asked = asyncio.ensure_future(self._store.write_one(comments.post, posting))
        if self._chance.random() < 0.2:
            await asyncio.sleep(0)
            asked.cancel()
        with suppress(asyncio.CancelledError):
            posted, _ = await asked
            assert self.acknowledged.setdefault((who.id, key.key), posted.id) == posted.id
            self._ids.append(posted.id)

    async def _do(self, who: Account) -> None:
        write, comment_id = self._store.write, self._chance.choice(self._ids)
        match self._chance.randrange(5):
            case 0:
                await write(comments.delete, who, comment_id, now=NOW)
            case 1:
                action = self._chance.choice(["hide", "restore", "remove"])
                await write(moderation.move, action, comment_id, "somebody", now=NOW)
            case 2:
                value = self._chance.choice([1, -1, None])
                await write(threads.with_version, self._page, votes.vote, who, comment_id, value, now=NOW)
            case 3:
                await write(ratings.rate, who, self._page, self._chance.choice([1, 3, 5, None]), now=NOW)
            case _:
                draft = prepare("Anders", "en")
                await write(comments.edit, who, comment_id, draft, window=timedelta(days=1), now=NOW)


def stored(tx: Transaction) -> tuple[list[Row], list[Row], list[Row]]:
    keys = tx.all("SELECT account_id, idempotency_key, id FROM comment")
    stars = tx.all(
        "SELECT page_key FROM thread WHERE (stars_1, stars_3, stars_5) <> "
        "((SELECT count(*) FROM rating WHERE stars = 1), (SELECT count(*) FROM rating WHERE stars = 3), "
        "(SELECT count(*) FROM rating WHERE stars = 5))"
    )
    return keys, stars, tx.all("SELECT comment_count FROM thread")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_at_once_is_stored_once_and_counted_right(tmp_path: Path, seed: int) -> None:
    async def run() -> None:
        store = await open_store(tmp_path / "plein.db")
        crowd = Crowd(store, await store.write(lambda tx: a_page(tx)), seed)
        people = [await store.write(an_account, f"Naam {number}") for number in range(6)]
        await asyncio.gather(*(crowd.live(who) for who in people * 2))  # each in two browsers
        keys, stars, [thread] = await store.read(stored)
        assert len({(row["account_id"], row["idempotency_key"]) for row in keys}) == len(keys) > 50
        assert set(crowd.acknowledged.values()) <= {row["id"] for row in keys}
        assert stars == []
        assert await store.read(wrong_counters, int(str(thread["comment_count"]))) == []
        await store.close()

    asyncio.run(run())
