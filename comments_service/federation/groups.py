"""Groups for servers that thread by group: the group announces activities whole instead of ids (FEP-1b12)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from comments_service import jobs
from comments_service.errors import Unavailable
from comments_service.federation import notes, outbox, wire
from comments_service.federation.documents import bare
from comments_service.federation.house import House
from comments_service.federation.vocabulary import PUBLIC, Refusal
from comments_service.network import Client
from comments_service.store import servers as rows
from comments_service.store.protocol import Clock, Row, Store, Transaction
from comments_service.store.rows import text

SOFTWARE_JOB = "ask-software"  # [site, origin of a server]
NODEINFO_BYTES = 64_000


@dataclass(frozen=True)
class Groups:
    """Learns which servers thread by group: NodeInfo is asked once, when somebody there follows a group."""

    store: Store
    client: Client
    clock: Clock

    async def ask_software(self, ids: Sequence[str]) -> None:
        """Job: keep the name of a server's software; none when it does not tell."""
        try:
            links = (await self._read(f"{ids[0]}/.well-known/nodeinfo")).get("links")
            found = [link.get("href") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
            address = wire.uri(found[-1] if found else None, http_ok=self.client.http_ok)
            if wire.origin(address) != ids[0]:
                raise Refusal("other-id", address)
            software = (await self._read(address)).get("software")
            name = str(software.get("name")).lower() if isinstance(software, dict) else ""
        except (Unavailable, Refusal):
            name = ""
        known = name if re.fullmatch(r"[a-z0-9-]{1,50}", name) else None
        await self.store.write(_keep, wire.host(ids[0]), known, now=self.clock())

    async def _read(self, url: str) -> dict[str, object]:
        answer = await self.client.get(url, accept="application/json", most_bytes=NODEINFO_BYTES)
        return wire.load(answer.content)


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


def _keep(tx: Transaction, host: str, software: str | None, *, now: datetime) -> None:
    rows.put(tx, host, software=software, asked_at=now)
