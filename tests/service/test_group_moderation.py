"""What moderators do with comments from elsewhere, told by their group to servers that thread by group (FEP-1b12)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from comments_service import moderation, received
from comments_service.federation import actors, inbox, rooms
from comments_service.federation.rooms import Federation
from comments_service.manifest import parse_manifest
from comments_service.pages import take_in
from comments_service.settings import FederationSettings
from comments_service.store import actors as actor_rows
from comments_service.store import followers, own_actors, servers
from comments_service.store import received as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text, values
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW, SITE, SITE_URL, Json, manifest_json, page_json
from tests.service.running import Clock, an_empty_store, some_settings
from tests.service.strangers import a_stranger

MIES = "https://social.example/users/mies"
NOTE = "https://social.example/notes/1"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass
class Group:
    """A post in a group that someone on Lemmy follows, and nobody else."""

    store: SqliteStore
    federation: Federation

    async def receive(self, kind: str, told: object, number: int, who: str = MIES) -> None:
        """Let a verified activity of someone come in, and do what it says."""
        activity = {"id": f"https://social.example/activities/{number}", "type": kind, "actor": who, "object": told}
        keep = inbox._keep  # what comes after the signature was verified
        await self.store.write(keep, SITE, who, json.dumps(activity), str(number).encode(), now=self.federation.clock())
        (row,) = await self.store.read(lambda tx: tx.all("SELECT id FROM arrival WHERE comment_id IS NULL"))
        await self.federation.incoming.handle([text(row, "id")])

    async def moderate(self, action: str) -> None:
        def move(tx: Transaction) -> None:
            row = rows.find(tx, SITE, NOTE)
            assert row is not None
            moderation.move(tx, action, text(row, "id"), "Beheer", now=self.federation.clock())

        await self.store.write(move)

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Kind and object of all that the group told since the last look; each inbox is that of Lemmy."""
        await self.store.write(self.federation.outgoing.expand, now=self.federation.clock())
        activities = "SELECT * FROM activity WHERE own_actor_id = :id ORDER BY id"

        def take(tx: Transaction) -> list[tuple[str, dict[str, Any]]]:
            group = own_actors.by_handle(tx, SITE, "bouwers")
            assert group is not None
            said = [values(row, "document")["object"] for row in tx.all(activities, {"id": group["id"]})]
            found = [(one["type"], one) for one in said if isinstance(one, dict)]
            inboxes = {row["inbox"] for row in tx.all("SELECT inbox FROM delivery")}
            assert inboxes <= {"https://lemmy.example/users/lotte/inbox"}
            tx.run("DELETE FROM delivery")
            tx.run("DELETE FROM activity WHERE own_actor_id = :id", {"id": group["id"]})
            return found

        return await self.store.write(take)


def with_a_group(folder: Path, do: Callable[[Group], Awaitable[None]], **federation: object) -> None:
    async def run() -> None:
        (folder / "plein.db").write_bytes(an_empty_store())
        store = await open_store(folder / "plein.db")
        given = FederationSettings.model_validate({"hold_first": False, "hold_per_minute": 0, **federation})
        settings = some_settings(folder, site=SITE_URL, federation=given)
        rooms_ = await rooms.open_federation(settings, store, Clock(NOW + timedelta(minutes=1)))
        await store.write(begin)
        try:
            await do(Group(store, rooms_))
        finally:
            await rooms_.client.close()
            await store.close()

    asyncio.run(run())


def begin(tx: Transaction) -> None:
    known = manifest_json(1, {"groups/bouwers": page_json("groups/bouwers")})
    pages = known["pages"]
    assert isinstance(pages, dict)
    pages["blogs/drempel"] = page_json("blogs/drempel", group="groups/bouwers")
    known["groups"] = {"bouwers": {"page": "groups/bouwers", "name": {"nl": "Bouwers"}}}
    manifest = parse_manifest(json.dumps(known).encode())
    assert take_in(tx, SITE, manifest, site_url=SITE_URL, now=NOW).taken
    actors.take_in(tx, SITE, manifest, now=NOW)
    group = own_actors.by_handle(tx, SITE, "bouwers")
    assert group is not None
    servers.put(tx, "lemmy.example", software="lemmy")
    followers.add(tx, text(group, "id"), a_stranger(tx, "lotte", "lemmy.example"), None, now=NOW)
    a_stranger(tx)


def note(content: str = "Van elders.") -> Json:
    post = f"{SITE_URL}/blogs/drempel/"
    return {"id": NOTE, "type": "Note", "attributedTo": MIES, "inReplyTo": post, "content": content, "to": [PUBLIC]}


def test_a_comment_that_is_hidden_is_deleted_there_and_back_when_it_is_shown_again(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.receive("Create", note(), 1)
        assert [(kind, one["object"]) for kind, one in await group.told()] == [("Create", note())]
        await group.moderate("hide")
        ((kind, delete),) = await group.told()
        site = await group.store.read(own_actors.by_subject, SITE, "site", "")
        assert site is not None
        uris = group.federation.uris
        assert (kind, delete["object"], delete["actor"]) == ("Delete", NOTE, uris.actor(text(site, "id")))
        await group.moderate("restore")
        ((kind, undo),) = await group.told()
        assert (kind, undo["object"]["id"], undo["actor"]) == ("Undo", delete["id"], delete["actor"])
        await group.moderate("hide")
        await group.moderate("remove")  # it is gone there already
        assert [kind for kind, _ in await group.told()] == ["Delete"]

    with_a_group(tmp_path, do)


def test_what_its_author_takes_back_the_site_does_not_delete_too(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.receive("Create", note(), 1)
        await group.receive("Delete", NOTE, 2)
        assert [(kind, one["actor"]) for kind, one in await group.told()] == [
            ("Create", MIES),
            ("Delete", MIES),
        ]

    with_a_group(tmp_path, do)


def test_what_was_held_is_told_whole_and_in_order_once_it_is_shown(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.receive("Create", note(), 1)
        await group.receive("Update", note("Toch anders."), 2)
        assert await group.told() == []
        await group.moderate("hide")  # and nobody there knows of it
        assert await group.told() == []
        await group.moderate("restore")
        said = [(kind, one["object"]["content"]) for kind, one in await group.told()]
        assert said == [("Create", "Van elders."), ("Update", "Toch anders.")]
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM arrival")) is None

    with_a_group(tmp_path, do, hold_first=True)


def test_of_what_was_held_and_is_removed_no_word_is_kept(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.receive("Create", note(), 1)
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM arrival")) is not None
        await group.moderate("remove")
        assert await group.told() == []
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM arrival")) is None

    with_a_group(tmp_path, do, hold_first=True)


def test_a_group_that_nobody_follows_from_such_a_server_keeps_and_tells_nothing(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.store.write(lambda tx: tx.run("UPDATE server SET software = 'mastodon'"))
        await group.receive("Create", note(), 1)
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM arrival")) is None
        await group.moderate("restore")
        await group.moderate("hide")
        assert await group.told() == []
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM activity")) is None

    with_a_group(tmp_path, do, hold_first=True)


def test_who_is_gone_is_deleted_by_nobody_but_themselves(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        await group.receive("Create", note(), 1)
        await group.told()

        def forget(tx: Transaction) -> None:
            actor = actor_rows.by_uri(tx, MIES)
            assert actor is not None
            received.forget_actor(tx, text(actor, "id"), now=NOW)

        await group.store.write(forget)
        assert await group.told() == []

    with_a_group(tmp_path, do)


def test_an_actor_of_another_site_of_the_service_is_not_followed_by_an_address_of_ours(tmp_path: Path) -> None:
    async def do(group: Group) -> None:
        def add(tx: Transaction) -> None:
            made = {"kind": "author", "subject": "x", "handle": "x", "profile": "{}"}
            own_actors.add(tx, id="Z" * 26, site_id="buren", **made, now=NOW)

        await group.store.write(add)
        await group.receive("Follow", group.federation.uris.actor("Z" * 26), 1)
        assert await group.store.read(lambda tx: tx.one("SELECT 1 FROM follower WHERE own_actor_id LIKE 'Z%'")) is None

    with_a_group(tmp_path, do)
