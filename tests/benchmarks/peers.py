"""The servers that are measured: ours, a bare route with the same bytes, and Isso; each a process of its own."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.service.running import a_manifest, free_port

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "bench.txt"
ISSO = ROOT / "var" / "bench" / "isso"
TEXTS: list[dict[str, str]] = json.loads((Path(__file__).parent / "comments.json").read_text("utf-8"))
PAGES = 100  # that have a thread
HOT, BIG = "blogs/vijftig", "blogs/honderdduizend"


@dataclass(frozen=True)
class Server:
    url: str
    process: "subprocess.Popen[bytes]"

    def memory(self, which: str = "VmRSS") -> int:
        """Bytes that the process holds; "VmHWM" is the most it ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        line = next(line for line in status.splitlines() if line.startswith(f"{which}:"))
        return int(line.split()[1]) * 1024

    def processor_seconds(self) -> float:
        """What the process has used of processors since it began."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def allow_many_files() -> None:
    """Every stream is a file: as many as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def running(
    words: Sequence[str | Path],
    url: str,
    path: str,
    environment: Mapping[str, str] | None = None,
    *,
    is_chatty: bool = False,
) -> Iterator[Server]:
    """Start a server and wait until it answers at `path`; stop it with SIGTERM."""
    everything = {**os.environ, **(environment or {})}
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        env=everything,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if is_chatty else None,
        preexec_fn=allow_many_files,
    )
    try:
        deadline = time.monotonic() + 30
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{words[0]} did not start")
            time.sleep(0.02)
        yield Server(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def settings_file(folder: Path, port: int) -> Path:
    """Settings as an operator has them, with the limits off, beside a manifest of all pages."""
    url = f"http://127.0.0.1:{port}"

    def page(key: str) -> dict[str, object]:
        text = {"url": f"{url}/{key}/", "title": key, "hash": key}
        return {"kind": "blog", "language": "nl", "comments": "open", "translations": {"nl": text, "en": text}}

    names = [HOT, BIG, *(f"blogs/bericht-{number}" for number in range(PAGES))]
    (folder / "plein.json").write_bytes(a_manifest(url, **{name: page(name) for name in names}))
    path = folder / "plein.toml"
    path.write_text(
        f'limits = "off"\n[site]\nid = "plein"\nname = "Plein"\nurl = "{url}"\n[service]\ndatabase = "plein.db"\n'
        'keys_dir = "."\nmanifest = "plein.json"\npoll_seconds = 0\n',
        "utf-8",
    )
    return path


@contextmanager
def ours(settings: Path) -> Iterator[Server]:
    url = settings.read_text("utf-8").split('url = "')[1].split('"')[0]
    port = url.rpartition(":")[2]
    python = os.environ.get("PLEIN_BENCH_PYTHON", sys.executable)  # of an installation without tools for developers
    command = [python, "-m", "comments_service", "--settings", str(settings), "serve", "--port", port]
    with running(command, url, "/readyz") as server:
        yield server


@contextmanager
def bare(url: str, folder: Path) -> Iterator[Server]:
    """The least that can be: an ASGI function which sends the same bytes, on the same server with the same settings.

    The headers are those of `url` too: the server spends a third of its time on them.
    """
    path = folder / "bare.bytes"
    with urllib.request.urlopen(url) as answer:
        path.write_bytes(answer.read())
        path.with_suffix(".headers").write_text(json.dumps(answer.getheaders()), "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare", str(path), str(port)]
    with running(command, f"http://127.0.0.1:{port}", "/") as server:
        yield server


@contextmanager
def isso(folder: Path, workers: int) -> Iterator[Server]:
    """Isso as its own documentation runs it: gunicorn with gevent workers; guard and moderation off."""
    if not (ISSO / "bin" / "isso").exists():
        _install_isso()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = folder / f"isso-{workers}.db"
    settings = folder / f"isso-{workers}.cfg"
    settings.write_text(
        f"[general]\ndbpath = {database}\nhost = {url}\n[guard]\nenabled = false\n[moderation]\nenabled = false\n",
        "utf-8",
    )
    command = [
        str(ISSO / "bin" / "gunicorn"),
        "-k",
        "gevent",
        "-w",
        str(workers),
        "-b",
        f"127.0.0.1:{port}",
        "isso.run",
    ]
    with running(command, url, "/count", {"ISSO_SETTINGS": str(settings)}, is_chatty=True) as server:
        yield server


def _install_isso() -> None:
    pip = [str(ISSO / "bin" / "pip"), "install", "--quiet", "--no-build-isolation"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ISSO)], check=True)
    lines = LOCK.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("setuptools=="))
    first = ISSO / "setuptools.txt"  # the others are built with it
    first.write_text("\n".join([lines[start], *_hashes(lines[start + 1 :])]) + "\n", "utf-8")
    for wanted in (first, LOCK):
        subprocess.run([*pip, "--require-hashes", "-r", str(wanted)], check=True)


def _hashes(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip().startswith("--hash"):
            return
        yield line
