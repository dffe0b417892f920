"""The process that only sends: it hears of what another one queued, and lets the serving one be quick."""

import asyncio
import contextlib
from pathlib import Path

from comments_service import app
from comments_service.federation import outbox
from comments_service.federation.uris import Uris
from comments_service.settings import FederationSettings, ServiceSettings, Settings, SiteSettings
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import open_store
from tests.service.builders import NOW, SITE, SITE_URL
from tests.service.delivering import INTRANET, OWN, Server, add_own

TOLD = {"type": "Create", "object": f"{SITE_URL}/ap/objects/x", "to": []}


def _is_waiting(tx: Transaction) -> bool:
    return tx.one("SELECT 1 FROM delivery") is not None


def test_what_another_process_queues_is_sent(tmp_path: Path) -> None:
    federation = FederationSettings(intranet=list(INTRANET), deliver_here=False)
    service = ServiceSettings(database=tmp_path / "plein.db")
    settings = Settings(site=SiteSettings(id=SITE, name="Plein", url=SITE_URL), service=service, federation=federation)

    async def do() -> None:
        async with Server().serving() as server:
            store = await open_store(tmp_path / "plein.db")
            await store.write(add_own, OWN, "redactie")
            sending = asyncio.create_task(app.deliver(settings))
            for number in range(2):
                inboxes = [f"{server.url}/{number}"]
                await store.write(outbox.queue, Uris(SITE_URL), OWN, TOLD, inboxes=inboxes, now=NOW)
                await server.until(lambda: len(server.got) > number)  # noqa: B023 - called at once
                # so that no commit of its own wakes it for the next one
                while await store.read(_is_waiting):  # noqa: ASYNC110 - another store writes
                    await asyncio.sleep(0)
            await store.close()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            assert server.paths() == ["/0", "/1"]

    asyncio.run(do())
