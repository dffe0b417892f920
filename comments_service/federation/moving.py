"""Moving to another host: actors that name their former addresses, and a Move for their followers (FEP-7628)."""

from datetime import datetime

from comments_service.errors import Fault, Invalid
from comments_service.federation import outbox, wire
from comments_service.federation.documents import KINDS
from comments_service.federation.uris import Uris
from comments_service.federation.vocabulary import Refusal
from comments_service.language import N_
from comments_service.store import followers as follower_rows
from comments_service.store import outgoing as outgoing_rows
from comments_service.store import own_actors as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text


def move(tx: Transaction, site_id: str, url: str, *, now: datetime) -> str:
    """Let ids begin with another address from the next start on; return it. Raises Invalid on `url`."""
    try:
        base = wire.uri(url, http_ok=lambda _: True).rstrip("/")
    except Refusal:
        base = ""
    if not base or base in rows.bases(tx, site_id):
        raise Invalid([Fault("url", N_("Write an address of the service that it did not have before."))])
    rows.add_base(tx, site_id, base, now=now)
    return base


def tell(tx: Transaction, site_id: str, uris: Uris, *, now: datetime) -> None:
    """At a start: let actors that moved since the last one say so, once. Their followers come along by a new Follow."""
    former = uris.before()
    if not former or not outgoing_rows.is_first(tx, f"moved to {uris.base} {site_id}"):
        return
    for row in rows.of_site(tx, site_id, tuple(KINDS)):
        old, actor_id = former[0], text(row, "id")
        told = {"type": "Move", "to": [old.followers(actor_id)], "object": old.actor(actor_id)}
        outbox.queue(tx, old, actor_id, {**told, "target": uris.actor(actor_id)}, to_followers=True, now=now)
        follower_rows.remove(tx, own_actor_id=actor_id)
