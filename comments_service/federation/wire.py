"""The one parser of JSON and addresses from elsewhere: without tricks, and in one form, before any comparison."""

import json
import math
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urlsplit

from comments_service.federation.vocabulary import Refusal
from comments_service.manifest import unique

MOST_BYTES = 1_000_000
MOST_DEPTH = 32
MOST_URI = 2_000
PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ILLEGAL = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]|%(?![0-9A-Fa-f]{2})")  # RFC 3986, section 2
_DOTS = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)  # whoever fetches it would ask for something else
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # what resolvers and browsers read as an IPv4 address
_SURROGATE = re.compile("[\ud800-\udfff]")


def load(content: bytes) -> dict[str, object]:
    """Read a JSON object (RFC 8259) of at most MOST_BYTES bytes, MOST_DEPTH levels deep.

    Refused: what is no UTF-8 or no object, a name that stands twice, NaN and infinite numbers, lone surrogates.
    """
    if len(content) > MOST_BYTES:
        raise Refusal("too-large")
    if _depth(content) > MOST_DEPTH:
        raise Refusal("too-deep")
    try:
        document = json.loads(
            content.decode("utf-8"), object_pairs_hook=unique, parse_constant=_number, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        raise Refusal("bad-json", str(error)[:200]) from None
    if not isinstance(document, dict):
        raise Refusal("bad-json", "no object")
    if b"\\u" in content and _SURROGATE.search(json.dumps(document, ensure_ascii=False)):
        raise Refusal("bad-json", "half a character")
    return document


def uri(value: object, *, http_ok: Callable[[str], bool] | None = None) -> str:
    """Return an address of the web in the one form in which it is compared and stored (RFC 3986, section 6.2).

    Scheme and host in lower case, IDN as punycode (RFC 5891), no usual port, no dot at the end of the host, "/" for an
    empty path, percent-encoding for what is not ASCII (RFC 3987, section 3.1). Path, query and fragment else stay as
    they are; what a parser would mend is refused: blanks, controls, backslashes, "/../", other spellings of IPv4
    addresses, user names. `http_ok(host)` tells for which hosts plain HTTP will do.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MOST_URI:
        raise Refusal("bad-uri", "no text, or too long")
    try:
        parts = urlsplit(value)
        host, port = _host(parts), parts.port
        rest = quote(value[len(parts.scheme) + 3 + len(parts.netloc) :], safe=_ASCII)
    except (ValueError, UnicodeError):
        raise Refusal("bad-uri", value[:200]) from None
    scheme = parts.scheme
    if scheme not in PORTS or _ILLEGAL.search(value) or _DOTS.search(parts.path) or "@" in parts.netloc or port == 0:
        raise Refusal("bad-uri", value[:200])
    if scheme == "http" and (http_ok is None or not http_ok(host)):
        raise Refusal("not-https", value[:200])
    netloc = host if port in (None, PORTS[scheme]) else f"{host}:{port}"
    return f"{scheme}://{netloc}{'' if parts.path else '/'}{rest}"


def origin(address: str) -> str:
    """Return scheme, host and port of what `uri` returned: what must agree (RFC 6454)."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def host(address: str) -> str:
    """Return the host of what `uri` returned, with a port that is not the usual one: the name of the server."""
    return urlsplit(address).netloc


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if re.fullmatch(r"\[[^\]]*\](:.*)?", parts.netloc):
        return f"[{IPv6Address(name.replace('%', '!'))}]"  # without a zone
    name = name.removesuffix(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii").lower()
    if not name or len(name) > 253 or not all(map(_LABEL.fullmatch, name.split("."))):
        raise ValueError(name)
    return str(IPv4Address(name)) if _NUMBER.fullmatch(name) else name


def _depth(content: bytes) -> int:
    """How deep brackets nest outside of texts, counted before anything recurses."""
    depth = deepest = 0
    for bracket in re.sub(rb'"(?:[^"\\]|\\.)*+"?', b"", content, flags=re.DOTALL).translate(None, _OTHER_BYTES):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_OTHER_BYTES = bytes(set(range(256)) - set(b"[]{}"))


def _number(text: str) -> float:
    if not math.isfinite(found := float(text)):
        raise ValueError(f"{text[:20]} is no number")
    return found
