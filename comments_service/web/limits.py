"""How often one account or one network may ask for something, counted in memory; the store counts long windows."""

import logging
import time
from collections import deque
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from comments_service.errors import TooMany

log = logging.getLogger(__name__)

# An office shares one address, so a network may do far more than an account.
RATES = {
    "write": {"account": "20/minute;200/hour", "network": "240/minute"},
    "report": {"account": "10/hour"},
    "preview": {"account": "60/minute"},
    "elsewhere": {"account": "10/minute;60/hour"},  # each look asks another server
    "people": {"account": "120/minute"},  # one for each key that is typed after "@"
    "log-in": {"network": "30/hour"},
    "code": {"network": "60/hour"},
    "announce": {"network": "60/minute"},
    "follow": {"account": "20/hour", "network": "60/hour"},  # each asks another server something
}


class Limits:
    """Counts what accounts and networks do; `PLEIN_LIMITS=off` makes it count nothing."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rates: dict[tuple[str, str], list[RateLimitItem]] = {
            (action, by): parse_many(rates) for action, kinds in RATES.items() for by, rates in kinds.items()
        }

    def spend(self, action: str, *, account: str | None = None, network: str | None = None) -> None:
        """Count one `action` for the account and the network. Raises TooMany when one of them has none left."""
        if not self._is_on:
            return
        for by, who in (("account", account), ("network", network)):
            for rate in self._rates.get((action, by), ()) if who else ():
                if not self._limiter.hit(rate, action, by, who or ""):
                    window = self._limiter.get_window_stats(rate, action, by, who or "")
                    raise TooMany(max(1, int(window.reset_time - time.time()) + 1))


class Flood:
    """Tells when so many comments come in that a moderator should see them first: by itself, for a whole site.

    From the moment that more than `most` came within a minute everything is held, until the last ten minutes were calm.
    """

    MINUTE = timedelta(minutes=1)
    CALM = timedelta(minutes=10)

    def __init__(self, most: int) -> None:
        self._most = most  # comments in a minute; 0 means: never hold
        self._times: deque[datetime] = deque(maxlen=most + 1)
        self._until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Count one comment that comes in, and tell whether it is to be held."""
        if not self._most:
            return False
        self._times.append(now)
        if len(self._times) > self._most and now - self._times[0] < self.MINUTE:
            if self._until is None or self._until < now:
                log.warning("more than %d comments in a minute: they are held from now on", self._most)
            self._until = now + self.CALM
        return self._until is not None and now < self._until


def network_of(request: Request) -> str:
    """The network that asks: an IPv4 address, or the IPv6 /64 that one household or office has. Kept in memory only."""
    return "unknown" if request.client is None else _network(request.client.host)


@lru_cache(1024)
def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        # a server that listens on IPv6 sees readers of IPv4 so, and they are not one network
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((int(address), 64), strict=False))
    return str(address)
