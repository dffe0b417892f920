"""Views: counted in memory without cookies or addresses, added to the store once a minute."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from comments_service.store import threads as rows
from comments_service.store.protocol import Transaction

BOTS = re.compile(
    r"bot|crawl|spider|slurp|preview|fetch|monitor|scan|archiv|facebookexternalhit|mastodon|pleroma|akkoma|misskey|"
    r"lemmy|http\.rb|curl|wget|python|java/|go-http|okhttp|headless|lighthouse|feed|rss",
    re.IGNORECASE,
)
MOST_SEEN = 500_000  # readers remembered per day; beyond it a reader may count twice

Views = Mapping[tuple[str, str], int]
"""(site id, page key) -> views that are not in the store yet."""


class ViewCounter:
    """One view per reader, page and day. What it remembers is a hash with a salt that nobody knows the next day.

    Only the thread of the event loop may call it.
    """

    def __init__(self) -> None:
        self._day = date.min
        self._salt = b""
        self._seen: set[bytes] = set()
        self._pending: Counter[tuple[str, str]] = Counter()

    def seen(self, site_id: str, page_key: str, address: str, agent: str, now: datetime) -> None:
        """Count a reader of a page; programs and a second look on the same day do not count."""
        if not agent or BOTS.search(agent):
            return
        if now.date() != self._day or len(self._seen) >= MOST_SEEN:
            self._day, self._salt = now.date(), secrets.token_bytes(16)
            self._seen.clear()
        reader = "\0".join((site_id, page_key, address, agent)).encode("utf-8", "replace")
        mark = hashlib.blake2b(reader, key=self._salt, digest_size=8).digest()
        if mark not in self._seen:
            self._seen.add(mark)
            self._pending[site_id, page_key] += 1

    def pending(self) -> dict[tuple[str, str], int]:
        """Hand over what was counted since the last call; give it back to `put_back` when it could not be stored."""
        pending, self._pending = dict(self._pending), Counter()
        return pending

    def put_back(self, counts: Views) -> None:
        self._pending.update(counts)


def add(tx: Transaction, counts: Views) -> None:
    """Add counted views to the pages. A view changes no version of a thread."""
    for (site_id, page_key), views in counts.items():
        rows.add_views(tx, site_id, page_key, views)
