"""SQL of servers: what was decided about them, and what we learnt of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import text, to_json

# software that keeps threads by group and takes wrapped activities (FEP-1b12)
THREADING = "(SELECT host FROM server WHERE software IN ('lemmy', 'mbin', 'kbin', 'piefed', 'nodebb', 'discourse'))"


def get(tx: Transaction, host: str) -> Row | None:
    return rows.find(tx, "server", host=host)


def put(tx: Transaction, host: str, **values: Value | datetime) -> None:
    rows.put(tx, "server", ("host",), host=host, **values)


def follows_from_threading(tx: Transaction, own_actor_id: str) -> bool:
    """Tell whether an actor of ours has followers on a server that threads by group."""
    source = f"follower JOIN actor ON actor.id = actor_id WHERE own_actor_id = :id AND server IN {THREADING}"
    return bool(rows.count(tx, source, id=own_actor_id))


def policy(tx: Transaction, host: str) -> str | None:
    """Return the policy of a server, or of the nearest domain above it that has one."""
    return policies(tx, [host]).get(host)


def policies(tx: Transaction, hosts: Iterable[str]) -> dict[str, str]:
    """Return the policies of those servers that have one, themselves or by the nearest domain above them."""
    names: dict[str, list[str]] = {}
    for host in hosts:
        labels = host.partition(":")[0].split(".")
        names[host] = [host, *(".".join(labels[index:]) for index in range(max(1, len(labels) - 1)))]
    found = tx.all(
        "SELECT host, policy FROM server WHERE host IN (SELECT value FROM json_each(:names)) AND policy IS NOT NULL",
        {"names": to_json(sorted(set().union(*names.values())))},
    )
    decided = {text(row, "host"): text(row, "policy") for row in found}
    return {host: decided[nearest] for host in names if (nearest := next(filter(decided.get, names[host]), None))}


def decided(tx: Transaction, after: str, *, limit: int) -> list[Row]:
    """Return the servers that something was decided about, from the name after `after` on."""
    return tx.all(
        "SELECT * FROM server WHERE policy IS NOT NULL AND host > :after ORDER BY host LIMIT :limit",
        {"after": after, "limit": limit},
    )


def took(tx: Transaction, signatures: Mapping[str, str]) -> None:
    """Servers took what was signed in these ways."""
    tx.run(
        "INSERT INTO server (host, signature) SELECT key, value FROM json_each(:signatures) WHERE true "
        "ON CONFLICT (host) DO UPDATE SET signature = excluded.signature, failures = 0, rests_until = NULL "
        "WHERE failures > 0 OR signature IS NOT excluded.signature",
        {"signatures": to_json(signatures)},
    )


def failed(tx: Transaction, host: str, rests_until: datetime | None) -> None:
    tx.run(
        "INSERT INTO server (host, failures, rests_until) VALUES (:host, 1, :until) ON CONFLICT (host) DO UPDATE SET "
        "failures = failures + 1, rests_until = excluded.rests_until",
        {"host": host, "until": utc_text(rests_until) if rests_until else None},
    )
