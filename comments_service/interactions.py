"""What people of ours do on other servers: like, boost, follow, block, and ask to quote; each can be taken back.

Only for who agreed that what they write travels. A row says what is wanted; federation/interactions.py tells it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from comments_service import jobs
from comments_service.errors import Fault, Invalid
from comments_service.ids import new_id
from comments_service.language import N_
from comments_service.model import Account, Comment
from comments_service.store import accounts as account_rows
from comments_service.store import comments as comment_rows
from comments_service.store import followers as follower_rows
from comments_service.store import interactions as rows
from comments_service.store import own_actors as own_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import optional, record, text

TOLD_JOB = "interaction-changed"  # [site, interaction]
LIKE, BOOST, FOLLOW, BLOCK, QUOTE = "Like", "Announce", "Follow", "Block", "QuoteRequest"  # as on the wire
ACCEPTED, REJECTED = "accepted", "rejected"
MOST_FOLLOWED = 500
MOST_LISTED = 50


@dataclass(frozen=True)
class News:
    """A post of somebody who is followed, or that they announced."""

    uri: str
    url: str
    line: str
    lang: str | None
    name: str
    handle: str | None
    server: str
    via: str
    published_at: datetime


@dataclass(frozen=True)
class Overview:
    """What an account has to do with other servers: people it follows and blocks, and news of the former."""

    followed: tuple[Row, ...]
    blocked: tuple[Row, ...]
    news: tuple[News, ...]


def do(
    tx: Transaction,
    account: Account,
    site_id: str,
    kind: str,
    uri: str,
    actor_id: str,
    *,
    comment_id: str | None = None,
    now: datetime,
) -> None:
    """Let an account do something with what stands at an address, and is somebody's: once, until it is undone.

    Raises Invalid on `uri` for who follows very many already.
    """
    wanted = {"account_id": account.id, "site_id": site_id, "kind": kind, "uri": uri, "comment_id": comment_id}
    known = rows.find(tx, **wanted)
    if known is not None and known["is_wanted"] and known["answer"] != REJECTED:
        return
    if kind == FOLLOW and rows.count_followed(tx, account.id) >= MOST_FOLLOWED:
        raise Invalid([Fault("uri", N_("You follow very many already. Stop following somebody first."))])
    if kind == BLOCK:
        undo(tx, account.id, site_id, FOLLOW, uri, now=now)
        for own in own_rows.of_account(tx, account.id):
            follower_rows.remove(tx, own_actor_id=text(own, "id"), actor_id=actor_id)
    if known is None:
        interaction_id = new_id(now)
        rows.add(tx, id=interaction_id, **wanted, actor_id=actor_id, made_at=now)
    else:
        interaction_id = text(known, "id")
        again = {"activity_id": None, "answer": None} if known["answer"] == REJECTED else {}
        rows.change(tx, interaction_id, is_wanted=1, **again)
    jobs.enqueue(tx, TOLD_JOB, site_id, interaction_id, now=now)


def undo(tx: Transaction, account_id: str, site_id: str, kind: str, uri: str, *, now: datetime) -> None:
    """Take back what an account did, if it did."""
    for known in rows.of_account(tx, site_id, account_id, kind=kind, uri=uri):
        rows.change(tx, text(known, "id"), is_wanted=0)
        jobs.enqueue(tx, TOLD_JOB, site_id, text(known, "id"), now=now)
    if kind == FOLLOW:
        rows.drop_unread(tx)


def vote(tx: Transaction, account: Account, comment: Comment, *, is_helpful: bool, now: datetime) -> None:
    """A vote for a comment from elsewhere is a like for its author; one that is changed or taken back is none."""
    row = comment_rows.raw(tx, comment.id)
    uri = optional(row, "origin_uri") if row else None
    if row is None or uri is None:
        return
    known = account_rows.get(tx, account.id)
    if not is_helpful:
        undo(tx, account.id, comment.site_id, LIKE, uri, now=now)
    elif known is not None and known.federates:
        do(tx, account, comment.site_id, LIKE, uri, text(row, "actor_id"), now=now)


def end(tx: Transaction, account: Account, site_id: str, *, take_back: bool, now: datetime) -> None:
    """Who lets nothing travel any more follows nobody. With `take_back` nothing is left: servers forget the actor."""
    if take_back:
        rows.drop(tx, account_id=account.id, site_id=site_id)
        rows.drop_unread(tx)
    for row in rows.of_account(tx, site_id, account.id, kind=FOLLOW):
        undo(tx, account.id, site_id, FOLLOW, text(row, "uri"), now=now)


def standing(tx: Transaction, account: Account, site_id: str, uri: str) -> Mapping[str, str]:
    """Return what an account does with what stands at an address, each with the answer, "" for none yet."""
    found = rows.of_account(tx, site_id, account.id, uri=uri, comment_id=None)
    return {text(row, "kind"): optional(row, "answer") or "" for row in found}


def overview(tx: Transaction, account: Account, site_id: str) -> Overview:
    news: dict[str, News] = {}
    for row in rows.news(tx, site_id, account.id, limit=2 * MOST_LISTED):  # several may have announced one
        news.setdefault(text(row, "uri"), record(News, row))
    return Overview(
        followed=tuple(rows.of_account(tx, site_id, account.id, kind=FOLLOW)),
        blocked=tuple(rows.of_account(tx, site_id, account.id, kind=BLOCK)),
        news=tuple(news.values())[:MOST_LISTED],
    )
