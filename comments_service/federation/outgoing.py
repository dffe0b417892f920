"""What of ours is told to other servers: announcements of pages and events of comments become activities.

Ids only are queued where something changes; here they are looked at again, in one transaction with what is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service.federation import documents, groups, interactions, notes, outbox, wire
from comments_service.federation.documents import Document, bare, post_id, tombstone
from comments_service.federation.house import House
from comments_service.federation.keys import OwnKeys
from comments_service.federation.objects import is_readable
from comments_service.federation.uris import Uris
from comments_service.federation.vocabulary import PUBLIC
from comments_service.ids import new_id
from comments_service.jobs import Alarm, work
from comments_service.model import CommentState
from comments_service.store import accounts as account_rows
from comments_service.store import actors as actor_rows
from comments_service.store import arrivals
from comments_service.store import comments as comment_rows
from comments_service.store import deliveries as delivery_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import outgoing as rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Clock, Row, Store, Transaction, utc_text
from comments_service.store.rows import moment, optional, text, values

AT_ONCE = 50
GATHER_SECONDS = 0.1  # what happens together is told together: while many write, each commit would ask for another one
PATIENCE = timedelta(hours=1)  # how long a post waits for its text


@dataclass(frozen=True)
class Outgoing:
    """The worker of one site."""

    store: Store
    house: House
    keys: OwnKeys
    site_id: str
    clock: Clock

    async def step(self) -> bool:
        """Tell the next few things. Return False when there was nothing to tell."""
        if not await self.store.read(_is_pending, self.site_id):
            return False
        return await self.store.write(self.expand, now=self.clock())

    async def run(self) -> None:
        """Tell until cancelled; woken by every commit."""
        await work(self.step, Alarm(self.store, gather_seconds=GATHER_SECONDS), self.clock)

    def expand(self, tx: Transaction, *, now: datetime) -> bool:
        """Make activities of what happened, and remember how far. Return whether anything was read."""
        done = False
        for queue, tell in ((rows.ANNOUNCEMENTS, self._announce), (rows.EVENTS, self._happened)):
            last = None
            for row in rows.unread(tx, queue, self.site_id, limit=AT_ONCE):
                if not tell(tx, row, now):
                    break  # its text is on the way
                last = row
            if last is not None:
                rows.have_read(tx, queue, self.site_id, last)
                done = True
        return done

    async def tell_actor(self, ids: Sequence[str]) -> None:
        """Job: an actor of ours looks different now. One Update for its followers."""
        key = await self.keys.key(ids[0])

        def update(tx: Transaction, *, now: datetime) -> None:
            row = own_rows.get(tx, ids[0])
            if row is None or row["state"] != "live" or row["changed_at"] != ids[1]:
                return  # changed again since: that tells it
            document = documents.actor(self.house, row, key.public_pem)
            told = {"type": "Update", "to": [PUBLIC], "cc": [self.house.uris.followers(ids[0])], "object": document}
            outbox.queue(tx, self.house.uris, ids[0], told, to_followers=True, now=now)

        await self.store.write(update, now=self.clock())

    async def take_back_actor(self, ids: Sequence[str]) -> None:
        """Job: a commenter took everything back. Its 410 Tombstone stands already; one Delete to all who ever heard."""

        def delete(tx: Transaction, *, now: datetime) -> None:
            row = own_rows.get(tx, ids[0])
            if row is None or row["state"] != "deleted":
                return
            inboxes = delivery_rows.inboxes_of(tx, ids[0])
            for comment in rows.travelling(tx, self.site_id, text(row, "subject")):
                self._take_back(tx, ids[0], comment, now)
            for uris in (self.house.uris, *self.house.uris.before()):
                told = {"type": "Delete", "to": [PUBLIC], "object": uris.actor(ids[0])}
                outbox.queue(tx, uris, ids[0], told, to_followers=True, inboxes=inboxes, now=now)
            rows.travel_no_more(tx, self.site_id, text(row, "subject"))

        await self.store.write(delete, now=self.clock())

    # pages

    def _announce(self, tx: Transaction, row: Row, now: datetime) -> bool:
        """Tell what a manifest changed. Return False while the text of the post is not there yet."""
        page = page_rows.row_of(tx, self.site_id, text(row, "page_key"))
        if page is None or page["owner_id"] is None:
            return True
        kind, owner, language = text(row, "activity"), text(page, "owner_id"), text(page, "language")
        object_id = post_id({**page, "generation": row["generation"]}, language)
        uris = self.house.of(tx, object_id).uris
        if kind == "Delete":
            told: Document = {"type": kind, "to": [PUBLIC], "object": tombstone(uris.object(object_id), "Article", now)}
        else:
            if not is_readable(page) or row["generation"] != page["generation"]:
                return True  # withdrawn since
            document = notes.of_post(tx, self.house, page, language)
            if document is None:
                return moment(row, "noted_at") < now - PATIENCE
            told = documents.told(kind, document, now)
        people = rows.interested(tx, self.site_id, text(page, "key")) if kind != "Create" else []
        # followers of a group hear of its page from `tell_actor`
        was_sent = kind != "Update" or (page["kind"] == "blogs" and page["sent_at"] is not None)
        said = outbox.queue(tx, uris, owner, told, to_followers=was_sent, actors=people, now=now)
        self._pass_on(tx, page, said, now)
        if kind == "Create":
            self._boost(tx, page, {"published": told["published"], "object": uris.object(object_id)}, now)
        return True

    def _boost(self, tx: Transaction, page: Row, about: Document, now: datetime) -> None:
        """The group and the site announce a new post: its id, for whoever follows them."""
        site = own_rows.by_subject(tx, self.site_id, "site", "")
        uris, owner, group_id = self.house.uris, text(page, "owner_id"), notes.group_id(tx, page)
        for actor_id in dict.fromkeys([group_id, text(site, "id") if site else None]):
            if actor_id is not None and actor_id != owner:
                told = {
                    "type": "Announce",
                    "to": [PUBLIC],
                    "cc": [uris.followers(actor_id), uris.actor(owner)],
                    **about,
                }
                others = False if actor_id == group_id else None  # those that thread by group got it whole
                outbox.queue(tx, uris, actor_id, told, to_followers=True, threading=others, now=now)

    def _pass_on(self, tx: Transaction, page: Row, said: Row | None, now: datetime) -> None:
        """Servers that thread by group hear something whole from the group, unless it was the group that said it."""
        if said is not None and said["is_public"] and said["own_actor_id"] != notes.group_of(tx, page):
            groups.pass_on(tx, self.house, page, values(said, "document"), now=now)

    # comments

    def _happened(self, tx: Transaction, event: Row, now: datetime) -> bool:
        row = comment_rows.raw(tx, text(event, "comment_id"))
        if row is not None and row["actor_id"] is not None:
            self._moderated(tx, row, now)
        account_id = optional(row, "account_id") if row is not None else None
        author = own_rows.by_subject(tx, self.site_id, "commenter", account_id) if account_id else None
        if row is None or author is None:
            return True
        uri = self._uris(tx, row).object(str(row["object_id"]))
        was_told = row["object_id"] is not None and rows.deleted_at(tx, uri) is None
        if row["state"] != CommentState.SHOWN:
            if was_told:
                self._take_back(tx, text(author, "id"), row, now)
        elif not was_told:
            if event["kind"] == "shown" and self._may_travel(tx, row, author):
                made = {"object_id": new_id(now), "published_at": utc_text(now)}
                comment_rows.change(tx, text(row, "id"), **made)
                tx.touch(self.site_id, text(row, "page_key"))
                self._tell(tx, "Create", {**row, **made}, text(author, "id"), now)
        elif event["kind"] == "edited":
            self._tell(tx, "Update", row, text(author, "id"), now)
        return True

    def _moderated(self, tx: Transaction, row: Row, now: datetime) -> None:
        """What moderators do with a comment from elsewhere its group tells where threads go by group, and nobody else.

        One that was held is passed on once it is shown; one that is hidden the site deletes for the group's followers
        (FEP-1b12), and undoes that when it is shown again. The object stays its author's.
        """
        page, site = self._page(tx, row), own_rows.by_subject(tx, self.site_id, "site", "")
        if site is None or not is_readable(page) or groups.passes_on(tx, page) is None:
            return
        uri, site_actor = text(row, "origin_uri"), text(site, "id")
        last = rows.last_word(tx, site_actor, uri)
        is_deleted = last is not None and last["kind"] == "Delete"
        told: Document = {"type": "Delete", "to": [PUBLIC], "object": uri}
        if row["state"] == CommentState.SHOWN:
            for arrival in arrivals.take_waiting(tx, text(row, "id")):
                groups.pass_on(tx, self.house, page, wire.load(text(arrival, "body").encode()), now=now)
            if last is None or not is_deleted:
                return
            told = {"type": "Undo", "to": [PUBLIC], "object": bare(values(last, "document"))}
        elif is_deleted:
            return
        self._pass_on(tx, page, outbox.queue(tx, self.house.uris, site_actor, told, now=now), now)

    def _may_travel(self, tx: Transaction, row: Row, author: Row) -> bool:
        """A comment travels when its author agreed, its page is federated, and what it answers travels too."""
        account = account_rows.get(tx, text(row, "account_id"))
        has_agreed = author["state"] == "live" and account is not None and account.federates is True
        parent = comment_rows.raw(tx, str(row["parent_id"]))
        is_heard = parent is None or notes.uri_of(self.house.uris, parent) is not None
        return has_agreed and is_readable(self._page(tx, row)) and is_heard

    def _tell(self, tx: Transaction, kind: str, row: Row, author_id: str, now: datetime) -> None:
        quoted = interactions.ask_to_quote(tx, self.house.uris, row, now=now)
        document = notes.of_comment(tx, self.house, row)
        if document is None:
            return
        page, parent = self._page(tx, row), comment_rows.raw(tx, str(row["parent_id"]))
        answered = actor_rows.get(tx, str(parent["actor_id"])) if parent is not None else None
        people = [*notes.participants(tx, page), *(one for one in (answered, quoted) if one is not None)]
        heard = delivery_rows.inboxes_of(tx, author_id, str(document["id"]))
        uris, told = self._uris(tx, row), documents.told(kind, document, now)
        said = outbox.queue(tx, uris, author_id, told, to_followers=True, actors=people, inboxes=heard, now=now)
        self._pass_on(tx, page, said, now)

    def _take_back(self, tx: Transaction, author_id: str, row: Row, now: datetime) -> None:
        uris = self._uris(tx, row)
        uri = uris.object(text(row, "object_id"))
        told: Document = {"type": "Delete", "to": [PUBLIC], "object": tombstone(uri, "Note", now)}
        interaction_rows.drop(tx, comment_id=row["id"])  # when it returns it asks anew to quote
        heard = delivery_rows.inboxes_of(tx, author_id, uri)
        said = outbox.queue(tx, uris, author_id, told, to_followers=True, inboxes=heard, now=now)
        self._pass_on(tx, self._page(tx, row), said, now)

    def _page(self, tx: Transaction, row: Row) -> Row:
        page = page_rows.row_of(tx, self.site_id, text(row, "page_key"))
        if page is None:
            raise LookupError(row["page_key"])
        return page

    def _uris(self, tx: Transaction, row: Row) -> Uris:
        """The addresses among which a comment has its own."""
        return self.house.of(tx, str(row["object_id"])).uris


def _is_pending(tx: Transaction, site_id: str) -> bool:
    queues = rows.ANNOUNCEMENTS, rows.EVENTS
    return not rows.is_held(tx, site_id) and any(rows.unread(tx, queue, site_id, limit=1) for queue in queues)
