"""Following and answering from one's own server: the ids of what is here, and where that server opens them."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from comments_service import servers
from comments_service.errors import Fault, Invalid, NotFound
from comments_service.federation import wire
from comments_service.federation.documents import post_id
from comments_service.federation.notes import House, uri_of
from comments_service.federation.objects import Post
from comments_service.federation.remote import Budget, Remote
from comments_service.federation.vocabulary import Refusal
from comments_service.language import N_
from comments_service.store import comments as comment_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Store, Transaction
from comments_service.store.rows import text

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"  # Mastodon's name for a page that opens any address
HANDLE = re.compile(r"(?:acct:)?@?([A-Za-z0-9_.-]{1,64})@([^\s@/?#]{1,253})")
PROFILE = re.compile(r"https://([^\s@/?#]{1,253})/(?:users/|u/|@)([A-Za-z0-9_.-]{1,64})/?")


@dataclass(frozen=True)
class Following:
    store: Store
    site_id: str
    house: House
    remote: Remote

    @property
    def host(self) -> str:
        return self.house.host

    def actor(self, tx: Transaction, handle: str) -> str:
        row = own_rows.by_handle(tx, self.site_id, handle)
        if row is None or row["state"] != "live" or row["kind"] == "instance":
            raise NotFound("actor", handle)
        return self.house.uris.actor(text(row, "id"))

    def page(self, tx: Transaction, page_key: str) -> str:
        row = page_rows.row_of(tx, self.site_id, page_key)
        if row is None or row["kind"] not in ("blogs", "groups") or not Post(row, "").is_readable:
            raise NotFound("page", page_key)
        return self.house.uris.object(post_id(row, text(row, "language")))

    def comment(self, tx: Transaction, comment_id: str) -> str:
        row = comment_rows.public(tx, comment_id)
        uri = uri_of(self.house.uris, row) if row is not None and row["site_id"] == self.site_id else None
        if uri is None:
            raise NotFound("comment", comment_id)
        return uri

    async def way(self, handle: str, uri: str) -> str:
        """Ask the server of a handle (RFC 7033) where it opens addresses; `uri` is filled in.

        Only an address on the host of the handle, on the host that answered, or on that of the account it names: what a
        reader is led to is the server that they typed, whatever else stands in its answer.
        """
        name, host = _split(handle)
        schemes = ("https", "http") if self.remote.http_ok(host) else ("https",)
        for scheme in schemes:
            try:
                home = self.remote.uri(f"{scheme}://{host}/")
                if self.store.look(servers.policy_of, wire.host(home)) == "block":
                    break
                document, came_from = await self.remote.webfinger(f"{name}@{wire.host(home)}", scheme, Budget())
            except Refusal:
                continue
            if not document:
                break
            links = document.get("links")
            known = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
            own = [self._host(link.get("href")) for link in known if link.get("rel") == "self"]
            hosts = {wire.host(home), wire.host(came_from), *own}
            for link in known:
                template = link.get("template")
                if link.get("rel") == SUBSCRIBE and isinstance(template, str) and "{uri}" in template:
                    way = template.replace("{uri}", quote(uri, safe=""))
                    if self._host(way) in hosts - {""}:
                        return self.remote.uri(way)
            raise Invalid([Fault("you", N_("Your server does not say where it opens links. Search there instead."))])
        raise Invalid([Fault("you", N_("This server does not answer, or does not know this handle."))])

    def _host(self, address: object) -> str:
        """The host of an address that may be led to, else ""."""
        try:
            return wire.host(self.remote.uri(address))
        except Refusal:
            return ""


def _split(handle: str) -> tuple[str, str]:
    """Return name and host of @name@server, or of the address of a profile. Raises Invalid on `you`."""
    typed = handle.strip()
    if found := HANDLE.fullmatch(typed):
        return found[1], found[2]
    if found := PROFILE.fullmatch(typed):
        return found[2], found[1]
    raise Invalid([Fault("you", N_("Write your handle as @name@server."))])
