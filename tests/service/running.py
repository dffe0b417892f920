"""A whole service for tests: a real SQLite file, the real application, a manifest on disk and the mails it sent."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from comments_service import app
from comments_service.settings import (
    CommentSettings,
    LoginSettings,
    MailSettings,
    ServiceSettings,
    Settings,
    SiteSettings,
)
from comments_service.store import schema, sqlite
from comments_service.web.packets import OnePacket

SITE = "http://testserver"
ADDRESS = "203.0.113.77"  # of the reader; it must be found nowhere
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        """Time that goes on a little with every look, so that nothing depends on equal moments."""
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Service:
    client: TestClient
    settings: Settings
    clock: Clock
    _keys: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def key(self) -> dict[str, str]:
        return {"Idempotency-Key": f"key-number-{next(self._keys)}"}

    def token(self) -> str:
        """What lets an announcement in."""
        return (self.settings.service.keys_dir / "announce.token").read_text("ascii").strip()

    def mails(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.client.get(f"{self.path}/dev/mail.json").json()
        return found

    @property
    def path(self) -> str:
        return self.settings.site.url.removeprefix(SITE)

    def mail(self, number: int) -> dict[str, str]:
        """The mail of that number, waited for: a worker sends it."""
        wait_until(lambda: len(self.mails()) >= number)
        return self.mails()[number - 1]

    def log_in(self, email: str = "anna@example.org", name: str | None = None) -> None:
        """Log the client in by the mail's link, and give the account a name."""
        before = len(self.mails())
        asked = self.client.post(f"{self.path}/api/v1/log-in-links", json={"email": email}, headers=OWN_PAGE)
        assert asked.status_code == 202, asked.text
        token = link_token(self.mail(before + 1)["text"])
        done = self.client.post(
            f"{self.path}/log-in/link", data={"token": token}, headers=OWN_PAGE, follow_redirects=False
        )
        assert done.status_code == 303, done.text
        if name is not None:
            self.client.patch(f"{self.path}/api/v1/me", json={"name": name}, headers=OWN_PAGE).raise_for_status()

    def comment(self, text: str = "Goed stuk.", page: str = "blogs/drempels", **fields: str) -> dict[str, object]:
        answer = self.client.post(
            f"{self.path}/api/v1/threads/{page}/comments", json={"text": text, **fields}, headers=OWN_PAGE | self.key()
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made


def link_token(text: str) -> str:
    found = re.search(r"/log-in/link\?token=(\S+)", text)
    assert found, text
    return found[1]


def code_of(text: str) -> str:
    found = re.search(r"\b\d{6}\b", re.sub(r"https?://\S+", "", text))
    assert found, text
    return found[0]


def free_port(address: str = "127.0.0.1") -> int:
    """A port of which this process keeps hold: a server may listen on it, and the kernel gives it to nobody else."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((address, 0))
    port: int = held.getsockname()[1]
    held.detach()  # stays open as long as the process
    return port


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it did not come about"
        sleep(0.01)


@contextmanager
def answering(
    handler: Callable[..., BaseHTTPRequestHandler], address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Let a handler answer at an address until the block ends; yields the port."""
    server = ThreadingHTTPServer((address, port), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(application: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve on a socket that listens already, by a real server on a thread of its own, until the block ends."""
    config = uvicorn.Config(
        application, access_log=False, log_level="warning", lifespan="on", loop="asyncio", http=OnePacket, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()
    assert not thread.is_alive()


def a_manifest(site: str = SITE, **pages: dict[str, object]) -> bytes:
    def page(key: str, kind: str, title: str, **fields: object) -> dict[str, object]:
        urls = {"nl": f"{site}/{key}/", "en": f"{site}/en/{key}/"}
        titles = {"nl": title, "en": f"{title} (in English)"}
        return {
            "kind": kind,
            "language": "nl",
            "comments": "open",
            "translations": {
                lang: {"url": urls[lang], "title": titles[lang], "hash": f"{key}-{lang}"} for lang in urls
            },
            **fields,
        }

    known = {
        "blogs/drempels": page("blogs/drempels", "blog", "Een plein zonder drempels", was=["oude-drempels"]),
        "blogs/dicht": page("blogs/dicht", "blog", "Gesloten", comments="closed"),
        "groups/bouwers": page("groups/bouwers", "group", "Bouwers"),
        **pages,
    }
    about = {"name": "Plein", "url": site, "languages": ["nl", "en"], "stylesheet": f"{site}/theme/plein.abc12345.css"}
    return json.dumps({"version": 1, "serial": 1764061200, "site": about, "pages": known}).encode()


def some_settings(folder: Path, *, site: str = SITE, **parts: object) -> Settings:
    manifest = folder / "plein.json"
    if not manifest.exists():
        manifest.write_bytes(a_manifest(site))
    service = {
        "database": folder / "plein.db",
        "keys_dir": folder,
        "manifest": str(manifest),
        "development": True,
        "poll_seconds": 0,
    }
    extra = parts.pop("service", {})
    assert isinstance(extra, dict)
    return Settings(
        site=SiteSettings(id="plein", name="Plein", url=site),
        service=ServiceSettings(**{**service, **extra}),
        **{
            "mail": MailSettings(sender="Plein <noreply@plein.example>"),
            "login": LoginSettings(),
            "comments": CommentSettings(),
            "limits": "off",
            **parts,
        },  # type: ignore[arg-type]  # pydantic checks them
    )


@cache
def an_empty_store() -> bytes:
    """A SQLite file with every migration applied. A copy of it saves each test what takes longest of its beginning."""
    with TemporaryDirectory() as folder:
        connection = sqlite.connect(Path(folder, "plein.db"))
        schema.migrate(connection)
        connection.close()
        return Path(folder, "plein.db").read_bytes()


@contextmanager
def a_service(folder: Path, **parts: object) -> Iterator[Service]:
    settings = some_settings(folder, **parts)  # type: ignore[arg-type]
    if not settings.service.database.exists():
        settings.service.database.write_bytes(an_empty_store())
    clock = Clock()
    application = app.create(settings, clock=clock)
    with TestClient(application, base_url=SITE, client=(ADDRESS, 50000)) as client:
        client.headers["User-Agent"] = "Mozilla/5.0 (test)"
        yield Service(client, settings, clock)
