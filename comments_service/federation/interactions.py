"""What people of ours do on other servers, on the wire: Like, Announce, Follow, Block, QuoteRequest, and Undo of each.

And what comes of it: Accept and Reject, and the posts of those who are followed.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from html import unescape

from comments_service import elsewhere, interactions, received, servers
from comments_service.federation import groups, objects, outbox, wire
from comments_service.federation.documents import Document, bare
from comments_service.federation.notes import uri_of
from comments_service.federation.room import Room
from comments_service.federation.uris import Uris
from comments_service.federation.vocabulary import PUBLIC, Activity, Refusal, RemoteObject
from comments_service.interactions import ACCEPTED, BOOST, FOLLOW, LIKE, QUOTE, REJECTED
from comments_service.store import accounts as account_rows
from comments_service.store import actors as actor_rows
from comments_service.store import comments as comment_rows
from comments_service.store import interactions as rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store import received as received_rows
from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.store.rows import text, values

MOST_NEWS = 100  # of each who is followed
_LINK_ALONE = re.compile(r'<p><a href="(https?://[^"]+)"[^>]*>[^<]*</a></p>')


class Interactions(Room):
    async def tell(self, ids: Sequence[str]) -> None:
        """Job: send what is wanted and was not sent, and undo what is no longer wanted."""
        await self.store.write(self._tell, ids[0], now=self.clock())

    def _tell(self, tx: Transaction, interaction_id: str, *, now: datetime) -> None:
        row = rows.find(tx, id=interaction_id)
        own = own_rows.by_subject(tx, self.site_id, "commenter", text(row, "account_id")) if row else None
        actor = actor_rows.get(tx, text(row, "actor_id")) if row else None
        if row is None or own is None or actor is None:
            return
        told = self._missing(tx, row, own, text(actor, "uri"), now)
        said, is_boost = None, row["kind"] == BOOST
        if told is not None:
            own_id = text(own, "id")
            said = outbox.queue(tx, self.uris, own_id, told, to_followers=is_boost, actors=[actor], now=now)
        if said is not None and row["kind"] == LIKE:  # servers that thread by group hear of it by the group (FEP-1b12)
            comment = received_rows.find(tx, self.site_id, text(row, "uri"))
            page = page_rows.row_of(tx, self.site_id, text(comment, "page_key")) if comment is not None else None
            groups.pass_on(tx, self.house, page, values(said, "document"), now=now)
        if not row["is_wanted"] or (told is not None and said is None):  # they stopped meanwhile
            rows.drop(tx, id=interaction_id)
        elif said is not None:
            rows.change(tx, interaction_id, activity_id=said["id"])

    def _missing(self, tx: Transaction, row: Row, own: Row, actor_uri: str, now: datetime) -> Document | None:
        """Return what is still to be said: what is wanted, or the Undo of what was said."""
        said = rows.sent(tx, row)
        if said is not None:
            if row["is_wanted"] or row["kind"] == QUOTE:  # that was a question: it goes with what quotes
                return None
            undone = values(said, "document")
            addressed = {name: undone[name] for name in ("to", "cc") if name in undone}
            return {"type": "Undo", **addressed, "object": bare(undone)}
        if not row["is_wanted"]:
            return None
        told: Document = {"type": row["kind"], "to": [actor_uri], "object": row["uri"]}
        if row["kind"] == BOOST:
            followers = self.uris.followers(text(own, "id"))
            told |= {"to": [PUBLIC], "cc": [followers, actor_uri], "published": utc_text(now)}
        if (comment := comment_rows.raw(tx, str(row["comment_id"]))) is not None:
            told |= {"instrument": uri_of(self.uris, comment)}
        return told


def answered(tx: Transaction, uris: Uris, activity: Activity, actor: Row, *, now: datetime) -> None:
    """Take in an Accept or Reject of what we asked of somebody.

    A quote is accepted once, with a stamp (FEP-044f), and may be rejected later: each makes one Update of the comment.
    """
    local = uris.parse(activity.object_uri or "")
    row = rows.find(tx, activity_id=local.id, actor_id=actor["id"], is_wanted=1) if local else None
    if row is None or row["kind"] not in (FOLLOW, QUOTE):
        return
    answer = {"Accept": ACCEPTED, "Reject": REJECTED}[activity.kind]
    if row["kind"] == QUOTE and answer == ACCEPTED:
        answer = activity.target or ""
        if row["answer"] is not None or wire.origin(answer) != wire.origin(activity.actor):
            return
    _answer(tx, row, answer, now=now)


def withdraw(tx: Transaction, site_id: str, uri: str, actor: Row, *, now: datetime) -> None:
    """Take back what its author deleted; if that is a stamp, their text is quoted no more (FEP-044f)."""
    received.delete(tx, site_id, uri, actor, now=now)
    row = rows.find(tx, answer=uri, actor_id=actor["id"])
    if row is not None:
        _answer(tx, row, REJECTED, now=now)


def _answer(tx: Transaction, row: Row, answer: str, *, now: datetime) -> None:
    if row["answer"] not in (answer, REJECTED) or row["kind"] == FOLLOW:
        rows.change(tx, text(row, "id"), answer=answer)
        if row["comment_id"]:
            comment_rows.tell(tx, "edited", [text(row, "comment_id")], now=now)


# quotes


def ask_to_quote(tx: Transaction, uris: Uris, comment: Row, *, now: datetime) -> Row | None:
    """A paragraph that is nothing but the address of something from elsewhere quotes it: ask its author, once.

    Return whom to ask. What a comment quoted before it was edited is forgotten, and so is the answer.
    """
    found, comment_id = _LINK_ALONE.search(text(comment, "html")), text(comment, "id")
    row: Row = {}
    with suppress(Refusal):
        address = wire.uri(unescape(found[1]) if found else None, http_ok=lambda _: True)
        spot = objects.find(tx, text(comment, "site_id"), uris, address)
        row = (spot.comment or spot.page) if spot is not None and spot.is_seen else {}
    uri, actor = row.get("origin_uri"), actor_rows.get(tx, str(row.get("actor_id")))
    before = rows.find(tx, comment_id=comment_id)
    if before is None or before["uri"] != uri:
        rows.drop(tx, comment_id=comment_id)
        account = account_rows.get(tx, text(comment, "account_id"))
        if isinstance(uri, str) and actor is not None and account is not None:
            about = text(comment, "site_id"), QUOTE, uri, text(actor, "id")
            interactions.do(tx, account, *about, comment_id=comment_id, now=now)
    return actor if uri is not None else None


# those who are followed


def publish(
    tx: Transaction, site_id: str, followed: Row | None, value: RemoteObject, author: Row | None, *, now: datetime
) -> None:
    """Keep a line of what starts a thread and is for everyone, if anyone follows who wrote or announced it."""
    if followed is None or author is None or value.in_reply_to is not None or not value.is_public:
        return
    is_blocked = servers.policy_of(tx, text(author, "server"), text(author, "uri")) == "block"
    if is_blocked or not rows.is_followed(tx, site_id, text(followed, "id")):
        return
    line = value.warning or elsewhere.title(value.html) or wire.host(value.uri)
    post = {"uri": value.uri, "url": value.url or value.uri, "line": line, "lang": value.language}
    whose = {"site_id": site_id, "actor_id": text(followed, "id"), "author_id": text(author, "id")}
    rows.keep_news(tx, most=MOST_NEWS, **whose, **post, published_at=min(value.published or now, now))
