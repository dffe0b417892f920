"""Comments: posting once, editing, deleting, and the counters that follow."""

import contextlib
import random
from datetime import timedelta

import pytest

from comments_service import comments, consent, moderation, pages, threads, votes
from comments_service.comments import IdempotencyKey, prepare
from comments_service.errors import Conflict, Forbidden, Invalid, NotFound
from comments_service.model import Comment, CommentState, Page
from comments_service.store import old
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import number, real
from tests.service.builders import (
    NOW,
    SITE,
    SITE_URL,
    a_comment,
    a_manifest,
    a_page,
    an_account,
    forget_old,
    page_json,
    post,
)

HOUR = timedelta(hours=1)


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.field for fault in error.value.faults]


def shown(tx: Transaction, page: Page) -> list[tuple[str, str]]:
    """Return (id, state) of all that readers see, replies after their root."""
    found = []
    for branch in threads.read_page(tx, page).branches:
        found += [(comment.id, comment.state.value) for comment in (branch.root, *branch.replies)]
    return found


def test_a_retry_with_the_same_key_stores_one_comment(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    key = IdempotencyKey("k", "hash")
    first = post(tx, anna, page, prepare("Een", "nl"), key, now=NOW)
    again = post(tx, anna, page, prepare("Een", "nl"), key, now=NOW + HOUR)
    assert again == first
    assert threads.read_page(tx, page).comment_count == 1


def test_the_same_key_with_another_request_is_a_conflict_and_keys_are_per_account(tx: Transaction) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    post(tx, anna, page, prepare("Een", "nl"), IdempotencyKey("k", "one"), now=NOW)
    with pytest.raises(Conflict, match="idempotency-key"):
        post(tx, anna, page, prepare("Twee", "nl"), IdempotencyKey("k", "two"), now=NOW)
    assert post(tx, ben, page, prepare("Twee", "nl"), IdempotencyKey("k", "two"), now=NOW).text == "Twee"


@pytest.mark.parametrize("answered", [True, False])
def test_a_retry_after_its_comment_was_deleted_makes_no_other(tx: Transaction, *, answered: bool) -> None:
    page, anna, key = a_page(tx), an_account(tx), IdempotencyKey("k", "hash")
    first = post(tx, anna, page, prepare("Een", "nl"), key, now=NOW)
    if answered:
        a_comment(tx, page, anna, answers=first)
    comments.delete(tx, anna, first.id, now=NOW)
    assert tx.all("SELECT request_hash FROM comment WHERE request_hash IS NOT NULL") == []
    with contextlib.suppress(NotFound):
        assert post(tx, anna, page, prepare("Een", "nl"), key, now=NOW + HOUR).text == ""
    assert threads.read_page(tx, page).comment_count == answered


def test_much_that_is_old_is_forgotten_a_few_at_a_time(tx: Transaction) -> None:
    page = a_page(tx)
    anna = consent.agree(tx, an_account(tx), SITE, "anna", url=f"{SITE_URL}/people/anna", now=NOW)
    for count in range(old.AT_ONCE + 1):
        key = IdempotencyKey(str(count), "hash")
        post(tx, anna, page, prepare("Een", "nl"), key, now=NOW)
    later = NOW + timedelta(days=8)
    post(tx, anna, page, prepare("Een", "nl"), IdempotencyKey("new", "hash"), now=later)
    assert [sum(forget_old(tx, now=later)) for _ in range(3)] == [1, 0, 0]
    assert len(tx.all("SELECT * FROM event")) == 1


@pytest.mark.parametrize(
    ("text", "lang", "in_reply_to", "wrong"),
    [
        ("", "nl", None, ["text"]),
        ("  \n\x00\u202e ", "nl", None, ["text"]),
        ("\u200b", "nl", None, ["text"]),
        ("![](https://x.example/pixel.png)", "nl", None, ["text"]),
        ("x" * 5001, "nl", None, ["text"]),
        (">" * 4000 + " x", "nl", None, ["text"]),
        ("x", "nl; drop", None, ["lang"]),
        ("x", "", "../../x", ["lang", "inReplyTo"]),
    ],
)
def test_a_draft_names_every_fault(text: str, lang: str, in_reply_to: str | None, wrong: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        prepare(text, lang, in_reply_to)
    assert fields(error) == wrong


def test_length_is_counted_in_code_points_after_nfc() -> None:
    assert len(prepare("e\u0301" * 5000, "nl").text) == 5000
    assert len(prepare("\U0001f600" * 5000, "nl").text) == 5000


def test_the_first_comment_asks_for_a_name_and_later_ones_do_not(tx: Transaction) -> None:
    page, nobody = a_page(tx), an_account(tx, None)
    with pytest.raises(Invalid) as error:
        post(tx, nobody, page, prepare("Een", "nl"), None, now=NOW)
    assert fields(error) == ["name"]
    comment = post(tx, nobody, page, prepare("Een", "nl", None, "Anna"), None, now=NOW)
    assert comment.author is not None
    assert comment.author.name == "Anna"
    # the account that the handler holds is older than the name
    again = post(tx, nobody, page, prepare("Twee", "nl", None, "Other"), None, now=NOW)
    assert again.author == comment.author


def test_a_refused_comment_says_why_and_stores_nothing(tx: Transaction) -> None:
    closed = a_page(tx, "blogs/dicht", comments="closed")
    anna = an_account(tx)
    with pytest.raises(Forbidden, match="thread-closed"):
        a_comment(tx, closed, anna)
    with pytest.raises(Forbidden, match="banned"):
        a_comment(tx, closed, an_account(tx, "Ben", banned=True))
    assert tx.one("SELECT 1 FROM comment") is None


def test_the_page_is_judged_as_it_is_now_not_as_the_handler_read_it(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    entries = {"blogs/drempel": page_json("blogs/drempel", comments="closed"), "blogs/b": page_json("blogs/b")}
    pages.take_in(tx, SITE, a_manifest(2, entries), site_url=SITE_URL, now=NOW)
    with pytest.raises(Forbidden, match="thread-closed"):
        a_comment(tx, page, anna)
    del entries["blogs/drempel"]
    pages.take_in(tx, SITE, a_manifest(3, entries), site_url=SITE_URL, now=NOW)
    with pytest.raises(NotFound):
        a_comment(tx, page, anna)


def test_a_reply_needs_a_shown_comment_of_the_same_page(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    elsewhere = a_page(tx, site_id="other")
    gone = a_comment(tx, page, anna)
    comments.delete(tx, anna, gone.id, now=NOW)
    for parent in (gone, a_comment(tx, elsewhere, anna)):
        with pytest.raises(Invalid) as error:
            a_comment(tx, page, anna, answers=parent)
        assert fields(error) == ["inReplyTo"]


def test_a_reply_is_never_older_than_its_parent_whatever_the_clock_does(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    parent = a_comment(tx, page, anna, now=NOW)
    reply = a_comment(tx, page, anna, answers=parent, now=NOW - HOUR)
    assert reply.created_at > parent.created_at


def test_an_edit_shows_when_and_is_for_the_author_within_the_window(tx: Transaction) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    comment = a_comment(tx, page, anna)
    draft = prepare("Beter", "nl")
    edited = comments.edit(tx, anna, comment.id, draft, window=HOUR, now=NOW + HOUR)
    assert (edited.text, edited.edited_at) == ("Beter", NOW + HOUR)
    with pytest.raises(Forbidden, match="edit-window"):
        comments.edit(tx, anna, comment.id, prepare("Te laat", "nl"), window=HOUR, now=NOW + 2 * HOUR)
    with pytest.raises(Forbidden, match="not-yours"):
        comments.edit(tx, ben, comment.id, draft, window=HOUR, now=NOW)
    with pytest.raises(Forbidden, match="not-yours"):
        comments.delete(tx, ben, comment.id, now=NOW)
    tx.run("UPDATE account SET is_banned = 1")
    with pytest.raises(Forbidden, match="banned"):
        comments.edit(tx, anna, comment.id, prepare("Weg", "nl"), window=HOUR, now=NOW)


def test_a_hidden_comment_cannot_be_edited_but_its_author_may_remove_it(tx: Transaction) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    comment = a_comment(tx, page, anna)
    a_comment(tx, page, ben, answers=comment)
    moderation.move(tx, "hide", comment.id, "test", now=NOW)
    with pytest.raises(NotFound):
        comments.edit(tx, anna, comment.id, prepare("x", "nl"), window=HOUR, now=NOW)
    comments.delete(tx, anna, comment.id, now=NOW)
    assert tx.one("SELECT text, html, state FROM comment WHERE id = :id", {"id": comment.id}) == {
        "text": "",
        "html": "",
        "state": "removed",
    }


def test_a_deleted_comment_leaves_no_text_and_a_stub_only_where_it_was_answered(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    root = a_comment(tx, page, anna, "geheim")
    middle = a_comment(tx, page, anna, answers=root)
    leaf = a_comment(tx, page, anna, answers=middle)
    comments.delete(tx, anna, root.id, now=NOW)
    comments.delete(tx, anna, middle.id, now=NOW)
    assert shown(tx, page) == [(root.id, "removed"), (middle.id, "removed"), (leaf.id, "shown")]
    stub = comments.get(tx, root.id)
    assert (stub.text, stub.html, stub.author, stub.account_id) == ("", "", None, None)
    assert not tx.all("SELECT 1 FROM comment WHERE text LIKE '%geheim%' OR html LIKE '%geheim%'")
    comments.delete(tx, anna, leaf.id, now=NOW)
    assert shown(tx, page) == []
    with pytest.raises(NotFound):
        comments.delete(tx, anna, leaf.id, now=NOW)


@pytest.mark.parametrize("seed", range(8))
def test_counters_are_what_counting_would_give(tx: Transaction, seed: int) -> None:
    choose = random.Random(seed)
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    written: list[Comment] = []
    for _ in range(80):
        by, lang = choose.choice([anna, ben]), choose.choice(["nl", "en"])
        verb = choose.choice(["post", "post", "hold", "hide", "restore", "delete", "edit", "vote", "withdraw"])
        one = choose.choice(written) if written else None
        if verb in ("post", "hold"):
            parent = choose.choice([None, *written])
            if parent is None or comments_is_shown(tx, parent):
                draft = prepare("Tekst", lang, parent.id if parent else None)
                written.append(post(tx, by, page, draft, None, now=NOW, hold=verb == "hold"))
        elif one is not None:
            match verb:
                case "delete":
                    quietly(comments.delete, tx, by, one.id)
                case "hide":
                    quietly(moderation.move, tx, "hide", one.id, "test")
                case "restore":
                    quietly(moderation.move, tx, "restore", one.id, "test")
                case "edit":
                    quietly(comments.edit, tx, by, one.id, prepare("Anders", lang), window=HOUR)
                case "vote":
                    quietly(votes.vote, tx, by, one.id, choose.choice([1, -1]))
                case "withdraw":
                    quietly(votes.vote, tx, by, one.id, None)
        assert not wrong_counters(tx, threads.read_page(tx, page).comment_count)


def wrong_counters(tx: Transaction, comment_count: int) -> list[Row]:
    """Return every row whose counter is not what counting gives."""
    wrong = tx.all("SELECT count(*) AS n FROM comment WHERE state = 'shown' HAVING n <> :n", {"n": comment_count})
    wrong += tx.all(
        "SELECT id FROM comment WHERE answer_count <> "
        "(SELECT count(*) FROM public_comment AS answer WHERE answer.parent_id = comment.id)"
    )
    wrong += tx.all(
        "SELECT * FROM thread_language WHERE comments <> (SELECT count(*) FROM comment "
        "WHERE comment.lang = thread_language.lang AND state = 'shown')"
    )
    for column, value in (("votes", 1), ("down_votes", -1)):
        wrong += tx.all(
            f"SELECT id FROM comment WHERE {column} <> "  # noqa: S608
            f"(SELECT count(*) FROM vote WHERE comment_id = comment.id AND value = {value})"
        )
    for row in tx.all("SELECT votes, down_votes, score FROM comment"):
        if real(row, "score") != votes.wilson(number(row, "votes"), number(row, "down_votes")):
            wrong.append(row)
    return wrong


def comments_is_shown(tx: Transaction, comment: Comment) -> bool:
    row = tx.one("SELECT state FROM comment WHERE id = :id", {"id": comment.id})
    return row == {"state": CommentState.SHOWN.value}


def quietly(verb: object, *args: object, **options: object) -> None:
    with contextlib.suppress(NotFound, Conflict, Forbidden):
        verb(*args, now=NOW, **options)  # type: ignore[operator]


def test_a_hidden_comment_with_answers_is_a_stub_that_cannot_be_answered(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    comment = a_comment(tx, page, anna, "geheim")
    a_comment(tx, page, anna, answers=comment)
    moderation.move(tx, "hide", comment.id, "test", now=NOW)
    row = tx.one("SELECT * FROM public_comment WHERE id = :id", {"id": comment.id})
    assert row is not None
    assert (row["html"], row["text"], row["account_id"], row["author_name"]) == ("", "", None, None)
    with pytest.raises(Invalid) as error:
        a_comment(tx, page, anna, answers=comment)
    assert fields(error) == ["inReplyTo"]


@pytest.mark.parametrize("state", ["held", "private"])
def test_what_is_held_or_private_is_seen_by_nobody(tx: Transaction, state: str) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben")
    comment = a_comment(tx, page, anna)
    a_comment(tx, page, ben, answers=comment)
    tx.run("UPDATE comment SET state = :state WHERE id = :id", {"state": state, "id": comment.id})
    assert shown(tx, page) == []
    with pytest.raises(NotFound):
        comments.get(tx, comment.id)
    with pytest.raises(NotFound):
        comments.delete(tx, ben, comment.id, now=NOW)


def test_every_moderation_act_is_logged_and_only_fits_some_states(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    comment = a_comment(tx, page, anna, "fout")
    moderation.move(tx, "hide", comment.id, "moderator", now=NOW)
    assert shown(tx, page) == []
    with pytest.raises(Conflict):
        moderation.move(tx, "hide", comment.id, "moderator", now=NOW)
    moderation.move(tx, "restore", comment.id, "moderator", now=NOW)
    assert comments.get(tx, comment.id).text == "fout"
    moderation.move(tx, "remove", comment.id, "moderator", now=NOW)
    with pytest.raises(Conflict):
        moderation.move(tx, "restore", comment.id, "moderator", now=NOW)
    with pytest.raises(NotFound):
        moderation.move(tx, "hide", "nothing", "moderator", now=NOW)
    log = tx.all("SELECT action, done_by FROM moderation_log ORDER BY id")
    assert [tuple(row.values()) for row in log] == [(act, "moderator") for act in ("hide", "restore", "remove")]
