"""SQL of threads of other servers that are kept here because someone of ours takes part."""

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction


def live(tx: Transaction, site_id: str) -> list[Row]:
    """Return the pages of the threads that readers can see, the first one first."""
    kept = "SELECT * FROM page WHERE site_id = :site_id AND kind = 'elsewhere' AND state = 'live'"
    return tx.all(f"{kept} ORDER BY first_seen_at, key", {"site_id": site_id})


def find(tx: Transaction, site_id: str, address: str) -> Row | None:
    """Return the page of a thread by the id of what started it, or by its page for people."""
    place = {"site_id": site_id}
    return rows.find(tx, "page", origin_uri=address, **place) or rows.find(tx, "page", origin_url=address, **place)
