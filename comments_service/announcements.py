"""Announcements: fetch the site's manifest and take it in. What the API, the poll and the command share."""

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from pydantic import ValidationError

from comments_service import ledger, network, pages
from comments_service.errors import Unavailable
from comments_service.manifest import MAX_BYTES, Manifest, parse_manifest
from comments_service.pages import INTAKE, Asked, Event, Intake
from comments_service.settings import Settings
from comments_service.store import followers as follower_rows
from comments_service.store import outgoing as outgoing_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import text

FOLLOWERS_BYTES = 50_000

log = logging.getLogger(__name__)


class _Undone(Exception):
    """Carries the outcome of a dry run out of its unit, which undoes it."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake


class After(Protocol):
    """What else a manifest that is taken in changes, in the same transaction."""

    def __call__(self, tx: Transaction, site_id: str, manifest: Manifest, /, *, now: datetime) -> object: ...


async def announce(
    store: Store, settings: Settings, asked: Asked, *, now: datetime, after: After | None = None
) -> Intake:
    """Read the manifest where the settings say it is and take it in; `after` is called with one that is taken.

    Raises Invalid for a manifest that is wrong, Unavailable when it cannot be read.
    """
    if not asked.dry_run:
        await notice_loss(store, settings, now=now)
    lost = await _lost(store, settings)  # now only of a dry run, which undoes it
    content = await read_of_site(settings, settings.manifest_source, MAX_BYTES)
    manifest = await asyncio.to_thread(parse_manifest, content)
    try:
        intake = await store.write(_take_in, settings, manifest, asked, lost, now=now, after=after)
    except _Undone as undone:
        return await _with_public_counts(settings, undone.intake) if asked.ask_followers else undone.intake
    if intake.taken and settings.federation.enabled:
        try:
            told = await store.read(ledger.content, settings.site.id)
            await asyncio.to_thread(ledger.write, ledger.path_of(settings), *told)
        except OSError:  # a full disk: the next manifest
            log.exception("what was told could not be kept")
    return intake


async def notice_loss(store: Store, settings: Settings, *, now: datetime) -> None:
    """Let nothing be sent when the database was restored, or deleted, until an operator has seen what it would be."""
    if (lost := await _lost(store, settings)) is not None:
        await store.write(ledger.restore, settings, *lost, now=now)


async def _lost(store: Store, settings: Settings) -> tuple[int, list[Row]] | None:
    """Return what the ledger holds when the database knows less."""
    path = ledger.path_of(settings)
    serial = await asyncio.to_thread(ledger.serial_of, path) if settings.federation.enabled else None
    if serial is None or not await store.read(ledger.is_behind, settings.site.id, serial):
        return None
    return serial, await asyncio.to_thread(ledger.pages_of, path)


async def ask(settings: Settings, token: str, asked: Asked) -> Intake:
    """Let the service that runs elsewhere do what `announce` does: POST /api/v1/announcements.

    Raises Unavailable when it does not answer, or refuses the token.
    """
    query = [("force", "true")] * asked.force + [("dryRun", "true")] * asked.dry_run
    query += [("confirm", "true")] * asked.confirm + [("withdraw", key) for key in asked.withdraw]
    url = f"{settings.service_url}/api/v1/announcements?{urlencode(query)}".rstrip("?")
    own_host = urlsplit(url).hostname
    answer = await network.fetch(url, most_bytes=MAX_BYTES, own_host=own_host, token=token)
    if answer.status != 200:
        raise Unavailable(f"{settings.service_url} answered with status {answer.status}; is the token right?")
    try:
        return INTAKE.validate_json(answer.content)
    except ValidationError as error:
        raise Unavailable(f"{settings.service_url} gave an answer that is not of this service") from error


async def read_of_site(settings: Settings, url: str, most_bytes: int) -> bytes:
    """Return a file that was built: of the site, or where the manifest is a file, beside it. Raises Unavailable."""
    source = settings.manifest_source
    if "://" in source:
        answer = await network.fetch(url, most_bytes=most_bytes, own_host=urlsplit(settings.site.url).hostname)
        if answer.status != 200:
            raise Unavailable(f"{url} was answered with status {answer.status}")
        return answer.content
    path = Path(source).parent / url.removeprefix(settings.site.url).lstrip("/") if url != source else Path(source)
    try:
        return await asyncio.to_thread(_read, path, most_bytes)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def _read(path: Path, most_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def _take_in(
    tx: Transaction,
    settings: Settings,
    manifest: Manifest,
    asked: Asked,
    lost: tuple[int, list[Row]] | None,
    *,
    now: datetime,
    after: After | None,
) -> Intake:
    site = settings.site
    if lost is not None:
        ledger.restore(tx, settings, *lost, now=now)
    intake = pages.take_in(tx, site.id, manifest, asked, site_url=site.url, now=now)
    if intake.taken and after is not None:
        after(tx, site.id, manifest, now=now)
    if not intake.refused and (waiting := ledger.held(tx, site.id)) is not None:
        intake = replace(intake, taken=True, would_send=waiting, waits=not asked.confirm)
        if asked.confirm:
            ledger.release(tx, site.id, now=now)
    intake = replace(intake, would_send=tuple(_counted(tx, site.id, event) for event in intake.would_send))
    if asked.dry_run:
        raise _Undone(intake)
    return intake


def _counted(tx: Transaction, site_id: str, event: Event) -> Event:
    """Say whose followers get it. A new post goes to those of its group and of the site too."""
    page = page_rows.row_of(tx, site_id, event.page_key)
    if page is None or page["owner_id"] is None:
        return event
    if event.activity == "Update" and page["sent_at"] is None:  # for those alone who answered, liked or boosted it
        return replace(event, followers=len(outgoing_rows.interested(tx, site_id, event.page_key)))
    senders = [text(page, "owner_id")]
    if event.activity == "Create":
        found = [own_rows.by_subject(tx, site_id, "group", str(page["group_key"]))]
        found.append(own_rows.by_subject(tx, site_id, "site", ""))
        senders += [text(row, "id") for row in found if row is not None]
    return replace(event, senders=tuple(senders), followers=follower_rows.count_of(tx, senders))


async def _with_public_counts(settings: Settings, intake: Intake) -> Intake:
    """Say of each event how many followers its senders show to everyone; None where that cannot be read."""
    base = settings.federation.url or settings.service_url
    known: dict[str, int | None] = dict.fromkeys(one for event in intake.would_send for one in event.senders)
    for actor_id in known:
        url = f"{base}/ap/actors/{actor_id}/followers"
        with suppress(Unavailable, ValueError, KeyError, TypeError):
            answer = await network.fetch(url, most_bytes=FOLLOWERS_BYTES, own_host=urlsplit(base).hostname)
            known[actor_id] = int(json.loads(answer.content)["totalItems"]) if answer.status == 200 else None

    def counted(event: Event) -> Event:
        counts = [known[actor_id] for actor_id in event.senders]
        total = None if None in counts else sum(filter(None, counts))
        return replace(event, followers=total) if counts else event

    return replace(intake, would_send=tuple(map(counted, intake.would_send)))
