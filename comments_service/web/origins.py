"""Whose page asks: our own, one of an origin in the settings, or a stranger's, of which the log tells the operator."""

import logging
import time

from starlette.requests import Request

from comments_service.errors import Forbidden
from comments_service.web.addresses import Addresses

LONGEST_ORIGIN = 300  # scheme, 253 characters of a host, port

log = logging.getLogger(__name__)


def other_origin(request: Request, addresses: Addresses) -> str | None:
    """Return the origin of the page that asks, when the browser says it is not our own."""
    origin = request.headers.get("origin")
    is_ours = request.headers.get("sec-fetch-site") == "same-origin" or origin == addresses.service_origin
    return None if is_ours else origin


def require_known_origin(request: Request, addresses: Addresses) -> None:
    """Raise Forbidden("missing-origin") for a page whose origin is not in the settings."""
    origin = other_origin(request, addresses)
    if origin is not None and origin not in addresses.origins:
        raise Forbidden("missing-origin", origin=origin[:LONGEST_ORIGIN])


class Strangers:
    """Tells the log which origins are missing in the settings: each once an hour, and not more than a hundred."""

    SECONDS = 3600
    MOST = 100

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def tell(self, origin: str) -> None:
        now = time.monotonic()
        self._told = {known: when for known, when in self._told.items() if now - when < self.SECONDS}
        if origin not in self._told and len(self._told) < self.MOST:
            self._told[origin] = now
            log.warning("an origin is missing in the settings: %r", origin)
