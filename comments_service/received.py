"""Comments from elsewhere: take in, change, take back. The same thread, the same states, the same counters as ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from comments_service import comments, elsewhere, pictures, servers, threads
from comments_service.ids import new_id
from comments_service.markup import RENDERER_VERSION, has_text, plain
from comments_service.model import CommentState, Picture, SafeHtml
from comments_service.settings import FederationSettings
from comments_service.store import actors as actor_rows
from comments_service.store import comments as comment_rows
from comments_service.store import fates as fate_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store import received as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Row, Transaction, Value, utc_text
from comments_service.store.rows import moment, optional, optional_moment, text

MOST_HTML = 2 * comments.MAX_HTML
FLOOD = "flood"
CALM = timedelta(minutes=10)


@dataclass(frozen=True)
class Reply:
    """An answer from elsewhere: read, judged to be public, its HTML made ours."""

    uri: str
    url: str | None  # page for people
    html: SafeHtml
    language: str | None
    warning: str | None  # plain text
    published: datetime | None
    updated: datetime | None
    is_unlisted: bool
    is_indexable: bool
    pictures: tuple[Picture, ...] = ()


def receive(
    tx: Transaction,
    site_id: str,
    page_key: str,
    parent_id: str | None,
    actor_id: str,
    reply: Reply,
    *,
    rules: FederationSettings,
    closed_before: datetime | None,
    is_told: bool = False,
    is_gone: bool = False,
    now: datetime,
) -> str | None:
    """Store an answer and its fate, and return the fate: "shown", "held", "refused" or "gone".

    One that is known is changed when it is newer. `rules` say what waits for a moderator; `is_gone`: what it answers is
    no longer there. None when a neighbour brought its id first and it `is_told`: its own server must say whose it is.
    """
    actor, known = actor_rows.get(tx, actor_id), rows.find(tx, site_id, reply.uri)
    if actor is None:
        raise LookupError(actor_id)
    is_buried = fate_rows.is_buried(tx, reply.uri, text(actor, "uri"))
    if known is not None and known["actor_id"] != actor_id:
        if is_buried or is_told:
            return "gone" if is_buried else None
        take_back(tx, known, now=now)  # and leave that id to its author
        comment_rows.change(tx, text(known, "id"), origin_uri=None)
        known = None
    parent = comment_rows.raw(tx, parent_id) if parent_id else None
    thread = thread_rows.get(tx, site_id, page_key) or {}
    is_readable = not is_gone and thread.get("page_state") == "live" and bool(thread["federates"])
    unfit = "no-text" if not has_text(reply.html) else "too-long" if len(reply.html) > MOST_HTML else None
    policy = servers.policy_of(tx, text(actor, "server"), text(actor, "uri"))

    def decide(fate: str, reason: str = "") -> str:
        fate_rows.decide(tx, site_id, reply.uri, reply.url, fate, reason, now=now)
        return fate

    columns = _columns(reply, actor, policy)
    if known is not None:  # on a page that is away it stays as it is until that returns
        if is_readable and unfit is not None:
            take_back(tx, known, now=now)  # nothing is left of it
            return decide("refused", unfit)
        if is_readable and policy != "block" and actor["blocks_us_at"] is None:
            _change(tx, known, reply, columns, policy, now=now)
        return text(known, "state")
    asked = optional(parent, "account_id") if parent is not None else None
    refusals = (
        ("parent-not-shown", parent is not None and parent["state"] != CommentState.SHOWN),
        ("no-such-page", not is_readable),
        (unfit or "", unfit is not None),
        ("deleted-before-it-came", is_buried),
        ("thread-closed", is_readable and threads.closed_by(thread, closed_before) is not None),
        ("blocked", policy == "block"),
        ("blocks-us", actor["blocks_us_at"] is not None),
        ("blocked-by-reader", asked is not None and interaction_rows.blocks(tx, asked, actor_id)),
    )
    if (refusal := next((reason for reason, applies in refusals if applies), None)) is not None:
        return decide("gone" if refusal == "deleted-before-it-came" else "refused", refusal)
    reason = _why_held(tx, thread, actor_id, policy, rules, now)
    created_at = min(max(reply.published or now, _begun(thread)), now)
    if parent is not None:
        created_at = max(created_at, moment(parent, "created_at") + timedelta(milliseconds=1))
    comment_id = new_id(now)
    place = {"site_id": site_id, "page_key": page_key, "parent_id": parent_id}
    root_id = text(parent, "root_id") if parent else comment_id
    origin = {"origin_uri": reply.uri, "origin_url": reply.url, "actor_id": actor_id}
    times = {"origin_updated_at": reply.updated, "created_at": created_at, "checked_at": now}
    made = {**place, **origin, **times, **columns, "renderer_version": RENDERER_VERSION}
    row = comment_rows.add(tx, id=comment_id, root_id=root_id, state=CommentState.HELD.value, **made)
    if reply.pictures:
        pictures.take_in(tx, row, reply.pictures, policy, now=now)
    if reason is not None:
        return decide("held", reason)
    comments.change_state(tx, {**row, "account_id": None, "answer_count": 0}, CommentState.SHOWN, now=now)
    return decide("shown")


def _begun(thread: Row) -> datetime:
    """Before this nobody can have answered, whatever date they write: readers page by time. Elsewhere began earlier."""
    if thread["kind"] == elsewhere.KIND:
        return datetime.min.replace(tzinfo=UTC)
    return optional_moment(thread, "dated_at") or moment(thread, "first_seen_at")


def _columns(reply: Reply, actor: Row, policy: str | None) -> dict[str, Value]:
    """What an answer says, and where that may be shown. Who is limited is in no list or feed."""
    return {
        "html": reply.html,
        "text": plain(reply.html, comments.MAX_LENGTH),
        "lang": reply.language,
        "warning": reply.warning,
        "is_unlisted": int(reply.is_unlisted or policy == "limit"),
        "is_indexable": int(reply.is_indexable and bool(actor["is_indexable"])),
    }


def _change(
    tx: Transaction, known: Row, reply: Reply, columns: dict[str, Value], policy: str | None, *, now: datetime
) -> None:
    """Give a known answer the text that its author gave it, unless that is older."""
    comment_id, last = text(known, "id"), optional_moment(known, "origin_updated_at")
    if known["state"] == CommentState.REMOVED or (last is not None and (reply.updated is None or reply.updated < last)):
        return
    pictures.take_in(tx, known, reply.pictures, policy, now=now)
    columns["html"] = pictures.as_shown(tx, comment_id, reply.html)
    changed = {name for name, value in columns.items() if known[name] != value}
    if not changed:
        return
    seen = {"origin_updated_at": utc_text(reply.updated) if reply.updated else None, "checked_at": utc_text(now)}
    is_edit = not changed <= {"is_unlisted", "is_indexable"}
    if is_edit:
        comment_rows.keep_revision(tx, comment_id)
        seen["edited_at"] = utc_text(min(reply.updated or now, now))
    comment_rows.change(tx, comment_id, **columns, **seen)
    if known["state"] == CommentState.SHOWN:
        thread_rows.reword(
            tx, text(known, "site_id"), text(known, "page_key"), text(known, "lang"), str(reply.language)
        )
        if is_edit:
            comment_rows.tell(tx, "edited", [comment_id], now=now)


def take_back(tx: Transaction, known: Row, *, now: datetime) -> None:
    """Remove an answer that its author deleted: text, name and address go; where it was answered a stub stays."""
    if known["state"] == CommentState.REMOVED:
        return
    comments.change_state(tx, known, CommentState.REMOVED, now=now)
    comment_rows.change(tx, text(known, "id"), actor_id=None)
    actor, uri = actor_rows.get(tx, str(known["actor_id"])), optional(known, "origin_uri")
    if actor is not None and uri is not None:
        fate_rows.bury(tx, uri, text(actor, "uri"), now=now)
        fate_rows.decide(tx, text(known, "site_id"), uri, optional(known, "origin_url"), "gone", "deleted", now=now)


def delete(tx: Transaction, site_id: str, uri: str, actor: Row, *, now: datetime) -> None:
    """Take back what its author deleted, on every site; what has not come yet is not taken when it comes."""
    for known in rows.copies(tx, uri):
        if known["actor_id"] == actor["id"]:
            take_back(tx, known, now=now)
    if rows.find(tx, site_id, uri) is None:
        elsewhere.withdraw(tx, site_id, uri, actor)
        fate_rows.bury(tx, uri, text(actor, "uri"), now=now)
    rows.unreact(tx, text(actor, "id"), uri=uri)  # a post that quoted
    interaction_rows.drop_news(tx, uri=uri, author_id=actor["id"])


def forget_actor(tx: Transaction, actor_id: str, *, now: datetime) -> None:
    """Someone of elsewhere is gone: so is all that they wrote, liked and followed here, and their name."""
    for row in rows.of_actor(tx, actor_id):
        take_back(tx, row, now=now)
    rows.unreact(tx, actor_id)
    interaction_rows.forget_actor(tx, actor_id)
    actor_rows.change(tx, actor_id, gone_at=now, name="", handle=None, avatar=None)


def _why_held(
    tx: Transaction, thread: Row, actor_id: str, policy: str | None, rules: FederationSettings, now: datetime
) -> str | None:
    """Return why an answer waits. In a thread of another server, which somebody of here looked up, only by policy."""
    site_id = text(thread, "site_id")
    if policy == "hold":
        return "policy"
    if policy in ("allow", pictures.POLICY) or thread["kind"] == elsewhere.KIND:
        return None
    if rules.hold_per_minute:
        lately = rows.count_since(tx, site_id, now - timedelta(minutes=1))
        if lately >= rules.hold_per_minute or rows.held_since(tx, site_id, FLOOD, now - CALM):
            return FLOOD
    if rules.hold_first and not rows.has_shown(tx, site_id, actor_id):
        return "first"
    return None
