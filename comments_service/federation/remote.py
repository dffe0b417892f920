"""Asking other servers: documents, actors and keys, signed by the instance actor, within a budget of fetches."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

from comments_service import servers
from comments_service.errors import Unavailable
from comments_service.federation import reading, signatures, wire
from comments_service.federation.house import House
from comments_service.federation.keys import OwnKeys
from comments_service.federation.vocabulary import Refusal, RemoteActor, RemoteObject
from comments_service.ids import new_id
from comments_service.network import Answer, Client, Sign
from comments_service.store import actors as rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Clock, Row, Store, Transaction, Value
from comments_service.store.rows import moment, text, to_json

ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
FETCHES = 20  # for one activity
AGAIN = timedelta(minutes=5)  # a key is asked for again, and a dead address tried again, at most this often
FRESH = timedelta(days=1)  # an actor is asked for again after this
MOST_REMEMBERED = 10_000
MOST_SAID, MOST_PICTURE = 64_000, 2_000_000  # bytes
MOST_HEAD = 200_000  # characters of a page in which a link is looked for
_HANDLE = re.compile(r"[a-z0-9_.-]{1,64}@[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_LINK = re.compile(r"<link\s([^<>]{1,1000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z]+)=["']([^"'<>]*)["']""", re.IGNORECASE)


@dataclass
class Budget:
    """How many fetches one activity may still cause."""

    left: int = FETCHES

    def take(self) -> None:
        if self.left <= 0:
            raise Refusal("too-many-fetches")
        self.left -= 1


class Remote:
    """The other servers, as one site of ours sees them."""

    def __init__(self, store: Store, house: House, site_id: str, client: Client, keys: OwnKeys, clock: Clock) -> None:
        self._store = store
        self._house = house
        self._site_id = site_id
        self._client = client
        self._keys = keys
        self._clock = clock
        self._asked: dict[str, datetime] = {}  # keys and actors: when they were asked for last
        self._asking: dict[str, asyncio.Lock] = {}

    def uri(self, value: object) -> str:
        """Return an address in the one form, as this site takes them. Raises Refusal."""
        return wire.uri(value, http_ok=self._client.http_ok)

    @property
    def http_ok(self) -> Callable[[str], bool]:
        return self._client.http_ok

    async def document(self, uri: str, budget: Budget) -> dict[str, object]:
        """Return the ActivityStreams document of an address; its id is that address, or is fetched once more.

        Raises Refusal: "gone" for 404 and 410, "not-activitystreams", "other-id", "unreachable", or what wire says.
        """
        document, came_from = await self._get(uri, budget)
        own_id = self.uri(document.get("id"))
        if own_id not in (uri, came_from) or wire.origin(came_from) != wire.origin(own_id):
            document, came_from = await self._get(own_id, budget)
            if self.uri(document.get("id")) != own_id or wire.origin(came_from) != wire.origin(own_id):
                raise Refusal("other-id", own_id)
        return document

    async def remote_object(self, uri: str, budget: Budget) -> RemoteObject:
        return reading.remote_object(await self.document(uri, budget), self.http_ok)

    async def actor(self, uri: str, budget: Budget, *, fresh: bool = False) -> Row:
        """Return the stored row of an actor, fetched when it is new or a day old. Raises Refusal."""
        bare = uri.partition("#")[0]
        known = self._store.look(rows.by_uri, bare)
        if known is not None and not fresh and moment(known, "fetched_at") > self._clock() - FRESH:
            return known
        async with self._lock(bare):
            again = self._store.look(rows.by_uri, bare)
            if again is not None and again != known:
                return again  # another request was first
            try:
                self._ask_seldom(bare)
                value = reading.actor(await self.document(bare, budget), self.http_ok)
                return await self._keep(value, budget)
            except Refusal:
                if known is not None and not fresh:
                    return known
                raise

    async def key_owner(self, key_id: str, budget: Budget, *, failed: str | None = None) -> Row:
        """Return the stored row of the actor that a key belongs to; both name each other. Raises Refusal.

        Unless that key is the one that `failed`: then it is fetched again. A document is asked for at most once in
        AGAIN, whatever key of it is named: what is forged must not make us ask.
        """
        known = self._store.look(rows.find, key_id=key_id)
        if known is not None and known["public_key"] != failed:
            return known
        bare = key_id.partition("#")[0]
        async with self._lock(bare):
            known = self._store.look(rows.find, key_id=key_id)
            if known is not None and known["public_key"] != failed:
                return known  # another request was first
            self._ask_seldom(bare)
            document, came_from = await self._get(bare, budget)
            # a key may have a document of its own: its owner must name it, whatever it says itself
            named = document.get("owner" if "publicKeyPem" in document else "id")
            owner = reading.address_of(named, self.http_ok) or ""
            if wire.origin(owner) != wire.origin(bare):
                raise Refusal("key-not-named", key_id)
            if owner != bare or wire.origin(came_from) != wire.origin(owner):
                document = await self.document(owner, budget)
            value = reading.actor(document, self.http_ok)
            if value.key_id != key_id:
                raise Refusal("key-not-named", key_id)
            return await self._keep(value, budget, key_id)

    async def _keep(self, value: RemoteActor, budget: Budget, proven: str = "") -> Row:
        """Store an actor. `proven` is the id of a key that its own document, too, says to be of this actor."""
        handle = await self._handle(value, budget)
        return await self._store.write(_keep_actor, value, handle, proven, now=self._clock())

    async def _handle(self, value: RemoteActor, budget: Budget) -> str | None:
        """Return name@server when WebFinger (RFC 7033) leads back to the actor, else None."""
        asked = f"{value.username}@{wire.host(value.uri)}"
        with suppress(Refusal):
            for _ in range(2):  # a handle on another host: that host must say so too
                found = await self._points_to(asked, value.uri, budget)
                if found.rpartition("@")[2] == asked.rpartition("@")[2]:
                    return found
                asked = found
        return None

    async def webfinger(self, handle: str, scheme: str, budget: Budget) -> tuple[dict[str, object], str]:
        """Return what name@host says of itself (RFC 7033), and where that came from. Raises Refusal."""
        address = f"{scheme}://{handle.rpartition('@')[2]}/.well-known/webfinger?resource=acct:{quote(handle)}"
        return await self.said(address, budget, "application/jrd+json")

    async def said(self, address: str, budget: Budget, kind: str = "application/json") -> tuple[dict[str, object], str]:
        """Return JSON that is no ActivityStreams, and where it came from; asked without a signature. Raises Refusal."""
        answer = await self._fetch(self.uri(address), budget, kind, MOST_SAID, is_signed=False)
        return wire.load(answer.content), self.uri(answer.url)

    async def _points_to(self, handle: str, uri: str, budget: Budget) -> str:
        document, _ = await self.webfinger(handle, urlsplit(uri).scheme, budget)
        for link in reading.documents(document.get("links")):
            if link.get("rel") == "self" and link.get("href") == uri:
                subject = str(document.get("subject", "")).removeprefix("acct:").lstrip("@").lower()
                return subject if _HANDLE.fullmatch(subject) else handle
        raise Refusal("handle-not-proved", handle)

    async def named_by(self, uri: str, budget: Budget) -> str:
        """Return the address of the document that a page names in HTML (`link rel="alternate"`). Raises Refusal."""
        answer = await self._fetch(uri, budget, "text/html")
        for tag in _LINK.finditer(answer.content.decode("utf-8", "replace")[:MOST_HEAD]):
            said = {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(tag[1])}
            if "alternate" in said.get("rel", "").split() and said.get("type") == "application/activity+json":
                return self.uri(urljoin(answer.url, said.get("href", "")))
        raise Refusal("not-activitystreams", uri)

    async def _get(self, uri: str, budget: Budget) -> tuple[dict[str, object], str]:
        """Return a document, and where it came from after redirects: who redirects does not speak for another."""
        answer = await self._fetch(uri, budget, ACCEPT)
        kind, _, parameters = answer.headers.get("content-type", "").lower().partition(";")
        is_profiled = kind.strip() == "application/ld+json" and "https://www.w3.org/ns/activitystreams" in parameters
        if kind.strip() != "application/activity+json" and not is_profiled:
            raise Refusal("not-activitystreams", kind[:100])
        return wire.load(answer.content), self.uri(answer.url)

    async def picture(self, uri: str, budget: Budget) -> bytes:
        """Return a picture, from whatever host it lies on; nobody learns by a signature who asks. Raises Refusal."""
        return (await self._fetch(self.uri(uri), budget, "image/*", MOST_PICTURE, is_signed=False)).content

    async def _fetch(
        self, uri: str, budget: Budget, accept: str, most_bytes: int = wire.MOST_BYTES, *, is_signed: bool = True
    ) -> Answer:
        budget.take()
        if self._store.look(servers.policy_of, wire.host(uri)) == "block":
            raise Refusal("blocked", wire.host(uri))
        sign = await self._signer() if is_signed else None
        try:
            answer = await self._client.get(uri, accept=accept, sign=sign, most_bytes=most_bytes)
        except Unavailable as error:
            raise Refusal("unreachable", str(error)) from None
        if answer.status in (404, 410):
            raise Refusal("gone", uri)
        if answer.status != 200:
            raise Refusal("unreachable", f"{uri} answered {answer.status}")
        return answer

    async def _signer(self) -> Sign | None:
        """Some servers answer only signed requests; the instance actor signs, whose document needs no signature."""
        instance = await self._store.read(own_rows.by_subject, self._site_id, "instance", "")
        if instance is None:
            return None
        key = await self._keys.key(text(instance, "id"))
        key_id = self._house.uris.key(key.actor_id)
        return lambda method, url: signatures.sign_cavage(key.private, key_id, method, url, None, now=self._clock())

    def _lock(self, name: str) -> asyncio.Lock:
        if len(self._asking) > MOST_REMEMBERED:
            self._asking = {key: lock for key, lock in self._asking.items() if lock.locked()}
        return self._asking.setdefault(name, asyncio.Lock())

    def _ask_seldom(self, name: str) -> None:
        """Raises Refusal when this was asked for within AGAIN."""
        now = self._clock()
        if (last := self._asked.get(name)) is not None and last > now - AGAIN:
            raise Refusal("asked-lately", name)
        if len(self._asked) > MOST_REMEMBERED:
            self._asked = {key: asked for key, asked in self._asked.items() if asked > now - AGAIN}
        self._asked[name] = now


def _keep_actor(tx: Transaction, value: RemoteActor, handle: str | None, proven: str, *, now: datetime) -> Row:
    if value.key_id is not None and value.key_id != proven and value.key_id.partition("#")[0] != value.uri:
        # anyone could name a neighbour's key: it counts once it was asked itself, by `key_owner`
        known = rows.by_uri(tx, value.uri)
        if known is None or (known["key_id"], known["public_key"]) != (value.key_id, value.public_key):
            value = replace(value, key_id=None, public_key=None)
    said: dict[str, Value | datetime] = {**vars(value), "also_known_as": to_json(value.also_known_as)}
    del said["username"]
    said |= {"server": wire.host(value.uri), "handle": handle, "fetched_at": now, "gone_at": None}
    return rows.put(tx, id=new_id(now), first_seen_at=now, **said)
