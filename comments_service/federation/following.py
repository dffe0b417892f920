"""Following and answering from one's own server: the ids of what is here, and where that server opens them."""

import re
from urllib.parse import quote

from comments_service.errors import Fault, Invalid, NotFound
from comments_service.federation import reading, wire
from comments_service.federation.notes import uri_of
from comments_service.federation.objects import is_readable
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.room import Room
from comments_service.federation.vocabulary import Refusal
from comments_service.language import N_
from comments_service.store import comments as comment_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import text

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"  # Mastodon's name for a page that opens any address
HANDLE = re.compile(r"(?:acct:)?@?([A-Za-z0-9_.-]{1,64})@([^\s@/?#]{1,253})")
PROFILE = re.compile(r"https://([^\s@/?#]{1,253})/(?:users/|u/|@)([A-Za-z0-9_.-]{1,64})/?")


class Following(Room):
    @property
    def host(self) -> str:
        return self.house.host

    def actor(self, tx: Transaction, handle: str) -> str:
        row = own_rows.by_handle(tx, self.site_id, handle)
        if row is None or row["state"] != "live" or row["kind"] == "instance":
            raise NotFound("actor", handle)
        return self.uris.actor(text(row, "id"))

    def page(self, tx: Transaction, page_key: str) -> str:
        row = page_rows.row_of(tx, self.site_id, page_key)
        if row is None or row["kind"] not in ("blogs", "groups") or not is_readable(row):
            raise NotFound("page", page_key)
        return str(uri_of(self.uris, row))

    def comment(self, tx: Transaction, comment_id: str) -> str:
        row = comment_rows.public(tx, comment_id)
        uri = uri_of(self.uris, row) if row is not None and row["site_id"] == self.site_id else None
        if uri is None:
            raise NotFound("comment", comment_id)
        return uri

    async def way(self, handle: str, uri: str) -> str:
        """Ask the server of a handle (RFC 7033) where it opens addresses; `uri` is filled in.

        Only an address on the host of the handle, on the host that answered, or on that of the account it names: what a
        reader is led to is the server that they typed, whatever else stands in its answer.
        """
        name, host = _split(handle)
        try:
            document, hosts = await ask(self.remote, name, host, Budget())
        except Refusal:
            message = N_("This server does not answer, or does not know this handle.")
            raise Invalid([Fault("you", message)]) from None
        for link in reading.documents(document.get("links")):
            template = link.get("template")
            if link.get("rel") == SUBSCRIBE and isinstance(template, str) and "{uri}" in template:
                way = template.replace("{uri}", quote(uri, safe=""))
                if self._host(way) in {*hosts, self._host(own_address(document))} - {""}:
                    return self.remote.uri(way)
        raise Invalid([Fault("you", N_("Your server does not say where it opens links. Search there instead."))])

    def _host(self, address: object) -> str:
        """The host of an address that may be led to, else ""."""
        try:
            return wire.host(self.remote.uri(address))
        except Refusal:
            return ""


async def ask(remote: Remote, name: str, host: str, budget: Budget) -> tuple[dict[str, object], set[str]]:
    """Ask a host about somebody (RFC 7033). Return its answer, and that host and the one that answered.

    Raises Refusal("gone") for who is not known there, "blocked", or what came of the last try.
    """
    failed = Refusal("unreachable", host)
    for scheme in ("https", "http") if remote.http_ok(host) else ("https",):
        try:
            home = wire.host(remote.uri(f"{scheme}://{host}/"))
            document, came_from = await remote.webfinger(f"{name}@{home}", scheme, budget)
            return document, {home, wire.host(came_from)}
        except Refusal as refusal:
            failed = refusal
            if refusal.reason == "gone":
                break
    raise failed


def own_address(document: dict[str, object]) -> str | None:
    """Return the address of whom an answer of WebFinger is about."""
    links = reading.documents(document.get("links"))
    found = (link.get("href") for link in links if link.get("rel") == "self")
    return next((one for one in found if isinstance(one, str)), None)


def _split(handle: str) -> tuple[str, str]:
    """Return name and host of @name@server, or of the address of a profile. Raises Invalid on `you`."""
    typed = handle.strip()
    if found := HANDLE.fullmatch(typed):
        return found[1], found[2]
    if found := PROFILE.fullmatch(typed):
        return found[2], found[1]
    raise Invalid([Fault("you", N_("Write your handle as @name@server."))])
