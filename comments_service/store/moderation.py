"""SQL of what moderators look at: comments with why they wait, reports, handles that two want."""

from collections.abc import Iterable
from datetime import datetime

from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import delete, equal, insert, put

_CASES = (
    "SELECT comment.*, coalesce(account.name, actor.name) AS author_name, actor.handle AS author_handle, "
    "actor.server AS author_server, actor.url AS author_url, actor.uri AS actor_uri, coalesce(fate.reason, '') AS why, "
    "(SELECT count(*) FROM picture WHERE comment_id = comment.id) AS pictures, "
    "EXISTS (SELECT 1 FROM picture WHERE comment_id = comment.id AND is_allowed) AS shows_pictures FROM comment "
    "LEFT JOIN account ON account.id = comment.account_id LEFT JOIN actor ON actor.id = comment.actor_id "
    "LEFT JOIN fate ON fate.uri = comment.origin_uri AND fate.site_id = comment.site_id AND fate.fate = 'held' "
    "WHERE comment.site_id = :site_id AND "
)


def cases(tx: Transaction, site_id: str, state: str, *, limit: int) -> list[Row]:
    """Return what is in a state: what waits for a moderator, the oldest first; else the newest first."""
    way = "ASC" if state == "held" else "DESC"
    shown = f"comment.state = :state ORDER BY comment.created_at {way}, comment.id {way} LIMIT :limit"
    return tx.all(_CASES + shown, {"site_id": site_id, "state": state, "limit": limit})


def case(tx: Transaction, site_id: str, comment_id: str) -> Row | None:
    """Return one comment, unless it is private: nobody looks at those."""
    return tx.one(f"{_CASES} comment.id = :id AND comment.state <> 'private'", {"site_id": site_id, "id": comment_id})


def of_people(tx: Transaction, server: str | None, actor_id: str | None) -> list[Row]:
    """Return what people of a server and its subdomains, or one person, wrote and stands or waits here."""
    return tx.all(
        "SELECT * FROM comment WHERE state IN ('held', 'shown') AND actor_id IN (SELECT id FROM actor "
        "WHERE id = :actor_id OR server = :server OR (server LIKE '%.' || :server AND :server LIKE '%.%'))",
        {"server": server, "actor_id": actor_id},
    )


def keep_report(tx: Transaction, **values: Value | datetime) -> None:
    """Keep what an account tells about a comment, in place of what it told before; a decision on that stays."""
    put(tx, "report", ("account_id", "comment_id"), **values)


def reports(tx: Transaction, site_id: str, limit: int) -> list[Row]:
    """Return what was reported and is not decided, newest first."""
    return tx.all(
        "SELECT report.*, coalesce(report.actor_uri, account.name, account.id) AS who FROM report "
        "LEFT JOIN account ON account.id = report.account_id WHERE report.site_id = :site_id AND closed_at IS NULL "
        "ORDER BY report.id DESC LIMIT :limit",
        {"site_id": site_id, "limit": limit},
    )


def close_reports(tx: Transaction, *, now: datetime, **which: Value) -> int:
    """Note that a moderator decided on reports, and return on how many."""
    return tx.run(
        f"UPDATE report SET closed_at = :now WHERE {equal(which)} AND closed_at IS NULL",  # noqa: S608 - names of ours
        {**which, "now": utc_text(now)},
    )


def keep_clashes(tx: Transaction, site_id: str, found: Iterable[tuple[str, str, str]]) -> None:
    """Note who wanted a handle that somebody else has: (handle, kind, subject), in place of what was noted before."""
    delete(tx, "clash", site_id=site_id)
    for handle, kind, subject in found:
        insert(tx, "clash", site_id=site_id, handle=handle, kind=kind, subject=subject)


def clashes(tx: Transaction, site_id: str) -> list[Row]:
    """Return the handles that two want, with who has each of them."""
    return tx.all(
        "SELECT clash.*, own_actor.kind AS holder FROM clash LEFT JOIN own_actor ON own_actor.site_id = clash.site_id "
        "AND own_actor.handle = clash.handle AND own_actor.generation = (SELECT max(generation) FROM own_actor "
        "AS last WHERE last.site_id = clash.site_id AND last.handle = clash.handle) "
        "WHERE clash.site_id = :site_id ORDER BY clash.handle",
        {"site_id": site_id},
    )
