"""Consent: what travelled is taken back from the site that is asked, and from no other."""

import asyncio
from datetime import timedelta
from pathlib import Path

from comments_service import consent
from comments_service.federation import rooms
from comments_service.ids import new_id
from comments_service.settings import FederationSettings
from comments_service.store import comments as comment_rows
from comments_service.store import own_actors
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text
from comments_service.store.sqlite import open_store
from tests.service.builders import NOW, SITE, SITE_URL, a_comment, a_page, an_account
from tests.service.running import Clock, an_empty_store, some_settings


def test_what_travelled_from_another_site_stays_when_it_is_taken_back_here(tmp_path: Path) -> None:
    def travel(tx: Transaction) -> tuple[str, list[str]]:
        anna = an_account(tx)
        made = []
        for site_id in (SITE, "other"):
            consent.agree(tx, anna, site_id, f"anna_{site_id}", url=f"{SITE_URL}/people/anna", now=NOW)
            made.append(a_comment(tx, a_page(tx, site_id=site_id), anna).id)
            comment_rows.change(tx, made[-1], object_id=new_id(NOW), published_at=NOW)
        own = own_actors.by_subject(tx, SITE, "commenter", anna.id)
        assert own is not None
        consent.stop(tx, anna, SITE, take_back=True, now=NOW)
        return text(own, "id"), made

    async def run() -> list[object]:
        (tmp_path / "plein.db").write_bytes(an_empty_store())
        store = await open_store(tmp_path / "plein.db")
        settings = some_settings(tmp_path, site=SITE_URL, federation=FederationSettings())
        try:
            federation = await rooms.open_federation(settings, store, Clock(NOW + timedelta(minutes=1)))
            own_id, made = await store.write(travel)
            await federation.outgoing.take_back_actor([own_id])
            rows = [await store.read(comment_rows.raw, one) for one in made]
            return [row and row["object_id"] is not None for row in rows]
        finally:
            await store.close()

    assert asyncio.run(run()) == [False, True]
