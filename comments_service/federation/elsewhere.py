"""Threads of other servers: looked at for a reader of ours, kept once they answer, and filled with what was said."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from comments_service import elsewhere, interactions, jobs, servers
from comments_service.elsewhere import Foreign, Place, Someone
from comments_service.errors import Fault, Invalid
from comments_service.federation import following, reading, wire
from comments_service.federation.checks import Checks
from comments_service.federation.objects import Spot
from comments_service.federation.reading import ACTOR_KINDS
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.texts import CHAIN, Texts
from comments_service.federation.uris import permanent_id
from comments_service.federation.vocabulary import Refusal, RemoteObject
from comments_service.interactions import BOOST, LIKE
from comments_service.language import N_
from comments_service.model import Account
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import record, text

FILL_JOB = "fill-elsewhere"  # [site, uri]
FILL_FETCHES = 100
MESSAGES = {
    "unreachable": N_("That server does not answer now. Try again later."),
    "asked-lately": N_("That server does not answer now. Try again later."),
    "gone": N_("There is nothing at this address any more."),
    "not-addressed-to-everyone": N_("This is not for everyone, so it cannot be answered here."),
    "blocked": N_("This site has no contact with that server."),
    "ours": N_("This is of this very site."),
}


@dataclass(frozen=True)
class Elsewhere(Room):
    texts: Texts
    checks: Checks

    async def look(self, address: str) -> Foreign | Someone | Place:
        """Fetch who or what is at an address or handle, for a reader; what is of this site is read where it stands.

        Raises Invalid on `uri`.
        """
        with _explained():
            budget = Budget()
            uri = await self._address(address, budget)
            spot = self.texts.spot(uri)
            here = _place(spot) if spot is not None and spot.is_seen else None
            if here is not None and spot is not None and (spot.comment or spot.page)["origin_uri"] is None:
                return here
            try:
                value, who = await self._found(uri, budget)
            except Refusal:
                if here is None:
                    raise
                return here  # what is kept can be answered though its own server does not answer now
            someone = record(Someone, who)
            if value is None:
                return someone
            return Foreign(value.uri, value.url or value.uri, someone, value.html, value.language)

    async def do(self, account: Account, kind: str, address: str) -> None:
        """Like or boost what stands at an address, follow or block who is there. Raises Invalid on `uri`."""
        with _explained():
            budget = Budget()
            value, who = await self._found(await self._address(address, budget), budget)
            if (value is None) is (kind in (LIKE, BOOST)):
                raise Refusal("not-a-text", address)
        about = self.site_id, kind, value.uri if value else text(who, "uri"), text(who, "id")
        await self.store.write(interactions.do, account, *about, now=self.clock())

    async def keep(self, address: str) -> Place:
        """Keep the thread of an address from its start to that very text, and return where it is answered here.

        The rest of the thread is fetched by and by. Raises Invalid on `uri`.
        """
        with _explained():
            budget = Budget()
            uri = await self._address(address, budget)
            if (spot := self.texts.spot(uri)) is None:
                value, _ = await self._found(uri, budget)
                if value is None:
                    raise Refusal("not-a-text", uri)
                await self._climb(value, budget)
                spot = self.texts.spot(value.uri)
            if spot is None or not spot.is_seen:
                raise Refusal("not-shown", uri)
            return _place(spot)

    async def fill(self, ids: Sequence[str]) -> None:
        """Job: take in what a thread holds beside what a reader of ours answered."""
        budget = Budget(FILL_FETCHES)
        with suppress(Refusal):  # what comes by itself will do
            value = await self.remote.remote_object(ids[0], budget)
            for collection in (value.context, value.replies):
                with suppress(Refusal):
                    await self.checks.fill(value, collection, budget)

    async def _address(self, address: str, budget: Budget) -> str:
        """Return the address that is meant; of a handle, who has it (RFC 7033)."""
        if (named := following.HANDLE.fullmatch(address.strip())) is None:
            return self.remote.uri(address.strip())
        if named[2].lower() == self.texts.house.host:
            raise Refusal("ours", address)
        document, _ = await following.ask(self.remote, named[1], named[2], budget)
        return self.remote.uri(following.own_address(document))

    async def _found(self, uri: str, budget: Budget) -> tuple[RemoteObject | None, Row]:
        """Fetch a text and its author, or nothing but somebody, by the id or the page for people. Raises Refusal."""
        if self.texts.house.uris.parse(uri) is not None:
            raise Refusal("ours", uri)
        try:
            document = await self.remote.document(uri, budget)
        except Refusal as refusal:
            if refusal.reason != "not-activitystreams":
                raise
            document = await self.remote.document(await self.remote.named_by(uri, budget), budget)
        if reading.kind_of(document) in ACTOR_KINDS:
            return None, self._judged(await self.remote.actor(str(document["id"]), budget))
        value = reading.remote_object(document, self.remote.http_ok)
        return value, await self._author(value, budget)

    async def _climb(self, value: RemoteObject, budget: Budget, depth: int = 0) -> None:
        """Take in a text that is not known, after all that it answers; what started the thread becomes a page."""
        if value.in_reply_to is None:
            author = await self._author(value, budget)
            await self.store.write(self._open, value, author, now=self.clock())
            return
        if self.texts.spot(value.in_reply_to) is None:
            if depth >= CHAIN:
                raise Refusal("too-deep", value.uri)
            await self._climb(await self.remote.remote_object(value.in_reply_to, budget), budget, depth + 1)
        await self.texts.take(value, budget)

    async def _author(self, value: RemoteObject, budget: Budget) -> Row:
        if not value.is_public:
            raise Refusal("not-addressed-to-everyone", value.uri)
        return self._judged(await self.texts.author(value, budget))

    def _judged(self, actor: Row) -> Row:
        if self.store.look(servers.policy_of, text(actor, "server"), text(actor, "uri")) == "block":
            raise Refusal("blocked", text(actor, "uri"))
        return actor

    def _open(self, tx: Transaction, value: RemoteObject, author: Row, *, now: datetime) -> None:
        slug = permanent_id(self.site_id, elsewhere.KIND, value.uri).lower()
        language = value.language or self.settings.site.languages[0]
        title = elsewhere.title(value.html) or wire.host(value.uri)
        origin = {"origin_uri": value.uri, "origin_url": value.url or value.uri}
        origin |= {"origin_context": value.context or value.uri, "actor_id": text(author, "id")}
        elsewhere.keep(tx, self.site_id, slug, self.settings.service_url, language, title, **origin, now=now)
        jobs.enqueue(tx, FILL_JOB, self.site_id, value.uri, now=now)


def _place(spot: Spot) -> Place:
    _, _, comment_id = spot.key
    return Place(text(spot.page, "kind"), text(spot.page, "slug"), comment_id)


@contextmanager
def _explained() -> Iterator[None]:
    """Raises Invalid on `uri` where something is refused."""
    try:
        yield
    except Refusal as refusal:
        message = MESSAGES.get(refusal.reason, N_("This address holds nothing that can be answered."))
        raise Invalid([Fault("uri", message)]) from None
