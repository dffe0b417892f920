"""The door out for HTTP: one fetch with limits on size, time and redirects, and a judgement of every address.

A name is looked up once, the address is judged, and that very address is connected to: a second look-up could answer
something else. No proxy of the environment is used, for it would make the connection in our place.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from comments_service.errors import Unavailable
from comments_service.exchange import Connection, TooLarge, Unanswered

TIMEOUT_SECONDS = 15.0  # for everything together
REDIRECTS = 3
AGENT = "Plein"


class FetchError(Unavailable):
    """Nothing was fetched; the reason says why, for an operator."""


async def fetch(url: str, *, most_bytes: int, own_host: str | None = None, token: str | None = None) -> "Answer":
    """GET a URL; or with a bearer token (RFC 6750) POST to it, without a body.

    Addresses that are not public are refused, and so is plain HTTP, unless the name is `own_host`: the configured
    site's. Only a GET is sent on to where an answer redirects. Raises FetchError for anything but an
    answer of at most `most_bytes`; its status may be any.
    """
    client = Client(own_host=own_host)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            if token is None:
                return await client.get(url, accept="*/*", most_bytes=most_bytes)
            answer = await client.request("POST", url, {"Authorization": f"Bearer {token}"}, most_bytes=most_bytes)
    except TimeoutError:
        raise FetchError(f"{url} took longer than {TIMEOUT_SECONDS:.0f} s") from None
    finally:
        await client.close()
    if answer.leads_to:
        raise FetchError(f"{url} redirects to {answer.leads_to}; use that address")
    return answer


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet (RFC 6890, IANA special-purpose registries)."""
    parsed = _address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        # addresses that carry an IPv4 address lead to it: judge that one
        inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in _NAT64 else parsed.sixtofour
        if inner is None:
            return parsed in _GLOBAL_UNICAST and parsed.is_global and parsed not in _DOCUMENTATION
        parsed = inner
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in _SPECIAL)


_address = lru_cache(1000)(ipaddress.ip_address)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
# older Pythons take these for public
_SPECIAL = ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24")


Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
Sign = Callable[[str, str], Mapping[str, str]]  # method and URL -> headers
SECONDS = 10.0  # for one request
PER_HOST = 4  # requests to one host at once
MOST_HOSTS = 10_000  # that are remembered
FAILURES = 5  # in a row, after which a host rests
REST_SECONDS = 300.0
MOST_ADDRESSES = 3  # of one host that are tried
MOST_OPEN = 100  # hosts to which connections are kept
KEEP_SECONDS = 30.0  # a connection that nothing is asked of
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """What a server answered, redirects not followed. Header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def leads_to(self) -> str | None:
        """Where it redirects to (RFC 9110, 15.4). Raises FetchError when that is no address."""
        target = self.headers.get("location")
        try:
            return urljoin(self.url, target) if target and self.status in (301, 302, 303, 307, 308) else None
        except ValueError:
            raise FetchError(f"{self.url} redirects to what is not an address to fetch") from None


class Client:
    """Requests to servers of strangers, over connections that are kept open: bounded in size, time and number.

    The address of `own_host` need not be public. With `instead`, a host and a port, every name leads there;
    certificates are still those of the names.
    """

    def __init__(
        self, intranet: Networks = (), *, own_host: str | None = None, instead: tuple[str, int] | None = None
    ) -> None:
        self.intranet = intranet
        self._own_host = own_host
        self._instead = instead
        self._kept: dict[tuple[str, ...], list[Connection]] = {}  # by scheme and host, those used last at the end
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._failed: dict[str, tuple[int, float]] = {}  # host -> failures in a row, when it may be asked again

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Trusts whom this machine trusts. Reading those certificates takes 50 ms."""
        return ssl.create_default_context()

    def http_ok(self, host: str) -> bool:
        """Tell whether plain HTTP may do for a host; its address is judged when it connects."""
        return bool(self.intranet and host)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"", *, most_bytes: int
    ) -> Answer:
        """Make one request. Raises FetchError for anything but an answer, of any status, of at most `most_bytes`."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise FetchError(f"{url} is not an address to fetch") from None
        host = parts.netloc
        if len(self._turns) > MOST_HOSTS:
            self._turns.clear()
            self._failed.clear()
        turn = self._turns.setdefault(host, asyncio.Semaphore(PER_HOST))
        try:
            async with turn, asyncio.timeout(SECONDS):
                if self._failed.get(host, (0, 0.0))[1] > monotonic():
                    raise FetchError(f"{host} rests after {FAILURES} failures")
                answer = await self._send(parts, method, url, headers, content, most_bytes)
        except TooLarge:
            raise FetchError(f"{url} is larger than {most_bytes} bytes") from None
        except (OSError, ValueError) as error:
            reason = "took too long" if isinstance(error, TimeoutError) else error or type(error).__name__
            failures = self._failed.get(host, (0, 0.0))[0] + 1
            self._failed[host] = failures, monotonic() + REST_SECONDS if failures >= FAILURES else 0.0
            raise FetchError(f"{url} cannot be reached: {reason}") from error
        self._failed.pop(host, None)
        return answer

    async def get(self, url: str, *, accept: str, sign: Sign | None = None, most_bytes: int) -> Answer:
        """GET a URL, through at most REDIRECTS redirects, each judged and signed anew. Raises FetchError."""
        for _ in range(REDIRECTS + 1):
            headers = {"Accept": accept, **(sign("GET", url) if sign else {})}
            answer = await self.request("GET", url, headers, most_bytes=most_bytes)
            if answer.leads_to is None:
                return answer
            url = answer.leads_to
        raise FetchError(f"{url} redirects more than {REDIRECTS} times")

    async def close(self) -> None:
        for connection in chain(*self._kept.values()):
            connection.close()
        await asyncio.sleep(0)  # for them to go

    async def _send(
        self, parts: SplitResult, method: str, url: str, headers: Mapping[str, str], content: bytes, most_bytes: int
    ) -> Answer:
        if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
            raise FetchError(f"{url} is not an address to fetch")
        # identity: a compressed answer could unfold to any size
        sent = {"Host": parts.netloc, "User-Agent": AGENT, "Accept-Encoding": "identity", **headers}
        if method == "POST":
            sent["Content-Length"] = str(len(content))
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        request = method, target, sent, content, most_bytes
        kept = self._take(parts)
        try:
            connection = kept or await self._connect(parts)
            status, found, read = await connection.ask(*request)
        except Unanswered:
            if kept is None:
                raise
            # The server had closed it. To ask again is safe: an activity has an id, by which it counts once.
            connection = await self._connect(parts)
            status, found, read = await connection.ask(*request)
        self._keep(parts, connection)
        if found.get("content-encoding", "identity") != "identity":
            raise FetchError(f"{url} answers compressed, which was not asked")
        return Answer(url, status, found, read)

    async def _connect(self, parts: SplitResult) -> Connection:
        """Connect to the very address that was judged. Without TLS only to the operator's own networks and host."""
        name = str(parts.hostname)
        host, port = self._instead or (name, PORTS[parts.scheme] if parts.port is None else parts.port)
        loop, is_plain = asyncio.get_running_loop(), parts.scheme == "http"
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or not (host == self._own_host or all(self._may_reach(one, is_plain) for one in addresses)):
            raise FetchError(f"{host} has no public address")
        tls, proves = (None, None) if is_plain else (self._tls, name)
        failure = OSError()
        tried = addresses[:MOST_ADDRESSES]  # a host may have one of a kind that leads nowhere from here
        for address in tried:
            try:
                async with asyncio.timeout(SECONDS / len(tried)):
                    return (await loop.create_connection(Connection, address, port, ssl=tls, server_hostname=proves))[1]
            except OSError as error:
                failure = error
        raise failure

    def _may_reach(self, address: str, is_plain: bool) -> bool:
        return any(_address(address) in network for network in self.intranet) or (not is_plain and is_public(address))

    def _take(self, parts: SplitResult) -> Connection | None:
        """Take the connection to a host that was used last, if one is still open."""
        waiting = self._kept.get(parts[:2], [])
        while waiting:
            if (connection := waiting.pop()).is_open:
                return connection
        return None

    def _keep(self, parts: SplitResult, connection: Connection) -> None:
        """Keep a connection for the next request; those of the host that was asked longest ago go when it is time."""
        self._kept[parts[:2]] = [*self._kept.pop(parts[:2], []), connection]
        connection.rest(KEEP_SECONDS)
        if len(self._kept) > MOST_OPEN:
            for oldest in self._kept.pop(next(iter(self._kept))):
                oldest.close()
