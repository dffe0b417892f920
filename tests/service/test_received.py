"""Answers from elsewhere by the rules alone: dates that anyone may write, and one answer on two sites of a service."""

from datetime import UTC, datetime, timedelta

import pytest

from comments_service import comments as comments_of
from comments_service import elsewhere, fates, ids, received, servers
from comments_service.markup import remote
from comments_service.model import CommentState
from comments_service.received import Reply
from comments_service.settings import FederationSettings
from comments_service.store import actors, comments
from comments_service.store import fates as fate_rows
from comments_service.store import received as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import moment, text
from tests.service.builders import NOW, SITE, a_page
from tests.service.strangers import a_stranger

URI = "https://social.example/notes/1"
DAY = timedelta(days=1)


def take(
    tx: Transaction,
    published: datetime | None = NOW,
    *,
    site: str = SITE,
    uri: str = URI,
    parent: str | None = None,
    first: bool = False,
    words: str = "Van elders.",
    page: str = "blogs/drempel",
    most: int = 0,
) -> str:
    """Let an answer of someone come to a page that is a day old; return the id of its comment."""
    actor_id = a_stranger(tx)
    reply = Reply(uri, None, remote(f"<p>{words}</p>"), "nl", None, published, None, False, True)
    rules = FederationSettings(hold_first=first, hold_per_minute=most)
    received.receive(tx, site, page, parent, actor_id, reply, rules=rules, closed_before=None, now=NOW)
    row = rows.find(tx, site, uri)
    assert row is not None
    return text(row, "id")


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (None, NOW),
        (NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        (NOW - 2 * DAY, NOW - DAY),  # nobody answers what is not there yet
        (datetime(1, 1, 1, tzinfo=UTC), NOW - DAY),
        (NOW + DAY, NOW),
    ],
)
def test_an_answer_is_as_old_as_it_says_between_its_page_and_now(
    tx: Transaction, published: datetime | None, expected: datetime
) -> None:
    a_page(tx)
    row = comments.raw(tx, take(tx, published))
    assert row is not None
    assert moment(row, "created_at") == expected


def test_an_answer_is_never_older_than_what_it_answers(tx: Transaction) -> None:
    a_page(tx)
    first = take(tx, NOW - timedelta(hours=1))
    row = comments.raw(tx, take(tx, NOW - timedelta(hours=2), uri=f"{URI}2", parent=first))
    assert row is not None
    assert moment(row, "created_at") > NOW - timedelta(hours=1)


def test_who_is_known_on_one_site_of_a_service_is_new_on_another(tx: Transaction) -> None:
    def state(site: str, number: int) -> str:
        row = comments.raw(tx, take(tx, site=site, uri=f"{URI}/{number}", first=number > 0))
        assert row is not None
        return text(row, "state")

    for site in (SITE, "buren"):
        a_page(tx, site_id=site)
    assert [state(SITE, 0), state(SITE, 1), state("buren", 2)] == ["shown", "shown", "held"]


def test_two_sites_of_a_service_each_have_their_own_copy_and_its_author_deletes_both(tx: Transaction) -> None:
    for site in (SITE, "buren"):
        a_page(tx, site_id=site)
    here, there = take(tx), take(tx, site="buren")
    comments_of.change_state(tx, comments.raw(tx, here) or {}, CommentState.HIDDEN, now=NOW)

    def seen(site: str) -> tuple[str, str]:
        row, fate = rows.find(tx, site, URI), fates.find(tx, site, URI)
        assert row is not None
        assert fate is not None
        return text(row, "state"), fate.fate

    assert here != there
    assert (seen(SITE), seen("buren")) == (("hidden", "refused"), ("shown", "shown"))
    stranger = actors.get(tx, a_stranger(tx, "eve"))
    author = actors.get(tx, a_stranger(tx))
    assert stranger is not None
    assert author is not None
    received.delete(tx, SITE, URI, stranger, now=NOW)
    assert seen("buren") == ("shown", "shown")
    received.delete(tx, SITE, URI, author, now=NOW)
    assert (seen(SITE), seen("buren")) == (("removed", "gone"), ("removed", "gone"))


def answer_again(
    tx: Transaction, by: str, *, uri: str = URI, is_told: bool = False, is_gone: bool = False
) -> str | None:
    """Let an answer, known or not, come once more with other words; return its fate."""
    reply = Reply(uri, None, remote("<p>Anders.</p>"), "nl", None, NOW, None, False, True)
    rules, told = FederationSettings(hold_first=False), {"is_told": is_told, "is_gone": is_gone}
    return received.receive(
        tx, SITE, "blogs/drempel", None, by, reply, rules=rules, closed_before=None, now=NOW, **told
    )


def test_what_answers_something_that_is_gone_is_refused_and_what_stood_there_stays(tx: Transaction) -> None:
    a_page(tx)
    comment_id = take(tx)
    assert answer_again(tx, a_stranger(tx), is_gone=True) == "shown"
    assert (comments.raw(tx, comment_id) or {})["text"] == "Van elders."
    assert answer_again(tx, a_stranger(tx), uri=f"{URI}/2", is_gone=True) == "refused"
    assert rows.find(tx, SITE, f"{URI}/2") is None


def test_an_id_goes_to_a_neighbour_only_by_the_word_of_its_server_and_never_after_they_deleted_it(
    tx: Transaction,
) -> None:
    a_page(tx)
    mies, eve = a_stranger(tx), a_stranger(tx, "eve")
    comment_id = take(tx)
    assert answer_again(tx, eve, is_told=True) is None
    fate_rows.bury(tx, URI, "https://social.example/users/eve", now=NOW)
    assert answer_again(tx, eve) == "gone"
    row = comments.raw(tx, comment_id) or {}
    assert (row["text"], row["actor_id"], row["state"]) == ("Van elders.", mies, "shown")
    tx.run("DELETE FROM tombstone")
    assert answer_again(tx, eve) == "shown"
    found = rows.find(tx, SITE, URI) or {}
    assert (found["text"], found["actor_id"]) == ("Anders.", eve)


@pytest.mark.parametrize(
    ("who", "text_"), [("", "Anders."), ("they block us", "Van elders."), ("we block them", "Van elders.")]
)
def test_who_blocks_us_or_is_blocked_changes_nothing_here_any_more(tx: Transaction, who: str, text_: str) -> None:
    a_page(tx)
    comment_id = take(tx)
    actors.change(tx, a_stranger(tx), blocks_us_at=NOW if who == "they block us" else None)
    servers.decide(tx, "social.example", "block" if who == "we block them" else None)
    take(tx, words="Anders.")
    assert (comments.raw(tx, comment_id) or {})["text"] == text_


def test_threads_of_other_servers_fill_no_queue_and_open_no_door_to_ours(tx: Transaction) -> None:
    """What readers of ours look up there waits for nobody; and whoever wrote it is as new here as before."""
    a_page(tx)
    where = {"language": "nl", "title": "Elders", "origin_uri": f"{URI}/0", "origin_url": f"{URI}/0"}
    elsewhere.keep(tx, SITE, "abc", "https://plein.example", actor_id=a_stranger(tx), now=NOW, **where)
    there = [take(tx, uri=f"{URI}/{number}", page="elsewhere/abc", first=True, most=2) for number in range(1, 5)]
    here = [take(tx, uri=f"{URI}/5", first=True, most=2), take(tx, uri=f"{URI}/6", most=2)]
    states = [text(comments.raw(tx, one) or {}, "state") for one in (*there, *here)]
    assert states == ["shown"] * 4 + ["held", "shown"]


def judge(tx: Transaction, number: int = 0, *, now: datetime = NOW, first: bool = False, most: int = 0) -> str:
    """Let an answer come to a page, and return its fate and the reason."""
    reply = Reply(f"{URI}/{number}", None, remote("<p>Hoi.</p>"), "nl", None, now, None, False, True)
    rules = FederationSettings(hold_first=first, hold_per_minute=most)
    who = a_stranger(tx)
    fate = received.receive(tx, SITE, "blogs/drempel", None, who, reply, rules=rules, closed_before=None, now=now)
    row = tx.one("SELECT fate, reason FROM fate WHERE uri = :uri", {"uri": reply.uri})
    assert row is not None
    assert row["fate"] == fate
    return f"{fate} {text(row, 'reason')}".strip()


@pytest.mark.parametrize(
    ("policy", "first", "fate"),
    [
        (None, False, "shown"),
        (None, True, "held first"),
        ("limit", True, "held first"),
        ("limit", False, "shown"),
        ("allow", True, "shown"),
        ("hold", False, "held policy"),
        ("block", False, "refused blocked"),
    ],
)
@pytest.mark.parametrize("whose", ["social.example", "@mies@social.example"])
def test_a_policy_decides_what_waits(tx: Transaction, policy: str | None, first: bool, fate: str, whose: str) -> None:
    a_page(tx)
    a_stranger(tx)
    servers.decide(tx, whose, policy)
    assert judge(tx, first=first) == fate
    row = tx.one("SELECT is_unlisted FROM comment")
    assert row == (None if policy == "block" else {"is_unlisted": int(policy == "limit")})


def test_who_is_shown_once_waits_no_more(tx: Transaction) -> None:
    a_page(tx)
    assert [judge(tx, number, first=number != 1) for number in range(3)] == ["held first", "shown", "shown"]


def test_a_flood_lets_all_wait_until_ten_minutes_after_it(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_maker", ids.UlidMaker())  # other tests made ids that are later than these moments
    a_page(tx)
    minute = timedelta(minutes=1)
    moments = [0, 0, 0, 2, 11, 20, 31, 31]
    found = [judge(tx, number, now=NOW + moment * minute, most=2) for number, moment in enumerate(moments)]
    assert found == ["shown", "shown", "held flood", "held flood", "held flood", "held flood", "shown", "shown"]


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        ("UPDATE actor SET blocks_us_at = '2026'", "refused blocks-us"),
        ("UPDATE page SET is_open = 0", "refused thread-closed"),
        ("UPDATE page SET state = 'withdrawn'", "refused no-such-page"),
        ("UPDATE page SET key = 'blogs/anders'", "refused no-such-page"),
    ],
)
def test_what_cannot_be_answered_or_wants_nothing_of_us_is_refused(tx: Transaction, change: str, fate: str) -> None:
    page = a_page(tx)
    a_stranger(tx)
    tx.run("PRAGMA defer_foreign_keys = ON")
    tx.run(change)
    assert judge(tx) == fate
    assert tx.one("SELECT 1 FROM comment") is None
    tx.run("UPDATE page SET key = :key", {"key": page.key})
