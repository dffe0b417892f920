"""People of other servers, what they wrote here, and what they reported, as if it had come over the wire."""

from datetime import UTC, datetime

from comments_service import received
from comments_service.ids import new_id
from comments_service.markup import remote
from comments_service.received import Reply
from comments_service.settings import FederationSettings
from comments_service.store import actors as actor_rows
from comments_service.store import deliveries
from comments_service.store import fates as fate_rows
from comments_service.store.protocol import Transaction, utc_text
from tests.service.builders import NOW, SITE


def a_stranger(tx: Transaction, name: str = "mies", server: str = "social.example") -> str:
    """Let somebody be known here; return the actor's id of ours."""
    uri = f"https://{server}/users/{name}"
    row = actor_rows.put(
        tx,
        id=new_id(NOW),
        uri=uri,
        server=server,
        kind="Person",
        name=name.title(),
        handle=f"{name}@{server}",
        url=f"https://{server}/@{name}",
        inbox=f"{uri}/inbox",
        first_seen_at=NOW,
        fetched_at=NOW,
    )
    return str(row["id"])


def a_reply(
    tx: Transaction, actor_id: str, text: str = "Van elders.", *, page: str = "blogs/drempels", is_held: bool = True
) -> str:
    """Let an answer come to a page; return the id of the comment that it became."""
    uri = f"https://social.example/notes/{new_id(NOW)}"
    reply = Reply(uri, f"{uri}.html", remote(f"<p>{text}</p>"), "nl", None, NOW, None, False, True)
    rules = FederationSettings(hold_first=is_held)
    received.receive(tx, SITE, page, None, actor_id, reply, rules=rules, closed_before=None, now=NOW)
    row = tx.one("SELECT id FROM comment WHERE origin_uri = :uri", {"uri": uri})
    assert row is not None
    return str(row["id"])


def a_report(tx: Transaction, comment_id: str | None, content: str = "Dit is reclame.", *, site: str = SITE) -> str:
    report_id = new_id(NOW)
    who = "https://social.example/users/klager"
    fate_rows.report(
        tx, id=report_id, site_id=site, comment_id=comment_id, actor_uri=who, content=content, reported_at=NOW
    )
    return report_id


def a_delivery(tx: Transaction, own_actor_id: str, server: str, *, error: str = "503", is_lost: bool = False) -> None:
    """Let something wait for a server that failed three times."""
    activity_id = new_id(NOW)
    deliveries.add_activity(
        tx,
        id=activity_id,
        site_id=SITE,
        own_actor_id=own_actor_id,
        kind="Create",
        object_uri="https://plein.example/ap/objects/x",
        document="{}",
        is_public=1,
        made_at=NOW,
    )
    due = datetime(2099, 1, 1, tzinfo=UTC)
    deliveries.to_inbox(tx, activity_id, SITE, f"https://{server}/inbox", server, due=due)
    lost = utc_text(NOW) if is_lost else None
    tx.run(
        "UPDATE delivery SET attempts = 3, last_error = :error, failed_at = :lost WHERE activity_id = :id",
        {"error": error, "lost": lost, "id": activity_id},
    )
