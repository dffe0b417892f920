"""Keys of our actors: one at first need, another by command, which a running service notices."""

import asyncio
from pathlib import Path

import pytest

from comments_service.errors import NotFound
from comments_service.federation import keys
from comments_service.store import own_actors as rows
from tests.service.builders import NOW, SITE
from tests.service.delivering import OWN, Office, add_own, run


def test_a_rotated_key_signs_as_soon_as_the_service_hears_of_it_and_followers_are_told(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        own = office.delivery.keys
        first = await own.key(OWN)
        assert await keys.rotate(office.store, SITE, "redactie", now=NOW) == 1
        assert await own.key(OWN) is first
        own.forget()
        second, third = await asyncio.gather(own.key(OWN), own.key(OWN))
        assert second is third is await own.key(OWN)
        assert second.public_pem != first.public_pem
        own.forget()
        assert await own.key(OWN) is second  # not loaded again
        assert await office.rows("SELECT kind, ids FROM job") == [
            ("actor-changed", f'["{SITE}","{OWN}","2026-11-25T09:30:00.000Z"]')
        ]

    run(tmp_path, do)


def test_only_actors_of_the_site_that_are_not_deleted_get_a_new_key(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.store.write(add_own, "GONE0000000000000000000000", "weg")
        await office.store.write(lambda tx: rows.change(tx, "GONE0000000000000000000000", state="deleted"))
        await office.store.write(add_own, "OTHER000000000000000000000", "elders", site_id="other")
        assert await keys.rotate(office.store, SITE, None, now=NOW) == 1
        for handle in ("weg", "elders", "niemand"):
            with pytest.raises(NotFound):
                await keys.rotate(office.store, SITE, handle, now=NOW)
        assert await office.rows("SELECT actor_id FROM own_key") == [(OWN,)]

    run(tmp_path, do)
