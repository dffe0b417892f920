"""What the doctor looks at: one site with its settings, its store and its public addresses; and what was found."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import ip_network
from urllib.parse import urlsplit

from comments_service.doctor import remedies
from comments_service.doctor.remedies import Remedy
from comments_service.federation.uris import Uris
from comments_service.network import Answer, Client
from comments_service.settings import Settings
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Row, Store

EVERYWHERE = ip_network("0.0.0.0/0"), ip_network("::/0")  # only configured names are asked, wherever they lead
MOST_BYTES = 20_000_000
KINDS = ("site", "instance", "group", "author", "commenter")
NOBODY = "nobody-has-this-name"  # no handle can have a hyphen


@dataclass(frozen=True)
class Finding:
    """Something that a check has to say; without a remedy it is no fault."""

    text: str
    remedy: Remedy | None = None


Findings = AsyncIterator[Finding]
Check = Callable[["Patient"], Findings]


@dataclass(frozen=True)
class Patient:
    settings: Settings
    store: Store | None  # None when it cannot be opened
    bases: Sequence[str]  # where our ids begin, the one of now first
    actors: Sequence[Row]  # ours, deleted ones apart; none while federation is off
    client: Client
    clock: Callable[[], datetime]

    @cached_property
    def hosts(self) -> Mapping[str, str]:
        """Every host that is ours -> its origin."""
        urls = (*self.bases, self.settings.site.url)
        return {urlsplit(url).netloc: f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in urls}

    @cached_property
    def uris(self) -> Uris:
        return Uris(self.bases[0], tuple(self.bases[1:]))

    @property
    def root(self) -> str:
        """The root of the host that handles name: there others ask for what is well known (RFC 8615)."""
        return self.hosts[urlsplit(self.bases[0]).netloc]

    @property
    def service(self) -> str:
        return self.settings.service_url

    async def ask(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """Make one request. Raises FetchError when nothing answers."""
        return await self.client.request(method, url, headers or {}, content, most_bytes=MOST_BYTES)

    async def get(self, url: str, accept: str) -> Answer:
        """GET through redirects, as other servers do. Raises FetchError."""
        return await self.client.get(url, accept=accept, most_bytes=MOST_BYTES)


async def admit(
    settings: Settings, store: Store | None, at: tuple[str, int] | None, clock: Callable[[], datetime]
) -> Patient:
    """Make a patient of a site. `at` is asked instead of where the names of its hosts lead."""
    site_id = settings.site.id
    bases = (await store.read(own_rows.bases, site_id) if store else []) or [settings.service_url]
    actors = await store.read(own_rows.of_site, site_id, KINDS) if store and settings.federation.enabled else []
    client = Client(EVERYWHERE, instead=at)
    return Patient(settings, store, bases, [row for row in actors if row["state"] != "deleted"], client, clock)


def wrong_type(answer: Answer, kind: str) -> Finding | None:
    """Tell when the web server gives an answer of the service another content type."""
    said = answer.headers.get("content-type", "none").partition(";")[0].strip().lower()
    return None if said == kind else Finding(f"{answer.url} has the content type {said} for {kind}", remedies.TYPE)


def wrong_origin(answer: Answer) -> Finding | None:
    """Tell when pages of other origins may not read an answer that they should (Fetch, CORS protocol)."""
    said = answer.headers.get("access-control-allow-origin", "")
    if said == "*":
        return None
    remedy = remedies.CORS_TWICE if "," in said else remedies.CORS
    return Finding(f"{answer.url} allows the origin {said or 'of nobody'!r} for '*'", remedy)


def as_json(answer: Answer) -> Mapping[str, object]:
    """The object in an answer, or an empty one."""
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
