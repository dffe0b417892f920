"""The application behind a real server on a port of the kernel's choice."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from comments_service import app
from comments_service.__main__ import main
from tests.service.running import OWN_PAGE, link_token, serving, some_settings, wait_until


@contextmanager
def a_server(folder: Path) -> Iterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with serving(app.create(some_settings(folder, site=url)), listening):
        yield url


def log_in(client: httpx2.Client) -> None:
    before = len(client.get("/dev/mail.json").json())
    client.post("/api/v1/log-in-links", json={"email": "anna@example.org"}).raise_for_status()
    wait_until(lambda: len(client.get("/dev/mail.json").json()) > before)
    token = link_token(client.get("/dev/mail.json").json()[-1]["text"])
    assert client.post("/log-in/link", data={"token": token}, headers=OWN_PAGE).status_code == 303


def test_a_comment_is_there_after_a_restart_and_head_and_chunks_work(tmp_path: Path) -> None:
    with a_server(tmp_path) as url, httpx2.Client(base_url=url, trust_env=False) as client:
        log_in(client)
        body = b'{"text": "Blijft ' + b'staan", "name": "Anna"}'
        headers = OWN_PAGE | {"Idempotency-Key": "a-random-key", "Content-Type": "application/json"}
        made = client.post(
            "/api/v1/threads/blogs/drempels/comments", content=iter([body[:9], body[9:]]), headers=headers
        )
        assert made.status_code == 201
        head = client.head("/api/v1/threads/blogs/drempels")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"]
        large = client.post("/log-in", content=iter([b"email=" + b"x" * 400_000]), headers=OWN_PAGE | FORM)
        assert large.status_code == 413
        assert "server" not in head.headers or "uvicorn" in head.headers["server"]
    manifest = tmp_path / "plein.json"
    manifest.unlink()  # the next server stands on another port: it has another site
    with a_server(tmp_path) as url, httpx2.Client(base_url=url, trust_env=False) as client:
        thread = client.get("/api/v1/threads/blogs/drempels").json()
        assert thread["items"][0]["html"] == "<p>Blijft staan</p>"
        assert thread["items"][0]["author"]["name"] == "Anna"


def test_an_answer_comes_in_one_piece_and_two_that_were_asked_at_once_are_both_whole(tmp_path: Path) -> None:
    asked = b"GET /api/v1/threads/blogs/drempels HTTP/1.1\r\nHost: localhost\r\n"
    with a_server(tmp_path) as url, socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 20) as line:
        for _ in range(20):
            line.sendall(asked + b"\r\n")
            head, _, body = line.recv(65_536).partition(b"\r\n\r\n")
            assert b"HTTP/1.1 200 OK" in head
            assert f"content-length: {len(body)}".encode() in head.lower()
            assert json.loads(body)["page"] == "blogs/drempels"
        line.sendall(asked + b"\r\n" + asked + b"Connection: close\r\n\r\n")
        told = b"".join(iter(lambda: line.recv(65_536), b""))
        assert told.count(b"HTTP/1.1 200 OK") == told.count(body) == 2


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_build_on_another_machine_announces_with_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with a_server(tmp_path) as url:
        settings = elsewhere / "plein.toml"
        settings.write_text(f'[site]\nid = "plein"\nname = "Plein"\nurl = "{url}"\n', "utf-8")
        manifest = json.loads((tmp_path / "plein.json").read_text("utf-8"))
        manifest["serial"] += 1
        del manifest["pages"]["blogs/dicht"]
        (tmp_path / "plein.json").write_text(json.dumps(manifest), "utf-8")

        def announce(token: str, *options: str) -> tuple[int, str]:
            monkeypatch.setenv("PLEIN_SERVICE__ANNOUNCE_TOKEN", token)
            status = main(["--settings", str(settings), "announce", *options])
            said = capsys.readouterr()
            return status, said.out + said.err

        assert announce("x" * 32) == (1, f"{url} answered with status 401; is the token right?\n")
        right = (tmp_path / "announce.token").read_text("ascii").strip()
        for _ in range(2):
            assert "blogs/dicht is missing" in announce(right, "--dry-run")[1]
        assert "The manifest is taken in.\n  blogs/dicht is missing" in announce(right)[1]
        assert announce(right) == (0, "This manifest was taken in before; nothing to do.\n")
        assert "  blogs/nooit is not withdrawn" in announce(right, "--withdraw", "blogs/nooit")[1]
    assert sorted(path.name for path in elsewhere.iterdir()) == ["plein.toml"]  # no database was made there
    assert announce("too-short")[0] == 1
