"""A thread of 100,000 comments: a page of it costs what a page of fifty costs, in steps of SQLite and in memory."""

import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from comments_service import accounts, threads, votes
from comments_service.model import Account, Page
from comments_service.store import schema, sqlite
from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import text
from comments_service.store.threads import MOST_LANGUAGES, MOST_OWN, MOST_PEOPLE
from tests.service.builders import NOW, a_page

MANY = 100_000
FEW = 50
ACCOUNTS = 20_000
ACCOUNTS_SQL = """INSERT INTO account (id, email, name, language, created_at)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :accounts - 1)
SELECT printf('P%025d', i), i || '@example.org', 'Naam ' || i, 'nl', '2026-01-01T00:00:00.000Z' FROM n"""
FILL = (
    # one of the oldest is in English, every tenth has two answers
    """INSERT INTO comment (id, site_id, page_key, root_id, account_id, state, text, html, renderer_version, lang,
    created_at, score, answer_count)
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :number - 1)
    SELECT printf('%s%022d', :prefix, i), :site, 'blogs/drempel', printf('%s%022d', :prefix, i),
    printf('P%025d', i % :accounts), 'shown', 'tekst', '<p>tekst</p>', 1, CASE i WHEN 5 THEN 'en' ELSE 'nl' END,
    strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + i, 'unixepoch'), (i % 7) / 10.0, CASE i % 10 WHEN 0 THEN 2 ELSE 0 END
    FROM n""",
    """INSERT INTO comment (id, site_id, page_key, root_id, parent_id, account_id, state, text, html, renderer_version,
    lang, created_at) SELECT printf('%sA%d%s', :prefix, number, substr(id, 7)), site_id, page_key, id, id, account_id,
    state, text, html, 1, lang, created_at FROM comment, (SELECT 1 AS number UNION ALL SELECT 2)
    WHERE site_id = :site AND answer_count > 0""",
    "UPDATE thread SET comment_count = :number WHERE site_id = :site",
    """INSERT INTO thread_language (site_id, page_key, lang, comments)
    SELECT site_id, page_key, lang, count(*) FROM comment WHERE site_id = :site GROUP BY site_id, page_key, lang""",
)
ORDERS = pytest.mark.parametrize("order", threads.ORDERS)


@dataclass(frozen=True)
class Threads:
    """A long and a short thread in one file, and what reading costs."""

    connection: sqlite3.Connection
    tx: Transaction
    long: Page
    short: Page

    def steps(self, read: Callable[[], object]) -> int:
        """Count the steps of SQLite's virtual machine, in tens; nothing of it hangs on the machine or its load."""
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        self.connection.set_progress_handler(tick, 10)
        read()
        self.connection.set_progress_handler(None, 0)
        return count


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Threads]:
    connection = sqlite.connect(tmp_path_factory.mktemp("long") / "plein.db")
    schema.migrate(connection)
    connection.execute("BEGIN IMMEDIATE")
    tx = sqlite.SqliteTransaction(connection)
    long, short = a_page(tx), a_page(tx, site_id="other")
    tx.run(ACCOUNTS_SQL, {"accounts": ACCOUNTS})
    for page, prefix, number in ((long, "0BBB", MANY), (short, "0CCC", FEW)):
        values: dict[str, Value] = {"site": page.site_id, "prefix": prefix, "number": number, "accounts": ACCOUNTS}
        for sql in FILL:
            tx.run(sql, values)
    connection.execute("COMMIT")
    connection.execute("BEGIN")
    yield Threads(connection, tx, long, short)
    connection.close()


def plan(filled: Threads, monkeypatch: pytest.MonkeyPatch, read: Callable[[], object]) -> list[str]:
    """Return how SQLite finds the roots, for the very statement that a reading runs."""
    said: list[tuple[str, Mapping[str, Value] | None]] = []
    run = filled.tx.all

    def listen(sql: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        said.append((sql, parameters))
        return run(sql, parameters)

    monkeypatch.setattr(filled.tx, "all", listen)
    read()
    sql, parameters = next(call for call in said if "parent_id IS NULL" in call[0])
    return [text(row, "detail") for row in run(f"EXPLAIN QUERY PLAN {sql}", parameters)]


@ORDERS
@pytest.mark.parametrize("is_first", [True, False])
def test_a_page_is_a_range_of_an_index(
    filled: Threads, monkeypatch: pytest.MonkeyPatch, order: str, *, is_first: bool
) -> None:
    page = filled.long
    after = None if is_first else threads.read_page(filled.tx, page, order=order).next
    lines = plan(filled, monkeypatch, lambda: threads.read_page(filled.tx, page, order=order, after=after))
    index = "comment_best" if order == "best" else "comment_roots"
    assert any(line.startswith("SEARCH comment USING INDEX " + index) for line in lines), lines
    assert not any("TEMP B-TREE" in line or line.startswith("SCAN") for line in lines), lines


@ORDERS
def test_a_page_of_a_long_thread_costs_what_one_of_a_short_thread_costs(filled: Threads, order: str) -> None:
    tx, long, short = filled.tx, filled.long, filled.short
    first = [filled.steps(lambda page=page: threads.read_page(tx, page, order=order)) for page in (long, short)]  # type: ignore[misc]
    assert first[0] <= 1.1 * first[1], first
    middle = f"0BBB{MANY // 2:022d}"
    around = filled.steps(lambda: threads.read_page(tx, long, order=order, around=middle))
    assert around <= 4 * first[1]


@ORDERS
@pytest.mark.parametrize("lang", ["nl", "en", "fr"])
def test_a_language_is_found_at_once_however_rare_it_is(filled: Threads, order: str, lang: str) -> None:
    wanted = {"nl": 10, "en": 1, "fr": 0}[lang]
    assert len(threads.read_page(filled.tx, filled.long, order=order, lang=lang).branches) == wanted
    steps = filled.steps(lambda: threads.read_page(filled.tx, filled.long, order=order, lang=lang))
    assert steps <= 1.5 * filled.steps(lambda: threads.read_page(filled.tx, filled.long, order=order))


def test_a_vote_costs_the_same_in_a_long_thread(filled: Threads) -> None:
    voter = an_account_of(filled, 7)
    cost = []
    for root in (f"0BBB{5:022d}", f"0CCC{5:022d}"):
        cost.append(filled.steps(lambda root=root: votes.vote(filled.tx, voter, root, 1, now=NOW)))  # type: ignore[misc]
    filled.connection.execute("ROLLBACK")
    filled.connection.execute("BEGIN")
    assert cost[0] <= 1.1 * cost[1], cost


def an_account_of(filled: Threads, number: int) -> Account:
    return accounts.by_id(filled.tx, f"P{number:025d}")


def test_what_one_reader_sees_beside_it_is_bounded(filled: Threads) -> None:
    tx, page = filled.tx, filled.long
    reader = an_account_of(filled, 3)
    parameters: dict[str, Value] = {"id": reader.id}
    tx.run("UPDATE comment SET account_id = :id WHERE id < '0BBB0000000000000000003000'", parameters)
    tx.run(
        "INSERT INTO vote (comment_id, account_id, value, voted_at) SELECT id, :id, 1, '' FROM comment "
        "WHERE parent_id IS NULL AND id BETWEEN '0BBB0000000000000000003000' AND '0BBB0000000000000000006000'",
        parameters,
    )
    mine = threads.mine(tx, page, reader)
    assert (len(mine.own), len(mine.votes)) == (MOST_OWN, MOST_OWN)
    tx.run(
        "INSERT INTO thread_language (site_id, page_key, lang, comments) WITH RECURSIVE n (i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT 'plein', :page, 'x' || i, 1 FROM n",
        {"page": page.key},
    )
    assert len(threads.read_page(tx, page).languages) == MOST_LANGUAGES
    filled.connection.execute("ROLLBACK")
    filled.connection.execute("BEGIN")
    assert len(threads.people(tx, page, limit=10**6)) == MOST_PEOPLE


@ORDERS
def test_reading_takes_the_memory_of_a_page_and_not_of_the_thread(filled: Threads, order: str) -> None:
    tracemalloc.start()
    threads.read_page(filled.tx, filled.long, order=order, limit=50)
    threads.people(filled.tx, filled.long, "naam")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_the_people_of_a_long_thread_are_those_of_its_newest_comments(filled: Threads) -> None:
    found = threads.people(filled.tx, filled.long, limit=10**6)
    assert {int(person.id[1:]) % 10 for person in found} == {0}  # the answers came last, of every tenth
    assert filled.steps(lambda: threads.people(filled.tx, filled.long)) < 300_000 / 10
