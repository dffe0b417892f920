"""SQL of comments. Whatever readers see comes through the view public_comment."""

from collections.abc import Sequence
from datetime import datetime

from comments_service.model import Author, Comment
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import insert, optional, record, text, to_json


def public(tx: Transaction, comment_id: str) -> Row | None:
    """Return a comment as readers see it, or None when they do not."""
    return rows.find(tx, "public_comment", id=comment_id)


def raw(tx: Transaction, comment_id: str) -> Row | None:
    """Return a comment whatever its state: for rules, never for an answer."""
    return rows.find(tx, "comment", id=comment_id)


def comment(row: Row) -> Comment:
    """Return a row of public_comment as a value."""
    account_id, name = optional(row, "account_id"), optional(row, "author_name")
    author = Author(id=account_id, name=name) if account_id and name else None
    if name and row.get("actor_id"):
        handle, server = optional(row, "author_handle"), optional(row, "author_server")
        author = Author(text(row, "actor_id"), name, handle, server, url=optional(row, "author_url"))
    url = row.get("origin_url") or row.get("origin_uri")
    return record(Comment, row, author=author, url=url, travels=row.get("object_id") is not None)


OWN = "SELECT comment.*, account.name AS author_name FROM comment JOIN account ON account.id = comment.account_id "


def unseen(tx: Transaction, comment_id: str, account_id: str, *, is_moderator: bool) -> Row | None:
    """Return a comment to its author or a moderator, who also see what is held."""
    return tx.one(
        f"{OWN} WHERE comment.id = :id AND (account_id = :account_id OR :is_moderator) AND state IN ('shown', 'held')",
        {"id": comment_id, "account_id": account_id, "is_moderator": is_moderator},
    )


def held_of(tx: Transaction, site_id: str, page_key: str, account_id: str) -> list[Row]:
    """Return what an account wrote on a page and waits for a moderator, oldest first."""
    return tx.all(
        f"{OWN} WHERE account_id = :account_id AND site_id = :site_id AND page_key = :page_key AND state = 'held' "
        "ORDER BY created_at, comment.id LIMIT 100",
        {"site_id": site_id, "page_key": page_key, "account_id": account_id},
    )


def add(tx: Transaction, **values: Value | datetime) -> Row:
    """Store a comment and return its row as it is stored."""
    return insert(tx, "comment", **values)


def add_all(tx: Transaction, comments: Sequence[Row]) -> None:
    """Store comments of the same columns."""
    rows.insert_all(tx, "comment", comments)


def change(tx: Transaction, comment_id: str, **values: Value | datetime) -> None:
    rows.change(tx, "comment", comment_id, **values)


def erase(tx: Transaction, comment_id: str) -> None:
    tx.run(
        "UPDATE comment SET text = '', html = '', warning = NULL, origin_url = NULL, request_hash = NULL, "
        "votes = 0, down_votes = 0, score = 0 WHERE id = :id",
        {"id": comment_id},
    )
    for table in ("comment_revision", "mention", "vote", "arrival", "picture"):
        rows.delete(tx, table, comment_id=comment_id)


def keep_revision(tx: Transaction, comment_id: str) -> None:
    """Keep what a comment says now, before it is edited."""
    tx.run(
        "INSERT INTO comment_revision (comment_id, number, text, html, written_at) SELECT id, "
        "(SELECT count(*) + 1 FROM comment_revision WHERE comment_id = :id), text, html, "
        "coalesce(edited_at, created_at) FROM comment WHERE id = :id",
        {"id": comment_id},
    )


def revisions(tx: Transaction, comment_id: str) -> list[Row]:
    return tx.all("SELECT * FROM comment_revision WHERE comment_id = :id ORDER BY number", {"id": comment_id})


def forget_mentions(tx: Transaction, comment_id: str) -> None:
    rows.delete(tx, "mention", comment_id=comment_id)


def add_mentions(tx: Transaction, mentions: Sequence[tuple[str, str]]) -> None:
    """Store who is mentioned: the ids of comment and account."""
    rows.insert_all(tx, "mention", [{"comment_id": comment, "account_id": account} for comment, account in mentions])


def tell(tx: Transaction, kind: str, comment_ids: Sequence[str], *, now: datetime) -> None:
    """Note what happened to comments, for the worker that tells other servers: of who is an actor; most are not."""
    tx.later(
        "INSERT INTO event (site_id, kind, comment_id, happened_at) SELECT site_id, :kind, id, :now FROM comment "
        "WHERE id IN (SELECT value FROM json_each(:ids)) AND (actor_id IS NOT NULL OR EXISTS (SELECT 1 FROM own_actor "
        "WHERE own_actor.site_id = comment.site_id AND own_actor.kind = 'commenter' AND subject = account_id))",
        {"kind": kind, "ids": to_json(comment_ids), "now": utc_text(now)},
    )


def count_answer(tx: Transaction, comment_id: str, step: int) -> Row | None:
    """Change the number of answers that readers see under a comment, and return the comment."""
    return tx.one(
        "UPDATE comment SET answer_count = answer_count + :step WHERE id = :id "
        "RETURNING state, parent_id, answer_count",
        {"id": comment_id, "step": step},
    )


def before_posting(tx: Transaction, asked: Sequence[tuple[str, str, str, str | None]]) -> list[Row]:
    """Return all that decides about new comments, by account, site, page and idempotency key: a row for each."""
    return tx.all(
        "SELECT account.name, account.is_banned, page.state AS page_state, page.is_open, page.dated_at, "
        "thread.closed_at, comment.request_hash, comment.id AS comment_id FROM json_each(:asked) AS asked "
        "LEFT JOIN account ON account.id = json_extract(asked.value, '$[0]') "
        "LEFT JOIN thread ON thread.site_id = json_extract(asked.value, '$[1]') "
        "AND thread.page_key = json_extract(asked.value, '$[2]') "
        "LEFT JOIN page ON page.site_id = thread.site_id AND page.key = thread.page_key "
        "LEFT JOIN comment ON comment.account_id = account.id AND comment.site_id = thread.site_id "
        "AND comment.page_key = thread.page_key AND comment.idempotency_key = json_extract(asked.value, '$[3]') "
        "ORDER BY asked.key",
        {"asked": to_json(asked)},
    )


def log(tx: Transaction, **values: Value | datetime) -> None:
    """Write a line of the moderation log."""
    insert(tx, "moderation_log", **values)
