"""Announcements: fetch the site's manifest and take it in. What the API, the poll and the command share."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, Field, TypeAdapter

from comments_service import network, pages
from comments_service.errors import Unavailable
from comments_service.manifest import MAX_BYTES, Manifest, parse_manifest
from comments_service.pages import Event, Intake
from comments_service.settings import Settings
from comments_service.store.protocol import Store, Transaction


class _SentEvent(BaseModel):
    activity: str
    page: str


class _HeldPage(BaseModel):
    page: str
    name: str


class _Answer(BaseModel):
    """The schema Intake of web/openapi.yaml."""

    taken: bool
    refused: str | None
    would_send: list[_SentEvent] = Field(alias="wouldSend")
    missing: list[str]
    held: list[_HeldPage]
    named: list[str]

    def intake(self) -> Intake:
        return Intake(
            self.taken,
            self.refused,
            would_send=tuple(Event(event.activity, event.page) for event in self.would_send),
            missing=tuple(self.missing),
            held=tuple((held.page, held.name) for held in self.held),
            named=tuple(self.named),
        )


_ANSWER = TypeAdapter(_Answer)


class _Undone(Exception):
    """Carries the outcome of a dry run out of its unit, which undoes it."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake


async def announce(
    store: Store,
    settings: Settings,
    *,
    now: datetime,
    force: bool = False,
    withdraw: Collection[str] = (),
    dry_run: bool = False,
) -> Intake:
    """Read the manifest where the settings say it is and take it in; a dry run only tells what would happen.

    Raises Invalid for a manifest that is wrong, Unavailable when it cannot be read.
    """
    content = await read_manifest(settings)
    manifest = await asyncio.to_thread(parse_manifest, content)
    try:
        return await store.write(_take_in, settings, manifest, now=now, force=force, withdraw=withdraw, dry_run=dry_run)
    except _Undone as undone:
        return undone.intake


async def ask(settings: Settings, token: str, *, force: bool, withdraw: Collection[str], dry_run: bool) -> Intake:
    """Let the service that runs elsewhere do what `announce` does: POST /api/v1/announcements.

    Raises Unavailable when it does not answer, or refuses the token.
    """
    query = [("force", "true")] * force + [("dryRun", "true")] * dry_run + [("withdraw", key) for key in withdraw]
    url = f"{settings.service_url}/api/v1/announcements?{urlencode(query)}".rstrip("?")
    own_host = urlsplit(url).hostname
    answer = await network.fetch(url, most_bytes=MAX_BYTES, own_host=own_host, method="POST", token=token)
    if answer.status != 200:
        raise Unavailable(f"{settings.service_url} answered with status {answer.status}; is the token right?")
    try:
        return _ANSWER.validate_json(answer.content).intake()
    except ValueError as error:
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
    tx: Transaction,
    settings: Settings,
    manifest: Manifest,
    *,
    now: datetime,
    force: bool,
    withdraw: Collection[str],
    dry_run: bool,
) -> Intake:
    intake = pages.take_in(
        tx, settings.site.id, manifest, site_url=settings.site.url, now=now, force=force, withdraw=withdraw
    )
    if dry_run:
        raise _Undone(intake)
    return intake
