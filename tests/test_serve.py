"""The development server as a person meets it: started with `inv serve`, files edited, stopped with a signal."""

import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.site.building import GARDEN, a_blog, write_content

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60  # seconds until a condition counts as never met
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """`inv serve` over a copy of the content; its terminal output is read as it comes."""

    def __init__(self, content: Path, state: Path, port: int | str = 0, project: Path = ROOT) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEIN_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "invoke", "serve", "--content", str(content), "--state", str(state)],
            cwd=project,
            env=environment | {"PORT": str(port), "HOST": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as terminal:
            for line in terminal:
                self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read on until the terminal says this, and forget what stands before it."""
        while not (found := re.search(pattern, self.said)):
            line = self.lines.get(timeout=PATIENCE)
            assert line is not None, f"ended before it said {pattern!r}:\n{self.said}"
            self.said += line
        self.said = self.said[found.end() :]
        return found

    def start(self) -> str:
        return self.wait_for(r"(http://127\.0\.0\.1:\d+)/en/")[1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        """Wait until the process and all that it started have let go of the terminal."""
        self.listener.join(PATIENCE)
        assert not self.listener.is_alive(), "a process was left behind"
        return self.process.wait(PATIENCE)


def get(url: str) -> str:
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    with OPENER.open(request, timeout=PATIENCE) as answer:
        return str(answer.read().decode("utf-8"))


def status_when(url: str, state: str) -> dict[str, str]:
    """Follow the status, as a page does, until the last build is in this state."""
    seen = ""
    while True:
        status: dict[str, str] = json.loads(get(f"{url}/dev/status?seen={seen}"))
        if status["state"] == state:
            return status
        seen = status["seen"]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A small site: what takes time here is building it again and again."""
    return write_content(tmp_path / "content", GARDEN)


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        if server.process.poll() is None:
            server.stop()


def a_page(content: Path) -> tuple[Path, Path, str]:
    """A page in both languages: its two files and its slug."""
    return content / "pages" / "over.nl.md", content / "pages" / "over.en.md", "over"


def test_a_change_is_built_a_mistake_is_shown_and_a_signal_stops_all(
    content: Path, tmp_path: Path, servers: list[Server]
) -> None:
    servers.append(server := Server(content, tmp_path / "state"))
    url = server.start()
    dutch, english, slug = a_page(content)
    assert "/dev/reload.js" in get(f"{url}/{slug}/")
    assert get(f"{url}/dev/mail")

    first = status_when(url, "built")
    for path, line in ((dutch, "Deze zin is nieuw."), (english, "This sentence is new.")):
        path.write_text(f"{path.read_text('utf-8')}\n\n{line}\n", "utf-8")
    server.wait_for("Built ")
    while "Deze zin is nieuw." not in get(f"{url}/{slug}/") or "This sentence is new." not in get(f"{url}/en/{slug}/"):
        server.wait_for("Built ")  # the second file came after the first build had begun
    assert status_when(url, "built")["page"] != first["page"], "an open page hears that it must reload"

    good = dutch.read_text("utf-8")
    dutch.write_text(good.replace("---\n", "---\ntitel: x\n", 1), "utf-8")
    failed = status_when(url, "failed")
    assert dutch.name in failed["log"]
    assert "titel" in failed["log"]
    assert "Traceback" not in failed["log"]
    assert "Deze zin is nieuw." in get(f"{url}/{slug}/"), "the last good output is still served"
    dutch.write_text(good, "utf-8")
    server.wait_for("Built ")
    assert "titel" not in status_when(url, "built")["log"]

    assert server.stop(signal.SIGINT) == 0
    with pytest.raises(urllib.error.URLError):
        get(url)


def test_a_restart_answers_from_the_last_good_output_while_it_builds(
    content: Path, tmp_path: Path, servers: list[Server]
) -> None:
    servers.append(server := Server(content, tmp_path / "state"))
    server.start()
    assert server.stop() == 0
    dutch, _, slug = a_page(content)
    dutch.write_text("no front matter: this cannot be built", "utf-8")
    servers.append(again := Server(content, tmp_path / "state"))
    assert "/dev/reload.js" in get(f"{again.start()}/{slug}/")


def test_a_post_appears_by_itself_when_it_is_due(content: Path, tmp_path: Path, servers: list[Server]) -> None:
    began = datetime.now(UTC)
    servers.append(server := Server(content, tmp_path / "state"))
    url = server.start()
    due = datetime.now(UTC) + (datetime.now(UTC) - began) * 1.5  # the next build takes less than that start
    new = a_blog("Straks te lezen", date=due.isoformat(timespec="seconds"))
    (content / "blogs" / "straks-te-lezen.nl.md").write_text(new, "utf-8")
    server.wait_for("nothing changed")  # built with the new file, and it is not there yet
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{url}/blogs/straks-te-lezen/")
    server.wait_for("Built ")
    assert get(f"{url}/blogs/straks-te-lezen/")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the program, so that its settings and texts can be broken."""
    copy = tmp_path / "project"
    for name in ("comments_service", "theme"):
        unfinished = shutil.ignore_patterns("*.pyc.*", "*.new")  # what other tests are just writing
        shutil.copytree(ROOT / name, copy / name, ignore=unfinished)
    for name in ("plein.toml", "pelicanconf.py", "publishconf.py", "tasks.py"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def test_broken_settings_are_shown_and_mended_settings_go_on(
    content: Path, project: Path, tmp_path: Path, servers: list[Server]
) -> None:
    servers.append(server := Server(content, tmp_path / "state", project=project))
    url = server.start()
    settings = project / "plein.toml"
    good = settings.read_text("utf-8")
    for broken in (f"{good}\nbroken = [\n", good.replace("Europe/Amsterdam", "Europe/Nergens")):
        settings.write_text(broken, "utf-8")
        server.wait_for("The build failed")
        assert "plein.toml" in status_when(url, "failed")["log"]
        assert "/dev/reload.js" in get(f"{url}/en/"), "the last good output is still served"
        settings.write_text(good, "utf-8")
        server.wait_for("Built ")
        assert "/dev/reload.js" in get(f"{url}/en/")
    texts = project / "theme" / "locale" / "nl" / "LC_MESSAGES" / "theme.po"
    whole = texts.read_bytes()
    texts.write_bytes(b'msgid "\xff"')
    server.wait_for("cannot be compiled")
    server.wait_for("The build failed")
    texts.write_bytes(whole)
    server.wait_for("Built ")
    assert server.stop() == 0


def test_a_start_that_cannot_succeed_says_why(content: Path, project: Path, tmp_path: Path) -> None:
    def said(server: Server, words: str) -> None:
        server.wait_for(words)
        assert server.end() == 1
        assert "Traceback" not in server.said

    said(Server(content, tmp_path / "state", "http"), "PORT is 'http'; it must be a number")
    said(Server(content, tmp_path / "state", "70000"), "PORT is '70000'; it must be a number")
    said(Server(tmp_path / "nowhere", tmp_path / "state"), "There is no folder .*nowhere")
    (project / "plein.toml").write_text("[site\n", "utf-8")
    said(Server(content, tmp_path / "state", project=project), "plein.toml is no TOML")


def test_a_taken_port_is_named(content: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(content, tmp_path / "state", port)
        server.wait_for(rf"127\.0\.0\.1:{port} cannot be used.*make serve PORT=")
        assert server.end() == 1


def test_no_process_is_left_when_the_server_is_killed(content: Path, tmp_path: Path) -> None:
    server = Server(content, tmp_path / "state")
    server.start()
    server.process.kill()
    assert server.end() == -signal.SIGKILL
