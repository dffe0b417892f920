"""Comments that come together: one call stores them all, and each has its own outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from comments_service import comments, consent, threads
from comments_service.comments import IdempotencyKey, Posted, Posting, prepare
from comments_service.errors import Conflict, Forbidden, Invalid, NotFound, PleinError
from comments_service.ids import new_id
from comments_service.model import Account, Comment, Page
from comments_service.store import rows, schema, sqlite
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, SITE_URL, a_comment, a_page, an_account, post

OLD: dict[str, str | int] = {  # a comment as it was stored until then
    "site_id": SITE,
    "page_key": "blogs/drempel",
    "state": "shown",
    "text": "Een",
    "html": "<p>Een</p>",
    "renderer_version": 1,
    "lang": "nl",
}


def a_posting(
    account: Account,
    page: Page,
    text: str = "Een",
    *,
    key: str | None = None,
    answers: str | None = None,
    name: str | None = None,
    hold: bool = False,
    now: datetime = NOW,
) -> Posting:
    draft = prepare(text, "nl", answers, name)
    return Posting(account, page, draft, IdempotencyKey(key, text) if key else None, now, hold)


def comment_of(posted: Posted) -> Comment:
    assert not isinstance(posted, PleinError), posted
    return posted[0]


def test_each_comment_of_many_has_its_own_outcome(tx: Transaction) -> None:
    page, closed, gone = a_page(tx), a_page(tx, "blogs/dicht", comments="closed"), a_page(tx, "blogs/weg")
    tx.run("UPDATE page SET state = iif(key = :gone, 'withdrawn', 'live')", {"gone": gone.key})  # of one manifest each
    names = ("Anna", "Bert", "Cor", "Dirk", "Eva")
    anna, bert, cor, dirk, eva = (an_account(tx, name) for name in names)
    root = a_comment(tx, page, anna)
    postings = [
        a_posting(anna, page, "Eerste", key="anna"),
        a_posting(an_account(tx, "Fout", banned=True), page),
        a_posting(bert, closed),
        a_posting(cor, gone),
        a_posting(dirk, page, answers=root.id),
        a_posting(eva, page, answers="01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        a_posting(an_account(tx, None), page),
        a_posting(an_account(tx, "Held"), page, hold=True),
    ]
    outcomes = comments.post(tx, postings)
    assert [type(one) for one in outcomes[1:4]] == [Forbidden, Forbidden, NotFound]
    assert [type(one) for one in outcomes[5:7]] == [Invalid, Invalid]
    first, answer, held = (comment_of(outcomes[number]) for number in (0, 4, 7))
    assert answer.parent_id == root.id
    assert answer.created_at > root.created_at
    found = threads.read_page(tx, page)
    assert [branch.root.id for branch in found.branches] == [root.id, first.id]
    assert [reply.id for reply in found.branches[0].replies] == [answer.id]
    assert (found.comment_count, dict(found.languages)) == (3, {"nl": 3})
    assert [person.name for person in threads.people(tx, page)] == ["Anna", "Dirk"]
    assert threads.mine(tx, page, an_account(tx, "Held")).held[0].id == held.id
    versions = {one[1] for one in outcomes if not isinstance(one, PleinError)}
    assert versions == {threads.version(tx, page)}


def test_a_key_that_comes_twice_at_once_makes_one_comment(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    postings = [
        a_posting(anna, page, "Een", key="k"),
        a_posting(bert, page, "Een", key="k"),
        a_posting(anna, page, "Een", key="k", now=NOW + timedelta(seconds=1)),
        a_posting(anna, page, "Twee", key="k"),
        a_posting(anna, page, "Drie", key="other"),
    ]
    first, of_bert, again, other_text, third = comments.post(tx, postings)
    assert comment_of(first) == comment_of(again)
    assert isinstance(other_text, Conflict)
    assert len({comment_of(one).id for one in (first, of_bert, third)}) == 3
    assert threads.read_page(tx, page).comment_count == 3


def test_a_key_counts_for_its_author_and_page(tx: Transaction) -> None:
    here, there, anna = a_page(tx), a_page(tx, "blogs/daar"), an_account(tx)
    tx.run("UPDATE page SET state = 'live'")  # of one manifest each
    first, second = comments.post(tx, [a_posting(anna, page, key="k") for page in (here, there)])
    assert [comment_of(one).page_key for one in (first, second)] == [here.key, there.key]
    [again] = comments.post(tx, [a_posting(anna, there, key="k")])
    assert comment_of(again) == comment_of(second)


def test_who_comments_twice_at_once_for_the_first_time_is_asked_for_a_name_once(tx: Transaction) -> None:
    page, nobody = a_page(tx), an_account(tx, None)
    postings = [a_posting(nobody, page), a_posting(nobody, page, name="Anna"), a_posting(nobody, page)]
    nameless, named, again = comments.post(tx, postings)
    assert isinstance(nameless, Invalid)
    assert comment_of(named).author == comment_of(again).author


def test_many_comments_take_as_many_statements_as_one(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    page, statements, counted = a_page(tx), 0, []
    people = [an_account(tx, f"Person {number}") for number in range(33)]

    def counting(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            nonlocal statements
            statements += 1
            return real(*args)

        return call

    for name in ("run", "later", "one", "all"):
        monkeypatch.setattr(tx, name, counting(getattr(tx, name)))
    for several in (people[:1], people[1:]):
        comments.post(tx, [a_posting(one, page, key="a key") for one in several])
        counted.append(statements)
    assert counted[1] == 2 * counted[0]


def test_other_servers_are_told_only_of_those_who_agreed(tx: Transaction) -> None:
    page, bert = a_page(tx), an_account(tx, "Bert")
    anna = consent.agree(tx, an_account(tx), SITE, "anna", url=f"{SITE_URL}/people/anna", now=NOW)
    outcomes = comments.post(tx, [a_posting(anna, page), a_posting(bert, page)])
    assert [row["comment_id"] for row in tx.all("SELECT comment_id FROM event")] == [comment_of(outcomes[0]).id]


def test_a_retry_after_the_keys_moved_into_the_comments_is_still_one_comment(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "plein.db")
    schema.migrations.apply(Database(connection, strict=True), stop_before="m010_fewer_writes")
    connection.execute("BEGIN IMMEDIATE")
    tx = sqlite.SqliteTransaction(connection)
    page, anna, key = a_page(tx), an_account(tx), IdempotencyKey("k", "0123456789abcdef" * 2)
    made = rows.insert(tx, "comment", **OLD, id=new_id(NOW), root_id="", account_id=anna.id, created_at=NOW)
    kept = {"account_id": anna.id, "key": key.key, "request_hash": key.request_hash + "more", "result": made["id"]}
    rows.insert(tx, "idempotency", **kept, created_at=NOW)
    connection.execute("COMMIT")
    assert schema.migrate(connection)[0] == "m010_fewer_writes"
    connection.execute("BEGIN IMMEDIATE")
    assert post(tx, anna, page, prepare("Een", "nl"), key, now=NOW).id == made["id"]
    with pytest.raises(Conflict):
        post(tx, anna, page, prepare("Twee", "nl"), IdempotencyKey("k", "other"), now=NOW)
    connection.close()
