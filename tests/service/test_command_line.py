"""The command line: announce, migrate, moderation, the first administrator, and serving until it is told to stop."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comments_service import comments, pages
from comments_service.__main__ import main
from comments_service.store import schema, sqlite
from comments_service.store.sqlite import SqliteTransaction
from tests.service.builders import SITE_URL, Json, a_comment, an_account, manifest_json, page_json, post
from tests.service.running import free_port
from tests.service.strangers import a_delivery, a_reply, a_report, a_stranger
from tests.service.test_moderation import LIST

FOUR = {f"blogs/{name}": page_json(f"blogs/{name}") for name in "abcd"}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    (tmp_path / "plein.toml").write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "{SITE_URL}"\n[service]\nmanifest = "plein.json"\n', "utf-8"
    )

    def run(*arguments: str) -> tuple[int, str]:
        status = main(["--settings", str(tmp_path / "plein.toml"), *arguments])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


def publish(folder: Path, serial: int, entries: dict[str, Json]) -> None:
    (folder / "plein.json").write_text(json.dumps(manifest_json(serial, entries)), "utf-8")


def test_announce_tells_what_would_be_sent_and_a_dry_run_changes_nothing(
    tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    publish(tmp_path, 1, FOUR)
    assert run("announce")[0] == 0
    assert "nothing to do" in run("announce")[1]
    recent = page_json("blogs/nieuws") | {"date": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime())}
    publish(tmp_path, 2, FOUR | {"blogs/nieuws": recent})
    for _ in range(2):
        status, said = run("announce", "--dry-run")
        assert status == 0
        assert "Create blogs/nieuws would be sent" in said
    assert "Create blogs/nieuws would be sent" in run("announce")[1]
    publish(tmp_path, 3, FOUR)
    assert "blogs/nieuws is missing" in run("announce")[1]
    assert "Delete blogs/nieuws would be sent" in run("announce", "--withdraw", "blogs/nieuws")[1]
    assert "blogs/a is not withdrawn" in run("announce", "--withdraw", "blogs/a")[1]


def test_a_rename_without_was_says_what_to_write(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    publish(tmp_path, 1, FOUR)
    run("announce")
    renamed = {key: page for key, page in FOUR.items() if key != "blogs/a"}
    publish(tmp_path, 2, renamed | {"blogs/z": page_json("blogs/z", title="a nl")})
    said = run("announce")[1]
    assert "was: [a]" in said
    assert "--withdraw blogs/a" in said


def test_what_is_refused_says_why_and_fails(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    assert "plein.json cannot be read" in run("announce")[1]
    (tmp_path / "plein.json").write_text("{}", "utf-8")
    status, said = run("announce")
    assert status == 1
    assert "serial:" in said
    publish(tmp_path, 5, FOUR)
    run("announce")
    for serial, entries, reason in [
        (4, FOUR, "serial 4 is older than 5"),
        (6, {}, "no pages"),
        (6, {"blogs/z": page_json("blogs/z")}, "blogs/a, blogs/b, blogs/c, blogs/d"),
    ]:
        publish(tmp_path, serial, entries)
        status, said = run("announce")
        assert status == 1
        assert reason in said


def test_migrate_brings_the_database_up_to_date(run: Callable[..., tuple[int, str]]) -> None:
    steps = sorted(path.stem for path in (Path(schema.__file__).parent / "migrations").glob("*.sql"))
    assert run("migrate") == (0, f"Applied: {', '.join(steps)}.\n")
    assert run("migrate") == (0, "Nothing to do.\n")


def test_a_comment_is_hidden_restored_and_removed(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    publish(tmp_path, 1, FOUR)
    run("announce")
    connection = sqlite.connect(tmp_path / "var/plein.db")
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTransaction(connection)
    comment = a_comment(tx, pages.find(tx, "plein", "blogs", "a"), an_account(tx))
    connection.execute("COMMIT")
    for command, state in [("hide", "hidden"), ("restore", "shown"), ("remove", "removed")]:
        assert run(command, comment.id)[0] == 0
        assert connection.execute("SELECT state FROM comment").fetchall() == [(state,)]
    connection.close()
    assert run("hide", comment.id) == (1, "The comment is in another state: it is hidden, shown or removed already.\n")
    assert run("hide", "x") == (1, "There is no comment x.\n")


def test_what_waits_is_listed_and_restored(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    publish(tmp_path, 1, FOUR)
    run("announce")
    assert run("held") == (0, "")
    connection = sqlite.connect(tmp_path / "var/plein.db")
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTransaction(connection)
    draft = comments.prepare("Twee\n\nregels", "nl")
    page = pages.find(tx, "plein", "blogs", "a")
    comment = post(tx, an_account(tx), page, draft, None, now=datetime.now(UTC), hold=True)
    connection.execute("COMMIT")
    connection.close()
    assert run("held") == (0, f"{comment.id} blogs/a Anna\n  Twee\n  \n  regels\n")
    assert run("restore", comment.id)[0] == 0
    assert run("held") == (0, "")


def test_servers_are_decided_about_and_lists_are_taken_in(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    assert run("servers") == (0, "")
    done = "It holds from now on. 0 comments were hidden.\n"
    assert run("servers", "Social.example", "hold", "--reason", "Te druk") == (0, done)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    assert run("servers", "--import", str(tmp_path / "list.csv")) == (0, "3 servers were new.\n")
    listed = "block known.example\nlimit loud.example\nhold social.example Te druk\nblock spam.example Reclame, veel\n"
    assert run("servers") == (0, listed)
    assert run("servers", "social.example", "none") == (0, done)
    assert "social.example" not in run("servers")[1]
    for words, said in [
        (("social.example",), "Say what holds for social.example: allow, pictures, hold, limit, block or none."),
        (("@nobody@social.example", "block"), "who: Nobody by this name came here yet. Name the server."),
        (("--import", str(tmp_path / "no.csv")), f"{tmp_path}/no.csv: No such file or directory"),
        (
            ("--import", str(tmp_path / "plein.toml")),
            "list: The first line must name the columns, one of them “domain”.",
        ),
    ]:
        assert run("servers", *words) == (1, f"{said}\n")


def test_reports_deliveries_and_fates_are_told(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    publish(tmp_path, 1, FOUR)
    run("announce")
    assert run("deliveries") == run("reports") == (0, "")
    with closing(sqlite.connect(tmp_path / "var/plein.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        tx = SqliteTransaction(connection)
        comment_id = a_reply(tx, a_stranger(tx), page="blogs/a")
        a_report(tx, comment_id)
        uri = connection.execute("SELECT origin_uri FROM comment").fetchone()[0]
        own = connection.execute("SELECT id FROM own_actor WHERE kind = 'site'").fetchone()[0]
        a_delivery(tx, own, "slow.example")
        connection.execute("COMMIT")
    assert run("reports") == (0, f"{comment_id} by https://social.example/users/klager\n  Dit is reclame.\n")
    waits = "slow.example: 1 wait, 0 given up, 3 tries, next 2099-01-01 00:00 UTC\n  503\n"
    assert run("deliveries") == (0, waits)
    assert run("fate", uri) == (0, "held: first\n")
    assert run("fate", "http://169.254.169.254/latest")[1].startswith("refused: not-https")


def test_a_page_is_closed_and_opened(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    publish(tmp_path, 1, FOUR)
    run("announce")
    connection = sqlite.connect(tmp_path / "var/plein.db")
    closed = "SELECT page_key, closed_by FROM thread WHERE closed_at IS NOT NULL"
    assert run("close", "blogs/a")[0] == 0
    assert connection.execute(closed).fetchall() == [("blogs/a", "command line")]
    assert run("reopen", "blogs/a")[0] == 0
    assert connection.execute(closed).fetchall() == []
    connection.close()
    assert run("close", "blogs/none") == (1, "There is no page blogs/none.\n")
    assert run("close", "none")[0] == 1


def test_the_first_administrator_is_made_by_command(run: Callable[..., tuple[int, str]]) -> None:
    assert run("administrator", "Anna@Example.org") == (0, "anna@example.org is an administrator now.\n")
    assert run("administrator", "anna")[0] == 1


def test_wrong_settings_are_told(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    (tmp_path / "plein.toml").write_text('[site]\nid = "plein"\n', "utf-8")
    status, said = run("migrate")
    assert status == 1
    assert "site.url" in said


@pytest.mark.usefixtures("run")
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    publish(tmp_path, 1, FOUR)
    port = free_port()
    command = [sys.executable, "-m", "comments_service", "--settings", str(tmp_path / "plein.toml")]
    process = subprocess.Popen([*command, "serve", "--port", str(port)], env={**os.environ, "PYTHONWARNINGS": "error"})
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    finally:
        process.kill()
