"""`export`: every public comment of a site in one file, what is not public in none."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from comments_service import elsewhere, moderation, received, threads
from comments_service.__main__ import main
from comments_service.markup import remote
from comments_service.received import Reply
from comments_service.settings import FederationSettings
from comments_service.store import pages, schema, sqlite
from comments_service.store.sqlite import SqliteTransaction
from tests.service.builders import NOW, SITE, SITE_URL, a_comment, a_page, an_account
from tests.service.strangers import a_stranger

Export = Callable[[], dict[str, Any]]


@pytest.fixture
def export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Export:
    """Run the command on the database `plein.db` and return what stands in the file."""
    settings = tmp_path / "plein.toml"
    settings.write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "{SITE_URL}"\n[service]\ndatabase = "plein.db"\n', "utf-8"
    )
    target = tmp_path / "comments.json"

    def run() -> dict[str, Any]:
        assert main(["--settings", str(settings), "export", str(target)]) == 0, capsys.readouterr().err
        written: dict[str, Any] = json.loads(target.read_text("utf-8"))
        return written

    return run


def fill(path: Path, write: Callable[[SqliteTransaction], None]) -> None:
    connection = sqlite.connect(path)
    schema.migrate(connection)
    connection.execute("BEGIN IMMEDIATE")
    write(SqliteTransaction(connection))
    connection.execute("COMMIT")
    connection.close()


def test_every_public_comment_stands_under_its_page_once(tmp_path: Path, export: Export) -> None:
    def write(tx: SqliteTransaction) -> None:
        page, anna = a_page(tx), an_account(tx)
        later = [NOW + timedelta(seconds=n) for n in range(100)]
        roots = [a_comment(tx, page, anna, f"Reactie {n}", now=later[n]) for n in range(51)]  # over a page of a thread
        for n in range(21):  # more than come with a root
            a_comment(tx, page, anna, f"Antwoord {n}", answers=roots[0], now=later[60 + n])

    fill(tmp_path / "plein.db", write)
    [thread] = export()["threads"]
    assert (thread["page"], thread["path"]) == ("blogs/drempel", "blogs/drempel")
    assert [root["text"] for root in thread["items"]] == [f"Reactie {n}" for n in range(51)]
    assert [reply["text"] for reply in thread["items"][0]["replies"]] == [f"Antwoord {n}" for n in range(21)]


def test_what_is_not_public_stands_nowhere(tmp_path: Path, export: Export) -> None:
    def write(tx: SqliteTransaction) -> None:
        page, anna = a_page(tx), an_account(tx)
        for text in ("Geheim verborgen", "Geheim verwijderd"):
            action = "hide" if "verborgen" in text else "remove"
            moderation.move(tx, action, a_comment(tx, page, anna, text).id, "a-moderator", now=NOW)
        root = a_comment(tx, page, anna, "Geheim met antwoord")
        a_comment(tx, page, anna, "Antwoord", answers=root)
        moderation.move(tx, "remove", root.id, "a-moderator", now=NOW)

    fill(tmp_path / "plein.db", write)
    [thread] = export()["threads"]
    [stub] = thread["items"]
    assert (stub["state"], stub["text"], stub["author"]) == ("removed", "", None)
    assert "Geheim" not in (tmp_path / "comments.json").read_text("utf-8")
    assert "anna@" not in (tmp_path / "comments.json").read_text("utf-8")


def test_what_people_of_here_wrote_elsewhere_stands_apart_with_what_it_answers(tmp_path: Path, export: Export) -> None:
    opening, reply = "https://social.example/notes/1", "https://social.example/notes/2"

    def write(tx: SqliteTransaction) -> None:
        pages.put_site(tx, pages.Site(SITE, "Plein", SITE_URL, ("nl", "en"), None, {}))
        origin = {"origin_uri": opening, "origin_url": f"{opening}.html", "origin_context": opening}
        mies = a_stranger(tx)
        where = {"language": "nl", "title": "Elders", "now": NOW, "actor_id": mies, **origin}
        elsewhere.keep(tx, SITE, "abc", SITE_URL, **where)  # type: ignore[arg-type]
        [page] = elsewhere.live(tx, SITE)
        said = Reply(reply, None, remote("<p>Van Mies.</p>"), "nl", None, NOW, None, False, True)
        rules = FederationSettings(hold_first=False, hold_per_minute=0)
        received.receive(tx, SITE, page.key, None, mies, said, rules=rules, closed_before=None, now=NOW)
        [root] = threads.read_page(tx, page).branches
        anna = an_account(tx)
        first = a_comment(tx, page, anna, "Van hier.")
        a_comment(tx, page, anna, "Ook van hier.", answers=root.root)
        a_comment(tx, page, anna, "Verder.", answers=first)

    fill(tmp_path / "plein.db", write)
    written = export()
    assert written["threads"] == []
    assert sorted((one["text"], one.get("answers")) for one in written["elsewhere"]) == [
        ("Ook van hier.", reply),
        ("Van hier.", f"{opening}.html"),
        ("Verder.", None),
    ]
    assert "Mies" not in (tmp_path / "comments.json").read_text("utf-8")


def test_an_export_that_fails_leaves_the_last_one(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(tx: SqliteTransaction) -> None:
        a_comment(tx, a_page(tx), an_account(tx))

    fill(tmp_path / "plein.db", write)
    before = export()
    monkeypatch.setattr("comments_service.archive.export._thread", lambda _found: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export()
    assert json.loads((tmp_path / "comments.json").read_text("utf-8")) == before
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "plein.toml"
    settings.write_text(f'[site]\nid = "plein"\nname = "Plein"\nurl = "{SITE_URL}"\n', "utf-8")
    assert main(["--settings", str(settings), "export", str(tmp_path / "nowhere" / "x.json")]) == 1
    assert "nowhere" in capsys.readouterr().err
