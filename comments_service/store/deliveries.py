"""SQL of what we send: activities under their addresses, and a row for each inbox that has not taken one yet."""

from collections.abc import Sequence
from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import insert, insert_new

QUEUE = ("", "deliveries")  # what is touched when a delivery is added


def add_activity(tx: Transaction, **values: Value | datetime) -> None:
    insert(tx, "activity", **values)


def to_followers(tx: Transaction, activity_id: str, own_actor_id: str, *, now: datetime) -> int:
    """Queue an activity for every server that has followers of an actor, once each; return how many."""
    tx.touch(*QUEUE)
    return tx.run(
        "INSERT INTO delivery (activity_id, inbox, server, due_at) "
        "SELECT DISTINCT :activity_id, coalesce(actor.shared_inbox, actor.inbox), actor.server, :now "
        "FROM follower JOIN actor ON actor.id = follower.actor_id "
        "WHERE follower.own_actor_id = :own_actor_id AND actor.gone_at IS NULL AND actor.blocks_us_at IS NULL "
        "ON CONFLICT DO NOTHING",
        {"activity_id": activity_id, "own_actor_id": own_actor_id, "now": utc_text(now)},
    )


def to_inbox(tx: Transaction, activity_id: str, inbox: str, server: str, *, now: datetime) -> None:
    insert_new(tx, "delivery", activity_id=activity_id, inbox=inbox, server=server, due_at=now)
    tx.touch(*QUEUE)


def next_due(tx: Transaction) -> Row | None:
    return tx.one("SELECT due_at FROM delivery WHERE failed_at IS NULL ORDER BY due_at LIMIT 1")


def claim(tx: Transaction, *, limit: int, now: datetime, lost_at: datetime) -> list[Row]:
    """Claim what is due: each attempt is counted before it is made. What a resting server would get is put off."""
    values: dict[str, Value] = {"now": utc_text(now), "lost_at": utc_text(lost_at), "limit": limit}
    due = "SELECT activity_id, inbox FROM delivery WHERE failed_at IS NULL AND due_at <= :now"
    tx.run(
        "UPDATE delivery SET due_at = (SELECT rests_until FROM server WHERE host = delivery.server) "
        "WHERE failed_at IS NULL AND due_at <= :now AND EXISTS "
        "(SELECT 1 FROM server WHERE host = delivery.server AND rests_until > :now)",
        values,
    )
    return tx.all(
        "UPDATE delivery SET attempts = attempts + 1, due_at = :lost_at "  # noqa: S608 - of ours
        f"WHERE (activity_id, inbox) IN ({due} ORDER BY due_at, activity_id LIMIT :limit) "
        "RETURNING activity_id, inbox, server, attempts",
        values,
    )


def activities(tx: Transaction, ids: Sequence[str]) -> list[Row]:
    places = {f"id_{number}": one for number, one in enumerate(ids)}
    names = ", ".join(f":{name}" for name in places)
    return tx.all(f"SELECT id, own_actor_id, document FROM activity WHERE id IN ({names})", places)  # noqa: S608


def delivered(tx: Transaction, activity_id: str, inbox: str, *, now: datetime) -> None:
    tx.run(
        "DELETE FROM delivery WHERE activity_id = :activity_id AND inbox = :inbox",
        {"activity_id": activity_id, "inbox": inbox},
    )
    insert_new(tx, "delivered", activity_id=activity_id, inbox=inbox, delivered_at=now)


def put_off(tx: Transaction, activity_id: str, inbox: str, error: str, *, until: datetime) -> None:
    tx.run(
        "UPDATE delivery SET due_at = :until, last_error = :error WHERE activity_id = :activity_id AND inbox = :inbox",
        {"activity_id": activity_id, "inbox": inbox, "error": error, "until": utc_text(until)},
    )


def give_up(tx: Transaction, activity_id: str, inbox: str, error: str, *, now: datetime) -> None:
    tx.run(
        "UPDATE delivery SET failed_at = :now, last_error = :error WHERE activity_id = :activity_id AND inbox = :inbox",
        {"activity_id": activity_id, "inbox": inbox, "error": error, "now": utc_text(now)},
    )


def waiting(tx: Transaction, site_id: str, *, limit: int) -> list[Row]:
    """Return what has not been delivered to each server yet: for moderators and operators."""
    return tx.all(
        "SELECT delivery.server, count(*) AS number, sum(delivery.failed_at IS NOT NULL) AS failed, "
        "max(delivery.attempts) AS attempts, max(delivery.last_error) AS last_error FROM delivery "
        "JOIN activity ON activity.id = delivery.activity_id WHERE activity.site_id = :site_id "
        "GROUP BY delivery.server ORDER BY number DESC, delivery.server LIMIT :limit",
        {"site_id": site_id, "limit": limit},
    )


def received_by(tx: Transaction, object_uri: str) -> list[Row]:
    """Return each inbox that something about an object was sent to: whoever got it must hear that it is gone."""
    return tx.all(
        "SELECT DISTINCT inbox FROM delivered JOIN activity ON activity.id = delivered.activity_id "
        "WHERE activity.object_uri = :uri",
        {"uri": object_uri},
    )


def forget(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Drop records of deliveries, and what was given up, of before a moment; return how many."""
    values: dict[str, Value] = {"before": utc_text(before), "limit": limit}
    return tx.run(
        "DELETE FROM delivered WHERE (activity_id, inbox) IN "
        "(SELECT activity_id, inbox FROM delivered WHERE delivered_at < :before LIMIT :limit)",
        values,
    ) + tx.run(
        "DELETE FROM delivery WHERE (activity_id, inbox) IN "
        "(SELECT activity_id, inbox FROM delivery WHERE failed_at < :before LIMIT :limit)",
        values,
    )
