"""What each activity means here: a call of the rule that a local comment uses, or a count, or nothing.

An arrival was verified: its actor signed it. What its actor did not write is fetched from who did.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import comments, fates, received
from comments_service.errors import Unavailable
from comments_service.federation import notes, objects, outbox, reading, wire
from comments_service.federation.notes import House
from comments_service.federation.objects import Post
from comments_service.federation.reading import TEXT_KINDS
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.vocabulary import Activity, Audience, Refusal, RemoteObject
from comments_service.ids import new_id
from comments_service.markup import has_text, plain, remote
from comments_service.model import CommentState
from comments_service.received import Reply
from comments_service.settings import Settings
from comments_service.store import actors as actor_rows
from comments_service.store import arrivals
from comments_service.store import fates as fate_rows
from comments_service.store import followers as follower_rows
from comments_service.store import objects as object_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import received as rows
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import optional, text, texts

CHAIN = 10  # unknown parents that are fetched on the way up to a thread of ours
REACTIONS = {"Like": "like", "EmojiReact": "like", "Dislike": "dislike", "Announce": "boost"}
PASSING = ("unreachable", "asked-lately")
REPORT_LENGTH = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spot:
    """Where an answer hangs: a page, or a comment on it."""

    page: Row
    comment: Row | None

    @property
    def key(self) -> tuple[str, str, str | None]:
        return text(self.page, "site_id"), text(self.page, "key"), text(self.comment, "id") if self.comment else None


@dataclass(frozen=True)
class Incoming:
    store: Store
    settings: Settings
    house: House
    remote: Remote
    clock: Callable[[], datetime]

    @property
    def _site_id(self) -> str:
        return self.settings.site.id

    async def handle(self, ids: Sequence[str]) -> None:
        """Do what an arrival says, once: its row goes when it is done. Safe to run again."""
        row = await self.store.read(arrivals.get, ids[0])
        if row is None:
            return
        document = wire.load(text(row, "body").encode())
        activity = reading.activity(document, self.remote.http_ok)
        try:
            await self._mean(activity, document, Budget())
        except Refusal as refusal:
            if refusal.reason in PASSING:
                raise Unavailable(str(refusal)) from None  # tried again later
            log.info("%s of %s means nothing here: %s", activity.kind, activity.actor, refusal)
            if activity.kind in ("Create", "Update") and activity.object_uri is not None:
                await self.store.write(_refuse, activity.object_uri, refusal, now=self.clock())
        await self.store.write(arrivals.remove, ids[0])

    async def _mean(self, activity: Activity, document: dict[str, object], budget: Budget) -> None:
        actor = await self.remote.actor(activity.actor, budget)
        meanings: dict[str, Callable[[Activity, Row, Budget], Awaitable[None]]] = {
            "Create": self._create,
            "Update": self._create,
            "Delete": self._delete,
            "Undo": self._undo,
            "Follow": self._follow,
            "Block": self._block,
            "Move": self._move,
            "QuoteRequest": self._quote_request,
            **dict.fromkeys(REACTIONS, self._react),
        }
        if activity.kind == "Flag":
            await self._flag(activity, document)
        elif activity.kind in meanings:
            await meanings[activity.kind](activity, actor, budget)

    # texts

    async def _create(self, activity: Activity, _: Row, budget: Budget) -> None:
        kind = reading.kind_of(activity.object)
        if kind in reading.ACTOR_KINDS or (not activity.object and activity.object_uri == activity.actor):
            if activity.kind == "Update" and activity.object_uri == activity.actor:
                await self.remote.actor(activity.actor, budget, fresh=True)
            return
        if activity.object_uri is None or (activity.object and kind not in TEXT_KINDS):
            raise Refusal("not-a-text", str(kind))
        if activity.object:
            value = reading.remote_object(activity.object, self.remote.http_ok)
            if value.attributed_to != activity.actor:
                raise Refusal("not-the-author", value.attributed_to)
        else:
            value = await self.remote.remote_object(activity.object_uri, budget)
        await self._take(value, budget)

    async def take_address(self, uri: str, budget: Budget) -> None:
        """Fetch a text from its own server and take it in."""
        await self._take(await self.remote.remote_object(uri, budget), budget)

    async def _take(self, value: RemoteObject, budget: Budget, depth: int = 0) -> Spot | None:
        """Take in what somebody wrote if it answers something of ours; return where its own answers hang."""
        if value.quotes is not None and value.audience is not Audience.NOT_PUBLIC:
            await self._quoted(value, budget)
        if value.in_reply_to is None:
            await self.store.write(self._not_a_reply, value, now=self.clock())
            return None
        spot = await self._spot(value.in_reply_to)
        if spot is None and depth < CHAIN and self.house.uris.parse(value.in_reply_to) is None:  # we ask not ourselves
            parent = await self.remote.remote_object(value.in_reply_to, budget)
            await self._take(parent, budget, depth + 1)
            spot = await self._spot(value.in_reply_to)
        if spot is None:
            raise Refusal("not-in-a-thread", value.uri)
        author = await self.remote.actor(value.attributed_to, budget)
        if text(author, "uri") != value.attributed_to:
            raise Refusal("not-the-author", value.attributed_to)
        reply = self._reply(value, text(spot.page, "language"))
        await self.store.write(self._receive, value, reply, spot, text(author, "id"), now=self.clock())
        return await self._spot(value.uri)

    def _reply(self, value: RemoteObject, language: str) -> Reply:
        return Reply(
            uri=value.uri,
            url=value.url,
            html=remote(value.html),
            lang=value.language or language,
            warning=value.warning,
            published=value.published,
            updated=value.updated,
            is_unlisted=value.audience is Audience.UNLISTED,
            is_indexable=value.is_indexable,
        )

    def _receive(
        self, tx: Transaction, value: RemoteObject, reply: Reply, spot: Spot, actor_id: str, *, now: datetime
    ) -> None:
        known = rows.find(tx, value.uri)
        if known is not None and known["actor_id"] not in (None, actor_id):
            return  # another one's
        reason = None
        fate = "refused"
        if value.audience is Audience.NOT_PUBLIC:
            fate, reason = "private", "not-addressed-to-everyone"
        elif known is None and spot.comment is not None and spot.comment["state"] != CommentState.SHOWN:
            reason = "parent-not-shown"
        elif not Post(spot.page, "").is_readable:
            reason = "no-such-page"
        elif not has_text(reply.html):
            reason = "no-text"
        elif len(reply.html) > comments.MAX_HTML * 2:
            reason = "too-long"
        if reason is not None:
            if known is not None and reason == "no-such-page":
                return  # it stays as it is until the page returns
            if known is not None and known["actor_id"] == actor_id:  # an edit took it out of the public
                received.take_back(tx, known, now=now)
            fates.decide(tx, value.uri, value.url, wire.host(value.uri), fate, reason, now=now)
            return
        site_id, page_key, comment_id = spot.key
        age = self.settings.comments.close_after_days
        received.receive(
            tx,
            site_id,
            page_key,
            comment_id,
            actor_id,
            reply,
            hold_first=self.settings.federation.hold_first,
            hold_per_minute=self.settings.federation.hold_per_minute,
            closed_before=now - timedelta(days=age) if age else None,
            now=now,
        )

    def _not_a_reply(self, tx: Transaction, value: RemoteObject, *, now: datetime) -> None:
        """Someone wrote to a group or person of ours, and answers nothing: it has a fate, and no text is kept."""
        is_to_us = any(self.house.uris.parse(one) is not None for one in value.recipients)
        if is_to_us:
            is_public = value.audience is not Audience.NOT_PUBLIC
            fate, reason = ("refused", "not-a-reply") if is_public else ("private", "not-addressed-to-everyone")
            fates.decide(tx, value.uri, value.url, wire.host(value.uri), fate, reason, now=now)

    async def _spot(self, uri: str) -> Spot | None:
        def find(tx: Transaction) -> Spot | None:
            found = objects.find(tx, self._site_id, self.house.uris, uri)
            if found is None:
                return None
            if isinstance(found, Post):
                return Spot(found.page, None) if found.page["site_id"] == self._site_id else None
            page = object_rows.page_of_comment(tx, found)
            return Spot(page, found) if page is not None and page["site_id"] == self._site_id else None

        return await self.store.read(find)

    # what takes back

    async def _delete(self, activity: Activity, actor: Row, _: Budget) -> None:
        uri = activity.object_uri
        if uri is None:
            raise Refusal("no-object")
        if uri == activity.actor:
            await self.store.write(received.forget_actor, text(actor, "id"), now=self.clock())
            return
        if wire.origin(uri) != wire.origin(activity.actor):
            raise Refusal("not-the-author", uri)
        await self.store.write(_delete, uri, actor, now=self.clock())

    async def _undo(self, activity: Activity, actor: Row, _: Budget) -> None:
        kind = reading.kind_of(activity.object)
        target = reading.address_of(activity.object.get("object"), self.remote.http_ok)
        spot = await self._spot(target) if target else None

        def undo(tx: Transaction) -> None:
            actor_id = text(actor, "id")
            if kind == "Follow" and target and (local := self.house.uris.parse(target)) is not None:
                follower_rows.remove(tx, local.id, actor_id)
            elif kind == "Block":
                actor_rows.change(tx, actor_id, blocks_us_at=None)
            elif kind in REACTIONS and spot is not None:
                row = rows.reaction_of(tx, *spot.key, actor_id, REACTIONS[kind])
                if row is not None:
                    rows.forget_reaction(tx, row)
            elif activity.object_uri is not None:  # only its id was sent
                row = rows.reaction_by_uri(tx, activity.object_uri)
                if row is not None and row["actor_id"] == actor_id:
                    rows.forget_reaction(tx, row)
                follower_rows.remove_by_uri(tx, activity.object_uri, actor_id)

        await self.store.write(undo)

    # what is counted

    async def _react(self, activity: Activity, actor: Row, budget: Budget) -> None:
        inner = reading.kind_of(activity.object)
        if activity.kind == "Announce" and inner in ("Create", "Update"):  # of a group (FEP-1b12): ask the author
            wrapped = reading.address_of(activity.object.get("object"), self.remote.http_ok)
            if wrapped is not None and self.house.uris.parse(wrapped) is None:
                await self.take_address(wrapped, budget)
            return
        spot = await self._spot(activity.object_uri) if activity.object_uri else None
        if spot is None:
            return
        if not Post(spot.page, "").is_readable or (spot.comment and spot.comment["state"] != CommentState.SHOWN):
            return
        is_public = activity.audience is not Audience.NOT_PUBLIC
        await self.store.write(
            self._count, spot, text(actor, "id"), REACTIONS[activity.kind], activity.id, is_public, now=self.clock()
        )

    def _count(
        self, tx: Transaction, spot: Spot, actor_id: str, kind: str, uri: str | None, is_public: bool, *, now: datetime
    ) -> str:
        reaction_id = new_id(now)
        rows.react(tx, reaction_id, *spot.key, actor_id, kind, uri, is_public=is_public, now=now)
        received.changed(tx, text(spot.page, "site_id"), text(spot.page, "key"))
        return reaction_id

    async def _quoted(self, value: RemoteObject, budget: Budget) -> None:
        spot = await self._spot(value.quotes or "")
        if spot is not None and value.in_reply_to is None and Post(spot.page, "").is_readable:
            author = await self.remote.actor(value.attributed_to, budget)
            await self.store.write(self._count, spot, text(author, "id"), "quote", value.uri, True, now=self.clock())

    async def _quote_request(self, activity: Activity, actor: Row, _: Budget) -> None:
        """FEP-044f: approve a quote with a stamp of its own, or say no."""
        spot = await self._spot(activity.object_uri) if activity.object_uri else None
        if spot is None or activity.target is None:
            return

        def answer(tx: Transaction, *, now: datetime) -> None:
            owner = self._owner(tx, spot)
            if owner is None:
                return
            result = {}
            is_welcome = self.house.may_quote and actor["policy"] != "block" and Post(spot.page, "").is_readable
            if is_welcome:
                self._count(tx, spot, text(actor, "id"), "quote", activity.target, True, now=now)
                row = rows.reaction_by_uri(tx, activity.target or "")
                result = {"result": self.house.uris.quote(text(row, "id"))} if row else {}
            said = {"type": "QuoteRequest", "id": activity.id, "actor": activity.actor, "object": activity.object_uri}
            told = {"type": "Accept" if is_welcome else "Reject", "object": {**said, "instrument": activity.target}}
            outbox.queue(
                tx, self.house.uris, owner, {**told, **result, "to": [activity.actor]}, actors=[actor], now=now
            )

        await self.store.write(answer, now=self.clock())

    def _owner(self, tx: Transaction, spot: Spot) -> str | None:
        """The actor of ours that wrote what somebody asks about."""
        if spot.comment is None:
            return optional(spot.page, "owner_id")
        author = notes.author_of(tx, self.house, spot.comment)
        local = self.house.uris.parse(author.uri) if author else None
        return local.id if local else None

    # people

    async def _follow(self, activity: Activity, actor: Row, _: Budget) -> None:
        local = self.house.uris.parse(activity.object_uri or "")

        def follow(tx: Transaction, *, now: datetime) -> None:
            own = own_rows.get(tx, local.id) if local and local.kind == "actors" and not local.part else None
            if own is None or own["site_id"] != self._site_id or own["state"] == "deleted":
                return
            is_welcome = own["kind"] != "instance" and actor["policy"] != "block"
            if is_welcome:
                follower_rows.add(tx, text(own, "id"), text(actor, "id"), activity.id, now=now)
                actor_rows.change(tx, text(actor, "id"), blocks_us_at=None)
            said = {"type": "Follow", "id": activity.id, "actor": activity.actor, "object": activity.object_uri}
            told = {"type": "Accept" if is_welcome else "Reject", "object": said, "to": [activity.actor]}
            outbox.queue(tx, self.house.uris, text(own, "id"), told, actors=[{**actor, "blocks_us_at": None}], now=now)

        await self.store.write(follow, now=self.clock())

    async def _block(self, activity: Activity, actor: Row, _: Budget) -> None:
        """They want nothing of us: nothing is sent to them any more, and what they wrote here is hidden."""
        if self.house.uris.parse(activity.object_uri or "") is None:
            return

        def block(tx: Transaction, *, now: datetime) -> None:
            actor_id = text(actor, "id")
            actor_rows.change(tx, actor_id, blocks_us_at=now)
            follower_rows.drop_actor(tx, actor_id)
            for row in rows.of_actor(tx, actor_id):
                if row["state"] == CommentState.SHOWN:
                    comments.change_state(tx, row, CommentState.HIDDEN, now=now)

        await self.store.write(block, now=self.clock())

    async def _move(self, activity: Activity, actor: Row, budget: Budget) -> None:
        """Someone says that they live elsewhere now. Unless that place says so too, they follow nothing any more."""
        names_back = False
        if activity.object_uri == activity.actor and activity.target is not None:
            target = await self.remote.actor(activity.target, budget, fresh=True)
            names_back = activity.actor in texts(target, "also_known_as")
        if not names_back:
            await self.store.write(follower_rows.drop_actor, text(actor, "id"))

    async def _flag(self, activity: Activity, document: dict[str, object]) -> None:
        named = document.get("object")
        spots = []
        for one in (named if isinstance(named, list) else [named])[:20]:
            address = reading.address_of(one, self.remote.http_ok)
            if address is not None and (spot := await self._spot(address)) is not None:
                spots.append(spot)

        def report(tx: Transaction, *, now: datetime) -> None:
            for spot in spots:
                fate_rows.report(
                    tx,
                    id=new_id(now),
                    site_id=self._site_id,
                    comment_id=spot.key[2],
                    actor_uri=activity.actor,
                    content=plain(activity.content or "", REPORT_LENGTH),
                    reported_at=now,
                )

        await self.store.write(report, now=self.clock())


def _refuse(tx: Transaction, uri: str, refusal: Refusal, *, now: datetime) -> None:
    if rows.find(tx, uri) is None:
        fates.decide(tx, uri, None, wire.host(uri), "refused", str(refusal), now=now)


def _delete(tx: Transaction, uri: str, actor: Row, *, now: datetime) -> None:
    """Take back what somebody wrote; what has not come yet is not taken when it comes."""
    known = rows.find(tx, uri)
    if known is None:
        fate_rows.bury(tx, uri, text(actor, "uri"), now=now)
    elif known["actor_id"] == actor["id"]:
        received.take_back(tx, known, now=now)
    row = rows.reaction_by_uri(tx, uri)  # a post that quoted
    if row is not None and row["actor_id"] == actor["id"]:
        rows.forget_reaction(tx, row)
