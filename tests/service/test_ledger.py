"""The ledger: a database that was restored, or emptied, is noticed; nothing is sent before somebody saw what."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from comments_service import announcements, app, ledger
from comments_service.__main__ import main
from comments_service.federation import actors, outbox
from comments_service.federation.uris import Uris
from comments_service.pages import Asked, Intake
from comments_service.settings import FederationSettings, ServiceSettings, Settings, SiteSettings
from comments_service.store import actors as actor_rows
from comments_service.store import deliveries as delivery_rows
from comments_service.store import followers as follower_rows
from comments_service.store import outgoing as rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store
from tests.service.builders import NOW, SITE, SITE_URL, manifest_json, page_json
from tests.service.running import answering

Announce = Callable[..., Awaitable[Intake]]
OLD = page_json("blogs/oud")
NEWS = ("twee", "drie")


def settings_of(folder: Path, **federation: object) -> Settings:
    service = ServiceSettings(database=folder / "plein.db", manifest=str(folder / "plein.json"))
    site = SiteSettings(id=SITE, name="Plein", url=SITE_URL)
    return Settings(site=site, service=service, federation=FederationSettings(**federation))


def publish(folder: Path, serial: int, **texts: str) -> None:
    """A manifest with one post that was there at first, and news with these texts."""
    names = {f"blogs/{slug}": text for slug, text in texts.items()}
    news = {name: page_json(name, text=text, authors=["redactie"]) for name, text in names.items()}
    manifest = manifest_json(serial, {"blogs/oud": OLD, **news})
    manifest["people"] = {"redactie": {"name": {"nl": "Redactie"}, "text": {}, "url": {}}}
    (folder / "plein.json").write_text(json.dumps(manifest), "utf-8")


async def announce(folder: Path, asked: Asked = Asked(), **federation: object) -> Intake:  # noqa: B008 - frozen
    store = await open_store(folder / "plein.db")
    try:
        settings = settings_of(folder, **federation)
        return await announcements.announce(store, settings, asked, now=NOW, after=actors.take_in)
    finally:
        await store.close()


async def tell_and_restore(folder: Path, serial: int) -> None:
    """Tell of a post in a manifest with this serial, and bring back the database of before."""
    publish(folder, 1)
    await announce(folder)
    shutil.copyfile(folder / "plein.db", folder / "backup.db")
    publish(folder, serial, een="a")
    await announce(folder)
    shutil.copyfile(folder / "backup.db", folder / "plein.db")


def told(intake: Intake) -> list[str]:
    return [f"{event.activity} {event.page_key}" for event in intake.would_send]


async def with_store(folder: Path, do: Callable[[SqliteStore], Awaitable[object]]) -> object:
    store = await open_store(folder / "plein.db")
    try:
        return await do(store)
    finally:
        await store.close()


def a_follower(tx: Transaction) -> None:
    person = {"uri": "https://social.example/mies", "server": "social.example", "kind": "Person", "name": "Mies"}
    actor_rows.put(
        tx, id="MIES", url="", inbox="https://social.example/inbox", first_seen_at=NOW, fetched_at=NOW, **person
    )
    for row in own_rows.of_site(tx, SITE, ("author", "site")):
        follower_rows.add(tx, str(row["id"]), "MIES", None, now=NOW)
    author = own_rows.by_subject(tx, SITE, "author", "redactie")
    assert author is not None
    activity = {"type": "Accept", "object": "https://social.example/follow", "to": []}
    outbox.queue(tx, Uris(SITE_URL), str(author["id"]), activity, to_followers=True, now=NOW)


def test_after_a_restore_nothing_is_sent_until_it_is_confirmed_and_then_what_servers_lack(tmp_path: Path) -> None:
    async def do() -> None:
        publish(tmp_path, 1)
        await announce(tmp_path)
        await with_store(tmp_path, lambda store: store.write(a_follower))
        publish(tmp_path, 2, een="a")
        assert told(await announce(tmp_path)) == ["Create blogs/een"]
        shutil.copyfile(tmp_path / "plein.db", tmp_path / "backup.db")
        publish(tmp_path, 3, een="b", twee="a")
        assert told(await announce(tmp_path)) == ["Update blogs/een", "Create blogs/twee"]
        publish(tmp_path, 4, twee="a", drie="a")
        await announce(tmp_path, Asked(withdraw=("blogs/een",)))
        shutil.copyfile(tmp_path / "backup.db", tmp_path / "plein.db")
        publish(tmp_path, 6, twee="a", drie="b")
        lacking = ["Delete blogs/een", *(f"{kind} blogs/{slug}" for kind in ("Create", "Update") for slug in NEWS)]

        async def due(store: SqliteStore) -> tuple[bool, bool]:
            next_due = await store.read(delivery_rows.next_due, SITE)
            assert next_due is not None
            return await store.read(rows.is_held, SITE), next_due < NOW + timedelta(days=30)

        for asked in (Asked(), Asked(dry_run=True), Asked()):
            intake = await announce(tmp_path, asked)
            assert intake.waits
            assert sorted(told(intake)) == sorted(["Create blogs/een", *lacking])
            assert await with_store(tmp_path, due) == (True, False)
        intake = await announce(tmp_path, Asked(confirm=True))
        assert not intake.waits
        assert sorted(told(intake)) == sorted(["Create blogs/een", *lacking])
        assert await with_store(tmp_path, due) == (False, True)
        assert not (await announce(tmp_path)).taken

    asyncio.run(do())


def test_an_older_manifest_is_refused_though_the_restored_database_never_saw_a_newer_one(tmp_path: Path) -> None:
    async def do() -> None:
        await tell_and_restore(tmp_path, 5)
        publish(tmp_path, 3)
        assert (await announce(tmp_path)).refused == "older"

    asyncio.run(do())


def test_an_empty_database_takes_nothing_for_news_that_was_no_news_before(tmp_path: Path) -> None:
    async def do() -> None:
        publish(tmp_path, 1, een="a")
        assert told(await announce(tmp_path)) == []
        (tmp_path / "plein.db").unlink()
        publish(tmp_path, 2, een="a", twee="a")
        assert told(await announce(tmp_path)) == ["Create blogs/twee"]

    asyncio.run(do())


def test_a_dry_run_on_a_database_that_was_deleted_writes_nothing_and_the_command_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = f'[site]\nid = "{SITE}"\nname = "Plein"\nurl = "{SITE_URL}"\n[service]\nmanifest = "plein.json"\n'
    (tmp_path / "plein.toml").write_text(f'{settings}database = "plein.db"\n', "utf-8")
    for serial, texts in ((1, {}), (2, {"een": "a"})):
        publish(tmp_path, serial, **texts)
        asyncio.run(announce(tmp_path))
    (tmp_path / "plein.db").unlink()
    publish(tmp_path, 3, een="a", twee="a")
    asyncio.run(announce(tmp_path, Asked(dry_run=True)))
    with sqlite3.connect(tmp_path / "plein.db") as database:
        kept = "SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM worker)"
        assert database.execute(kept).fetchone() == (0, 0)
    for asked in (["--dry-run"], []):
        assert main(["--settings", str(tmp_path / "plein.toml"), "announce", *asked]) == 0
        said = capsys.readouterr().out
        assert "Create blogs/een would be sent" in said
        assert "Nothing is sent: this database knows less than was told. It was restored, or deleted." in said
        assert "announce --confirm" in said
        assert "delete plein-told-plein.txt and the database" in said


def test_the_process_that_only_sends_notices_a_restored_database_too(tmp_path: Path) -> None:
    async def do() -> None:
        await tell_and_restore(tmp_path, 2)
        sending = asyncio.create_task(app.deliver(settings_of(tmp_path)))
        store = await open_store(tmp_path / "plein.db")
        async with asyncio.timeout(30):
            while not await store.read(rows.is_held, SITE):  # noqa: ASYNC110 - another store writes
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await store.close()

    asyncio.run(do())


def test_without_federation_there_is_no_ledger(tmp_path: Path) -> None:
    async def do() -> None:
        publish(tmp_path, 1)
        await announce(tmp_path, enabled=False)
        assert not ledger.path_of(settings_of(tmp_path)).exists()

    asyncio.run(do())


def test_followers_are_counted_here_or_asked_of_the_service_that_runs(tmp_path: Path) -> None:
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"totalItems": 40}')

        def log_message(self, *_: object) -> None:
            pass

    async def do(base: str) -> None:
        publish(tmp_path, 1)
        await announce(tmp_path)
        await with_store(tmp_path, lambda store: store.write(a_follower))
        publish(tmp_path, 2, een="a")
        (event,) = (await announce(tmp_path, Asked(dry_run=True))).would_send
        assert (event.followers, len(event.senders)) == (1, 2)  # one person who follows both
        (event,) = (await announce(tmp_path, Asked(dry_run=True, ask_followers=True), url=base)).would_send
        assert event.followers == 80
        assert sorted(asked) == sorted(f"/ap/actors/{actor_id}/followers" for actor_id in event.senders)
        nobody = Asked(dry_run=True, ask_followers=True)
        (event,) = (await announce(tmp_path, nobody, url="http://localhost:1")).would_send
        assert event.followers is None

    with answering(Service) as port:
        asyncio.run(do(f"http://localhost:{port}"))
