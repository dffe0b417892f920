"""Threads: paging without gaps, the language filter, a permalink anywhere, counts."""

from datetime import timedelta

import pytest

from comments_service import comments, ratings, threads, views
from comments_service.errors import Invalid, NotFound
from comments_service.model import Comment, Counts, Page, Rating
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, a_comment, a_page, an_account


def many(tx: Transaction, page: Page, number: int) -> list[Comment]:
    """Post roots; every third shares its millisecond with the one before."""
    anna = an_account(tx)
    return [a_comment(tx, page, anna, now=NOW + timedelta(milliseconds=n - n % 3)) for n in range(number)]


@pytest.mark.parametrize(("order", "limit"), [("oldest", 10), ("newest", 10), ("newest", 25), ("oldest", 50)])
def test_paging_shows_every_root_once(tx: Transaction, order: str, limit: int) -> None:
    page = a_page(tx)
    posted = [comment.id for comment in many(tx, page, 57)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = threads.read_page(tx, page, order=order, limit=limit, after=cursor)
        assert len(found.branches) <= limit
        seen += [branch.root.id for branch in found.branches]
        cursor = found.next
        if cursor is None:
            break
    assert seen == (posted if order == "oldest" else posted[::-1])


def test_replies_come_twenty_at_a_time_parents_first(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    root = a_comment(tx, page, anna)
    chain = [root]
    for _ in range(50):  # depth has no limit
        chain.append(a_comment(tx, page, anna, answers=chain[-1]))
    branch = threads.read_page(tx, page).branches[0]
    assert len(branch.replies) == 20
    seen = [reply.id for reply in branch.replies]
    while branch.next:
        branch = threads.read_replies(tx, page, root.id, after=branch.next)
        seen += [reply.id for reply in branch.replies]
    assert seen == [comment.id for comment in chain[1:]]


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("place", [0, 1, 30, 55, 56])
def test_a_permalink_is_on_the_page_around_it_and_paging_goes_on_from_there(
    tx: Transaction, order: str, place: int
) -> None:
    page = a_page(tx)
    posted = [comment.id for comment in many(tx, page, 57)]
    found = threads.read_page(tx, page, order=order, around=posted[place])
    roots = [branch.root.id for branch in found.branches]
    assert posted[place] in roots
    ordered = posted if order == "oldest" else posted[::-1]
    start = ordered.index(roots[0])
    assert roots == ordered[start : start + len(roots)]
    following = threads.read_page(tx, page, order=order, after=found.next).branches if found.next else ()
    assert [branch.root.id for branch in following] == ordered[start + len(roots) :][:10]


def test_a_permalink_to_a_deep_reply_shows_that_reply(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    root = a_comment(tx, page, anna)
    replies = [a_comment(tx, page, anna, answers=root) for _ in range(45)]
    for target in (replies[3], replies[30], replies[44]):
        branch = threads.read_page(tx, page, around=target.id).branches[0]
        shown = [reply.id for reply in branch.replies]
        assert target.id in shown
        assert len(shown) == 20
        assert bool(branch.next) == (replies[44].id not in shown)


def test_the_newest_is_told_whatever_its_language_and_where_it_stands(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    assert threads.read_page(tx, page).newest is None
    root, _ = a_comment(tx, page, anna), a_comment(tx, page, anna, lang="en")
    last = a_comment(tx, page, anna, answers=root, lang="nl")
    assert threads.read_page(tx, page, lang="en").newest == last.id
    comments.delete(tx, anna, last.id, now=NOW)
    assert root.id < str(threads.read_page(tx, page).newest) < last.id


def test_a_language_shows_its_comments_and_the_roots_they_answer(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    dutch = a_comment(tx, page, anna, lang="nl")
    english = a_comment(tx, page, anna, lang="en")
    a_comment(tx, page, anna, answers=english, lang="en")
    answer = a_comment(tx, page, anna, answers=english, lang="nl")
    a_comment(tx, page, anna, lang="en")
    found = threads.read_page(tx, page, lang="nl").branches
    assert [branch.root.id for branch in found] == [dutch.id, english.id]
    assert [reply.id for reply in found[1].replies] == [answer.id]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"after": "x"}, "after"),
        ({"after": "2026-11-25T09:30:00.000Z_' OR 1=1 --            "}, "after"),
        ({"order": "best", "after": "2026-11-25T09:30:00.000Z_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "after"),
        ({"order": "best", "after": "nan_2026-11-25T09:30:00.000Z_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "after"),
    ],
)
def test_a_wrong_question_is_named(tx: Transaction, options: dict[str, str], field: str) -> None:
    page = a_page(tx)
    with pytest.raises(Invalid) as error:
        threads.read_page(tx, page, **options)  # type: ignore[arg-type]
    assert [fault.field for fault in error.value.faults] == [field]


def test_a_comment_of_another_page_is_not_found_here(tx: Transaction) -> None:
    page, other, anna = a_page(tx), a_page(tx, site_id="other"), an_account(tx)
    elsewhere = a_comment(tx, other, anna)
    with pytest.raises(NotFound):
        threads.read_page(tx, page, around=elsewhere.id)
    with pytest.raises(NotFound):
        threads.read_replies(tx, page, elsewhere.id, after=None)


def test_counts_come_for_known_pages_by_the_name_they_were_asked_with(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    a_comment(tx, page, anna)
    ratings.rate(tx, anna, page, 4, now=NOW)
    views.add(tx, {(SITE, page.key): 7, (SITE, "blogs/unknown"): 1})
    assert threads.counts(tx, SITE, ["blogs/drempel", "blogs/unknown", "nonsense", ""]) == {
        "blogs/drempel": Counts(1, Rating((0, 0, 0, 1, 0)), 7)
    }
    with pytest.raises(Invalid):
        threads.counts(tx, SITE, ["blogs/a"] * 101)


def test_what_readers_see_raises_the_version_and_a_view_does_not(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    versions = [threads.version(tx, page)]
    comment = a_comment(tx, page, anna)
    versions.append(threads.version(tx, page))
    ratings.rate(tx, anna, page, 4, now=NOW)
    versions.append(threads.version(tx, page))
    comments.delete(tx, anna, comment.id, now=NOW)
    versions.append(threads.version(tx, page))
    assert versions == sorted(set(versions))
    ratings.rate(tx, anna, page, 4, now=NOW)
    views.add(tx, {(SITE, page.key): 1})
    assert threads.version(tx, page) == versions[-1]


def test_mine_holds_what_is_the_readers_own(tx: Transaction) -> None:
    page, anna, ben = a_page(tx), an_account(tx), an_account(tx, "Ben", banned=True)
    comment = a_comment(tx, page, anna)
    gone = a_comment(tx, page, anna)
    comments.delete(tx, anna, gone.id, now=NOW)
    ratings.rate(tx, anna, page, 2, now=NOW)
    mine = threads.mine(tx, page, anna)
    assert (mine.own, mine.stars, mine.may_comment) == ((comment.id,), 2, True)
    theirs = threads.mine(tx, page, ben)
    assert (theirs.own, theirs.stars, theirs.may_comment) == ((), None, False)


def test_pages_of_a_thread_are_range_scans(tx: Transaction) -> None:
    for sql in (
        "SELECT * FROM public_comment WHERE site_id = 'a' AND page_key = 'b' AND parent_id IS NULL "
        "AND (created_at, id) > ('', '') ORDER BY created_at, id LIMIT 11",
        "SELECT * FROM public_comment WHERE root_id = 'a' AND parent_id IS NOT NULL ORDER BY created_at, id LIMIT 21",
        "SELECT id FROM job WHERE failed_at IS NULL AND due_at <= '' ORDER BY due_at, id LIMIT 1",
    ):
        plan = [str(row["detail"]) for row in tx.all(f"EXPLAIN QUERY PLAN {sql}")]
        assert all("SEARCH" in step for step in plan), plan
