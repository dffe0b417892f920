"""Servers and people of elsewhere: what a moderator decided about them. A server's policy counts for its subdomains."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comments_service import pictures
from comments_service.errors import Fault, Invalid
from comments_service.language import N_
from comments_service.markup import CONTROLS
from comments_service.store import actors as actor_rows
from comments_service.store import followers as follower_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import servers as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import optional, record, text

POLICIES = ("allow", pictures.POLICY, "hold", "limit", "block")
MOST_LISTED = 100_000
HOST = re.compile(r"([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
COLUMNS = ("domain", "severity", "public_comment")


@dataclass(frozen=True)
class Server:
    host: str
    policy: str
    reason: str


@dataclass(frozen=True)
class Person:
    uri: str
    name: str
    handle: str | None
    policy: str


def policy_of(tx: Transaction, host: str, actor_uri: str | None = None) -> str | None:
    """Return one of POLICIES, or None when nothing was decided. A person's own policy wins,
    but for one thing: nobody of a blocked server comes in.
    """
    of_server = rows.policy(tx, host)
    actor = actor_rows.by_uri(tx, actor_uri) if actor_uri else None
    of_actor = optional(actor, "policy") if actor else None
    return of_server if of_server == "block" else of_actor or of_server


def decide(tx: Transaction, who: str, policy: str | None, reason: str = "") -> tuple[str | None, str | None]:
    """Set what holds for a server, or for one person by handle or address; return the server or the person's id.

    None for `policy` takes it back. Who is blocked follows nobody here any more. Raises Invalid on `who` for a person
    of whom nothing ever came, on `host` or `policy`.
    """
    if policy is not None and policy not in POLICIES:
        raise Invalid([Fault("policy", N_("Choose allow, pictures, hold, limit or block."))])
    name = who.strip()
    actor = actor_rows.by_uri(tx, name) or actor_rows.find(tx, handle=name.removeprefix("@").lower())
    if actor is not None:
        actor_id = text(actor, "id")
        actor_rows.change(tx, actor_id, policy=policy)
        if policy == "block":
            follower_rows.remove(tx, actor_id=actor_id)
            pictures.forget_blocked(tx)
            interaction_rows.forget_actor(tx, actor_id)
        return None, actor_id
    name = name.removeprefix("https://").removeprefix("http://").removesuffix("/")
    if "/" in name or "@" in name:
        raise Invalid([Fault("who", N_("Nobody by this name came here yet. Name the server."))])
    host = _host(name)
    rows.put(tx, host, policy=policy, reason=_reason(reason))
    if policy == "block":
        follower_rows.drop_server(tx, host)
        pictures.forget_blocked(tx)
    return host, None


def decided(tx: Transaction, *, after: str = "", limit: int = MOST_LISTED) -> list[Server]:
    """Return the servers that something was decided about, in the order of their names."""
    return [record(Server, row) for row in rows.decided(tx, after, limit=limit)]


def people(tx: Transaction, *, limit: int = MOST_LISTED) -> list[Person]:
    """Return the people that something was decided about."""
    return [record(Person, row) for row in actor_rows.decided(tx, limit=limit)]


def import_list(tx: Transaction, listed: Sequence[Server]) -> int:
    """Take in what `read_list` returned and return how many; what was decided here before stays."""
    known = {server.host for server in decided(tx)}
    new = {one.host: one for one in reversed(listed) if one.host not in known}
    for one in new.values():
        rows.put(tx, **vars(one))
    for server in follower_rows.servers(tx):
        if rows.policy(tx, server) == "block":
            follower_rows.drop_server(tx, server)
    pictures.forget_blocked(tx)
    return len(new)


def read_list(content: str) -> list[Server]:
    """Read a block list as Mastodon exports it (CSV with #domain, #severity, #public_comment).

    "suspend" blocks, "silence" limits. Raises Invalid on `list` with the line; nothing is taken of a list with faults.
    """
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    try:
        return list(_listed(reader))
    except csv.Error:
        raise _wrong_line(N_("Line %(line)s cannot be read."), reader.line_num + 1) from None


def _listed(reader: "csv.DictReader[str]") -> Iterator[Server]:
    names = {(name or "").strip().removeprefix("#"): name for name in reader.fieldnames or ()}
    if "domain" not in names:
        raise Invalid([Fault("list", N_("The first line must name the columns, one of them “domain”."))])
    for number, line in enumerate(reader, 2):
        if number > MOST_LISTED:
            raise Invalid([Fault("list", N_("The list is longer than %(max)s lines."), {"max": MOST_LISTED})])
        said = {name: (line[names[name]] or "").strip() for name in COLUMNS if name in names}
        severity = said.get("severity") or "suspend"
        if severity == "noop":
            continue
        if severity not in ("suspend", "silence"):
            raise _wrong_line(N_("Line %(line)s: write suspend, silence or noop."), reader.line_num)
        try:
            host = _host(said["domain"])
        except Invalid:
            raise _wrong_line(N_("Line %(line)s names no server."), reader.line_num) from None
        yield Server(host, "block" if severity == "suspend" else "limit", _reason(said.get("public_comment", "")))


def _wrong_line(message_id: str, line: int) -> Invalid:
    return Invalid([Fault("list", message_id, {"line": line})])


def _reason(text_: str) -> str:
    return " ".join(CONTROLS.sub("", text_).split())[:500]


def _host(name: str) -> str:
    try:
        host = name.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if len(host) > 253 or not HOST.fullmatch(host):
        raise Invalid([Fault("host", N_("Write the name of a server, such as social.example."))])
    return host
