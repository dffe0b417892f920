"""The ledger: what the world was told of each page, in a file beside the database.

A backup that is restored does not know what was told since. Its ledger does: the pages get back what it says of them,
and nothing is sent until an operator has seen the difference.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from comments_service.pages import Event
from comments_service.settings import Settings
from comments_service.store import deliveries as delivery_rows
from comments_service.store import outgoing as outgoing_rows
from comments_service.store import pages as rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import mapping, number, text, to_json
from comments_service.whole_file import replacing

MOST_SHOWN = 10_000


def path_of(settings: Settings) -> Path:
    database = settings.service.database
    return database.with_name(f"{database.stem}-told-{settings.site.id}.txt")


def serial_of(path: Path) -> int | None:
    """Return the serial of the last manifest that was taken in; None when there is no file of that form."""
    try:
        with path.open(encoding="utf-8") as file:
            return int(file.readline())
    except (FileNotFoundError, ValueError):
        return None


def pages_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file.readlines()[1:]]


def write(path: Path, serial: int, pages: Sequence[Row]) -> None:
    """Put the file in place of the last one, whole: a serial, then a page in each line."""
    with replacing(path) as file:
        file.write(f"{serial}\n" + "".join(to_json(page) + "\n" for page in pages))


def content(tx: Transaction, site_id: str) -> tuple[int, list[Row]]:
    """Return what the file is to hold."""
    last = rows.last_manifest(tx, site_id)
    return last[0] if last else -1, rows.all_of(tx, site_id)


def is_behind(tx: Transaction, site_id: str, serial: int) -> bool:
    """Tell whether the database is older than what was told."""
    last = rows.last_manifest(tx, site_id)
    return last is None or last[0] < serial


def restore(tx: Transaction, settings: Settings, serial: int, pages: Sequence[Row], *, now: datetime) -> None:
    """Let the pages be what they were when the world last heard of them, and hold what is to be sent.

    What a page said since the backup is said again: nobody knows whom it reached.
    """
    site, site_id = settings.site, settings.site.id
    if not is_behind(tx, site_id, serial):
        return
    if rows.site(tx, site_id) is None:
        rows.put_site(tx, rows.Site(site_id, site.name, site.url, tuple(site.languages), None, {}))
    outgoing_rows.hold(tx, site_id)
    delivery_rows.park(tx, site_id)
    for row in pages:
        key, generation = text(row, "key"), number(row, "generation")
        before = rows.row_of(tx, site_id, key)
        is_changed = before is None or mapping(before, "hashes") != mapping(row, "hashes")
        rows.put(tx, {**row, "hashes": to_json({})} if row["sent_at"] and is_changed else row)  # an Update follows
        for slug in (key.partition("/")[2], text(row, "slug")):
            rows.add_alias(tx, site_id, text(row, "kind"), slug, key)
        for gone in range(number(before, "generation") if before else 1, generation):
            rows.add_announcement(tx, site_id, key, "Delete", gone, serial, now=now)
        if row["sent_at"] and not (before and before["sent_at"] and before["generation"] == generation):
            rows.add_announcement(tx, site_id, key, "Create", generation, serial, now=now)
    rows.add_manifest(tx, site_id, serial, "of the ledger", now=now)


def held(tx: Transaction, site_id: str) -> tuple[Event, ...] | None:
    """Return what waits for an operator, in the order in which it would be sent; None when nothing has to wait."""
    if not outgoing_rows.is_held(tx, site_id):
        return None
    found = outgoing_rows.unread(tx, outgoing_rows.ANNOUNCEMENTS, site_id, limit=MOST_SHOWN)
    return tuple(Event(text(row, "activity"), text(row, "page_key")) for row in found)


def release(tx: Transaction, site_id: str, *, now: datetime) -> None:
    """Let be sent what was held."""
    outgoing_rows.release(tx, site_id)
    delivery_rows.unpark(tx, site_id, now=now)
