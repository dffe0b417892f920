"""Posts that were never sent: who looked one up, and answered or liked it, hears when it is edited or withdrawn."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from comments_service import announcements
from comments_service.federation import actors, rooms
from comments_service.pages import Asked
from comments_service.settings import FederationSettings
from comments_service.store import actors as actor_rows
from comments_service.store import followers, objects, own_actors
from comments_service.store import received as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text, values
from comments_service.store.sqlite import open_store
from tests.service.builders import NOW, SITE, SITE_URL, Json, manifest_json, page_json
from tests.service.running import Clock, an_empty_store, some_settings
from tests.service.strangers import a_reply, a_stranger

POST = "blogs/drempels"
MIES, FAN = "https://social.example/users/mies/inbox", "https://fans.example/users/fan/inbox"


def told(folder: Path, meet: Callable[[Transaction], object], *later: dict[str, Json]) -> list[tuple[str, list[str]]]:
    """Take in a baseline with a post of someone who is followed; let `meet` happen; take in what comes later.

    Returns what is told of the post, and to which inboxes.
    """

    async def run() -> list[tuple[str, list[str]]]:
        (folder / "plein.db").write_bytes(an_empty_store())
        store = await open_store(folder / "plein.db")
        settings = some_settings(folder, site=SITE_URL, federation=FederationSettings())
        clock = Clock(NOW + timedelta(minutes=1))
        federation = await rooms.open_federation(settings, store, clock)
        found: list[tuple[str, list[str]]] = []
        try:
            for serial, pages in enumerate([{POST: post()}, *later], 1):
                manifest = manifest_json(serial, {"blogs/ander": page_json("blogs/ander"), **pages})
                manifest["people"] = {"redactie": {"name": {"nl": "Redactie"}, "text": {}, "url": {}}}
                (folder / "plein.json").write_text(json.dumps(manifest), "utf-8")
                intake = await announcements.announce(store, settings, Asked(), now=clock(), after=actors.take_in)
                assert intake.taken, intake
                await store.write(bodies)
                await store.write(federation.outgoing.expand, now=clock())
                if serial == 1:
                    await store.write(a_follower)
                    await store.write(meet)
                sent = await store.write(take)
                assert [event.activity for event in intake.would_send] == [kind for kind, _ in sent]
                if [event.activity for event in intake.would_send] == ["Update"]:
                    assert intake.would_send[0].followers == 1
                found += sent
        finally:
            await federation.client.close()
            await store.close()
        return found

    return asyncio.run(run())


def post(words: str = "", **fields: Any) -> Json:
    return page_json(POST, text=words, days_old=400, authors=["redactie"], **fields)


def bodies(tx: Transaction) -> None:
    for url in objects.missing_bodies(tx, SITE):
        objects.keep_body(tx, url, f"<p>{url}</p>", "2026")


def a_follower(tx: Transaction) -> None:
    author = own_actors.by_handle(tx, SITE, "redactie")
    assert author is not None
    followers.add(tx, text(author, "id"), a_stranger(tx, "fan", "fans.example"), None, now=NOW)


def take(tx: Transaction) -> list[tuple[str, list[str]]]:
    found = []
    for row in tx.all("SELECT * FROM activity ORDER BY id"):
        inboxes = tx.all("SELECT inbox FROM delivery WHERE activity_id = :id ORDER BY inbox", {"id": row["id"]})
        found.append((str(values(row, "document")["type"]), [text(one, "inbox") for one in inboxes]))
    for table in ("delivery", "activity"):
        tx.run(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
    return found


def answer(tx: Transaction) -> None:
    a_reply(tx, a_stranger(tx), is_held=False)


def like(tx: Transaction) -> None:
    rows.react(tx, (SITE, POST, None), a_stranger(tx), "like", None, now=NOW)


def nothing(_: Transaction) -> None:
    pass


@pytest.mark.parametrize("meet", [answer, like])
def test_who_answered_or_liked_it_hears_of_an_edit_and_everyone_when_it_goes(
    tmp_path: Path, meet: Callable[[Transaction], object]
) -> None:
    assert told(tmp_path, meet, {POST: post("Beter.")}, {}, {}) == [("Update", [MIES]), ("Delete", [FAN, MIES])]


@pytest.mark.parametrize(
    "later",
    [
        [{POST: post("Beter.")}, {}, {}],  # a mended typo in what nobody knows
        [{POST: post(federate=False)}],
    ],
)
def test_what_nobody_of_elsewhere_knows_sends_nothing(tmp_path: Path, later: list[dict[str, Json]]) -> None:
    assert told(tmp_path, nothing, *later) == []


def test_what_shall_no_longer_be_federated_is_deleted_once(tmp_path: Path) -> None:
    private = post(federate=False)
    assert told(tmp_path, answer, {POST: private}, {POST: post("Nog eens.", federate=False)}, {}, {}) == [
        ("Delete", [FAN, MIES])
    ]


def test_a_minor_edit_of_it_is_told_to_nobody(tmp_path: Path) -> None:
    assert told(tmp_path, answer, {POST: post("Beter.", minor=True)}) == []


@pytest.mark.parametrize("change", [{"blocks_us_at": NOW}, {"gone_at": NOW}, {"policy": "block"}])
def test_who_blocks_us_or_is_gone_or_blocked_hears_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    def meet(tx: Transaction) -> None:
        answer(tx)
        actor_rows.change(tx, a_stranger(tx), **change)

    assert told(tmp_path, meet, {POST: post("Beter.")}, {}, {}) == [("Update", []), ("Delete", [FAN])]
