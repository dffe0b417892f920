"""SQL of the queue. A row lives from enqueue until it is done (deleted) or given up (failed_at)."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.store.rows import change, delete, insert, optional_moment

QUEUE = ("", "jobs")  # what is touched when a job is added
OF_KINDS = "failed_at IS NULL AND kind IN (SELECT value FROM json_each(:kinds))"


def add(tx: Transaction, job_id: str, kind: str, ids: str, *, now: datetime) -> None:
    insert(tx, "job", id=job_id, kind=kind, ids=ids, due_at=now, created_at=now)
    tx.touch(*QUEUE)


def next_due(tx: Transaction, kinds: str) -> datetime | None:
    """Return when the first job of these kinds (a JSON list) is due, which may be in the future."""
    row = tx.one(f"SELECT min(due_at) AS due_at FROM job WHERE {OF_KINDS}", {"kinds": kinds})  # noqa: S608 - of ours
    return optional_moment(row, "due_at") if row else None


def claim(tx: Transaction, kinds: str, *, done: str | None = None, now: datetime, lost_at: datetime) -> Row | None:
    """Claim the job that is due first: its attempt is counted before it is made. None when nothing is due.

    `done` is the job before, which goes.
    """
    if done is not None:
        delete(tx, "job", id=done)
    return tx.one(
        "UPDATE job SET attempts = attempts + 1, due_at = :lost_at WHERE id = ("  # noqa: S608
        f"SELECT id FROM job WHERE {OF_KINDS} AND due_at <= :now ORDER BY due_at, id LIMIT 1"
        ") AND failed_at IS NULL AND due_at <= :now RETURNING id, kind, ids, attempts",
        {"kinds": kinds, "now": utc_text(now), "lost_at": utc_text(lost_at)},
    )


def put_off(tx: Transaction, job_id: str, error: str, *, until: datetime | None, now: datetime) -> None:
    """An attempt failed: the job waits, or without `until` is given up."""
    change(tx, "job", job_id, last_error=error, **({"due_at": until} if until else {"failed_at": now}))
