"""Holding, closing, history, and the counters per language."""

from datetime import timedelta

import pytest

from comments_service import comments, consent, moderation, pages, threads
from comments_service.comments import IdempotencyKey, prepare
from comments_service.errors import Forbidden, NotFound
from comments_service.model import CommentState, Role
from comments_service.store import accounts as account_rows
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, a_comment, a_page, an_account, forget_old, post

HOUR = timedelta(hours=1)


def test_a_held_comment_is_its_authors_alone_until_it_is_restored(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    root = a_comment(tx, page, anna)
    before = threads.version(tx, page)
    draft = prepare("Wacht", "en", root.id)
    held = post(tx, bert, page, draft, IdempotencyKey("k", "h"), now=NOW, hold=True)
    assert held.state is CommentState.HELD
    assert post(tx, bert, page, draft, IdempotencyKey("k", "h"), now=NOW).id == held.id
    assert threads.version(tx, page) == before
    assert threads.read_page(tx, page).branches[0].replies == ()
    assert [comment.html for comment in threads.mine(tx, page, bert).held] == ["<p>Wacht</p>"]
    assert threads.mine(tx, page, anna).held == ()
    with pytest.raises(NotFound):
        comments.get(tx, held.id, anna)
    assert [case.comment.id for case in moderation.cases(tx, SITE, CommentState.HELD)] == [held.id]
    moderation.move(tx, "restore", held.id, "Beheer", now=NOW)
    found = threads.read_page(tx, page)
    assert [reply.id for reply in found.branches[0].replies] == [held.id]
    assert (found.comment_count, dict(found.languages)) == (2, {"en": 1, "nl": 1})
    assert moderation.cases(tx, SITE, CommentState.HELD) == []


def test_a_held_comment_can_be_edited_and_deleted_by_its_author(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    held = post(tx, anna, page, prepare("Wacht", "nl"), None, now=NOW, hold=True)
    assert comments.edit(tx, anna, held.id, prepare("Anders", "nl"), window=HOUR, now=NOW).text == "Anders"
    comments.delete(tx, anna, held.id, now=NOW)
    assert threads.mine(tx, page, anna).held == ()
    assert threads.read_page(tx, page).comment_count == 0


def test_a_thread_closes_by_front_matter_by_a_moderator_and_by_age(tx: Transaction) -> None:
    closed = a_page(tx, "blogs/dicht", comments="closed")
    assert threads.read_page(tx, closed).closed_by == "front-matter"
    page, anna = a_page(tx, site_id="other"), an_account(tx)  # dated one day before NOW
    assert threads.read_page(tx, page, closed_before=NOW - 2 * HOUR * 24).closed_by is None
    assert threads.read_page(tx, page, closed_before=NOW).closed_by == "age"
    assert not threads.mine(tx, page, anna, closed_before=NOW).may_comment
    with pytest.raises(Forbidden, match="thread-closed"):
        post(tx, anna, page, prepare("Te laat", "nl"), None, now=NOW, closed_before=NOW)
    moderation.close(tx, page, "Beheer", now=NOW)
    assert threads.read_page(tx, page).closed_by == "moderator"
    with pytest.raises(Forbidden, match="thread-closed"):
        a_comment(tx, page, anna)
    moderation.close(tx, page, None, now=NOW)
    assert threads.read_page(tx, page).closed_by is None
    assert a_comment(tx, page, anna).state is CommentState.SHOWN


def test_an_edit_keeps_what_was_there_for_the_author_and_moderators(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    comment = a_comment(tx, page, anna, "Een")
    later = NOW + timedelta(minutes=1)
    comments.edit(tx, anna, comment.id, prepare("Twee", "en"), window=HOUR, now=later)
    comments.edit(tx, anna, comment.id, prepare("Drie", "en"), window=HOUR, now=later)
    kept = comments.revisions(tx, anna, comment.id)
    assert [(one.number, one.text, one.written_at) for one in kept] == [(1, "Een", NOW), (2, "Twee", later)]
    assert dict(threads.read_page(tx, page).languages) == {"en": 1}
    with pytest.raises(Forbidden, match="not-yours"):
        comments.revisions(tx, bert, comment.id)
    account_rows.change(tx, bert.id, role=Role.MODERATOR)
    bert = an_account(tx, "Bert")
    assert len(comments.revisions(tx, bert, comment.id)) == 2
    comments.delete(tx, anna, comment.id, now=NOW)
    assert tx.all("SELECT * FROM comment_revision") == []


def test_only_moderators_moderate(tx: Transaction) -> None:
    anna = an_account(tx)
    with pytest.raises(Forbidden, match="moderators-only"):
        moderation.require_moderator(anna)
    account_rows.change(tx, anna.id, role=Role.MODERATOR)
    moderation.require_moderator(an_account(tx))


def test_events_tell_in_order_what_happened_to_shown_comments(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    a_comment(tx, page, anna)
    assert tx.all("SELECT * FROM event") == []  # nobody elsewhere knows her
    consent.agree(tx, anna, SITE, "anna", url="https://plein.example/people/anna", now=NOW)
    comment = a_comment(tx, page, anna)
    comments.edit(tx, anna, comment.id, prepare("Anders", "nl"), window=HOUR, now=NOW)
    moderation.move(tx, "hide", comment.id, "Beheer", now=NOW)
    moderation.move(tx, "restore", comment.id, "Beheer", now=NOW)
    comments.delete(tx, anna, comment.id, now=NOW)
    held = post(tx, anna, page, prepare("Wacht", "nl"), None, now=NOW, hold=True)
    comments.delete(tx, anna, held.id, now=NOW)
    kinds = [row["kind"] for row in tx.all("SELECT kind FROM event ORDER BY number")]
    assert kinds == ["shown", "edited", "gone", "shown", "gone"]
    forget_old(tx, now=NOW + timedelta(days=8))
    assert tx.all("SELECT * FROM event") == []


def test_a_page_knows_its_date(tx: Transaction) -> None:
    a_page(tx)
    assert pages.find(tx, SITE, "blogs", "drempel").dated_at == NOW - timedelta(days=1)
    assert a_page(tx, "groups/toegankelijk", site_id="other").dated_at is None
