"""Votes: one per account, the order that they make, and a page of it however long the thread is."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from comments_service import comments, moderation, pages, threads, votes
from comments_service.errors import Forbidden, NotFound
from comments_service.model import Comment
from comments_service.store.protocol import Row, Transaction, Value
from tests.service.builders import NOW, SITE, a_comment, a_page, an_account


@pytest.mark.parametrize(
    ("helpful", "others", "bound"),
    [(0, 0, 0.0), (1, 0, 0.206543), (0, 1, 0.0), (10, 0, 0.72246), (90, 10, 0.825634), (5, 5, 0.23659)],
)
def test_the_score_is_the_lower_bound_of_wilson(helpful: int, others: int, bound: float) -> None:
    """Figures of the closed form with z = 1.96, worked out by hand for 1 of 1: 1 / (1 + z²)."""
    assert votes.wilson(helpful, others) == pytest.approx(bound, abs=2e-6)


def test_a_vote_counts_once_can_change_and_can_be_withdrawn(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    comment = a_comment(tx, page, anna)
    before = threads.version(tx, page)
    assert votes.vote(tx, bert, comment.id, 1, now=NOW).votes == 1
    assert votes.vote(tx, bert, comment.id, 1, now=NOW).votes == 1
    assert threads.version(tx, page) == before + 1
    assert threads.mine(tx, page, bert).votes == {comment.id: 1}
    assert votes.vote(tx, bert, comment.id, -1, now=NOW).votes == 0
    assert threads.mine(tx, page, bert).votes == {comment.id: -1}
    assert votes.vote(tx, bert, comment.id, None, now=NOW).votes == 0
    assert votes.vote(tx, bert, comment.id, None, now=NOW).votes == 0
    assert threads.mine(tx, page, bert).votes == {}
    row = tx.one("SELECT votes, down_votes, score FROM comment WHERE id = :id", {"id": comment.id})
    assert row == {"votes": 0, "down_votes": 0, "score": 0.0}


def test_who_may_not_vote(tx: Transaction) -> None:
    page, anna, bad = a_page(tx), an_account(tx), an_account(tx, "Bad", banned=True)
    comment = a_comment(tx, page, anna)
    with pytest.raises(Forbidden, match="own-comment"):
        votes.vote(tx, anna, comment.id, 1, now=NOW)
    with pytest.raises(Forbidden, match="banned"):
        votes.vote(tx, bad, comment.id, 1, now=NOW)


def test_a_stub_takes_no_votes_and_keeps_none(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    root = a_comment(tx, page, anna)
    a_comment(tx, page, bert, answers=root)
    votes.vote(tx, bert, root.id, 1, now=NOW)
    comments.delete(tx, anna, root.id, now=NOW)
    with pytest.raises(NotFound):
        votes.vote(tx, bert, root.id, 1, now=NOW)
    assert tx.all("SELECT * FROM vote") == []


def test_a_closed_thread_may_be_voted_on(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    comment = a_comment(tx, page, anna)
    moderation.close(tx, page, "Beheer", now=NOW)
    assert votes.vote(tx, bert, comment.id, 1, now=NOW).votes == 1


def a_thread_with_votes(tx: Transaction, roots: int) -> list[Comment]:
    """Roots of which every third has a vote, and every sixth two."""
    page, anna = a_page(tx), an_account(tx)
    voters = [an_account(tx, name) for name in ("Bert", "Cor")]
    posted = [a_comment(tx, page, anna, now=NOW + timedelta(seconds=n)) for n in range(roots)]
    for number, comment in enumerate(posted):
        for voter in voters[: (number % 3 == 0) + (number % 6 == 0)]:
            votes.vote(tx, voter, comment.id, 1, now=NOW)
    return posted


def by_best(posted: Sequence[Comment]) -> list[str]:
    rank = [(2 if number % 6 == 0 else int(number % 3 == 0), number) for number in range(len(posted))]
    return [posted[number].id for _, number in sorted(rank, reverse=True)]


@pytest.mark.parametrize("limit", [10, 25, 50])
def test_the_best_come_first_and_of_equals_the_newest(tx: Transaction, limit: int) -> None:
    posted = a_thread_with_votes(tx, 57)
    page = pages.find(tx, SITE, "blogs", "drempel")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = threads.read_page(tx, page, order="best", limit=limit, after=cursor)
        seen += [branch.root.id for branch in found.branches]
        cursor = found.next
        if cursor is None:
            break
    assert seen == by_best(posted)


@pytest.mark.parametrize("seed", range(5))
def test_paging_by_the_best_misses_nothing_that_kept_its_place(tx: Transaction, seed: int) -> None:
    """While one pages others vote and write; whatever nobody voted on meanwhile is seen exactly once."""
    choose = random.Random(seed)
    posted = a_thread_with_votes(tx, 57)
    page, dirk = pages.find(tx, SITE, "blogs", "drempel"), an_account(tx, "Dirk")
    seen: list[str] = []
    moved: set[str] = set()
    cursor: str | None = None
    while True:
        found = threads.read_page(tx, page, order="best", limit=10, after=cursor)
        seen += [branch.root.id for branch in found.branches]
        cursor = found.next
        if cursor is None:
            break
        for comment in choose.sample(posted, 5):
            votes.vote(tx, dirk, comment.id, choose.choice([1, -1]), now=NOW)
            moved.add(comment.id)
        a_comment(tx, page, dirk, now=NOW + timedelta(hours=1))
    for comment in posted:
        assert comment.id in moved or seen.count(comment.id) == 1


@pytest.mark.parametrize("place", [0, 1, 28, 55, 56])
def test_a_permalink_stands_among_its_neighbours_in_the_best_order(tx: Transaction, place: int) -> None:
    posted = a_thread_with_votes(tx, 57)
    order = by_best(posted)
    found = threads.read_page(tx, pages.find(tx, SITE, "blogs", "drempel"), order="best", limit=10, around=order[place])
    roots = [branch.root.id for branch in found.branches]
    start = order.index(roots[0])
    assert order[place] in roots
    assert roots == order[start : start + len(roots)]


@pytest.mark.parametrize("order", ["newest", "oldest", "best"])
def test_a_first_page_is_read_from_an_index_however_long_the_thread_is(
    tx: Transaction, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sorted and no table is scanned: the plan says so for the very statement that a reading runs."""
    page = a_page(tx)
    said: list[tuple[str, Mapping[str, Value]]] = []
    read = tx.all

    def listen(sql: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        said.append((sql, parameters or {}))
        return read(sql, parameters)

    monkeypatch.setattr(tx, "all", listen)
    threads.read_page(tx, page, order=order)
    sql, parameters = next(call for call in said if "parent_id IS NULL" in call[0])
    plan = [str(row["detail"]) for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    index = "comment_best" if order == "best" else "comment_roots"
    assert any(f"USING INDEX {index}" in line for line in plan), plan
    assert not any("TEMP B-TREE" in line or line.startswith("SCAN") for line in plan), plan
