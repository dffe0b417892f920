"""What each activity means here: a call of the rule that a local comment uses, or a count, or nothing.

An arrival was verified: its actor signed it. What its actor did not write is fetched from who did.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import comments, received
from comments_service.errors import Unavailable
from comments_service.federation import groups, interactions, notes, outbox, reading, wire
from comments_service.federation.checks import Checks
from comments_service.federation.reading import TEXT_KINDS
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.texts import Texts
from comments_service.federation.vocabulary import Activity, Refusal
from comments_service.ids import new_id
from comments_service.markup import plain
from comments_service.model import CommentState
from comments_service.store import actors as actor_rows
from comments_service.store import arrivals
from comments_service.store import fates as fate_rows
from comments_service.store import followers as follower_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import received as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import moment, text, texts

REACTIONS = {"Like": "like", "EmojiReact": "like", "Dislike": "dislike", "Announce": "boost"}
PASSED_ON = ("Create", "Update", "Delete", "Like", "Dislike", "Undo")
PASSING = ("unreachable", "asked-lately")
PATIENCE = timedelta(hours=2)  # the last try of a job is later
MOST_REPORTED, REPORT_LENGTH = 20, 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incoming(Room):
    texts: Texts
    checks: Checks

    async def handle(self, ids: Sequence[str]) -> None:
        """Do what an arrival says, once: its row goes when it is done. Safe to run again."""
        row = self.store.look(arrivals.get, ids[0])
        if row is None:
            return
        activity = reading.activity(wire.load(text(row, "body").encode()), self.remote.http_ok)
        try:
            budget = Budget()
            actor = await self.remote.actor(activity.actor, budget)
            fetching = {"Create": self._take, "Update": self._take, "Announce": self._look_at, "Move": self._move}
            if activity.kind in fetching:
                await fetching[activity.kind](activity, actor, budget)
            await self.store.write(self._mean, ids[0], activity, actor, now=self.clock())
        except Refusal as refusal:
            if refusal.reason in PASSING and moment(row, "arrived_at") > self.clock() - PATIENCE:
                raise Unavailable(str(refusal)) from None  # tried again later
            log.info("%s of %s means nothing here: %s", activity.kind, wire.host(activity.actor), refusal.reason)
            await self.store.write(_refused, self.site_id, ids[0], activity, refusal, now=self.clock())

    def _mean(self, tx: Transaction, arrival_id: str, activity: Activity, actor: Row, *, now: datetime) -> None:
        """Do what needs no other server, and tell it on: all of it, or nothing. Raises Refusal."""
        meanings: dict[str, Callable[[Transaction, Activity, Row, datetime], None]] = {
            "Delete": self._delete,
            "Undo": self._undo,
            "Follow": self._follow,
            "Block": self._block,
            "Flag": self._flag,
            "QuoteRequest": self._quote_request,
            **dict.fromkeys(("Accept", "Reject"), self._answered),
            **dict.fromkeys(REACTIONS, self._react),
        }
        if activity.kind in meanings:
            meanings[activity.kind](tx, activity, actor, now)
        if activity.kind in PASSED_ON:
            self._pass_on(tx, arrival_id, activity, now)
        arrivals.remove(tx, arrival_id)

    def _pass_on(self, tx: Transaction, arrival_id: str, activity: Activity, now: datetime) -> None:
        """What was verified and counts in a thread is told to the servers that know it by its group (FEP-1b12).

        What is held waits with its comment.
        """
        spot = self.texts.find(tx, self._inner(activity) if activity.kind == "Undo" else activity.object_uri)
        state = CommentState.REMOVED if activity.kind == "Delete" else CommentState.SHOWN
        if spot is not None and spot.comment is not None and spot.comment["state"] != state:
            is_held = spot.comment["state"] == CommentState.HELD and activity.kind in ("Create", "Update")
            if is_held and groups.passes_on(tx, spot.page) is not None:
                arrivals.keep(tx, arrival_id, text(spot.comment, "id"))
        elif spot is not None and spot.is_readable:
            groups.pass_on(tx, self.house, spot.page, activity.document, now=now)

    def _inner(self, activity: Activity) -> str | None:
        """The address of what an activity in an activity is about."""
        return reading.address_of(activity.object.get("object"), self.remote.http_ok)

    # what is fetched

    async def _take(self, activity: Activity, _: Row, budget: Budget) -> None:
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
        await self.texts.take(value, budget, is_told=bool(activity.object))

    async def _look_at(self, activity: Activity, actor: Row, budget: Budget) -> None:
        if _is_wrapped(activity):
            wrapped = self._inner(activity)
            if wrapped is not None and self.uris.parse(wrapped) is None:
                await self.checks.ask(wrapped, budget)  # what counts is what the author's own server says
        elif activity.object_uri is not None and self.texts.spot(activity.object_uri) is None:
            await self.texts.announced(actor, activity.object_uri, budget)

    async def _move(self, activity: Activity, actor: Row, budget: Budget) -> None:
        """Someone says that they live elsewhere now. Unless that place says so too, they follow nothing any more."""
        if activity.object_uri != activity.actor or activity.target is None:
            return
        try:
            names = texts(await self.remote.actor(activity.target, budget, fresh=True), "also_known_as")
        except Refusal as refusal:
            if refusal.reason in PASSING:
                raise
            names = ()
        if activity.actor not in names:
            await self.store.write(follower_rows.remove, actor_id=text(actor, "id"))

    # what takes back

    def _delete(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        uri = activity.object_uri
        if uri is None:
            raise Refusal("no-object")
        if uri == activity.actor:
            received.forget_actor(tx, text(actor, "id"), now=now)
        elif wire.origin(uri) != wire.origin(activity.actor):
            raise Refusal("not-the-author", uri)
        else:
            interactions.withdraw(tx, self.site_id, uri, actor, now=now)

    def _undo(self, tx: Transaction, activity: Activity, actor: Row, _: datetime) -> None:
        kind, target, actor_id = reading.kind_of(activity.object), self._inner(activity), text(actor, "id")
        if kind == "Follow" and target and (local := self.uris.parse(target)) is not None:
            if target == self.uris.actor(local.id):  # who moves with us unfollows the former address
                follower_rows.remove(tx, own_actor_id=local.id, actor_id=actor_id)
        elif kind == "Block":
            actor_rows.change(tx, actor_id, blocks_us_at=None)
        elif kind in REACTIONS and (spot := self.texts.find(tx, target)) is not None:
            rows.unreact(tx, actor_id, kind=REACTIONS[kind], **rows.place(spot.key))
        elif activity.object_uri is not None:  # only its id was sent
            rows.unreact(tx, actor_id, uri=activity.object_uri)
            follower_rows.remove(tx, follow_uri=activity.object_uri, actor_id=actor_id)

    # what is counted

    def _react(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        spot = None if _is_wrapped(activity) else self.texts.find(tx, activity.object_uri)
        if spot is not None and spot.is_seen:
            rows.react(tx, spot.key, text(actor, "id"), REACTIONS[activity.kind], activity.id, now=now)

    def _quote_request(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        """FEP-044f: approve a quote with a stamp of its own, or say no."""
        spot, instrument = self.texts.find(tx, activity.object_uri), activity.target
        author = notes.author_of(tx, self.house, spot.comment or spot.page) if spot is not None else None
        owner = self.uris.parse(author.uri) if author is not None else None
        if spot is None or owner is None:
            return
        if instrument is None or wire.origin(instrument) != wire.origin(activity.actor):
            return
        result = {}
        is_welcome = self.house.may_quote and spot.is_seen
        if is_welcome:
            rows.react(tx, spot.key, text(actor, "id"), "quote", instrument, now=now)
            row = rows.reaction_by_uri(tx, instrument, text(actor, "id"))
            result = {"result": self.uris.quote(text(row, "id"))} if row else {}
        told = _answer(activity, is_welcome=is_welcome, instrument=instrument) | result
        outbox.queue(tx, self.uris, owner.id, told, actors=[actor], now=now)

    # people

    def _follow(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        local = self.uris.parse(activity.object_uri or "")
        own = own_rows.get(tx, local.id) if local and local.kind == "actors" and not local.part else None
        if own is None or own["site_id"] != self.site_id or own["state"] == "deleted":
            return
        is_blocked = interaction_rows.blocks(tx, text(own, "subject"), text(actor, "id"))
        is_welcome = own["state"] == "live" and own["kind"] != "instance" and not is_blocked
        if is_welcome:
            follower_rows.add(tx, text(own, "id"), text(actor, "id"), activity.id, now=now)
            actor_rows.change(tx, text(actor, "id"), blocks_us_at=None)
        if is_welcome and own["kind"] == "group":
            groups.learn(tx, self.site_id, actor, now=now)
        told = _answer(activity, is_welcome=is_welcome)
        outbox.queue(tx, self.uris, text(own, "id"), told, actors=[{**actor, "blocks_us_at": None}], now=now)

    def _answered(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        interactions.answered(tx, self.uris, activity, actor, now=now)

    def _block(self, tx: Transaction, activity: Activity, actor: Row, now: datetime) -> None:
        """They want nothing of us: nothing is sent to them any more, and what they wrote here is hidden."""
        if self.uris.parse(activity.object_uri or "") is None:
            return
        actor_id = text(actor, "id")
        actor_rows.change(tx, actor_id, blocks_us_at=now)
        follower_rows.remove(tx, actor_id=actor_id)
        interaction_rows.drop(tx, kind="Follow", actor_id=actor_id)
        for row in rows.of_actor(tx, actor_id):
            if row["state"] == CommentState.SHOWN:
                comments.change_state(tx, row, CommentState.HIDDEN, now=now)

    def _flag(self, tx: Transaction, activity: Activity, _: Row, now: datetime) -> None:
        content = plain(activity.content or "", REPORT_LENGTH)
        about = {"site_id": self.site_id, "actor_uri": activity.actor, "content": content}
        for uri in reading.addresses(activity.document.get("object"), self.remote.http_ok, MOST_REPORTED):
            if (spot := self.texts.find(tx, uri)) is not None:
                fate_rows.report(tx, id=new_id(now), comment_id=spot.key[2], **about, reported_at=now)


def _is_wrapped(activity: Activity) -> bool:
    """Tell whether a group announces what somebody else did (FEP-1b12)."""
    return activity.kind == "Announce" and reading.kind_of(activity.object) in ("Create", "Update", "Delete")


def _answer(activity: Activity, *, is_welcome: bool, **more: str) -> dict[str, object]:
    """Accept or reject what somebody asked."""
    asked = {"type": activity.kind, "id": activity.id, "actor": activity.actor, "object": activity.object_uri, **more}
    return {"type": "Accept" if is_welcome else "Reject", "object": asked, "to": [activity.actor]}


def _refused(
    tx: Transaction, site_id: str, arrival_id: str, activity: Activity, refusal: Refusal, *, now: datetime
) -> None:
    """Note why a text was not taken; of what stands here, and of what is another's, it says nothing."""
    uri = activity.object_uri or ""
    is_its_own = bool(uri) and wire.origin(uri) == wire.origin(activity.actor)
    if activity.kind in ("Create", "Update") and is_its_own and rows.find(tx, site_id, uri) is None:
        fate_rows.decide(tx, site_id, uri, None, "refused", str(refusal), now=now)
    arrivals.remove(tx, arrival_id)
