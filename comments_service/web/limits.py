"""How often one account or one network may ask for something, counted in memory; the store counts long windows."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from comments_service.errors import TooMany

log = logging.getLogger(__name__)

MINUTE, HOUR = 60, 3600
# How often within how many seconds. An office shares one address, so a network may do far more than an account.
RATES: Mapping[str, Mapping[str, Sequence[tuple[int, int]]]] = {
    "write": {"account": ((20, MINUTE), (200, HOUR)), "network": ((240, MINUTE),)},
    "report": {"account": ((10, HOUR),)},
    "preview": {"account": ((60, MINUTE),)},
    "elsewhere": {"account": ((10, MINUTE), (60, HOUR))},  # each look asks another server
    "people": {"account": ((120, MINUTE),)},  # one for each key that is typed after "@"
    "log-in": {"network": ((30, HOUR),)},
    "code": {"network": ((60, HOUR),)},
    "announce": {"network": ((60, MINUTE),)},
    "follow": {"account": ((20, HOUR),), "network": ((60, HOUR),)},  # each asks another server something
}
MOST_KNOWN = 20_000  # accounts and networks; of more who acted least lately is forgotten


class Limits:
    """Counts what accounts and networks do; `PLEIN_LIMITS=off` makes it count nothing."""

    def __init__(self, *, is_on: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._is_on = is_on
        self._clock = clock
        self._times: dict[tuple[str, str, str], list[float]] = {}  # when each did it, who acted last at the end

    def spend(self, action: str, *, account: str | None = None, network: str | None = None) -> None:
        """Count one `action` for the account and the network. Raises TooMany when one of them has none left."""
        if not self._is_on:
            return
        now = self._clock()
        spent = {}
        for by, who in (("account", account), ("network", network)):
            if who and (rates := RATES[action].get(by)):
                times = self._times.get((action, by, who), ())
                for most, seconds in rates:
                    if len(times) >= most and (wait := times[-most] + seconds - now) > 0:
                        raise TooMany(int(wait) + 1)
                spent[action, by, who] = most
        for key, most in spent.items():
            times = self._times.pop(key, [])
            self._times[key] = times
            times.append(now)
            del times[:-most]
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._times:
            longest_ago = next(iter(self._times))
            if len(self._times) <= MOST_KNOWN and now < self._times[longest_ago][-1] + HOUR:
                return
            del self._times[longest_ago]


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
