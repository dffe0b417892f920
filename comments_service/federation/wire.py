"""The one parser of JSON and addresses from elsewhere: without tricks, and in one form, before any comparison."""

import json
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from comments_service.federation.vocabulary import Refusal

MOST_BYTES = 1_000_000
MOST_DEPTH = 32
MOST_URI = 2_000
PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ILLEGAL = re.compile(r"[^\x21-\x7e]|[<>\"\\^`{|}]|%(?![0-9A-Fa-f]{2})")  # RFC 3986, section 2
_SURROGATE = re.compile("[\ud800-\udfff]")


def load(content: bytes) -> dict[str, object]:
    """Read a JSON object (RFC 8259) of at most MOST_BYTES bytes, MOST_DEPTH levels deep.

    Refused: what is no UTF-8 or no object, a name that stands twice, NaN and Infinity, lone surrogates.
    """
    if len(content) > MOST_BYTES:
        raise Refusal("too-large")
    if _depth(content) > MOST_DEPTH:
        raise Refusal("too-deep")
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
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
    empty path; path, query and fragment stay as they are. `http_ok(host)` tells for which hosts plain HTTP will do.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MOST_URI:
        raise Refusal("bad-uri", "no text, or too long")
    try:
        parts = urlsplit(value)
        host, port = _host(parts), parts.port
    except (ValueError, UnicodeError):
        raise Refusal("bad-uri", value[:200]) from None
    scheme = parts.scheme.lower()
    rest = (
        f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}{'#' + parts.fragment if parts.fragment else ''}"
    )
    if scheme not in PORTS or parts.username is not None or parts.password is not None or _ILLEGAL.search(rest):
        raise Refusal("bad-uri", value[:200])
    if port == 0 or value != value.strip():
        raise Refusal("bad-uri", value[:200])
    if scheme == "http" and (http_ok is None or not http_ok(host)):
        raise Refusal("not-https", value[:200])
    netloc = host if port in (None, PORTS[scheme]) else f"{host}:{port}"
    return f"{scheme}://{netloc}{rest}"


def origin(address: str) -> str:
    """Return scheme, host and port of what `uri` returned: what must agree (RFC 6454)."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def host(address: str) -> str:
    """Return the host of what `uri` returned, with a port that is not the usual one: the name of the server."""
    return urlsplit(address).netloc


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if parts.netloc.rpartition("@")[2].startswith("["):  # an IPv6 address; urlsplit judged it
        return f"[{name}]"
    name = name.removesuffix(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii").lower()
    if not name or len(name) > 253 or not all(map(_LABEL.fullmatch, name.split("."))):
        raise ValueError(name)
    return name


def _depth(content: bytes) -> int:
    """How deep brackets nest outside of texts, counted before anything recurses."""
    depth = deepest = 0
    for bracket in re.sub(rb'"(?:[^"\\]|\\.)*+"?', b"", content, flags=re.DOTALL).translate(None, _OTHER_BYTES):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_OTHER_BYTES = bytes(set(range(256)) - set(b"[]{}"))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return document


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")
