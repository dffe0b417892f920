"""A program for the tests: many writers and readers on one store, while its files may not grow any further.

Run as `python -m tests.faults.filling FILE BYTES`. Prints JSON: what was acknowledged, what failed, and what a reader
missed although it had the acknowledgement in hand.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path

from comments_service.errors import Unavailable
from comments_service.store import sqlite
from comments_service.store.protocol import Transaction
from comments_service.store.sqlite import SqliteStore, open_store

WRITERS = 64
ROUNDS = 40
FAILURES_WANTED = 200
FILLING = "x" * 900


def put(tx: Transaction, name: str) -> str:
    """Two statements, so that half a unit would be seen."""
    tx.run("INSERT INTO day_salt (day, salt) VALUES (:name, :salt)", {"name": name, "salt": FILLING})
    tx.run("INSERT INTO day_salt (day, salt) VALUES (:name, :salt)", {"name": f"{name} twin", "salt": FILLING})
    return name


def has(tx: Transaction, name: str) -> bool:
    return tx.one("SELECT 1 FROM day_salt WHERE day = :name", {"name": name}) is not None


async def write_until_full(store: SqliteStore, who: str, outcome: dict[str, list[str]]) -> None:
    for round_ in range(ROUNDS):
        name = f"{who} {round_}"
        try:
            await store.write(put, name)
        except Unavailable:
            outcome["failed"].append(name)
        else:
            outcome["acknowledged"].append(name)
            if not await store.read(has, name):
                outcome["missed"].append(name)
        if len(outcome["failed"]) > FAILURES_WANTED:
            return


async def run(path: Path, room: int) -> None:
    outcome: dict[str, list[str]] = {"acknowledged": [], "failed": [], "missed": []}
    store = await open_store(path)
    emptying = sqlite.connect(path)  # of the log, in which the other process may have written more than fits already
    emptying.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    emptying.close()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        await asyncio.gather(*(write_until_full(store, f"writer {number}", outcome) for number in range(WRITERS)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    # there is room again: the same process goes on
    outcome["acknowledged"].append(await store.write(put, "after"))
    await store.close()
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))
