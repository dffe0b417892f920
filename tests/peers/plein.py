"""A Plein site as a process of its own, with a manifest on disk, for tests with several servers."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.peers.authority import Authority
from tests.service.running import free_port, link_token, wait_until

Json = dict[str, Any]
ACTIVITY = "application/activity+json"


@dataclass(eq=False)
class Plein:
    """One site. `host` is its name and port; accounts are logged in by their cookie. With an authority it has TLS."""

    folder: Path
    host: str
    extra: str = ""
    authority: Authority | None = None
    process: subprocess.Popen[bytes] | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    _keys: int = 0
    serial: int = 1
    pages: dict[str, Json] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://{self.host}"

    def start(self) -> None:
        self.begin()
        self.wait()

    def wait(self) -> None:
        wait_until(self._is_ready)

    def begin(self) -> None:
        """Start, and do not wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        settings = self.folder / "plein.toml"
        settings.write_text(
            f'[site]\nid = "plein"\nname = "Plein"\nurl = "{self.url}"\n'
            '[service]\ndatabase = "plein.db"\nkeys_dir = "."\nmanifest = "plein.json"\ndevelopment = true\n'
            'poll_seconds = 0\n[federation]\nintranet = ["127.0.0.0/8"]\n'
            f"hold_first = false\nhold_per_minute = 0\n{self.extra}",
            "utf-8",
        )
        if not (self.folder / "plein.json").exists():
            self.write_manifest()
        address, _, port = self.host.rpartition(":")
        module, named = "comments_service", {}
        if self.authority is not None:
            module, address = "tests.peers.serve_named", "127.0.0.1"
            named = {"TLS_FILE": str(self.authority.server_file), "SSL_CERT_FILE": str(self.authority.file)}
            named["AHEAD_FILE"] = str(self.authority.folder / "ahead")
        command = [sys.executable, "-m", module, "--settings", str(settings), "serve"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [*command, "--host", address, "--port", port],
            stdout=log,
            stderr=log,
            env={**os.environ, **named, "PLEIN_LIMITS": "off"},
        )
        log.close()

    def command(self, *words: str) -> None:
        """Run a command of the service beside the one that serves."""
        settings = str(self.folder / "plein.toml")
        command = [sys.executable, "-m", "comments_service", "--settings", settings, *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal_number)
            self.process.wait(60)
            self.process = None

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text("utf-8")
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    # what the site holds

    def write_manifest(self) -> None:
        self.serial += 1
        manifest = {
            "version": 1,
            "serial": self.serial,
            "site": {"name": "Plein", "url": self.url, "languages": ["nl", "en"]},
            "people": {"redactie": {"name": {"nl": "Redactie", "en": "Editors"}, "text": {}, "url": {}}},
            "groups": {"buurt": {"page": "groups/buurt", "name": {"nl": "Buurt"}, "text": {}, "owners": ["redactie"]}},
            "pages": {"groups/buurt": self._page("group", "Buurt", "buurt"), **self.pages},
        }
        path = self.folder / "plein.json.new"
        path.write_text(json.dumps(manifest), "utf-8")
        path.replace(self.folder / "plein.json")

    def post(self, slug: str, title: str, text: str, **fields: object) -> str:
        """Put a post on the site, or change it, and announce it; return its key."""
        self.put(slug, title, text, **fields)
        self.announce()
        return f"blogs/{slug}"

    def put(self, slug: str, title: str, text: str, **fields: object) -> None:
        body = f"bodies/{slug}-{self.serial}.html"
        (self.folder / "bodies").mkdir(exist_ok=True)
        (self.folder / body).write_text(f"<p>{text}</p>", "utf-8")
        page = self._page("blog", title, slug)
        page["translations"]["nl"] |= {"hash": f"{title}{text}"[:2000], "body": f"{self.url}/{body}"}
        page |= {"date": datetime.now(UTC).isoformat(), "authors": ["redactie"], "group": "groups/buurt", **fields}
        self.pages[f"blogs/{slug}"] = page

    def _page(self, kind: str, title: str, slug: str) -> Json:
        url = f"{self.url}/{kind}s/{slug}/"
        return {
            "kind": kind,
            "language": "nl",
            "translations": {"nl": {"url": url, "title": title, "hash": title, "summary": f"Over {title}."}},
        }

    def announce(self, query: str = "") -> Json:
        self.write_manifest()
        token = (self.folder / "announce.token").read_text("ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        status, answer = self.ask("POST", f"/api/v1/announcements{query}", None, headers)
        assert status == 200, answer
        return answer

    # what people do

    def log_in(self, name: str, handle: str | None = None) -> None:
        """Make an account with a name; with a handle it agrees that its comments travel."""
        own = {"Sec-Fetch-Site": "same-origin"}
        number = len(self.mails())
        self.ask("POST", "/api/v1/log-in-links", {"email": f"{name.lower()}@example.org"}, own)
        wait_until(lambda: len(self.mails()) > number)
        token = link_token(self.mails()[number]["text"])
        request = urllib.request.Request(f"{self.url}/log-in/link", f"token={token}".encode(), own)
        with self._open(request) as answer:
            self.cookies[name] = answer.headers["Set-Cookie"].partition(";")[0]
        status, _ = self.act(name, "PATCH", "/api/v1/me", {"name": name})
        assert status == 200
        if handle is not None:
            status, answer = self.act(name, "PATCH", "/api/v1/me", {"handle": handle, "federation": "on"})
            assert status == 200, answer

    def mails(self) -> list[Json]:
        found: list[Json] = self.ask("GET", "/dev/mail.json")[1]  # type: ignore[assignment]
        return found

    def comment(self, name: str, page: str, text: str, in_reply_to: str | None = None) -> str:
        self._keys += 1
        said = {"text": text, **({"inReplyTo": in_reply_to} if in_reply_to else {})}
        key = {"Idempotency-Key": f"{name}-{self._keys}-key"}
        status, answer = self.act(name, "POST", f"/api/v1/threads/{page}/comments", said, key)
        assert status == 201, answer
        return str(answer["id"])

    def act(self, name: str, method: str, path: str, said: object, headers: Mapping[str, str] = {}) -> tuple[int, Json]:
        own = {"Cookie": self.cookies[name], "Sec-Fetch-Site": "same-origin"}
        return self.ask(method, path, said, {**own, **headers})

    # what others see

    def thread(self, page: str) -> Json:
        return self.ask("GET", f"/api/v1/threads/{page}?limit=50")[1]

    def texts(self, page: str) -> list[tuple[str, str, str | None]]:
        """(author, text without tags, server) of all comments that readers see."""
        found = []
        for item in self.thread(page)["items"]:
            for one in (item, *item["replies"]["items"]):
                author = one["author"] or {"name": "", "server": None}
                plain = one["html"].replace("<p>", "").replace("</p>", "").strip()
                found.append((author["name"], plain, author["server"]))
        return sorted(found)

    def actor(self, handle: str) -> str:
        status, answer = self.ask("GET", f"/.well-known/webfinger?resource=acct:{handle}@{self.host}")
        assert status == 200, answer
        return str(next(link["href"] for link in answer["links"] if link["rel"] == "self"))

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with self._open(urllib.request.Request(self.url + path)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def ask(self, method: str, path: str, said: object = None, headers: Mapping[str, str] = {}) -> tuple[int, Json]:
        body = None if said is None else json.dumps(said).encode()
        kind = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self.url + path, body, {**kind, **headers}, method=method)
        try:
            with self._open(request) as answer:
                content = answer.read()
                return answer.status, json.loads(content) if content else {}
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def submit(self, name: str, path: str, values: Mapping[str, str] | None = None) -> tuple[int, str]:
        """What a browser without JavaScript does: GET a page, or POST a form. Return the page, or where it leads."""
        said = None if values is None else urllib.parse.urlencode(values).encode()
        own = {"Cookie": self.cookies[name], "Sec-Fetch-Site": "same-origin"}
        try:
            with self._open(urllib.request.Request(self.url + path, said, own)) as answer:
                return answer.status, answer.headers["Location"] or answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _open(self, request: urllib.request.Request) -> Any:
        named = [_Named(context=self.authority.context)] if self.authority else []
        return urllib.request.build_opener(_Stay, *named).open(request, timeout=60)


class _Connection(http.client.HTTPSConnection):
    """Names lead to this machine; the certificate must be of the name."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


class _Named(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req, context=self._context)  # type: ignore[attr-defined]


class _Stay(urllib.request.HTTPRedirectHandler):
    """An opener that follows no redirect: the cookie comes with it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None

    def http_error_303(self, _req: Any, fp: Any, _code: Any, _msg: Any, _headers: Any) -> Any:
        return fp


def site(folder: Path, address: str = "127.0.0.1", extra: str = "") -> Plein:
    return Plein(folder, f"{address}:{free_port(address)}", extra)


def named_site(folder: Path, name: str, authority: Authority, extra: str = "") -> Plein:
    """A site over TLS under a name that leads to this machine."""
    return Plein(folder, f"{name}:{free_port()}", extra, authority)
