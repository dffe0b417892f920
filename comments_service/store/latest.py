"""SQL of what was written last: in a thread, on a site, by one person. Readers' door only: the view public_comment."""

from collections.abc import Iterable, Sequence

from comments_service.model import Comment
from comments_service.store.comments import comment, public
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text


def languages(tx: Transaction, site_id: str, page_key: str | None) -> list[str]:
    """Return the languages in which something is shown: in a thread, or on the whole site."""
    rows = tx.all(
        "SELECT DISTINCT lang FROM thread_language WHERE site_id = :site_id AND comments > 0 "
        "AND (page_key = :page_key OR :page_key IS NULL)",
        {"site_id": site_id, "page_key": page_key},
    )
    return [text(row, "lang") for row in rows]


def of_page(tx: Transaction, site_id: str, page_key: str, languages: Sequence[str], *, limit: int) -> list[Comment]:
    """Return the newest shown comments of a thread in these languages, newest first."""
    return _read(tx, (id_ for lang in languages for id_ in _ids(tx, site_id, page_key, lang, limit)), limit)


def of_site(tx: Transaction, site_id: str, languages: Sequence[str], *, limit: int) -> list[Comment]:
    """Return the newest shown comments of all threads of a site in these languages, newest first.

    The newest of each thread is one step into an index; only the threads on top are looked into further.
    """
    ids: list[str] = []
    for lang in languages:
        heads = tx.all(
            "SELECT thread.page_key, (SELECT max(id) FROM comment WHERE comment.site_id = thread.site_id "
            "AND comment.page_key = thread.page_key AND comment.lang = :lang AND comment.state = 'shown') AS newest "
            "FROM thread JOIN page ON page.site_id = thread.site_id AND page.key = thread.page_key "
            "AND page.state = 'live' WHERE thread.site_id = :site_id AND thread.comment_count > 0 "
            "AND thread.page_key NOT LIKE 'elsewhere/%' "
            "ORDER BY newest DESC LIMIT :limit",
            {"site_id": site_id, "lang": lang, "limit": limit},
        )
        for head in heads:
            if head["newest"] is not None:
                ids += _ids(tx, site_id, text(head, "page_key"), lang, limit)
    return _read(tx, ids, limit)


def of_account(tx: Transaction, site_id: str, account_id: str, *, limit: int) -> list[Comment]:
    """Return the newest shown comments that an account wrote on a site, newest first."""
    rows = tx.all(
        "SELECT comment.id FROM comment JOIN page ON page.site_id = comment.site_id AND page.key = comment.page_key "
        "AND page.state = 'live' WHERE account_id = :account_id AND comment.site_id = :site_id "
        "AND comment.state = 'shown' ORDER BY comment.id DESC LIMIT :limit",
        {"account_id": account_id, "site_id": site_id, "limit": limit},
    )
    return _read(tx, (text(row, "id") for row in rows), limit)


def _ids(tx: Transaction, site_id: str, page_key: str, lang: str, limit: int) -> list[str]:
    rows = tx.all(
        "SELECT id FROM comment WHERE site_id = :site_id AND page_key = :page_key AND lang = :lang "
        "AND state = 'shown' AND is_unlisted = 0 AND is_indexable = 1 ORDER BY id DESC LIMIT :limit",
        {"site_id": site_id, "page_key": page_key, "lang": lang, "limit": limit},
    )
    return [text(row, "id") for row in rows]


def _read(tx: Transaction, ids: Iterable[str], limit: int) -> list[Comment]:
    """Read comments by their ids, which sort by time. Those of a page that is not live are left out."""
    found = (public(tx, comment_id) for comment_id in sorted(ids, reverse=True)[:limit])
    return [comment(row) for row in found if row is not None]
