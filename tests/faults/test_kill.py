"""kill -9 during writes, 50 times or KILLS: every 201 is there, and a retry of the rest stores nothing twice."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comments_service import consent
from comments_service.login import sessions
from comments_service.store import sqlite
from comments_service.store.sqlite import SqliteTransaction
from tests.service.builders import an_account, manifest_json, page_json
from tests.service.running import free_port

pytestmark = pytest.mark.fault

KILLS = int(os.environ.get("KILLS", "50"))
CLIENTS = 8
ANSWERS_BEFORE_A_KILL = 12


@dataclass
class Ledger:
    """What the clients sent and what was acknowledged; shared by all threads."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # idempotency key -> comment id
    open: list[str] = field(default_factory=list)  # sent, never answered
    number: int = 0
    wanted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    enough: threading.Event = field(default_factory=threading.Event)

    def next_key(self) -> str:
        with self.lock:
            if self.open:
                return self.open.pop()
            self.number += 1
            return f"key-{self.number:06}"


def post(port: int, cookie: str, key: str) -> str | None:
    """Post a comment and return its id; None when the answer never came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            "POST",
            "/api/v1/threads/blogs/drempel/comments",
            json.dumps({"text": key, "lang": "nl"}),
            {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "Cookie": cookie,
                "Sec-Fetch-Site": "same-origin",
            },
        )
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    assert answer.status == 201, body
    return str(json.loads(body)["id"])


def write(port: int, cookie: str, ledger: Ledger) -> None:
    """Post until the service is gone."""
    while True:
        key = ledger.next_key()
        comment_id = post(port, cookie, key)
        with ledger.lock:
            if comment_id is None:
                ledger.open.append(key)
                return
            ledger.acknowledged[key] = comment_id
            if len(ledger.acknowledged) >= ledger.wanted:
                ledger.enough.set()


# Forks a service for each line it reads, so that no life pays for the imports; a fork is a process of its own to kill.
NURSERY = """
import os, sys
from comments_service.__main__ import main
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(2, 1)  # what it says is no answer
        os._exit(main(sys.argv[1:]))
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextmanager
def nursery(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    words = ["--settings", str(folder / "plein.toml"), "serve", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY, *words],
        env={**os.environ, "PLEIN_LIMITS": "off"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@contextmanager
def serving(parent: subprocess.Popen[str], port: int) -> Iterator[None]:
    """A service that lives until the end of the block, where it is killed with -9."""
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write("\n")
    parent.stdin.flush()
    child = int(parent.stdout.readline())
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                threading.Event().wait(0.01)
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(int(parent.stdout.readline())) == signal.SIGKILL  # it did not die before


def test_every_201_outlives_every_kill_9(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    manifest = manifest_json(1, {"blogs/drempel": page_json("blogs/drempel", base=url)}, base=url)
    (tmp_path / "plein.json").write_text(json.dumps(manifest), "utf-8")
    (tmp_path / "plein.toml").write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "{url}"\n[service]\nmanifest = "plein.json"\npoll_seconds = 0\n',
        "utf-8",
    )
    path = tmp_path / "var/plein.db"
    sqlite.migrate(path)
    connection = sqlite.connect(path)
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTransaction(connection)
    anna = an_account(tx)
    now = datetime.now(UTC)
    consent.stop(tx, consent.agree(tx, anna, "plein", "anna", url=f"{url}/people/anna", now=now), "plein", now=now)
    token = sessions.start(tx, "plein", anna.id, timedelta(days=1), now=datetime.now(UTC))
    connection.execute("COMMIT")
    connection.close()
    ledger = Ledger()
    with nursery(tmp_path, port) as parent:
        for kill in range(1, KILLS + 1):
            ledger.wanted = kill * ANSWERS_BEFORE_A_KILL
            ledger.enough.clear()
            arguments = (port, f"plein-session={token}", ledger)
            clients = [threading.Thread(target=write, args=arguments, daemon=True) for _ in range(CLIENTS)]
            with serving(parent, port):
                for client in clients:
                    client.start()
                assert ledger.enough.wait(60)  # the clients go on: requests are under way when the process dies
            for client in clients:
                client.join(60)
        with serving(parent, port):
            for key in ledger.open:
                comment_id = post(port, f"plein-session={token}", key)
                assert comment_id is not None
                ledger.acknowledged[key] = comment_id
    connection = sqlite.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    stored = dict(connection.execute("SELECT text, id FROM comment WHERE state = 'shown'"))
    (total,) = connection.execute("SELECT count(*) FROM comment").fetchone()
    assert connection.execute("SELECT comment_count FROM thread").fetchone() == (total,)
    assert connection.execute("SELECT comments FROM thread_language").fetchall() == [(total,)]
    told = connection.execute("SELECT comment_id FROM event WHERE kind = 'shown' ORDER BY comment_id").fetchall()
    connection.close()
    assert stored == ledger.acknowledged
    assert total == len(ledger.acknowledged)
    assert [comment_id for (comment_id,) in told] == sorted(ledger.acknowledged.values())
