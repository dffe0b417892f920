"""Groups for servers that thread by group: the group announces activities whole instead of ids (FEP-1b12)."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from comments_service import jobs
from comments_service.federation import notes, outbox, reading, wire
from comments_service.federation.documents import bare
from comments_service.federation.house import House
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.vocabulary import PUBLIC, Refusal
from comments_service.store import servers as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text

SOFTWARE_JOB = "ask-software"  # [site, origin of a server]


class Groups(Room):
    """Learns which servers thread by group: NodeInfo is asked once, when somebody there follows a group."""

    async def ask_software(self, ids: Sequence[str]) -> None:
        """Job: keep the name of a server's software; none when it does not tell."""
        name, budget = "", Budget()
        with suppress(Refusal):
            document, _ = await self.remote.said(f"{ids[0]}/.well-known/nodeinfo", budget)
            links = [link.get("href") for link in reading.documents(document.get("links"))]
            address = self.remote.uri(links[-1] if links else None)
            if wire.origin(address) == ids[0]:
                document, _ = await self.remote.said(address, budget)
                name = "".join(str(one.get("name")) for one in reading.documents(document.get("software"))).lower()
        known = name if re.fullmatch(r"[a-z0-9-]{1,50}", name) else None
        await self.store.write(partial(rows.put, host=wire.host(ids[0]), software=known, asked_at=self.clock()))


def learn(tx: Transaction, site_id: str, actor: Row, *, now: datetime) -> None:
    """Somebody follows a group: ask what their server is, unless it was asked before."""
    server = rows.get(tx, text(actor, "server"))
    if server is None or server["asked_at"] is None:
        jobs.enqueue(tx, SOFTWARE_JOB, site_id, wire.origin(text(actor, "uri")), now=now)


def passes_on(tx: Transaction, page: Row | None) -> str | None:
    """Return the group of a page, if anyone on a server that threads by group follows it."""
    group_id = notes.group_of(tx, page) if page is not None else None
    return group_id if group_id is not None and rows.follows_from_threading(tx, group_id) else None


def pass_on(
    tx: Transaction, house: House, page: Row | None, activity: Mapping[str, object] | None, *, now: datetime
) -> None:
    """Let the group of a page announce an activity, of ours or of another server, to servers that thread by group."""
    group_id = passes_on(tx, page)
    if group_id is None or activity is None:
        return
    told = {"type": "Announce", "to": [PUBLIC], "cc": [house.uris.followers(group_id)], "object": bare(activity)}
    outbox.queue(tx, house.uris, group_id, told, to_followers=True, threading=True, now=now)
