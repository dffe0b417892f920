"""What is added to the site while it is being worked on: pages reload after a build and show what a failed one said.

An ASGI layer around the application, never part of the output. HTML answers get one script. Its own addresses are
`/dev/reload.js`, `/dev/status` (a long poll: it answers when something changed) and, before the first good build, every
page.
"""

import asyncio
import hashlib
import html
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]  # the shapes of the ASGI specification
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SCRIPT = Path(__file__).with_name("reload.js")
LOOK_EVERY = 0.2  # seconds between two looks at the status file
ANSWER_AFTER = 25.0  # seconds; below the time after which proxies give up


@dataclass(frozen=True)
class Status:
    """How many times the output changed since the start, how the last build went and what it said."""

    build: int
    state: str  # "building", "built" or "failed"
    log: str

    def write(self, path: Path) -> None:
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self)), "utf-8")
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Status":
        return cls(**json.loads(path.read_text("utf-8")))


class Reloading:
    """The application with the reload script in its pages."""

    def __init__(self, application: Application, status: Path, *, base: str, stopping: Callable[[], bool]) -> None:
        self.application = application
        self.status = status
        self.base = base
        self.stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif path == f"{self.base}/dev/reload.js":
            await answer(send, 200, "text/javascript; charset=utf-8", SCRIPT.read_bytes())
        elif path == f"{self.base}/dev/status":
            seen = parse_qs(scope["query_string"].decode("latin-1")).get("seen", [""])[0]
            await answer(send, 200, "application/json", await self.next_status(seen))
        else:
            await self.page(scope, receive, send)

    def page_id(self) -> str:
        """What a page shows: this build, made by this process. A page that shows another one reloads."""
        return f"{os.getpid()}-{Status.read(self.status).build}"

    async def next_status(self, seen: str) -> bytes:
        """Wait until the status is another one than the reader has seen, then return it as JSON."""
        deadline = asyncio.get_running_loop().time() + ANSWER_AFTER
        while True:
            status = Status.read(self.status)
            token = hashlib.sha256(f"{os.getpid()} {status}".encode()).hexdigest()[:16]
            if token != seen or self.stopping() or asyncio.get_running_loop().time() > deadline:
                return json.dumps(asdict(status) | {"seen": token, "page": self.page_id()}).encode()
            await asyncio.sleep(LOOK_EVERY)

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an HTML answer is held back until it is whole, then gets the script."""
        wants_html = b"text/html" in header(scope["headers"], b"accept")
        if wants_html:  # a "not modified" would bring back a page that carries an older page id
            dropped = (b"if-none-match", b"if-modified-since", b"range", b"accept-encoding")
            scope = dict(scope) | {"headers": [pair for pair in scope["headers"] if pair[0] not in dropped]}
        start: Message = {}
        body = b""

        async def send_with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not is_plain_html(message):
                    await send(message)
            elif not is_plain_html(start):
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await self.send_page(send, start, body, is_head=scope["method"] == "HEAD")

        if wants_html and Status.read(self.status).build == 0:
            await self.send_waiting(send)
        else:
            await self.application(scope, receive, send_with_script)

    async def send_page(self, send: Send, start: Message, body: bytes, *, is_head: bool) -> None:
        script = f'<script type="module" src="{self.base}/dev/reload.js?page={self.page_id()}"></script>'.encode()
        before, end, after = body.rpartition(b"</body>")
        whole = before + script + end + after if end else body + script
        dropped = (b"content-length", b"etag", b"last-modified", b"cache-control", b"accept-ranges")
        headers = [pair for pair in start["headers"] if pair[0].lower() not in dropped]
        headers += [(b"content-length", str(len(whole)).encode()), (b"cache-control", b"no-store")]
        await send(dict(start) | {"headers": headers})
        await send({"type": "http.response.body", "body": b"" if is_head else whole})

    async def send_waiting(self, send: Send) -> None:
        text = page("Building", "<p>The site is being built.</p>")
        start: Message = {"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"text/html")]}
        await self.send_page(send, start, text.encode(), is_head=False)


def page(title: str, body: str) -> str:
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><body>{body}</body></html>'


def fault_page(text: str) -> Application:
    """Return an application that shows this text on every page: the service could not start."""
    fault = page("Fault", f"<pre>{html.escape(text)}</pre>")

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answer(send, 500, "text/html; charset=utf-8", fault.encode())

    return application


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    return b", ".join(value for key, value in headers if key == name)


def is_plain_html(start: Message) -> bool:
    names = {key.lower(): value for key, value in start["headers"]}
    return names.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in names


async def answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
