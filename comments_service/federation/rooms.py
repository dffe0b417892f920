"""Where the rooms of the federation meet, for one site: what app.py starts, and what routes find in the application."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from comments_service import consent, network
from comments_service.errors import PleinError, Unavailable
from comments_service.federation import actors, documents, moving
from comments_service.federation.checks import Checks
from comments_service.federation.delivery import Delivery
from comments_service.federation.elsewhere import FILL_JOB, Elsewhere
from comments_service.federation.following import Following
from comments_service.federation.groups import SOFTWARE_JOB, Groups
from comments_service.federation.inbox import ARRIVAL_JOB, Inbox
from comments_service.federation.incoming import Incoming
from comments_service.federation.interactions import Interactions
from comments_service.federation.keys import OwnKeys
from comments_service.federation.notes import House
from comments_service.federation.outgoing import Outgoing
from comments_service.federation.remote import Remote
from comments_service.federation.routes import Documents
from comments_service.federation.texts import Texts
from comments_service.federation.uris import Uris
from comments_service.interactions import TOLD_JOB
from comments_service.jobs import Handler
from comments_service.network import Client
from comments_service.settings import Settings
from comments_service.store import objects as object_rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Store, Transaction, utc_text

VERSION = "0.1.0"
BODY_BYTES = 2_000_000


@dataclass(frozen=True)
class Federation:
    """The fediverse side of one site."""

    settings: Settings
    store: Store
    house: House
    keys: OwnKeys
    documents: Documents
    client: Client
    remote: Remote
    inbox: Inbox
    checks: Checks
    elsewhere: Elsewhere
    incoming: Incoming
    outgoing: Outgoing
    delivery: Delivery
    clock: Callable[[], datetime]

    @property
    def handlers(self) -> dict[str, Handler]:
        """What the job loop calls; each gets the ids of its row but the first, the site."""
        return {
            actors.BODIES_JOB: lambda _: fetch_bodies(self),
            consent.CHANGED_JOB: self.outgoing.tell_actor,
            consent.GONE_JOB: self.outgoing.take_back_actor,
            ARRIVAL_JOB: self.incoming.handle,
            SOFTWARE_JOB: Groups(self.store, self.client, self.clock).ask_software,
            FILL_JOB: self.elsewhere.fill,
            TOLD_JOB: Interactions(self.store, self.house, self.settings.site.id, self.clock).tell,
        }

    @property
    def following(self) -> Following:
        return Following(self.store, self.settings.site.id, self.house, self.remote)

    async def run(self) -> None:
        """Work until cancelled."""
        self.store.on_commit(self.documents.forget)
        try:
            async with asyncio.TaskGroup() as group:
                if self.settings.federation.deliver_here:
                    group.create_task(self.deliver())
                group.create_task(self.checks.run())
        finally:
            await self.client.close()

    async def deliver(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.outgoing.run())
            group.create_task(self.delivery.run())

    @property
    def uris(self) -> Uris:
        return self.house.uris


def handlers(federations: Mapping[str, Federation]) -> dict[str, Handler]:
    """Handlers that let the site of a job's first id do the work."""

    def of(kind: str) -> Handler:
        async def handle(ids: Sequence[str]) -> None:
            if ids[0] in federations:
                await federations[ids[0]].handlers[kind](ids[1:])

        return handle

    return {kind: of(kind) for federation in federations.values() for kind in federation.handlers}


async def open_federation(
    settings: Settings, store: Store, clock: Callable[[], datetime], say: Callable[[str], str] = str
) -> Federation:
    """Make the rooms of a site. The base of its ids is kept at the first start. `say` knows the site's language."""
    site = settings.site
    uris = await store.write(_uris, site.id, settings.federation.url or settings.service_url, now=clock())
    federation, notice = settings.federation, say(documents.NOT_READ)
    house = House(uris, settings.service_url, federation.notes, federation.quotes, notice)
    keys = OwnKeys(store, clock)
    host = urlsplit(site.url).netloc
    docs = Documents(store, house, keys, site.id, tuple(site.languages), host, VERSION)
    client = Client(settings.federation.intranet)
    remote = Remote(store, house, site.id, client, keys, clock)
    inbox = Inbox(store, house.uris, site.id, remote, clock)
    delivery = Delivery(store, site.id, keys, client, clock, is_alone=not settings.federation.deliver_here)
    texts = Texts(store, settings, house, remote, clock)
    checks = Checks(store, site.id, remote, texts, clock)
    elsewhere = Elsewhere(store, settings, remote, texts, checks, clock)
    incoming = Incoming(store, settings, house, remote, texts, checks, clock)
    outgoing = Outgoing(store, house, keys, site.id, tuple(site.languages), (host,), clock)
    return Federation(
        settings,
        store,
        house,
        keys,
        docs,
        client,
        remote,
        inbox,
        checks,
        elsewhere,
        incoming,
        outgoing,
        delivery,
        clock,
    )


def _uris(tx: Transaction, site_id: str, url: str, *, now: datetime) -> Uris:
    if not own_rows.bases(tx, site_id):
        own_rows.add_base(tx, site_id, url, now=now)
    base, *former = own_rows.bases(tx, site_id)
    moving.tell(tx, site_id, uris := Uris(base, tuple(former)), now=now)
    return uris


async def fetch_bodies(federation: Federation) -> None:
    """Keep the texts of posts that the manifest named and that are not kept yet: of the site, or beside its file.

    Raises Unavailable while one cannot be read.
    """
    settings, store, missing = federation.settings, federation.store, []
    source = settings.manifest_source
    for url in await store.read(object_rows.missing_bodies, settings.site.id):
        try:
            if "://" in source:
                own_host = urlsplit(settings.site.url).hostname
                fetched = await network.fetch(url, most_bytes=BODY_BYTES, own_host=own_host)
                content = fetched.content if fetched.status == 200 else None
            else:
                path = Path(source).parent / url.removeprefix(settings.site.url).lstrip("/")
                content = await asyncio.to_thread(path.read_bytes)
        except (PleinError, OSError):
            content = None
        if content is None:
            missing.append(url)
        else:
            html = content.decode("utf-8", "replace")
            await store.write(object_rows.keep_body, url, html, utc_text(federation.clock()))
    if missing:
        raise Unavailable(f"{len(missing)} texts cannot be read, such as {missing[0]}")
