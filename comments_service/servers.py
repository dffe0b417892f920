"""Servers and people of elsewhere: what a moderator decided about them. A server's policy counts for its subdomains."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from comments_service.errors import Fault, Invalid, NotFound
from comments_service.language import N_
from comments_service.store import actors as actor_rows
from comments_service.store import followers as follower_rows
from comments_service.store import servers as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import optional, text

POLICIES = ("allow", "hold", "limit", "block")
MOST_LISTED = 100_000


@dataclass(frozen=True)
class Server:
    host: str
    policy: str
    reason: str


def policy_of(tx: Transaction, host: str, actor_uri: str | None = None) -> str | None:
    """Return "allow", "hold", "limit" or "block", or None when nothing was decided. A person's own policy wins,
    but for one thing: nobody of a blocked server comes in.
    """
    of_server = rows.policy(tx, host)
    actor = actor_rows.by_uri(tx, actor_uri) if actor_uri else None
    of_actor = optional(actor, "policy") if actor else None
    return of_server if of_server == "block" else of_actor or of_server


def decide(tx: Transaction, host: str, policy: str | None, reason: str = "") -> None:
    """Set what holds for a server from now on; None takes it back. Its followers go when it is blocked."""
    name = _host(host)
    _require_policy(policy)
    rows.put(tx, name, policy=policy, reason=reason[:500])
    if policy == "block":
        follower_rows.drop_server(tx, name)


def decide_actor(tx: Transaction, uri: str, policy: str | None) -> None:
    """Set what holds for one person of elsewhere. Raises NotFound, Invalid on `policy`."""
    actor = actor_rows.by_uri(tx, uri)
    if actor is None:
        raise NotFound("actor", uri)
    _require_policy(policy)
    actor_rows.change(tx, text(actor, "id"), policy=policy)
    if policy == "block":
        follower_rows.drop_actor(tx, text(actor, "id"))


def decided(tx: Transaction) -> list[Server]:
    return [Server(text(row, "host"), text(row, "policy"), text(row, "reason")) for row in rows.decided(tx)]


def import_list(tx: Transaction, content: str) -> int:
    """Take in a block list as Mastodon exports it (CSV with #domain, #severity, #public_comment); return how many.

    "suspend" blocks, "silence" limits; what was decided here before stays. Raises Invalid on `list` with the line.
    """
    known = {server.host for server in decided(tx)}
    added = 0
    for host, policy, reason in _listed(content):
        if host not in known:
            decide(tx, host, policy, reason)
            known.add(host)
            added += 1
    return added


def _listed(content: str) -> Iterator[tuple[str, str, str]]:
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    names = {(name or "").strip().removeprefix("#"): name for name in reader.fieldnames or ()}
    if "domain" not in names:
        raise Invalid([Fault("list", N_("The first line must name the columns, one of them “domain”."))])
    for number, line in enumerate(reader, 2):
        if number > MOST_LISTED:
            raise Invalid([Fault("list", N_("The list is longer than %(max)s lines."), {"max": MOST_LISTED})])
        severity = (line.get(names.get("severity", ""), "") or "suspend").strip()
        if severity == "noop":
            continue
        if severity not in ("suspend", "silence"):
            message = N_("Line %(line)s: write suspend, silence or noop.")
            raise Invalid([Fault("list", message, {"line": number})])
        try:
            host = _host(line[names["domain"]] or "")
        except Invalid:
            raise Invalid([Fault("list", N_("Line %(line)s names no server."), {"line": number})]) from None
        yield host, "block" if severity == "suspend" else "limit", line.get(names.get("public_comment", ""), "") or ""


def _require_policy(policy: str | None) -> None:
    if policy is not None and policy not in POLICIES:
        raise Invalid([Fault("policy", N_("Choose allow, hold, limit or block."))])


def _host(name: str) -> str:
    try:
        host = name.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if not host or len(host) > 253 or set(host) - set("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]"):
        raise Invalid([Fault("host", N_("Write the name of a server, such as social.example."))])
    return host
