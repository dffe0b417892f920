"""What the API answers: model values -> JSON. One function per shape of openapi.yaml."""

from pydantic_core import to_json

from comments_service.model import Account, Author, Branch, Comment, Counts, Mine, Page, Rating, Revision, ThreadPage
from comments_service.store.protocol import utc_text

Json = dict[str, object]


def encode(shape: object) -> bytes:
    return to_json(shape)  # a third of what the standard library needs


def _same(value: object, *names: str) -> Json:
    """Fields that have the same name here and there."""
    return {name: getattr(value, name) for name in names}


def author(value: Author, service: str) -> Json:
    """Who wrote something; `service` is the service's URL, where local people have a page."""
    url = value.url or f"{service}/people/{value.id}"
    return {"name": value.name, "handle": value.handle, "server": value.server, "avatar": value.avatar, "url": url}


def comment(value: Comment, service: str) -> Json:
    return {
        "id": value.id,
        "html": value.html,
        "lang": value.lang,
        "author": author(value.author, service) if value.author else None,
        "inReplyTo": value.parent_id,
        "createdAt": utc_text(value.created_at),
        "editedAt": utc_text(value.edited_at) if value.edited_at else None,
        "votes": value.votes,
        "state": value.state.value,
        **_elsewhere(value),
    }


def _elsewhere(value: Comment) -> Json:
    """What the fediverse adds, where it adds something."""
    told = {
        "warning": value.warning,
        "url": value.url,
        "travels": value.travels,
        "likes": value.likes,
        "boosts": value.boosts,
        "quotes": value.quotes,
    }
    kept: Json = {name: one for name, one in told.items() if one}
    return kept if value.is_indexable else {**kept, "indexable": False}


def rating(value: Rating) -> Json:
    return {"average": value.average, "count": value.count, "distribution": list(value.distribution)}


def branch(value: Branch, service: str) -> Json:
    replies = {"items": [comment(reply, service) for reply in value.replies], "next": value.next}
    return {**comment(value.root, service), "replies": replies}


def thread(value: ThreadPage, service: str, *, federates: bool = True) -> Json:
    return {
        "page": value.page.key,
        "title": dict(value.page.titles),
        "url": dict(value.page.urls),
        "comments": "closed" if value.closed_by else "open",
        "closedBy": value.closed_by,
        **_same(value, "version", "views", "likes", "boosts", "quotes", "next", "newest"),
        "commentCount": value.comment_count,
        "languages": dict(value.languages),
        "rating": rating(value.rating),
        "federated": federates and value.is_federated,
        "items": [branch(item, service) for item in value.branches],
    }


def counts(value: Counts) -> Json:
    return {**_same(value, "comments", "views"), "rating": _same(value.rating, "average", "count")}


def account(value: Account) -> Json:
    """The account as its owner sees it. The mail address stays out: no page needs it."""
    return _same(value, "id", "name", "language", "handle", "federates")


def mine(value: Mine, page: Page, service: str, edit_minutes: int) -> Json:
    return {
        "version": value.version,
        "account": account(value.account),
        "rights": {
            "comment": value.may_comment,
            "rate": not value.account.banned and not page.is_withdrawn,
            "editMinutes": edit_minutes,
        },
        "stars": value.stars,
        "own": list(value.own),
        "held": [comment(held, service) for held in value.held],
        "votes": dict(value.votes),
    }


def revision(value: Revision) -> Json:
    return {"number": value.number, "html": value.html, "writtenAt": utc_text(value.written_at)}
