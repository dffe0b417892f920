"""Texts of other servers: taken into the thread they belong to, by the rules of comments, or refused with a fate.

Addressing is the law: what is not for everyone is kept nowhere. Unknown parents are fetched up the chain, bounded.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from comments_service import elsewhere, received
from comments_service.federation import interactions, objects
from comments_service.federation.objects import Spot
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.vocabulary import Refusal, RemoteObject
from comments_service.store import actors as actor_rows
from comments_service.store import elsewhere as elsewhere_rows
from comments_service.store import fates as fate_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import received as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text

CHAIN = 10  # unknown parents that are fetched on the way up to a thread of ours


class Texts(Room):
    async def take_address(self, uri: str, budget: Budget) -> None:
        """Fetch a text from its own server and take it in."""
        await self.take(await self.remote.remote_object(uri, budget), budget)

    async def take(self, value: RemoteObject, budget: Budget, depth: int = 0, *, is_told: bool = False) -> None:
        """Take in what somebody wrote if it answers something of ours. What is told was sent, and not fetched."""
        if self.uris.parse(value.uri) is not None:  # somebody names our own: it would stand here twice
            return
        if not value.is_public:
            await self.store.write(self._not_shown, value, now=self.clock())
            return
        if value.quotes is not None:
            await self._quoted(value, budget)
        answers = value.in_reply_to or value.uri  # an edit need not repeat what it answers
        spot = self.spot(answers)
        if value.in_reply_to is None and (spot is None or spot.comment is None):
            await self.store.write(self._not_a_reply, value, now=self.clock())
            return
        is_ours = self.uris.parse(answers) is not None or answers.startswith(f"{self.settings.site.url}/")
        if spot is None and depth < CHAIN and not is_ours:  # we ask not ourselves
            parent = await self.remote.remote_object(answers, budget)
            await self.take(parent, budget, depth + 1)
            spot = self.spot(answers)
        if spot is None:
            raise Refusal("not-in-a-thread", value.uri)
        actor_id = text(await self.author(value, budget), "id")
        if not await self.store.write(self._receive, value, spot, actor_id, is_told=is_told, now=self.clock()):
            await self.take_address(value.uri, budget)

    def spot(self, uri: str | None) -> Spot | None:
        """Return what an address leads to on this site."""
        return self.store.look(self.find, uri)

    def find(self, tx: Transaction, uri: str | None) -> Spot | None:
        return objects.find(tx, self.site_id, self.uris, uri) if uri else None

    async def author(self, value: RemoteObject, budget: Budget) -> Row:
        """Return who wrote a text. Raises Refusal."""
        author = await self.remote.actor(value.attributed_to, budget)
        if text(author, "uri") != value.attributed_to:
            raise Refusal("not-the-author", value.attributed_to)
        return author

    def _receive(
        self, tx: Transaction, value: RemoteObject, spot: Spot, actor_id: str, *, is_told: bool, now: datetime
    ) -> bool:
        """Store an answer, or why not. False when its own server must say first whose it is."""
        age = self.settings.comments.close_after_days
        fate = received.receive(
            tx,
            *spot.key,
            actor_id,
            replace(value, language=value.language or text(spot.page, "language")),
            rules=self.settings.federation,
            closed_before=now - timedelta(days=age) if age else None,
            is_told=is_told,
            is_gone=spot.is_gone,
            now=now,
        )
        return fate is not None

    def _not_shown(self, tx: Transaction, value: RemoteObject, *, now: datetime) -> None:
        """It is not for everyone: its text is kept nowhere, and what stood here before goes."""
        known, author = rows.find(tx, self.site_id, value.uri), actor_rows.by_uri(tx, value.attributed_to)
        if known is not None:
            if author is None or known["actor_id"] != author["id"]:
                return
            received.take_back(tx, known, now=now)
        is_answer = self.find(tx, value.in_reply_to) is not None
        if known is not None or is_answer or self._is_to_us(value):
            self._decide(tx, value, "private", "not-addressed-to-everyone", now=now)

    def _not_a_reply(self, tx: Transaction, value: RemoteObject, *, now: datetime) -> None:
        """Someone wrote to a group or person of ours, and answers nothing: it has a fate, and no text is kept."""
        author = actor_rows.by_uri(tx, value.attributed_to)
        interactions.publish(tx, self.site_id, author, value, author, now=now)
        page = elsewhere_rows.find(tx, self.site_id, value.uri)
        if page is not None and author is not None and page["actor_id"] == author["id"]:
            elsewhere.rename(tx, page, elsewhere.title(value.html))  # it was edited
        elif self._is_to_us(value):
            self._decide(tx, value, "refused", "not-a-reply", now=now)

    def _decide(self, tx: Transaction, value: RemoteObject, fate: str, reason: str, *, now: datetime) -> None:
        fate_rows.decide(tx, self.site_id, value.uri, value.url, fate, reason, now=now)

    def _is_to_us(self, value: RemoteObject) -> bool:
        return any(self.uris.parse(one) is not None for one in value.recipients)

    async def announced(self, actor: Row, uri: str, budget: Budget) -> None:
        """A group or site announces a post: it is news for who follows it here. People boost too much for that."""
        site_id = self.site_id
        if actor["kind"] != "Person" and self.store.look(interaction_rows.is_followed, site_id, text(actor, "id")):
            value = await self.remote.remote_object(uri, budget)
            author = await self.author(value, budget)
            await self.store.write(interactions.publish, site_id, actor, value, author, now=self.clock())

    async def _quoted(self, value: RemoteObject, budget: Budget) -> None:
        spot = self.spot(value.quotes)
        if spot is not None and spot.is_seen and value.in_reply_to is None:
            author = await self.author(value, budget)
            await self.store.write(rows.react, spot.key, text(author, "id"), "quote", value.uri, now=self.clock())
