"""What the API answers: model values -> JSON. One function per shape of openapi.yaml."""

import json
from collections.abc import Mapping

from comments_service.model import Account, Branch, Comment, Counts, Mine, Page, Rating, ThreadPage
from comments_service.pages import Intake
from comments_service.store.protocol import utc_text

Json = dict[str, object]


def encode(shape: Mapping[str, object]) -> bytes:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()


def comment(value: Comment) -> Json:
    author = value.author
    return {
        "id": value.id,
        "html": value.html,
        "lang": value.lang,
        "author": {"name": author.name, "handle": author.handle, "url": author.url} if author else None,
        "inReplyTo": value.parent_id,
        "createdAt": utc_text(value.created_at),
        "editedAt": utc_text(value.edited_at) if value.edited_at else None,
        "votes": value.votes,
        "state": value.state.value,
    }


def rating(value: Rating) -> Json:
    return {"average": value.average, "count": value.count, "distribution": list(value.distribution)}


def branch(value: Branch) -> Json:
    replies = {"items": [comment(reply) for reply in value.replies], "next": value.next}
    return {**comment(value.root), "replies": replies}


def thread(value: ThreadPage) -> Json:
    return {
        "page": value.page.key,
        "title": dict(value.page.titles),
        "url": dict(value.page.urls),
        "comments": "open" if value.page.is_open else "closed",
        "version": value.version,
        "commentCount": value.comment_count,
        "rating": rating(value.rating),
        "views": value.views,
        "items": [branch(item) for item in value.branches],
        "next": value.next,
    }


def counts(value: Counts) -> Json:
    return {
        "comments": value.comments,
        "rating": {"average": value.rating.average, "count": value.rating.count},
        "views": value.views,
    }


def account(value: Account) -> Json:
    """The account as its owner sees it. The mail address stays out: no page needs it."""
    return {"id": value.id, "name": value.name, "language": value.language}


def mine(value: Mine, page: Page) -> Json:
    return {
        "version": value.version,
        "account": account(value.account),
        "rights": {"comment": value.may_comment, "rate": not value.account.banned and not page.is_withdrawn},
        "stars": value.stars,
        "own": list(value.own),
        "held": [comment(held) for held in value.held],
        "votes": dict(value.votes),
    }


def intake(value: Intake) -> Json:
    return {
        "taken": value.taken,
        "refused": value.refused,
        "wouldSend": [{"activity": event.activity, "page": event.page_key} for event in value.would_send],
        "missing": list(value.missing),
        "held": [{"page": key, "name": name} for key, name in value.held],
        "named": list(value.named),
    }
