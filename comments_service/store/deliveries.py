"""SQL of what we send: activities under their addresses, and a row for each inbox that has not taken one yet."""

from collections.abc import Sequence
from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import insert, insert_new, optional_moment, text, to_json
from comments_service.store.servers import THREADING

QUEUE = ("", "deliveries")  # what is touched when a delivery is added
PARKED = "9999-12-31T23:59:59.999Z"


def add_activity(tx: Transaction, **values: Value | datetime) -> Row:
    return insert(tx, "activity", **values)


def to_followers(
    tx: Transaction, activity_id: str, own_actor_id: str, *, threading: bool | None = None, now: datetime
) -> None:
    """Queue an activity for every server that has followers of an actor, once each.

    With `threading`, only for those that thread by group, or for all others.
    """
    tx.touch(*QUEUE)
    which = "" if threading is None else f"AND actor.server {'' if threading else 'NOT '}IN {THREADING} "
    tx.run(
        "INSERT INTO delivery (activity_id, inbox, site_id, server, due_at) "  # noqa: S608 - of ours
        "SELECT DISTINCT :activity_id, coalesce(shared_inbox, inbox), own_actor.site_id, actor.server, :now "
        "FROM follower JOIN actor ON actor.id = follower.actor_id JOIN own_actor ON own_actor.id = own_actor_id "
        f"WHERE own_actor_id = :own_actor_id AND actor.gone_at IS NULL AND actor.blocks_us_at IS NULL {which}"
        "ON CONFLICT DO NOTHING",
        {"activity_id": activity_id, "own_actor_id": own_actor_id, "now": utc_text(now)},
    )


def to_inbox(tx: Transaction, activity_id: str, site_id: str, inbox: str, server: str, *, due: datetime) -> None:
    insert_new(tx, "delivery", activity_id=activity_id, inbox=inbox, site_id=site_id, server=server, due_at=due)
    tx.touch(*QUEUE)


def supersede(tx: Transaction, object_uri: str, *, now: datetime) -> list[str]:
    """An object is gone: what else would be told of it is not told. Return the inboxes that may have got some of it."""
    of_object = "activity_id IN (SELECT id FROM activity WHERE object_uri = :uri)"
    values: dict[str, Value] = {"uri": object_uri, "now": utc_text(now)}
    tx.run(f"DELETE FROM delivery WHERE attempts = 0 AND failed_at IS NULL AND {of_object}", values)  # noqa: S608
    tried = tx.all(
        "UPDATE delivery SET failed_at = :now, last_error = 'withdrawn' "  # noqa: S608 - of ours
        f"WHERE failed_at IS NULL AND {of_object} RETURNING inbox",
        values,
    )
    return [text(row, "inbox") for row in tried]


def wake(tx: Transaction) -> None:
    """Let the loops of this process look: another process may have queued something."""
    tx.touch(*QUEUE)


def park(tx: Transaction, site_id: str) -> None:
    """Let all that waits wait on."""
    rows.change(tx, "delivery", {"site_id": site_id, "failed_at": None}, due_at=PARKED)


def unpark(tx: Transaction, site_id: str, *, now: datetime) -> None:
    rows.change(tx, "delivery", {"site_id": site_id, "due_at": PARKED}, due_at=now)
    tx.touch(*QUEUE)


def next_due(tx: Transaction, site_id: str) -> datetime | None:
    first = "SELECT min(due_at) AS due_at FROM delivery WHERE site_id = :site_id AND failed_at IS NULL"
    row = tx.one(first, {"site_id": site_id})
    return optional_moment(row, "due_at") if row else None


# Deliveries by their keys, a JSON list.
_PAIRS = "SELECT json_extract(value, '$[0]') AS activity_id, json_extract(value, '$[1]') AS inbox FROM json_each(:keys)"
# What was said of an object before is told first. A boost needs no order: the object can be read.
_EARLIER = (
    "SELECT {} FROM activity JOIN activity AS former ON former.object_uri = activity.object_uri "
    "AND former.id < activity.id JOIN delivery AS earlier ON earlier.activity_id = former.id "
    "AND earlier.inbox = delivery.inbox AND earlier.failed_at IS NULL "
    "WHERE activity.id = delivery.activity_id AND activity.kind <> 'Announce'"
)


def claim(
    tx: Transaction, site_id: str, busy: str, *, limit: int, per_server: int, now: datetime, lost_at: datetime
) -> list[Row]:
    """Claim what is due: each attempt is counted before it is made. `busy` names servers, as JSON, to leave alone.

    What a resting server would get, or what something else goes before, is put off. `signature` is what its server
    took last.
    """
    values: dict[str, Value] = {"site_id": site_id, "now": utc_text(now), "lost_at": utc_text(lost_at)}
    is_due = "site_id = :site_id AND failed_at IS NULL AND due_at <= :now"
    resting = "SELECT host FROM server WHERE rests_until > :now"
    tx.run(
        "UPDATE delivery SET due_at = (SELECT rests_until FROM server WHERE host = server) "  # noqa: S608
        f"WHERE {is_due} AND server IN ({resting})",
        values,
    )
    due = (
        f"SELECT activity_id, inbox, server, due_at FROM delivery WHERE {is_due} "  # noqa: S608
        "AND server NOT IN (SELECT value FROM json_each(:busy)) ORDER BY due_at, activity_id LIMIT :seen"
    )
    first = (
        "SELECT activity_id, inbox FROM (SELECT activity_id, inbox, due_at, "  # noqa: S608
        f"row_number() OVER (PARTITION BY server ORDER BY due_at, activity_id) AS place FROM ({due})) "
        "WHERE place <= :per_server ORDER BY due_at, activity_id LIMIT :limit"
    )
    seen: dict[str, Value] = {"busy": busy, "limit": limit, "per_server": per_server, "seen": limit * 8}
    while chosen := tx.all(first, {**values, **seen}):
        values["keys"] = _keys(chosen)
        tx.run(
            f"UPDATE delivery SET due_at = ({_EARLIER.format('max(earlier.due_at, :lost_at)')}) "  # noqa: S608
            f"WHERE (activity_id, inbox) IN ({_PAIRS}) AND EXISTS ({_EARLIER.format('1')})",
            values,
        )
        claimed = tx.all(
            "UPDATE delivery SET attempts = attempts + 1, due_at = :lost_at "  # noqa: S608 - of ours
            f"WHERE (activity_id, inbox) IN ({_PAIRS}) AND due_at <= :now "
            "RETURNING activity_id, inbox, server, attempts, "
            "(SELECT signature FROM server WHERE host = delivery.server) AS signature",
            values,
        )
        if claimed:
            return claimed
    return []


def activities(tx: Transaction, ids: str) -> list[Row]:
    """Return activities by their ids, a JSON list."""
    return tx.all("SELECT * FROM activity WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": ids})


def delivered(tx: Transaction, taken: Sequence[Row], *, now: datetime) -> None:
    """Record deliveries that were taken, so that none is made again."""
    values: dict[str, Value] = {"keys": _keys(taken), "now": utc_text(now)}
    tx.run(f"DELETE FROM delivery WHERE (activity_id, inbox) IN ({_PAIRS})", values)  # noqa: S608
    tx.run(
        "INSERT INTO delivered (activity_id, inbox, delivered_at) "  # noqa: S608 - of ours
        f"SELECT *, :now FROM ({_PAIRS}) WHERE true ON CONFLICT DO NOTHING",
        values,
    )
    _let_go(tx, taken, now)


def put_off(tx: Transaction, row: Row, error: str, *, until: datetime | None, now: datetime) -> None:
    """A delivery was not taken: it waits, or without `until` is given up."""
    tx.run(
        "UPDATE delivery SET last_error = :error, due_at = coalesce(:until, due_at), "
        "failed_at = CASE WHEN :until IS NULL THEN :now END "
        "WHERE activity_id = :activity_id AND inbox = :inbox AND failed_at IS NULL",
        {**row, "error": error, "until": utc_text(until) if until else None, "now": utc_text(now)},
    )
    if until is None:
        _let_go(tx, [row], now)


def _let_go(tx: Transaction, done: Sequence[Row], now: datetime) -> None:
    """What waited for these may go now."""
    tx.run(
        "UPDATE delivery SET due_at = min(due_at, :now) WHERE attempts = 0 AND failed_at IS NULL "  # noqa: S608
        f"AND (activity_id, inbox) IN (SELECT later.id, done.inbox FROM ({_PAIRS}) AS done "
        "JOIN activity ON activity.id = done.activity_id "
        "JOIN activity AS later ON later.object_uri = activity.object_uri AND later.id > activity.id)",
        {"keys": _keys(done), "now": utc_text(now)},
    )


def _keys(deliveries: Sequence[Row]) -> str:
    return to_json([(row["activity_id"], row["inbox"]) for row in deliveries])


def waiting(tx: Transaction, site_id: str, *, limit: int) -> list[Row]:
    """Return what has not been delivered to each server yet: for moderators and operators."""
    return tx.all(
        "SELECT delivery.server, count(*) AS number, sum(delivery.failed_at IS NOT NULL) AS failed, "
        "max(delivery.attempts) AS attempts, max(delivery.last_error) AS last_error, "
        "min(CASE WHEN delivery.failed_at IS NULL THEN delivery.due_at END) AS next_at FROM delivery "
        "JOIN activity ON activity.id = delivery.activity_id WHERE activity.site_id = :site_id "
        "GROUP BY delivery.server ORDER BY number DESC, delivery.server LIMIT :limit",
        {"site_id": site_id, "limit": limit},
    )


def inboxes_of(tx: Transaction, own_actor_id: str, object_uri: str | None = None) -> list[str]:
    """Return each inbox that an actor of ours sent anything to, or something of an object: it must hear of its end."""
    condition = f"own_actor_id = :own_actor_id{' AND object_uri = :id' if object_uri else ''}"
    told = f"SELECT id FROM activity WHERE {condition}"  # noqa: S608 - of ours
    found = tx.all(
        f"SELECT inbox FROM delivered WHERE activity_id IN ({told}) UNION "  # noqa: S608
        f"SELECT inbox FROM delivery WHERE attempts > 0 AND activity_id IN ({told})",
        {"id": object_uri, "own_actor_id": own_actor_id},
    )
    return [text(row, "inbox") for row in found]
