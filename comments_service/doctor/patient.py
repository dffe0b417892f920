"""What the doctor looks at: one site with its settings, its store and its public addresses; and what is found."""

import json
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from comments_service import keys
from comments_service.federation.documents import KINDS
from comments_service.federation.uris import Uris
from comments_service.network import REDIRECTS, Answer, Client
from comments_service.settings import Settings
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Clock, Row, Store

EVERYWHERE = ip_network("0.0.0.0/0"), ip_network("::/0")  # only configured names are asked, wherever they lead
MOST_BYTES = 20_000_000
NOBODY = "nobody-has-this-name"  # no handle can have a hyphen
REMEDIES = tomllib.loads((Path(__file__).parent / "remedies.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Finding:
    """Something that a check has to say, and the lines of what mends it; without any it is no fault."""

    text: str
    remedy: tuple[str, ...] = ()


At = tuple[str, int] | None  # host and port that are asked instead of where the names lead
Findings = AsyncIterator[Finding]
Check = Callable[["Patient"], Findings]


@dataclass(frozen=True)
class Patient:
    settings: Settings
    store: Store | None  # None when it cannot be opened
    uris: Uris
    actors: Sequence[Row]  # ours, deleted ones apart; none while federation is off
    client: Client
    clock: Clock

    @cached_property
    def hosts(self) -> Mapping[str, str]:
        """Every host that is ours -> its origin, that of handles first."""
        urls = map(urlsplit, (self.uris.base, *self.uris.former, self.settings.site.url))
        return {url.netloc: f"{url.scheme}://{url.netloc}" for url in urls}

    @cached_property
    def token(self) -> str:
        """What the service lets an announcement in by; "" where this machine has not got it."""
        service = self.settings.service
        is_here = service.announce_token or (service.keys_dir / keys.ANNOUNCE_TOKEN).exists()
        return keys.announce_token(service) if is_here else ""

    async def ask(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """Make one request. Raises FetchError when nothing answers."""
        return await self.client.request(method, url, headers or {}, content, most_bytes=MOST_BYTES)

    async def get(self, url: str, accept: str) -> Answer:
        """GET, through redirects between our own hosts: others may lead into our network. Raises FetchError."""
        own = {*self.hosts, urlsplit(self.settings.service_url).netloc}
        answer = await self.ask(url, headers={"Accept": accept})
        for _ in range(REDIRECTS):
            if answer.leads_to is None or urlsplit(answer.leads_to).netloc not in own:
                break
            answer = await self.ask(answer.leads_to, headers={"Accept": accept})
        return answer


async def admit(settings: Settings, store: Store | None, at: At, clock: Clock) -> Patient:
    """Make a patient of a site. `at` is asked instead of where the names of its hosts lead."""
    site_id = settings.site.id
    base, *former = (await store.read(own_rows.bases, site_id) if store else []) or [settings.service_url]
    actors = await store.read(own_rows.of_site, site_id, tuple(KINDS)) if store and settings.federation.enabled else []
    live = [row for row in actors if row["state"] != "deleted"]
    return Patient(settings, store, Uris(base, tuple(former)), live, Client(EVERYWHERE, instead=at), clock)


def fault(text: str, name: str, **values: str) -> Finding:
    """A finding with the remedy of that name (remedies.toml), its words in capitals filled in."""
    lines = []
    for kind, rule in REMEDIES[name].items():
        for word, value in values.items():
            rule = rule.replace(word, value)
        lines += [f"{kind}: {line}" for line in rule.splitlines()]
    return Finding(text, tuple(lines))


def lost(patient: Patient, text: str, url: str) -> Finding:
    """A finding that what is asked at `url` must reach the service.

    A well-known path does so from another host of ours, or into the subpath of the service; the rest as it is.
    """
    service, asked = urlsplit(patient.settings.service_url), urlsplit(url)
    place, is_ours, _ = asked.path.partition("/ap/")
    if is_ours:
        return not_passed_on(text, [place + "/ap/"])
    if asked.netloc != service.netloc:
        return fault(text, "send-on", PATH=place, SERVICE=patient.settings.service_url)
    return fault(text, "below", BASE=service.path, PATH=place) if service.path else not_passed_on(text, [place])


def not_passed_on(text: str, paths: Iterable[str]) -> Finding:
    """A finding that the service must answer these paths; one that ends with / stands for all below it."""
    caddy = " ".join(f"{path}*" if path.endswith("/") else path for path in paths)
    handing = "{ proxy_pass http://127.0.0.1:8000; }"
    nginx = [f"location {'^~' if path.endswith('/') else '='} {path} {handing}" for path in paths]
    return fault(text, "pass-on", PATHS=caddy, LOCATIONS="\n".join(nginx))


def type_of(answer: Answer) -> str:
    return answer.headers.get("content-type", "none").partition(";")[0].strip().lower()


def complaint(answer: Answer, kind: str) -> Finding | None:
    """Tell when an answer has lost its content type, or when pages of other origins may not read it (Fetch, CORS)."""
    if (said := type_of(answer)) != kind:
        return fault(f"{answer.url} has the content type {said} for {kind}", "type-of-answer")
    if (allowed := answer.headers.get("access-control-allow-origin", "")) != "*":
        name = "origin-allowed-once" if "," in allowed else "origin-allowed"
        return fault(f"{answer.url} allows the origin {allowed or 'of nobody'!r} for '*'", name)
    return None


def as_json(answer: Answer) -> Mapping[str, object]:
    """The object in an answer, or an empty one."""
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
