"""The inbox: what comes is bounded, read, judged by policy, verified and stored; what it means the worker says.

Ordered by price: a stranger's request costs least when it is refused, and never a fetch of its own choosing twice.
"""

import asyncio
import hashlib
import logging
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from comments_service import jobs, servers
from comments_service.federation import reading, signatures, wire
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.signatures import Signed
from comments_service.federation.vocabulary import Activity, Refusal
from comments_service.ids import new_id
from comments_service.store import actors as actor_rows
from comments_service.store import arrivals
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import optional, text

ARRIVAL_JOB = "arrival"  # [site, arrival]
KINDS = {"Create", "Update", "Delete", "Like", "Dislike", "EmojiReact", "Announce", "Undo"}
KINDS |= {"Follow", "Accept", "Reject", "Block", "Flag", "Move", "QuoteRequest"}
MEDIA = ("application/activity+json", "application/ld+json")
STATUS = {"blocked": 403, "not-encoded-plainly": 415, "not-activitystreams": 415, "too-large": 413, "too-slow": 408}
BODY_SECONDS = 30
SIGNED_WRONG = 401  # servers try their other way of signing then
WRONG = ("bad-json", "bad-uri", "not-an-activity", "too-deep", "not-https")

log = logging.getLogger(__name__)


class Inbox(Room):
    """The shared inbox and that of each actor: where something is sent does not say what it means."""

    async def receive(self, request: Request) -> Response:
        """Answer 202 to what is taken or not for us, 401 to what is not signed by its actor, else what STATUS says."""
        try:
            await self._take(request)
        except Refusal as refusal:
            log.info("refused an activity: %s", refusal)
            status = STATUS.get(refusal.reason, 400 if refusal.reason in WRONG else SIGNED_WRONG)
            return JSONResponse({"error": refusal.reason, "detail": refusal.detail}, status)
        return Response(None, 202)

    async def _take(self, request: Request) -> None:
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refusal("not-encoded-plainly")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MEDIA:
            raise Refusal("not-activitystreams")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.body()
        except TimeoutError:
            raise Refusal("too-slow") from None
        activity = reading.activity(wire.load(body), self.remote.http_ok)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
        signed = Signed("POST", self._address(request, headers), headers, body)
        if (own := self.uris.parse(activity.actor)) is not None:
            self._check_own(signed, own.id)
        if own is not None or activity.kind not in KINDS:
            return  # nothing that means something here
        if self.store.look(servers.policy_of, wire.host(activity.actor), activity.actor) == "block":
            raise Refusal("blocked")
        is_farewell = activity.kind == "Delete" and activity.object_uri in (None, activity.actor)
        if is_farewell and self.store.look(actor_rows.by_uri, activity.actor) is None:
            return  # someone of whom we know nothing is gone: true or not, there is nothing to do
        origin = wire.origin(activity.actor)
        if activity.id is not None and wire.origin(activity.id) != origin:
            raise Refusal("id-of-another-origin", activity.id)
        key_id = self.remote.uri(signatures.key_id(headers))
        if wire.origin(key_id) != origin:
            raise Refusal("key-of-another-origin", key_id)
        signature = await self._verified(signed, key_id, activity)
        if not self.store.look(arrivals.is_seen, signature):
            await self.store.write(_keep, self.site_id, activity.actor, body.decode(), signature, now=self.clock())

    def _check_own(self, signed: Signed, actor_id: str) -> None:
        """We send ourselves nothing, but `doctor` asks whether what is signed arrives as it was. Raises Refusal."""
        if "signature" in signed.headers and signatures.key_id(signed.headers) == self.uris.key(actor_id):
            key = self.store.look(own_rows.key, actor_id)
            signatures.verify(signed, text(key, "public_pem") if key is not None else "", now=self.clock())

    async def _verified(self, signed: Signed, key_id: str, activity: Activity) -> bytes:
        """Return the hash of a good signature by the actor's own key. Raises Refusal."""
        budget = Budget()
        owner = await self.remote.key_owner(key_id, budget)
        if text(owner, "uri") != activity.actor:
            raise Refusal("signer-is-not-actor", text(owner, "uri"))
        now = self.clock()
        try:
            signature = signatures.verify(signed, optional(owner, "public_key") or "", now=now)
        except Refusal as refusal:
            if refusal.reason not in ("bad-signature", "bad-key"):
                raise
            try:  # the key may have been changed under the same name
                owner = await self.remote.key_owner(key_id, budget, failed=optional(owner, "public_key"))
            except Refusal:
                raise refusal from None
            signature = signatures.verify(signed, optional(owner, "public_key") or "", now=now)
        return hashlib.sha256(signature).digest()

    def _address(self, request: Request, headers: dict[str, str]) -> str:
        """The public address that was asked: of the base, or a former one, whose host the request names."""
        origin = wire.origin(self.uris.asked_as(headers.get("host", "")).base)
        query = f"?{request.url.query}" if request.url.query else ""
        path: bytes = request.scope["raw_path"]
        return origin + path.decode("latin-1").partition("?")[0] + query


def _keep(tx: Transaction, site_id: str, actor_uri: str, body: str, signature: bytes, *, now: datetime) -> None:
    """Store an activity for the worker, unless it came before word for word."""
    if not arrivals.see(tx, signature, now=now):
        return
    arrival_id = new_id(now)
    arrivals.add(tx, arrival_id, actor_uri, body, now=now)
    jobs.enqueue(tx, ARRIVAL_JOB, site_id, arrival_id, now=now)
