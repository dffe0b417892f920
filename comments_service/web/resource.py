"""One path with a handler per method, so that a wrong method is answered with all the right ones (RFC 9110, 15.5.6)."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Awaitable[ASGIApp]]  # a Response, or another answer


class Resource:
    def __init__(self, handlers: dict[str, Handler]) -> None:
        self._handlers = {**handlers, "HEAD": handlers["GET"]} if "GET" in handlers else handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["method"])
        if handler is None:
            allowed = ", ".join(sorted(self._handlers))
            raise HTTPException(405, headers={"Allow": allowed}) if allowed else HTTPException(404)
        response = await handler(Request(scope, receive))
        await response(scope, receive, send)


def routes(table: Iterable[tuple[str, str, Handler]], prefix: str = "") -> list[Route]:
    """Turn (method, path, handler) lines into routes, one per path, in the order of the table."""
    by_path: dict[str, dict[str, Handler]] = {}
    for method, path, handler in table:
        by_path.setdefault(path, {})[method] = handler
    return [Route(prefix + path, Resource(handlers), name=path) for path, handlers in by_path.items()]
