"""The outbox: an activity of ours and all its deliveries, queued in the transaction of what it tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from comments_service import servers
from comments_service.federation import wire
from comments_service.federation.documents import wrap
from comments_service.federation.uris import Uris
from comments_service.federation.vocabulary import PUBLIC
from comments_service.ids import new_id
from comments_service.store import deliveries as rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import optional, text, to_json

UNDER_WAY = timedelta(seconds=30)  # by then a request that is being made has come to an end


def queue(
    tx: Transaction,
    uris: Uris,
    own_actor_id: str,
    activity: Mapping[str, object],
    *,
    to_followers: bool = False,
    threading: bool | None = None,
    actors: Sequence[Row] = (),
    inboxes: Sequence[str] = (),
    now: datetime,
) -> Row | None:
    """Store an activity (without id and actor) and queue it for each inbox once; return it as it is stored.

    `threading` takes of the followers those on servers that thread by group, or all others; what a group announces
    whole keeps its place among what is told of the same object. `actors` are rows of people elsewhere; who is blocked
    or gone, or blocks us, gets nothing. An actor of ours that is not live says nothing: None is returned, but for a
    Delete. After a Delete nothing else is told of its object.
    """
    own = own_rows.get(tx, own_actor_id)
    if own is None or (own["state"] != "live" and activity["type"] not in ("Delete", "Reject", "Undo")):
        return None
    activity_id = new_id(now)
    document = {"id": uris.activity(activity_id), "actor": uris.actor(own_actor_id), **activity}
    site_id, about = text(own, "site_id"), activity["object"]
    is_boost = activity["type"] == "Announce"
    said = about if is_boost and isinstance(about, Mapping) and "actor" in about else activity  # whole, by its group
    object_uri = _about(said)
    is_public = any(PUBLIC in to for to in (activity.get("to"), activity.get("cc")) if isinstance(to, list))
    sent = {"id": activity_id, "site_id": site_id, "own_actor_id": own_actor_id, "document": to_json(wrap(document))}
    told = {"kind": str(said["type"]), "object_uri": object_uri}
    stored = rows.add_activity(tx, **sent, **told, is_public=int(is_public), made_at=now)
    if activity["type"] == "Delete" and object_uri.startswith((uris.base, *uris.former)):
        for inbox in rows.supersede(tx, object_uri, now=now):
            rows.to_inbox(tx, activity_id, site_id, inbox, wire.host(inbox), due=now + UNDER_WAY)
    if to_followers:
        rows.to_followers(tx, activity_id, own_actor_id, threading=threading, now=now)
    for actor in actors:
        is_there = actor["gone_at"] is None and actor["blocks_us_at"] is None
        if is_there and servers.policy_of(tx, text(actor, "server"), text(actor, "uri")) != "block":
            inbox = optional(actor, "shared_inbox") or text(actor, "inbox")
            rows.to_inbox(tx, activity_id, site_id, inbox, text(actor, "server"), due=now)
    for inbox in inboxes:
        rows.to_inbox(tx, activity_id, site_id, inbox, wire.host(inbox), due=now)
    return stored


def _about(said: Mapping[str, object]) -> str:
    """The id of what something is told of; an Undo is told of the same as what it undoes, and after it."""
    told = said["object"]
    if said["type"] == "Undo" and isinstance(told, Mapping):
        told = told.get("object", told)
    return str(told.get("id", "")) if isinstance(told, Mapping) else str(told)
