"""Announcements: fetch the site's manifest and take it in. What the API, the poll and the command share."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from comments_service import network, pages
from comments_service.errors import Unavailable
from comments_service.manifest import MAX_BYTES, Manifest, parse_manifest
from comments_service.pages import Event, Intake
from comments_service.settings import Settings
from comments_service.store.protocol import Store, Transaction


class _Undone(Exception):
    """Carries the outcome of a dry run out of its unit, which undoes it."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake


@dataclass(frozen=True)
class Asked:
    """How a manifest is to be taken in; pages.take_in says what `force` and `withdraw` do."""

    force: bool = False
    withdraw: tuple[str, ...] = ()  # keys of pages
    dry_run: bool = False  # only tell what would happen


class After(Protocol):
    """What else a manifest that is taken in changes, in the same transaction."""

    def __call__(self, tx: Transaction, site_id: str, manifest: Manifest, /, *, now: datetime) -> object: ...


async def announce(
    store: Store, settings: Settings, asked: Asked = Asked(), *, now: datetime, after: After | None = None
) -> Intake:
    """Read the manifest where the settings say it is and take it in; `after` is called with one that is taken.

    Raises Invalid for a manifest that is wrong, Unavailable when it cannot be read.
    """
    content = await read_manifest(settings)
    manifest = await asyncio.to_thread(parse_manifest, content)
    try:
        return await store.write(_take_in, settings, manifest, asked, now=now, after=after)
    except _Undone as undone:
        return undone.intake


async def ask(settings: Settings, token: str, asked: Asked) -> Intake:
    """Let the service that runs elsewhere do what `announce` does: POST /api/v1/announcements.

    Raises Unavailable when it does not answer, or refuses the token.
    """
    query = [("force", "true")] * asked.force + [("dryRun", "true")] * asked.dry_run
    query += [("withdraw", key) for key in asked.withdraw]
    url = f"{settings.service_url}/api/v1/announcements?{urlencode(query)}".rstrip("?")
    own_host = urlsplit(url).hostname
    answer = await network.fetch(url, most_bytes=MAX_BYTES, own_host=own_host, method="POST", token=token)
    if answer.status != 200:
        raise Unavailable(f"{settings.service_url} answered with status {answer.status}; is the token right?")
    try:
        told = json.loads(answer.content)
        return Intake(
            bool(told["taken"]),
            told["refused"],
            would_send=tuple(Event(str(each["activity"]), str(each["page"])) for each in told["wouldSend"]),
            missing=tuple(map(str, told["missing"])),
            held=tuple((str(each["page"]), str(each["name"])) for each in told["held"]),
            named=tuple(map(str, told["named"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{settings.service_url} gave an answer that is not of this service") from error


async def read_manifest(settings: Settings) -> bytes:
    """Return the bytes of the manifest, of a file or of the configured site. Raises Unavailable."""
    source = settings.manifest_source
    if "://" not in source:
        try:
            return await asyncio.to_thread(_read, Path(source))
        except OSError as error:
            raise Unavailable(f"the manifest {source} cannot be read: {error.strerror}") from error
    own_host = urlsplit(settings.site.url).hostname
    fetched = await network.fetch(source, most_bytes=MAX_BYTES, own_host=own_host)
    if fetched.status != 200:
        raise Unavailable(f"the manifest {source} was answered with status {fetched.status}")
    return fetched.content


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _take_in(
    tx: Transaction, settings: Settings, manifest: Manifest, asked: Asked, *, now: datetime, after: After | None
) -> Intake:
    site = settings.site
    intake = pages.take_in(
        tx, site.id, manifest, site_url=site.url, now=now, force=asked.force, withdraw=asked.withdraw
    )
    if intake.taken and after is not None:
        after(tx, site.id, manifest, now=now)
    if asked.dry_run:
        raise _Undone(intake)
    return intake
