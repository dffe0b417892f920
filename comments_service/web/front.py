"""What every request passes first and every answer last: base path, size, origin, preflight, headers, faults."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comments_service.errors import PleinError
from comments_service.web import cookies
from comments_service.web.addresses import Addresses
from comments_service.web.site import headers_of
from comments_service.web.thread_bytes import ThreadBytes

API_VERSION = "1.0.0"
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
PAGE_POLICY = headers_of("/")["Content-Security-Policy"]
API_POLICY = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
PICTURE_POLICY = headers_of("/x.svg")["Content-Security-Policy"]
API_HEADERS = {
    "API-Version": API_VERSION,
    "Access-Control-Expose-Headers": "API-Version, ETag, Location, Retry-After",
    "Access-Control-Allow-Origin": "*",  # allows no credentials; our own origin needs none
    "Content-Security-Policy": API_POLICY,
    "Referrer-Policy": "no-referrer",
}
# no-referrer on a page would make the Origin of its forms "null"
PAGE_HEADERS = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "same-origin"}

log = logging.getLogger(__name__)
Failure = Callable[[Request, Exception], Awaitable[Response]]


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Asked(Request):
    """A request whose headers are found without reading all of them; of a repeated header the first counts."""

    headers = Headers()  # in place of a property: a comment asks ten times

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.headers = _Headers(scope)


class _Headers(Headers):
    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._by_name = dict(reversed(self._list))

    def __getitem__(self, key: str) -> str:
        return self._by_name[key.lower().encode("latin-1")].decode("latin-1")

    def get(self, key: str, default: Any = None) -> Any:
        value = self._by_name.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")


class Shortcuts:
    """Before everything else: what was answered to this URL, when it is still true; and a short way for new comments.

    A comment needs neither the middleware nor the list of routes, which are a quarter of what it costs; `commented`
    answers it.
    """

    def __init__(self, app: Starlette, site_id: str, base: str, commented: ASGIApp) -> None:
        self._app = app
        self._site_id = site_id
        self._comments = re.compile(rf"{re.escape(base)}/api/v1/threads/(?P<kind>[^/]+)/(?P<slug>[^/]+)/comments")
        self._commented = commented

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "GET":
            here = self._app.state["plein"]  # five times as quick as the attribute
            asked = (self._site_id, scope["path"], scope["query_string"])
            answered = here.thread_bytes.replay(asked, here.clock)
            if answered is not None:
                start, body = answered.messages(scope)
                await send(start)
                await send(body)
                return
        elif method == "POST" and (found := self._comments.fullmatch(scope["path"])):
            scope["app"], scope["path_params"] = self._app, found.groupdict()
            await self._commented(scope, receive, send)
            return
        await self._app(scope, receive, send)


def straight(handler: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """What a handler answers to the request that the front has looked at."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handler(scope["plein.request"])
        await response(scope, receive, send)

    return answered


class Front:
    """The outermost ring. `failure` turns any error into an answer in the reader's language."""

    def __init__(self, app: ASGIApp, *, addresses: Addresses, site_id: str, most_bytes: int, failure: Failure) -> None:
        self._app = app
        self._addresses = addresses
        self._site_id = site_id
        self._most_bytes = most_bytes
        self._failure = failure
        always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
        if addresses.is_https:
            always["Strict-Transport-Security"] = "max-age=31536000"
        self._api = _encoded({**always, **API_HEADERS})
        self._page = _encoded({**always, **PAGE_HEADERS})
        self._picture = _encoded({**always, **PAGE_HEADERS, "Content-Security-Policy": PICTURE_POLICY})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        base = self._addresses.base
        path = scope["path"]
        inside = path == base or path.startswith(f"{base}/")
        scope["root_path"] = base  # whatever a proxy says: only the configured base counts
        is_api = path.startswith(f"{base}/api/")
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = list(message.get("headers", ()))
                self._complete(message["headers"], is_api=is_api)
                keepable = scope.get("plein.keepable")
                if keepable is not None and scope["method"] == "GET" and message["status"] == 200:
                    kept: ThreadBytes = scope["app"].state.plein.thread_bytes
                    kept.keep_replay((self._site_id, path, scope["query_string"]), keepable, message["headers"])
            await send(message)

        request = scope["plein.request"] = Asked(scope, receive)
        try:
            if not inside:
                raise HTTPException(404)
            if is_api and scope["method"] == "OPTIONS":
                await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send_with_headers)
                return
            self._check_length(request.headers)
            cookies.require_own_page(request, self._addresses, self._site_id)
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if not isinstance(error, (HTTPException, PleinError)):
                route = getattr(scope.get("route"), "path", "")
                log.exception("unforeseen error: %s %s", scope["method"], route)
            if started:
                raise
            response = await self._failure(request, error)
            await response(scope, receive, send_with_headers)
        finally:
            del scope["plein.request"]  # a circle, which would hold all that was read until circles are looked for

    def _check_length(self, headers: Headers) -> None:
        """Refuse a body that says it is too long before reading it; one that does not say is counted while it comes."""
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > self._most_bytes:
            raise HTTPException(413 if length.isdigit() else 400)

    def _complete(self, raw: list[tuple[bytes, bytes]], *, is_api: bool) -> None:
        """Add what every answer says, where the handler has not said it."""
        known = {name for name, _ in raw}
        given = self._api if is_api else self._page
        if not is_api and any(name == b"content-type" and value.startswith(b"image/svg") for name, value in raw):
            given = self._picture
        raw += [header for header in given if header[0] not in known]
