"""Collections: what can be counted and paged of an actor, a post, a comment and a thread. Pages are cheap: by id."""

from collections.abc import Sequence
from urllib.parse import urlencode

from comments_service.errors import NotFound
from comments_service.federation import notes
from comments_service.federation.documents import Document
from comments_service.federation.objects import Spot
from comments_service.federation.uris import Uris
from comments_service.store import followers as follower_rows
from comments_service.store import objects as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import optional, text, values

PAGE = 50
LAST = "~"  # sorts after every id


def of_actor(tx: Transaction, uris: Uris, actor: Row, part: str, before: str | None) -> Document:
    """Return outbox, followers, following or featured of an actor. People are counted, never named."""
    actor_id = text(actor, "id")
    uri = f"{uris.actor(actor_id)}/{part}"
    if part == "outbox":
        if before is None:
            return _root(uri, rows.count_sent(tx, actor_id), {"before": LAST})
        found = rows.sent(tx, actor_id, before, limit=PAGE)
        items: list[object] = [values(row, "document") for row in found]
        return _page(uri, {"before": before}, items, len(found) == PAGE and {"before": text(found[-1], "id")})
    if part == "followers":
        return _root(uri, follower_rows.count_of(tx, [actor_id]))
    if part == "following":
        return _root(uri, rows.count_following(tx, actor_id))
    if part == "featured":
        return _root(uri, 0)
    raise NotFound("collection", part)


def of_object(tx: Transaction, uris: Uris, uri: str, spot: Spot, part: str, after: str | None) -> Document:
    """Return replies, likes or shares of a post or comment."""
    site_id, page_key, comment_id = spot.key
    if part == "replies":
        # the first page stands in the collection: most readers ask no further
        found = rows.replies(tx, site_id, page_key, comment_id, after or "", limit=PAGE)
        page = _page(f"{uri}/replies", {"after": after or ""}, *_found(uris, found))
        return page if after is not None else {"id": f"{uri}/replies", "type": "OrderedCollection", "first": page}
    if part in ("likes", "shares"):
        kind = "like" if part == "likes" else "boost"
        total = rows.count_reactions(tx, site_id, page_key, comment_id, kind)
        return {"id": f"{uri}/{part}", "type": "Collection", "totalItems": total}
    raise NotFound("collection", part)


def of_thread(tx: Transaction, uris: Uris, page: Row, after: str | None) -> Document:
    """Return the context of a thread (FEP-7888, FEP-f228): the post and all shown public comments, oldest first."""
    uri, site_id, page_key = uris.thread(text(page, "thread_id")), text(page, "site_id"), text(page, "key")
    if after is None:
        root = _root(uri, 1 + rows.count_in_thread(tx, site_id, page_key), {"after": ""})
        return {**root, "attributedTo": uris.actor(optional(page, "owner_id") or "")}
    items, following = _found(uris, rows.in_thread(tx, site_id, page_key, after, limit=PAGE))
    return _page(uri, {"after": after}, items if after else [notes.uri_of(uris, page), *items], following)


def _found(uris: Uris, found: Sequence[Row]) -> tuple[list[object], dict[str, str] | bool]:
    items: list[object] = [optional(row, "origin_uri") or uris.object(text(row, "object_id")) for row in found]
    return items, len(found) == PAGE and {"after": text(found[-1], "id")}


def _root(uri: str, total: int, first: dict[str, str] | None = None) -> Document:
    pages: Document = {"first": f"{uri}?{urlencode(first)}"} if first and total else {}
    return {"id": uri, "type": "OrderedCollection", "totalItems": total, **pages}


def _page(uri: str, asked: dict[str, str], items: list[object], following: dict[str, str] | bool) -> Document:
    onward: Document = {"next": f"{uri}?{urlencode(following)}"} if isinstance(following, dict) else {}
    page = {"id": f"{uri}?{urlencode(asked)}", "type": "OrderedCollectionPage", "partOf": uri}
    return {**page, "orderedItems": items, **onward}
