"""What is kept for a while only: which rows of each table are old, and how long after that they go."""

from datetime import datetime, timedelta

from comments_service.store.protocol import Transaction, Value, utc_text

Kept = tuple[str, str, str, timedelta]
"""A table, its key, when a row is old, how long it is kept then."""

KEPT: tuple[Kept, ...] = (
    ("login_request", "id", "created_at < :before", timedelta(days=1)),  # for the limits
    ("day_salt", "day", "day < substr(:before, 1, 10)", timedelta()),  # nobody can tell a network by its hash any more
    ("session", "id", "expires_at <= :before", timedelta()),
    ("hand_over", "code_hash", "expires_at <= :before", timedelta()),
    (
        "event",
        "number",
        "number IN (SELECT number FROM event ORDER BY number LIMIT :limit) AND happened_at < :before",
        timedelta(days=7),
    ),
    ("fate", "uri, site_id", "decided_at < :before AND fate IN ('refused', 'private', 'gone')", timedelta(days=30)),
    ("report", "id", "closed_at < :before", timedelta(days=30)),
    ("tombstone", "uri, actor_uri", "seen_at < :before", timedelta(days=30)),
    ("signature", "hash", "seen_at < :before", timedelta(minutes=75)),  # what comes again then is too old to be taken
    ("delivered", "activity_id, inbox", "delivered_at < :before", timedelta(days=30)),
    ("delivery", "activity_id, inbox", "failed_at < :before", timedelta(days=30)),
)
AT_ONCE = 500  # so that no writer waits for it


def forget(tx: Transaction, kept: Kept, *, now: datetime) -> bool:
    """Drop what nobody asks for any more of a table. Return whether there may be more of it."""
    table, key, condition, keep = kept
    found = f"SELECT {key} FROM {table} WHERE {condition} LIMIT :limit"  # noqa: S608 - names of ours
    values: dict[str, Value] = {"before": utc_text(now - keep), "limit": AT_ONCE}
    return tx.run(f"DELETE FROM {table} WHERE ({key}) IN ({found})", values) >= AT_ONCE  # noqa: S608
