"""The door out for HTTP: one fetch with limits on size, time and redirects, and a judgement of every address.

A name is looked up once, the address is judged, and that very address is connected to: a second look-up could answer
something else. No proxy of the environment is used, for it would make the connection in our place.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Literal

import httpx2

from comments_service.errors import Unavailable

TIMEOUT_SECONDS = 15.0  # for everything together
REDIRECTS = 3
AGENT = "Plein"


class FetchError(Unavailable):
    """Nothing was fetched; the reason says why, for an operator."""


@dataclass(frozen=True)
class Fetched:
    url: str  # where the answer came from, after redirects
    status: int
    content_type: str
    content: bytes


async def fetch(
    url: str,
    *,
    most_bytes: int,
    own_host: str | None = None,
    method: Literal["GET", "POST"] = "GET",
    token: str | None = None,
) -> Fetched:
    """GET a URL, or POST to it without a body. `token` is sent as a bearer token (RFC 6750).

    Addresses that are not public are refused, unless the name is `own_host`: the configured site's. Only a GET without
    token is sent on to where an answer redirects. Raises FetchError for anything but an answer of at most `most_bytes`;
    its status may be any.
    """
    secret = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS) as client,
        ):
            for _ in range(REDIRECTS + 1):
                answer = await _send(client, method, httpx2.URL(url), secret, most_bytes, own_host)
                if isinstance(answer, Fetched):
                    return answer
                if method != "GET" or secret:
                    raise FetchError(f"{url} redirects to {answer}; use that address")
                url = answer
    except TimeoutError:
        raise FetchError(f"{url} took longer than {TIMEOUT_SECONDS:.0f} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise FetchError(f"{url} cannot be fetched: {error or type(error).__name__}") from error
    raise FetchError(f"{url} redirects more than {REDIRECTS} times")


async def _send(
    client: httpx2.AsyncClient,
    method: str,
    url: httpx2.URL,
    secret: dict[str, str],
    most_bytes: int,
    own_host: str | None,
) -> Fetched | str:
    """Return the answer, or where it redirects to."""
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise FetchError(f"{url} is not an address to fetch")
    port = url.port or (443 if url.scheme == "https" else 80)
    address = await _address(url.host, port, is_own=url.host == own_host)
    request = client.build_request(
        method,
        url.copy_with(host=address),
        # identity: a compressed answer could unfold to any size
        headers={"Host": url.netloc.decode("ascii"), "User-Agent": AGENT, "Accept-Encoding": "identity", **secret},
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    response = await client.send(request, stream=True)
    try:
        if response.has_redirect_location:
            return str(url.join(response.headers["Location"]))
        content = bytearray()
        async for part in response.aiter_raw():
            content += part
            if len(content) > most_bytes:
                raise FetchError(f"{url} is larger than {most_bytes} bytes")
        return Fetched(str(url), response.status_code, response.headers.get("Content-Type", ""), bytes(content))
    finally:
        await response.aclose()


async def _address(host: str, port: int, *, is_own: bool) -> str:
    """Return an address of a host that may be connected to."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if is_own or is_public(address):
            return address
    raise FetchError(f"{host} has no public address")


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet (RFC 6890, IANA special-purpose registries)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        # addresses that carry an IPv4 address lead to it: judge that one
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is None:
            return parsed in _GLOBAL_UNICAST and parsed.is_global
        parsed = inner
    return parsed.is_global and not parsed.is_multicast and parsed not in _PROTOCOL_ASSIGNMENTS


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_PROTOCOL_ASSIGNMENTS = ipaddress.IPv4Network("192.0.0.0/24")  # older Pythons take most of it for public
