"""Where the rooms of the federation meet, for one site: what app.py starts, and what routes find in the application."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from comments_service import announcements, consent, pictures
from comments_service.errors import Unavailable
from comments_service.federation import actors, documents, moving
from comments_service.federation.checks import Checks
from comments_service.federation.delivery import Delivery
from comments_service.federation.elsewhere import FILL_JOB, Elsewhere
from comments_service.federation.following import Following
from comments_service.federation.groups import SOFTWARE_JOB, Groups
from comments_service.federation.house import House
from comments_service.federation.inbox import ARRIVAL_JOB, Inbox
from comments_service.federation.incoming import Incoming
from comments_service.federation.interactions import Interactions
from comments_service.federation.keys import OwnKeys
from comments_service.federation.outgoing import Outgoing
from comments_service.federation.pictures import Pictures
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
from comments_service.store.protocol import Clock, Store, Transaction, utc_text

BODY_BYTES = 2_000_000


class Federation:
    """The fediverse side of one site: `open_federation` makes it."""

    def __init__(self, settings: Settings, store: Store, uris: Uris, notice: str, clock: Clock) -> None:
        site, rules = settings.site, settings.federation
        languages, host = tuple(site.languages), urlsplit(site.url).netloc
        self.settings, self.store, self.uris, self.clock = settings, store, uris, clock
        self.house = House(uris, settings.service_url, rules.notes, rules.quotes, notice, languages, host)
        self.keys = OwnKeys(store, clock)
        self.documents = Documents(store, self.house, self.keys, site.id)
        self.client = Client(rules.intranet)
        self.remote = Remote(store, self.house, site.id, self.client, self.keys, clock)
        shared = store, settings, self.house, self.remote, clock
        self.following, self.inbox, self.interactions = Following(*shared), Inbox(*shared), Interactions(*shared)
        self.pictures, self.groups = Pictures(*shared), Groups(*shared)
        self.delivery = Delivery(store, site.id, self.keys, self.client, clock, is_alone=not rules.deliver_here)
        texts = Texts(*shared)
        self.checks = Checks(*shared, texts)
        self.elsewhere, self.incoming = Elsewhere(*shared, texts, self.checks), Incoming(*shared, texts, self.checks)
        self.outgoing = Outgoing(store, self.house, self.keys, site.id, clock)

    @property
    def handlers(self) -> dict[str, Handler]:
        """What the job loop calls; each gets the ids of its row but the first, the site."""
        return {
            actors.BODIES_JOB: lambda _: fetch_bodies(self),
            consent.CHANGED_JOB: self.outgoing.tell_actor,
            consent.GONE_JOB: self.outgoing.take_back_actor,
            ARRIVAL_JOB: self.incoming.handle,
            SOFTWARE_JOB: self.groups.ask_software,
            FILL_JOB: self.elsewhere.fill,
            pictures.JOB: self.pictures.fetch,
            TOLD_JOB: self.interactions.tell,
        }

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


def handlers(federations: Mapping[str, Federation]) -> list[dict[str, Handler]]:
    """Handlers that let the site of a job's first id do the work. The second ones are slow: nobody waits for them."""

    def of(kind: str) -> Handler:
        async def handle(ids: Sequence[str]) -> None:
            if ids[0] in federations:
                await federations[ids[0]].handlers[kind](ids[1:])

        return handle

    kinds = {kind for federation in federations.values() for kind in federation.handlers}
    return [{kind: of(kind) for kind in part} for part in (kinds - {pictures.JOB}, kinds & {pictures.JOB})]


async def open_federation(
    settings: Settings, store: Store, clock: Clock, say: Callable[[str], str] = str
) -> Federation:
    """Make the rooms of a site. The base of its ids is kept at the first start. `say` knows the site's language."""
    base = settings.federation.url or settings.service_url
    uris = await store.write(_uris, settings.site.id, base, now=clock())
    return Federation(settings, store, uris, say(documents.NOT_READ), clock)


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
    for url in await store.read(object_rows.missing_bodies, settings.site.id):
        try:
            content = await announcements.read_of_site(settings, url, BODY_BYTES)
        except Unavailable:
            missing.append(url)
        else:
            html = content.decode("utf-8", "replace")
            await store.write(object_rows.keep_body, url, html, utc_text(federation.clock()))
    if missing:
        raise Unavailable(f"{len(missing)} texts cannot be read, such as {missing[0]}")
