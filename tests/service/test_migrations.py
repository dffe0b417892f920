"""A database that the first version filled: nothing is lost, and the counters of now are what counting gives."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from comments_service import comments, moderation, pages, threads, votes
from comments_service.comments import prepare
from comments_service.store import schema, sqlite
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, SITE_URL, a_manifest, an_account, page_json

IDS = {name: f"01ARZ3NDEKTSV4RRFFQ69G5F{number:02}" for number, name in enumerate(("root", "answer", "stub", "held"))}
WRITTEN = [  # id, root, parent, state, text, lang, answers
    ("root", "root", None, "shown", "Een", "nl", 0),
    ("stub", "stub", None, "removed", "", "nl", 1),
    ("answer", "stub", "stub", "shown", "Twee", "en", 0),
    ("held", "held", None, "held", "Drie", "nl", 0),
]
ANNA = "01ARZ3NDEKTSV4RRFFQ69G5F99"
PAGE = (  # as the first version stored it
    "INSERT INTO site (id, name, url, languages, menu) VALUES ('plein', 'Plein', 'https://plein.example', '[\"nl\", "
    "\"en\"]', '{}')",
    "INSERT INTO page (site_id, key, kind, slug, state, is_open, language, titles, urls, hashes, bodies, "
    "first_seen_at, is_baseline, federates) VALUES ('plein', 'blogs/drempel', 'blogs', 'drempel', 'live', 1, 'nl', "
    "'{\"nl\":\"Drempel\"}', '{\"nl\":\"https://plein.example/blogs/drempel/\"}', '{}', '{}', "
    "'2026-11-25T09:00:00.000Z', 1, 1)",
    "INSERT INTO alias (site_id, kind, slug, key) VALUES ('plein', 'blogs', 'drempel', 'blogs/drempel')",
    "INSERT INTO thread (site_id, page_key) VALUES ('plein', 'blogs/drempel')",
    "INSERT INTO account (id, email, name, language, created_at) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5F99', "
    "'anna@example.org', 'Anna', 'nl', '2026-11-25T09:00:00.000Z')",
)


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Transaction]:
    connection = sqlite.connect(tmp_path / "plein.db")
    schema.migrations.apply(Database(connection, strict=True), stop_before="m002_thread")
    connection.commit()
    connection.execute("BEGIN IMMEDIATE")
    tx = sqlite.SqliteTransaction(connection)
    for statement in PAGE:
        tx.run(statement)
    for name, root, parent, state, text, lang, answers in WRITTEN:
        tx.run(
            "INSERT INTO comment (id, site_id, page_key, root_id, parent_id, account_id, state, text, html, "
            "renderer_version, lang, created_at, answer_count) VALUES (:id, 'plein', 'blogs/drempel', :root, :parent, "
            ":account, :state, :text, :text, 1, :lang, '2026-11-25T09:30:00.000Z', :answers)",
            {
                "id": IDS[name],
                "root": IDS[root],
                "parent": parent and IDS[parent],
                "account": ANNA,
                "state": state,
                "text": text,
                "lang": lang,
                "answers": answers,
            },
        )
    tx.run("UPDATE thread SET comment_count = 2, version = 7, stars_4 = 1")
    connection.execute("COMMIT")
    assert schema.migrate(connection)[0] == "m002_thread"
    connection.execute("BEGIN IMMEDIATE")
    yield tx
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize("order", threads.ORDERS)
def test_every_comment_is_there_in_every_order(migrated: Transaction, order: str) -> None:
    page = pages.find(migrated, SITE, "blogs", "drempel")
    found = threads.read_page(migrated, page, order=order)
    assert {branch.root.id for branch in found.branches} == {IDS["root"], IDS["stub"]}
    assert [reply.text for branch in found.branches for reply in branch.replies] == ["Twee"]
    assert (found.version, found.comment_count, found.rating.distribution) == (7, 2, (0, 0, 0, 1, 0))
    assert (found.closed_by, found.languages) == (None, {"en": 1, "nl": 1})


def test_what_was_written_before_can_be_voted_on_edited_restored_and_mentioned(migrated: Transaction) -> None:
    page, anna, bert = (
        pages.find(migrated, SITE, "blogs", "drempel"),
        an_account(migrated),
        an_account(migrated, "Bert"),
    )
    assert votes.vote(migrated, bert, IDS["root"], 1, now=NOW).votes == 1
    found = threads.read_page(migrated, page, order="best")
    assert [branch.root.id for branch in found.branches] == [IDS["root"], IDS["stub"]]
    hour = timedelta(hours=1)
    assert comments.edit(migrated, anna, IDS["root"], prepare("Anders", "nl"), window=hour, now=NOW).text == "Anders"
    assert [kept.text for kept in comments.revisions(migrated, anna, IDS["root"])] == ["Een"]
    assert [case.comment.text for case in moderation.held(migrated, SITE)] == ["Drie"]
    moderation.move(migrated, "restore", IDS["held"], "Beheer", now=NOW)
    assert threads.read_page(migrated, page).languages == {"en": 1, "nl": 2}
    assert [person.name for person in threads.people(migrated, page)] == ["Anna"]


def test_a_manifest_that_was_known_before_fills_the_columns_of_federation(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "plein.db")
    schema.migrations.apply(Database(connection, strict=True), stop_before="m004_federation")
    for statement in PAGE:
        connection.execute(statement)
    manifest = a_manifest(1, {"blogs/drempel": page_json("blogs/drempel", tags={"nl": ["drempels"]})})
    connection.execute(
        "INSERT INTO manifest (site_id, serial, hash, taken_at) VALUES ('plein', 1, ?, '2026-11-25T09:00:00.000Z')",
        [manifest.hash],
    )
    connection.commit()
    schema.migrate(connection)
    connection.execute("BEGIN IMMEDIATE")
    tx = sqlite.SqliteTransaction(connection)
    intake = pages.take_in(tx, SITE, manifest, site_url=SITE_URL, now=NOW)
    assert (intake.taken, intake.would_send, intake.missing) == (True, (), ())
    assert tx.one("SELECT tags FROM page") == {"tags": '{"nl":["drempels"]}'}
    assert not pages.take_in(tx, SITE, manifest, site_url=SITE_URL, now=NOW).taken
    connection.close()


def test_what_came_from_elsewhere_and_its_fate_belong_to_a_site_from_then_on(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "plein.db")
    schema.migrations.apply(Database(connection, strict=True), stop_before="m009_origins")
    known = ("https://a.example/1", "https://a.example/2")
    connection.execute(
        "INSERT INTO site (id, name, url, languages, menu) VALUES ('plein', 'P', 'x', '[]', '{}'), "
        "('zee', 'B', 'y', '[]', '{}')"
    )
    connection.execute(
        "INSERT INTO page (site_id, key, slug, state, is_open, language, titles, urls, hashes, bodies, first_seen_at, "
        "is_baseline, federates) VALUES ('zee', 'blogs/x', 'x', 'live', 1, 'nl', '{}', '{}', '{}', '{}', '', 1, 1)"
    )
    connection.execute(
        "INSERT INTO comment (id, site_id, page_key, root_id, state, text, html, renderer_version, lang, created_at, "
        "origin_uri) VALUES ('a', 'zee', 'blogs/x', 'a', 'shown', 'Van elders', '', 1, 'nl', '', ?)",
        known[:1],
    )
    for uri in known:
        values = (uri, "a.example", "refused", "")
        connection.execute("INSERT INTO fate (uri, server, fate, decided_at) VALUES (?, ?, ?, ?)", values)
    connection.commit()
    schema.migrate(connection)
    assert connection.execute("SELECT uri, site_id FROM fate ORDER BY uri").fetchall() == [
        (known[0], "zee"),
        (known[1], "plein"),
    ]
    assert connection.execute("SELECT text FROM public_comment").fetchall() == [("Van elders",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA foreign_keys").fetchall() == [(1,)]
    connection.close()
