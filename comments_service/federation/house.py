"""What every document says of the place that it comes from."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from comments_service.federation.uris import Uris
from comments_service.store import outgoing as outgoing_rows
from comments_service.store.protocol import Transaction


@dataclass(frozen=True)
class House:
    uris: Uris
    service_url: str
    as_note: bool = False
    may_quote: bool = True
    notice: str = ""  # below what an actor says of itself
    languages: tuple[str, ...] = ("nl",)  # of the site, the first one first
    site_host: str = ""  # may name our actors as its authors

    @property
    def host(self) -> str:
        return urlsplit(self.uris.base).netloc

    def of(self, tx: Transaction, object_id: str) -> "House":
        """The place that an object of ours comes from: what was told before a move keeps its id and its author."""
        told = [one for one in self.uris.before() if outgoing_rows.was_told(tx, one.object(object_id))]
        return replace(self, uris=told[0]) if told else self
