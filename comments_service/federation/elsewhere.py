"""Threads of other servers: looked at for a reader of ours, kept once they answer, and filled with what was said."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from comments_service import elsewhere, jobs, servers
from comments_service.elsewhere import Foreign, Place
from comments_service.errors import Fault, Invalid
from comments_service.federation import wire
from comments_service.federation.checks import Checks
from comments_service.federation.reading import ACTOR_KINDS
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.texts import CHAIN, Spot, Texts
from comments_service.federation.uris import permanent_id
from comments_service.federation.vocabulary import Audience, Refusal, RemoteObject
from comments_service.language import N_
from comments_service.markup import remote
from comments_service.settings import Settings
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import optional, text

FILL_JOB = "fill-elsewhere"  # [site, uri]
FILL_FETCHES = 100


@dataclass(frozen=True)
class Elsewhere:
    store: Store
    settings: Settings
    remote: Remote
    texts: Texts
    checks: Checks
    clock: Callable[[], datetime]

    async def look(self, address: str) -> Foreign | Place:
        """Fetch what stands at an address, for a reader who thinks of an answer; or where it stands here already.

        Raises Invalid on `uri`.
        """
        try:
            uri, budget = self.remote.uri(address.strip()), Budget()
            if (spot := self.texts.spot(uri)) is not None and spot.is_seen:
                return _place(spot)
            value = await self._text(uri, budget)
            author = await self._author(value, budget)
            return Foreign(
                uri=value.uri,
                url=value.url or value.uri,
                author=text(author, "name"),
                handle=optional(author, "handle"),
                server=text(author, "server"),
                html=remote(value.html),
                lang=value.language,
            )
        except Refusal as refusal:
            raise _invalid(refusal) from None

    async def keep(self, address: str) -> Place:
        """Keep the thread of an address from its start to that very text, and return where it is answered here.

        The rest of the thread is fetched by and by. Raises Invalid on `uri`.
        """
        try:
            uri, budget = self.remote.uri(address.strip()), Budget()
            if (spot := self.texts.spot(uri)) is None:
                value = await self._text(uri, budget)
                await self._climb(value, budget)
                spot = self.texts.spot(value.uri)
            if spot is None or not spot.is_seen:
                raise Refusal("not-shown", uri)
            return _place(spot)
        except Refusal as refusal:
            raise _invalid(refusal) from None

    async def fill(self, ids: Sequence[str]) -> None:
        """Job: take in what a thread holds beside what a reader of ours answered."""
        budget = Budget(FILL_FETCHES)
        with suppress(Refusal):  # what comes by itself will do
            value = await self.remote.remote_object(ids[0], budget)
            for collection in (value.context, value.replies):
                with suppress(Refusal):
                    await self.checks.fill(value, collection, budget)

    async def _text(self, uri: str, budget: Budget) -> RemoteObject:
        """Fetch a text by its id or by its page for people."""
        try:
            return await self.remote.remote_object(uri, budget)
        except Refusal as refusal:
            if refusal.reason != "not-activitystreams":
                raise
        return await self.remote.remote_object(await self.remote.named_by(uri, budget), budget)

    async def _climb(self, value: RemoteObject, budget: Budget) -> None:
        """Take in a text that is not known, after all that it answers; what started the thread becomes a page."""
        chain = [value]
        while (parent := chain[-1].in_reply_to) is not None and self.texts.spot(parent) is None:
            if len(chain) > CHAIN:
                raise Refusal("too-deep", value.uri)
            chain.append(await self.remote.remote_object(parent, budget))
        if chain[-1].in_reply_to is None:
            opening = chain.pop()
            author = await self._author(opening, budget)
            await self.store.write(self._open, opening, author, now=self.clock())
        for one in reversed(chain):
            await self.texts.take(one, budget)

    async def _author(self, value: RemoteObject, budget: Budget) -> Row:
        if value.audience is Audience.NOT_PUBLIC:
            raise Refusal("not-addressed-to-everyone", value.uri)
        author = await self.texts.author(value, budget)
        if self.store.look(servers.policy_of, text(author, "server"), text(author, "uri")) == "block":
            raise Refusal("blocked", text(author, "uri"))
        return author

    def _open(self, tx: Transaction, value: RemoteObject, author: Row, *, now: datetime) -> None:
        slug = permanent_id(self.settings.site.id, elsewhere.KIND, value.uri).lower()
        elsewhere.keep(
            tx,
            self.settings.site.id,
            slug,
            self.settings.service_url,
            language=value.language or self.settings.site.languages[0],
            title=elsewhere.title(value.html) or wire.host(value.uri),
            origin_uri=value.uri,
            origin_url=value.url or value.uri,
            origin_context=value.context or value.uri,
            actor_id=text(author, "id"),
            now=now,
        )
        jobs.enqueue(tx, FILL_JOB, self.settings.site.id, value.uri, now=now)


def _place(spot: Spot) -> Place:
    _, _, comment_id = spot.key
    return Place(text(spot.page, "kind"), text(spot.page, "slug"), comment_id)


def _invalid(refusal: Refusal) -> Invalid:
    messages = {
        "unreachable": N_("That server does not answer now. Try again later."),
        "asked-lately": N_("That server does not answer now. Try again later."),
        "gone": N_("There is nothing at this address any more."),
        "not-addressed-to-everyone": N_("This is not for everyone, so it cannot be answered here."),
        "blocked": N_("This site has no contact with that server."),
    }
    if refusal.detail in ACTOR_KINDS:
        return Invalid([Fault("uri", N_("From this site you can answer posts and comments, and follow nobody."))])
    return Invalid([Fault("uri", messages.get(refusal.reason, N_("This address holds nothing that can be answered.")))])
