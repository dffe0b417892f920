"""What an address of somebody else's answer leads to: a page, or a comment, in whatever spelling it was written."""

from dataclasses import dataclass

from comments_service import pages
from comments_service.federation import wire
from comments_service.federation.documents import post_id, thread_id
from comments_service.federation.uris import Uris
from comments_service.model import CommentState
from comments_service.store import comments as comment_rows
from comments_service.store import elsewhere
from comments_service.store import objects as rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text, values


@dataclass(frozen=True)
class Spot:
    """What an address leads to, and where an answer hangs: a page in one language, or a comment on it.

    It is gone once its page was withdrawn, whatever came back later.
    """

    page: Row
    language: str
    comment: Row | None = None
    is_gone: bool = False

    @property
    def key(self) -> tuple[str, str, str | None]:
        return text(self.page, "site_id"), text(self.page, "key"), text(self.comment, "id") if self.comment else None

    @property
    def is_readable(self) -> bool:
        return not self.is_gone and is_readable(self.page)

    @property
    def is_seen(self) -> bool:
        """Readers and servers see it: it can be liked, boosted, quoted and answered."""
        return self.is_readable and (self.comment is None or self.comment["state"] == CommentState.SHOWN)


def is_readable(page: Row) -> bool:
    """Tell whether servers may read a page."""
    return page["state"] == "live" and bool(page["federates"])


def take_in(tx: Transaction, site_id: str) -> None:
    """Know the ids of all pages in all their languages."""
    for page in rows.unknown(tx, site_id):
        rows.know_thread(tx, site_id, text(page, "key"), thread_id(site_id, text(page, "key")))
        for language in values(page, "titles"):
            rows.know_post(tx, post_id(page, language), page, language)


def by_id(tx: Transaction, site_id: str, object_id: str) -> Spot | None:
    """Return what an object id of a site of ours names, or named."""
    if (comment := rows.comment_by_object(tx, site_id, object_id)) is not None:
        return _of_comment(tx, comment)
    page = rows.post(tx, site_id, object_id)
    if page is None:
        return None
    return Spot(page, text(page, "object_language"), is_gone=page["object_generation"] != page["generation"])


def find(tx: Transaction, site_id: str, uris: Uris, uri: str) -> Spot | None:
    """Return the page or the comment that an address names; None for what is not ours.

    `uri` has the one form of `wire.uri`: an id, the address of a page in any spelling and language, or the address
    at which people read a remote comment.
    """
    if (local := uris.parse(uri)) is not None:
        return by_id(tx, site_id, local.id) if local.kind == "objects" else None
    key = pages.key_of_url(tx, site_id, uri)
    if key is not None and (page := page_rows.row_of(tx, site_id, key)) is not None:
        comment = comment_rows.raw(tx, uri.partition("#c-")[2])
        is_here = comment is not None and (comment["site_id"], comment["page_key"]) == (site_id, key)
        return _at(page, comment if is_here else None)
    comment, page = rows.comment_by_origin(tx, site_id, uri), elsewhere.find(tx, site_id, uri)
    if comment is not None and _speaks_for(comment, uri):
        return _of_comment(tx, comment)
    return _at(page) if page is not None and _speaks_for(page, uri) else None


def _at(page: Row, comment: Row | None = None) -> Spot:
    return Spot(page, text(page, "language"), comment)


def _of_comment(tx: Transaction, comment: Row) -> Spot | None:
    page = page_rows.row_of(tx, text(comment, "site_id"), text(comment, "page_key"))
    return _at(page, comment) if page is not None else None


def _speaks_for(row: Row, uri: str) -> bool:
    """Tell whether something has this address, or says so of a page on its own server: anyone could name another's."""
    return wire.origin(text(row, "origin_uri")) == wire.origin(uri)
