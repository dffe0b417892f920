"""SQL of reports: what readers, and people of other servers, told the moderators."""

from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import equal, put


def keep(tx: Transaction, **values: Value | datetime) -> None:
    """Keep what an account tells about a comment, in place of what it told before; a decision on that stays."""
    put(tx, "report", ("account_id", "comment_id"), **values)


def open_ones(tx: Transaction, site_id: str, *, limit: int) -> list[Row]:
    """Return what was reported and is not decided, newest first."""
    return tx.all(
        "SELECT report.*, coalesce(report.actor_uri, account.name, account.id) AS who FROM report "
        "LEFT JOIN account ON account.id = report.account_id WHERE report.site_id = :site_id AND closed_at IS NULL "
        "ORDER BY report.id DESC LIMIT :limit",
        {"site_id": site_id, "limit": limit},
    )


def close(tx: Transaction, *, now: datetime, **which: Value) -> int:
    """Note that a moderator decided on reports, and return on how many."""
    return tx.run(
        f"UPDATE report SET closed_at = :now WHERE {equal(which)} AND closed_at IS NULL",  # noqa: S608 - names of ours
        {**which, "now": utc_text(now)},
    )
