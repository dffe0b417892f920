"""A database that the first version filled: nothing is lost, and the counters of now are what counting gives."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from comments_service import comments, moderation, pages, threads, votes
from comments_service.comments import prepare
from comments_service.model import CommentState
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

PUBLISHED = {  # a step, and the SHA-256 of its file: what ran somewhere must be what runs everywhere
    "m001_first_tables": "af93220d43bd3e6eaba1a525a64ac59c0be71b650bfef3728993d907c4c3f623",
    "m002_thread": "4643f79e8fda8f202d8060bbb1c9745b69425319547971e762d33d58960fb3f2",
    "m003_embedding": "5b68b13045267ed3e03cc765f30dbb7f82cf3ca94fb69cbe2a769b5a9284e8be",
    "m004_federation": "4625e5e7e1031423adaa1dd6e6a88b7f0c2b7311bf4769c1a93a5366a5eb12f0",
    "m005_manifest_again": "39eec3e61328d415ac688b6d0e3284ab0574017aa18153cc63711e14dbd0c983",
    "m006_elsewhere": "8254a3062b48bf5813682824b632f7dafd32742b9a8cade29f3a7501bc157061",
    "m006_moderation": "812af386c52b6721fe15be5585523be60c7f1b3e9198a9cb790763f2416817fa",
    "m007_served": "7c326f78c6acbe5399318390a6c8f4bc0b4cade70af4c5f183fe6d0337a67326",
    "m008_quotes": "fe16a5a508bcbcae7f0afd4eae2c86b3e28a40d46230deb6243c387f0677f50d",
    "m009_origins": "7e9f694bbd3a8849e1e26a0b7466553eb6acc83d94fa1fef24a97b38a870052c",
    "m010_fewer_writes": "b987108bbf2ccfcf99bacc7da8e7e3af8e03bf55454430e6f5df82eaa6343dc6",
    "m011_interactions": "c0a5068590baa3f459ba4ebfdd11b142c80a3e17e4500dc26a7b579f4737fceb",
    "m012_pictures": "3e989de7dfaa7f5bc948e24813acadbab37d4920b7b097db40482cdf38a71a44",
    "m013_reports": "9df1c4e1278bf792e0e493320bb998b79cc8d4b1bdb0c697dd2ff60a8456cf45",
    "m014_people": "ccef08bc3592eef5229ba53e8e317212912d09bc815760711614a3d120f6a071",
}


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
    assert [case.comment.text for case in moderation.cases(migrated, SITE, CommentState.HELD)] == ["Drie"]
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


def test_a_step_that_was_published_never_changes() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    assert {name: hashlib.sha256((folder / f"{name}.sql").read_bytes()).hexdigest() for name in PUBLISHED} == PUBLISHED
