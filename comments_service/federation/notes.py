"""The documents of posts and comments, gathered from the store: whom one answers, who takes part, where it is read."""

from comments_service.federation import documents
from comments_service.federation.documents import Document, Person, post_id
from comments_service.federation.house import House
from comments_service.federation.uris import Uris
from comments_service.interactions import REJECTED
from comments_service.store import actors as actor_rows
from comments_service.store import comments as comment_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import objects as rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import optional, text, values

PARTICIPANTS = 20


def of_post(tx: Transaction, house: House, page: Row, language: str) -> Document | None:
    """Return the object of a post; None while its text or its owner is not known yet."""
    house = house.of(tx, post_id(page, language))
    body = rows.body(tx, str(values(page, "bodies").get(language, "")))
    if page["owner_id"] is None or (body is None and not house.as_note):
        return None
    return documents.article(house, page, language, body or "", group_id(tx, page))


def group_id(tx: Transaction, page: Row) -> str | None:
    """Return the actor of the group that a post stands in."""
    key = optional(page, "group_key")
    group = own_rows.by_subject(tx, text(page, "site_id"), "group", key) if key else None
    return text(group, "id") if group else None


def group_of(tx: Transaction, page: Row) -> str | None:
    """Return the actor of the group in which the thread of a page is held: a group's own page is held there too."""
    return optional(page, "owner_id") if page["kind"] == "groups" else group_id(tx, page)


def of_comment(tx: Transaction, house: House, row: Row) -> Document | None:
    """Return the Note of a local comment that travels; None when its author or what it answers does not."""
    site_id, page_key = text(row, "site_id"), text(row, "page_key")
    page = page_rows.row_of(tx, site_id, page_key)
    author = own_rows.by_subject(tx, site_id, "commenter", str(row["account_id"]))
    if page is None or author is None or (page["owner_id"] is None and page["origin_uri"] is None):
        return None
    above = comment_rows.raw(tx, str(row["parent_id"])) or page
    there = house.of(tx, object_id_of(above) or "")
    answered, in_reply_to = author_of(tx, there, above), uri_of(there.uris, above) or ""
    house = house.of(tx, text(row, "object_id"))
    urls, people = values(page, "urls"), [text(person, "uri") for person in participants(tx, page)]
    url = f"{urls.get(text(row, 'lang'), urls[text(page, 'language')])}#c-{text(row, 'id')}"
    document = documents.comment(house, row, text(author, "id"), url, in_reply_to, answered, people)
    context = {"context": page["origin_context"]} if page["origin_uri"] else {}
    return {**document, **context, **_quote(tx, text(row, "id"))}


def _quote(tx: Transaction, comment_id: str) -> Document:
    """What a comment says of what it quotes, in the words of FEP-044f, Misskey and others."""
    row = interaction_rows.find(tx, comment_id=comment_id)
    if row is None or row["answer"] == REJECTED:
        return {}
    stamp = {"quoteAuthorization": row["answer"]} if row["answer"] else {}
    return {**dict.fromkeys(("quote", "quoteUrl", "_misskey_quote"), row["uri"]), **stamp}


def participants(tx: Transaction, page: Row) -> list[Row]:
    """Return who of elsewhere takes part in a thread; first who started it, where that was elsewhere."""
    opener = actor_rows.get(tx, text(page, "actor_id")) if page["actor_id"] else None
    people = actor_rows.participants(tx, text(page, "site_id"), text(page, "key"), limit=PARTICIPANTS)
    return [*([opener] if opener else []), *people]


def object_id_of(row: Row) -> str | None:
    """Return the id of a comment or post of ours as an object, a post in its own language; None for what has none."""
    return optional(row, "object_id") if "object_id" in row else post_id(row, text(row, "language"))


def uri_of(uris: Uris, row: Row) -> str | None:
    """Return the id by which servers know a comment or post, of here or elsewhere; None when they do not."""
    object_id = object_id_of(row)
    return optional(row, "origin_uri") or (uris.object(object_id) if object_id else None)


def author_of(tx: Transaction, house: House, row: Row) -> Person | None:
    """Return who wrote a comment or post, of here or elsewhere, if servers know them."""
    if row["actor_id"]:
        actor = actor_rows.get(tx, text(row, "actor_id"))
        return Person(text(actor, "uri"), optional(actor, "handle")) if actor else None
    if "owner_id" in row:
        own = own_rows.get(tx, str(row["owner_id"]))
    else:
        own = own_rows.by_subject(tx, text(row, "site_id"), "commenter", str(row["account_id"]))
    return Person(house.uris.actor(text(own, "id")), f"{text(own, 'handle')}@{house.host}") if own else None
