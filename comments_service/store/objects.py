"""SQL of what other servers may read: objects by their id, and collections of them. Only what is public."""

from comments_service.store import received
from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import change, count, find, insert_new, number, text


def comment_by_object(tx: Transaction, site_id: str, object_id: str) -> Row | None:
    """Return a local comment by the id that it has in the fediverse, whatever its state."""
    return find(tx, "comment", object_id=object_id, site_id=site_id)


def comment_by_origin(tx: Transaction, site_id: str, uri: str) -> Row | None:
    """Return a remote comment by its id, or by the address of its page for people."""
    return received.find(tx, site_id, uri) or find(tx, "comment", origin_url=uri, site_id=site_id)


# ruff: noqa: S608 - the condition is of ours
FEDERATED = "state = 'shown' AND is_unlisted = 0 AND (object_id IS NOT NULL OR origin_uri IS NOT NULL)"


def replies(
    tx: Transaction, site_id: str, page_key: str, parent_id: str | None, after: str, *, limit: int
) -> list[Row]:
    """Return direct answers to a page (`parent_id` None) or a comment that servers may read, by id."""
    of_page = "site_id = :site_id AND page_key = :page_key AND parent_id IS NULL"
    place = "parent_id = :parent_id" if parent_id else of_page
    return _served(tx, place, site_id=site_id, page_key=page_key, parent_id=parent_id, after=after, limit=limit)


def in_thread(tx: Transaction, site_id: str, page_key: str, after: str, *, limit: int) -> list[Row]:
    """Return the comments of a thread that servers may read, by id."""
    place = "site_id = :site_id AND page_key = :page_key"
    return _served(tx, place, site_id=site_id, page_key=page_key, after=after, limit=limit)


def _served(tx: Transaction, place: str, **values: Value) -> list[Row]:
    # the view cannot use the index that holds these alone
    served = f"SELECT id FROM comment WHERE {place} AND id > :after AND {FEDERATED} ORDER BY id LIMIT :limit"
    return tx.all(f"SELECT id, object_id, origin_uri FROM public_comment WHERE id IN ({served}) ORDER BY id", values)


def count_in_thread(tx: Transaction, site_id: str, page_key: str) -> int:
    served = f"comment WHERE site_id = :site_id AND page_key = :page_key AND {FEDERATED}"
    return count(tx, served, site_id=site_id, page_key=page_key)


SENT = "own_actor_id = :id AND is_public = 1 AND kind IN ('Create', 'Announce')"


def sent(tx: Transaction, own_actor_id: str, before: str, *, limit: int) -> list[Row]:
    """Return the public activities of an actor, the newest first."""
    return tx.all(
        f"SELECT id, document FROM activity WHERE {SENT} AND id < :before ORDER BY id DESC LIMIT :limit",
        {"id": own_actor_id, "before": before, "limit": limit},
    )


def count_sent(tx: Transaction, own_actor_id: str) -> int:
    return count(tx, f"activity WHERE {SENT}", id=own_actor_id)


def activity(tx: Transaction, activity_id: str) -> Row | None:
    return find(tx, "activity", id=activity_id, is_public=1)


def count_following(tx: Transaction, own_actor_id: str) -> int:
    """Count whom somebody of ours follows, who accepted that."""
    followed = (
        "interaction JOIN own_actor ON subject = account_id AND own_actor.site_id = interaction.site_id "
        "WHERE own_actor.id = :id AND own_actor.kind = 'commenter' AND interaction.kind = 'Follow' "
        "AND answer = 'accepted' AND is_wanted = 1"
    )
    return count(tx, followed, id=own_actor_id)


def count_reactions(tx: Transaction, site_id: str, page_key: str, comment_id: str | None, kind: str) -> int:
    of = "reaction WHERE site_id = :site_id AND page_key = :page_key AND comment_id IS :comment_id AND kind = :kind"
    return count(tx, of, site_id=site_id, page_key=page_key, comment_id=comment_id, kind=kind)


def post(tx: Transaction, site_id: str, object_id: str) -> Row | None:
    """Return the page of an object id with all its columns, and `object_language` and `object_generation`."""
    return tx.one(
        "SELECT page.*, post_object.language AS object_language, post_object.generation AS object_generation "
        "FROM post_object JOIN page ON page.site_id = post_object.site_id AND page.key = post_object.page_key "
        "WHERE post_object.id = :id AND post_object.site_id = :site_id",
        {"id": object_id, "site_id": site_id},
    )


def unknown(tx: Transaction, site_id: str) -> list[Row]:
    """Return the pages that have a language, or a generation, whose id is not known yet."""
    return tx.all(
        "SELECT page.* FROM page WHERE site_id = :site_id AND kind <> 'elsewhere' "
        "AND EXISTS (SELECT 1 FROM json_each(page.titles) AS title "
        "WHERE NOT EXISTS (SELECT 1 FROM post_object WHERE post_object.site_id = page.site_id "
        "AND page_key = page.key AND post_object.language = title.key AND post_object.generation = page.generation))",
        {"site_id": site_id},
    )


def know_thread(tx: Transaction, site_id: str, page_key: str, thread_id: str) -> None:
    change(tx, "page", {"site_id": site_id, "key": page_key, "thread_id": None}, thread_id=thread_id)


def know_post(tx: Transaction, object_id: str, page: Row, language: str) -> None:
    of_page = {"site_id": page["site_id"], "page_key": page["key"], "generation": page["generation"]}
    insert_new(tx, "post_object", id=object_id, language=language, **of_page)


def page_of_thread(tx: Transaction, site_id: str, thread_id: str) -> Row | None:
    return find(tx, "page", site_id=site_id, thread_id=thread_id)


def quote(tx: Transaction, quote_id: str) -> Row | None:
    return find(tx, "reaction", id=quote_id, kind="quote")


def usage(tx: Transaction, site_id: str) -> tuple[int, int]:
    """How many posts and comments a site shows: of kept counters."""
    row = tx.one(
        "SELECT count(*) AS pages, coalesce(sum(comment_count), 0) AS comments FROM page JOIN thread "
        "ON thread.site_id = page.site_id AND thread.page_key = page.key "
        "WHERE page.site_id = :site_id AND page.state = 'live' AND page.kind = 'blogs'",
        {"site_id": site_id},
    )
    return (number(row, "pages"), number(row, "comments")) if row else (0, 0)


def body(tx: Transaction, url: str) -> str | None:
    row = find(tx, "body", url=url)
    return None if row is None else text(row, "html")


def keep_body(tx: Transaction, url: str, html: str, kept_at: str) -> None:
    insert_new(tx, "body", url=url, html=html, kept_at=kept_at)


def missing_bodies(tx: Transaction, site_id: str) -> list[str]:
    """Return the addresses of texts that live posts have and that are not kept."""
    found = tx.all(
        "SELECT DISTINCT each.value AS url FROM page, json_each(page.bodies) AS each "
        "WHERE page.site_id = :site_id AND page.state = 'live' "
        "AND NOT EXISTS (SELECT 1 FROM body WHERE body.url = each.value)",
        {"site_id": site_id},
    )
    return [text(row, "url") for row in found]
