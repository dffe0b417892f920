"""The development server: builds the site, serves it with its comments from one process, and builds again on a change.

This program answers no request itself. It watches the files, runs Pelican as a child for every build, and keeps one
child that answers from the last good output (serving.py). `<state>/site` is a symbolic link to that output; it is put
in place in one step, so nobody is served half a build.
"""

import argparse
import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from watchfiles import Change, DefaultFilter, awatch

from theme.commands import catalogues
from theme.commands.build import ROOT, Build
from theme.commands.due import next_due
from theme.commands.outputs import Outputs
from theme.commands.reload import Status
from theme.commands.service_call import take_in, wait_until_it_answers
from theme.plugins.settings import SettingsError, SiteSettings, load

APPLICATION = "tasks:application"
STOP_WITHIN = 8.0  # seconds that the child gets to end what it does
SETTINGS = ("plein.toml", "pelicanconf.py")


@dataclass(frozen=True)
class Needs:
    """What a change of files asks for."""

    build: bool = False
    restart: bool = False

    @classmethod
    def of(cls, changed: Sequence[Path], content: Path) -> "Needs":
        def under(path: Path, *folders: Path) -> bool:
            return any(path.is_relative_to(folder) for folder in folders)

        build = restart = False
        for path in changed:
            build |= under(path, content, ROOT / "theme") and not under(path, ROOT / "theme" / "commands")
            build |= path in {ROOT / name for name in SETTINGS}
            build |= path.parent == ROOT and path.suffix == ".css"  # a house style
            restart |= under(path, ROOT / "comments_service") or path == ROOT / "plein.toml"
        return cls(build, restart)


class Changes(DefaultFilter):
    """Editors' temporary files, caches and what we compile ourselves are no change."""

    def __call__(self, change: Change, path: str) -> bool:
        return not path.endswith((".mo", ".mo.new")) and super().__call__(change, path)


@dataclass(frozen=True)
class Place:
    """Where the server listens, reads and keeps things."""

    host: str
    port: int
    content: Path
    state: Path
    url: str

    @property
    def base(self) -> str:
        return urlsplit(self.url).path.rstrip("/")

    @property
    def status(self) -> Path:
        return self.state / "serve.json"

    @property
    def token(self) -> Path:
        """Where the service keeps the secret that lets `POST /announcements` in."""
        return Path(self.environment()["PLEIN_SERVICE__KEYS_DIR"], "announce.token")

    def environment(self) -> dict[str, str]:
        """Settings of the service while developing; what the environment already says wins."""
        ours = {
            "PLEIN_SERVICE__DATABASE": str(self.state / "plein.db"),
            "PLEIN_SERVICE__KEYS_DIR": str(self.state),
            "PLEIN_SERVICE__MANIFEST": str(self.state / "site" / "plein.json"),
            "PLEIN_SERVICE__DEVELOPMENT": "true",
        }
        return (
            ours | dict(os.environ) | {"PLEIN_SITE__URL": self.url, "PLEIN_SERVICE__SITE_DIR": str(self.state / "site")}
        )


class Child:
    """The process that answers. It keeps the listening socket of its parent, so a restart refuses nobody."""

    def __init__(self, place: Place, listening: socket.socket) -> None:
        self.place = place
        self.listening = listening
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        descriptor = self.listening.fileno()
        options = ["--socket", str(descriptor), "--status", str(self.place.status), "--base", self.place.base]
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "theme.commands.serving", "--application", APPLICATION, *options),
            cwd=ROOT,
            env=self.place.environment(),
            stdin=asyncio.subprocess.PIPE,  # never written to: when we are gone it closes, and the child ends
            pass_fds=[descriptor],
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the child in our own order
        )

    async def stop(self) -> None:
        if self.process is not None:
            await end(self.process)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, insist when it does not, and return when it is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()


@dataclass
class Supervisor:
    """Keeps the output and the answering process in step with the files."""

    place: Place
    child: Child
    outputs: Outputs
    settings: SiteSettings  # the last ones that were right
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    greeted: bool = False
    number: int = 0  # of the output that is shown; 0 is none yet

    def tell(self, state: str, log: str = "") -> None:
        Status(self.number, state, log).write(self.place.status)

    async def run(self) -> None:
        self.number = 1 if self.outputs.latest() else 0
        self.tell("building")
        self.wanted.set()
        await self.child.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.watch())
            tasks.create_task(self.build_when_wanted())
            if self.number:
                tasks.create_task(self.greet())

    async def greet(self) -> None:
        """Say where to look, once the answering process does answer."""
        if not self.greeted and await asyncio.to_thread(wait_until_it_answers, self.place.url):
            self.greeted = True
            names = {"nl": "Dutch", "en": "English"}
            for language in self.settings.languages:
                path = "/" if language == self.settings.languages[0] else f"/{language}/"
                say(f"  {names[language]:8} {self.place.url}{path}")
            say(f"  {'Mail':8} {self.place.url}/dev/mail")
            say("Files are watched; pages reload by themselves. Ctrl-C stops.")

    def fault_of_settings(self) -> str:
        """Read plein.toml again and say what is wrong with it; until it is mended the last right settings stand."""
        try:
            self.settings = load(ROOT / "plein.toml", os.environ)
        except SettingsError as error:
            return str(error)
        return ""

    def zone(self) -> ZoneInfo:
        self.fault_of_settings()  # the build says it
        return ZoneInfo(self.settings.timezone)

    async def watch(self) -> None:
        async for changed in merged(
            awatch(self.place.content, ROOT / "theme", ROOT / "comments_service", watch_filter=Changes()),
            awatch(ROOT, watch_filter=Changes(), recursive=False),
        ):
            needs = Needs.of(changed, self.place.content)
            if needs.build or needs.restart:
                try:
                    catalogues.main()
                except (OSError, ValueError, LookupError) as error:  # saved half, or under a name that is no language
                    say(f"The texts of the languages cannot be compiled: {error}")
            if needs.restart and (fault := self.fault_of_settings()):
                say(f"{fault}\nThe service goes on with the settings it has.")
            elif needs.restart:
                say("The service's code or settings changed: starting it again …")
                await self.child.stop()
                await self.child.start()
            if needs.build:
                self.wanted.set()

    async def build_when_wanted(self) -> None:
        began = datetime.now(UTC)  # a post that becomes due while a build runs is for the next one
        while True:
            due = await asyncio.to_thread(next_due, self.place.content, self.zone(), now=began)
            while not self.wanted.is_set() and (due is None or due > datetime.now(UTC)):
                # never long asleep: a laptop that was closed must not miss the moment
                pause = None if due is None else min(60.0, max(0.0, (due - datetime.now(UTC)).total_seconds()))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.wanted.wait(), pause)
            self.wanted.clear()
            began = datetime.now(UTC)
            await self.build()

    async def build(self) -> None:
        say("Building the site …")
        self.tell("building")
        started = time.monotonic()
        run = Build(self.place.content, self.outputs.new_folder(), site_url=self.place.url)
        process = await asyncio.create_subprocess_exec(
            *run.command(),
            cwd=ROOT,
            env=run.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            log = (await process.communicate())[0].decode("utf-8", "replace").strip()
        finally:
            await end(process)
        if process.returncode != 0:
            self.outputs.discard(run.output)
            served = "what is served is the last good output" if self.number else "there is no earlier output to serve"
            say(f"{log}\nThe build failed; {served}.")
            self.tell("failed", log)
            await self.greet()
            return
        is_new = await asyncio.to_thread(self.outputs.show, run.output)
        self.number += is_new
        self.tell("built", log)
        pages = sum(1 for _ in self.outputs.link.resolve().rglob("*.html"))
        say(f"Built {pages} pages in {time.monotonic() - started:.1f} s{'' if is_new else '; nothing changed'}.")
        if is_new and (fault := await asyncio.to_thread(take_in, self.place.url, self.place.token)):
            say(f"The service did not take in the new pages: {fault}")
        await self.greet()


async def merged(*sources: AsyncIterator[set[tuple[Change, str]]]) -> AsyncIterator[list[Path]]:
    """Yield the changed paths of several watchers as they come."""
    queue: asyncio.Queue[list[Path]] = asyncio.Queue()

    async def feed(source: AsyncIterator[set[tuple[Change, str]]]) -> None:
        async for changes in source:
            queue.put_nowait([Path(path) for _, path in changes])

    feeders = [asyncio.ensure_future(feed(source)) for source in sources]
    try:
        while True:
            yield await queue.get()
    finally:
        for feeder in feeders:
            feeder.cancel()


def say(text: str) -> None:
    print(text, flush=True)


def listen(host: str, port: int) -> socket.socket:
    """Take the port, or stop with a message that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except socket.gaierror as error:
        raise SystemExit(f"HOST is {host!r}, which is no address of this machine: {error.strerror}.") from error
    except OSError as error:
        other = port + 1 if 1024 <= port < 65535 else 8000
        raise SystemExit(
            f"{host}:{port} cannot be used: {error.strerror}. "
            f"Stop the program that has it, or choose another port: make serve PORT={other}"
        ) from error
    return listening


def port_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise SystemExit(f"PORT is {text!r}; it must be a number up to 65535, like 8000.")
    return int(text)


def hold(state: Path) -> int:
    """Make the state folder ours: two servers over one database and one output would undo each other's work."""
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise SystemExit(f"Another server already works in {state}. Stop it first, or give --state DIR.") from error
    return descriptor


async def supervise(place: Place, listening: socket.socket, settings: SiteSettings) -> None:
    """Run until SIGINT or SIGTERM, then stop what was started."""
    child = Child(place, listening)
    supervisor = Supervisor(place, child, Outputs(place.state), settings)
    work = asyncio.ensure_future(supervisor.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        await child.stop()
    say("Stopped.")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv serve", description="Serve the site while you work on it.")
    parser.add_argument("--content", type=Path, default=ROOT / "content", metavar="DIR", help="default: content")
    parser.add_argument("--state", type=Path, default=ROOT / "var", metavar="DIR", help="default: var")
    options = parser.parse_args(argv)
    host, port = os.environ.get("HOST") or "127.0.0.1", port_of(os.environ.get("PORT") or "8000")
    if not options.content.is_dir():
        raise SystemExit(f"There is no folder {options.content}. Give the folder that has blogs/ in it: --content DIR.")
    try:
        settings = load(ROOT / "plein.toml", os.environ)
    except SettingsError as error:
        raise SystemExit(str(error)) from error
    listening = listen(host, port)
    port = listening.getsockname()[1]
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    url = os.environ.get("PLEIN_SITE__URL", f"http://{reached}:{port}")
    place = Place(host, port, options.content.resolve(), options.state.resolve(), url)
    lock = hold(place.state)
    catalogues.main()
    asyncio.run(supervise(place, listening, settings))
    os.close(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
