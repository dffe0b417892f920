"""Sessions that were asked for lately are not looked up again, until something about them may have changed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service import accounts
from comments_service.login import sessions
from comments_service.model import Account
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW, SITE, an_account

Change = Callable[[SqliteStore, Account, str], Awaitable[object]]


def started(tx: Transaction) -> tuple[Account, str]:
    account = an_account(tx)
    return account, sessions.start(tx, SITE, account.id, timedelta(days=1), now=NOW)


async def end_it(store: SqliteStore, account: Account, session_id: str) -> None:
    assert await store.write(sessions.end, account.id, session_id)


async def end_all(store: SqliteStore, account: Account, _: str) -> None:
    await store.write(sessions.end, account.id)


@pytest.mark.parametrize("change", [end_it, end_all])
def test_a_session_that_ended_is_unknown_at_once(tmp_path: Path, change: Change) -> None:
    async def run() -> None:
        store = await open_store(tmp_path / "plein.db")
        lately = sessions.Lately(store)
        store.on_commit(lately.changed)
        account, token = await store.write(started)
        found = lately.find(SITE, token, "", now=NOW)
        assert found is not None
        assert lately.find(SITE, token, "", now=NOW) is found
        assert lately.find("other", token, "", now=NOW) is None
        assert lately.find(SITE, token, "https://other.example", now=NOW) is None
        await change(store, account, found[1])
        assert lately.find(SITE, token, "", now=NOW) is None
        await store.close()

    asyncio.run(run())


def test_who_is_looked_up_while_something_changes_is_looked_up_again(tmp_path: Path) -> None:
    async def run() -> None:
        store = await open_store(tmp_path / "plein.db")
        lately = sessions.Lately(store)
        account, token = await store.write(started)
        look = store.look

        def look_and_be_told(*args: object, **kwargs: object) -> object:
            found = look(*args, **kwargs)  # type: ignore[arg-type, var-annotated]
            lately.forget()  # as the writer's thread does after a COMMIT
            return found

        store.look = look_and_be_told  # type: ignore[method-assign, assignment]
        first = lately.find(SITE, token, "", now=NOW)
        assert first is not None
        assert first[0].id == account.id
        assert lately.find(SITE, token, "", now=NOW) is not first
        await store.close()

    asyncio.run(run())


def test_a_changed_account_and_one_that_another_process_changed_are_read_anew(tmp_path: Path) -> None:
    async def run() -> None:
        store, other = await open_store(tmp_path / "plein.db"), await open_store(tmp_path / "plein.db")
        lately = sessions.Lately(store)
        store.on_commit(lately.changed)
        account, token = await store.write(started)

        def name(seconds: int = 0) -> str | None:
            found = lately.find(SITE, token, "", now=NOW + timedelta(seconds=seconds))
            return found and found[0].name

        assert name() == "Anna"
        await store.write(accounts.rename, account, "Ben")
        assert name() == "Ben"
        await other.write(accounts.rename, account, "Cato")
        assert name() == "Ben"
        assert name(seconds=31) == "Cato"
        await other.write(accounts.rename, account, "Dirk")
        lately.forget()  # the service calls it when it sees that another process wrote
        assert name(seconds=32) == "Dirk"
        await store.close()
        await other.close()

    asyncio.run(run())
