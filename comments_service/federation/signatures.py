"""HTTP signatures, pure: draft-cavage-12 and RFC 9421, made and checked. Nothing is fetched here.

A signature of a POST must cover the digest of the body, of every request the address and the time: sixty-five minutes
back, as Mastodon has it, and five ahead.
"""

import base64
import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import cast
from urllib.parse import urlsplit

import http_sf
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from comments_service.federation.vocabulary import Refusal

BACK, AHEAD = timedelta(minutes=65), timedelta(minutes=5)
_PARAMETER = re.compile(r'([a-zA-Z]+)=(?:"([^"]*)"|(\d+))')
_SHA256 = hashes.SHA256()
_DIGESTS = {
    "digest": re.compile(r"(?:^|,)\s*sha-256=([^,\s]*)\s*(?=,|$)", re.IGNORECASE),  # RFC 3230
    "content-digest": re.compile(r"\bsha-256=:([A-Za-z0-9+/=]*):"),  # RFC 9530
}
KEY_BITS = range(2048, 8193)


@dataclass(frozen=True)
class Signed:
    """A request as it arrived. Header names in lower case; `target` is path and query, `url` the public address."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def target(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def sign_cavage(
    key: rsa.RSAPrivateKey, key_id: str, method: str, url: str, body: bytes | None, *, now: datetime
) -> dict[str, str]:
    """Return the headers that sign a request after draft-cavage-12 with rsa-sha256, as every server takes them."""
    headers = {"Host": urlsplit(url).netloc, "Date": format_datetime(now.astimezone(UTC), usegmt=True)}
    if body is not None:
        headers["Digest"] = f"SHA-256={_sha256(body)}"
    covered = ["(request-target)", *(name.lower() for name in headers)]
    request = Signed(method, url, {name.lower(): value for name, value in headers.items()}, body or b"")
    signature = base64.b64encode(key.sign(_base(request, covered, {}), padding.PKCS1v15(), _SHA256)).decode()
    names = " ".join(covered)
    headers["Signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
    return headers


def sign_rfc9421(
    key: rsa.RSAPrivateKey, key_id: str, method: str, url: str, body: bytes | None, *, now: datetime
) -> dict[str, str]:
    """Return the headers that sign a request after RFC 9421 with rsa-v1_5-sha256, the body through RFC 9530."""
    headers = {"Host": urlsplit(url).netloc}
    keys = MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=keys)
    message = Signed(method, url, headers, body or b"")
    signer.sign(message, key_id=key_id, created=now, label="sig1", body=body)  # adds to the headers
    return headers


def key_id(headers: Mapping[str, str]) -> str:
    """Return which key a request says that it is signed with. Raises Refusal."""
    if "signature-input" in headers:
        return str(_input(headers)[1].get("keyid", ""))
    if "signature" not in headers:
        raise Refusal("not-signed")
    return _parameters(headers["signature"]).get("keyId", "")


def verify(request: Signed, public_pem: str, *, now: datetime) -> bytes:
    """Check a signature with the public key of its key id, and return it, bare: however it was written, it counts once.

    Raises Refusal with the first thing that is wrong.
    """
    key = _public(public_pem)
    if "signature-input" in request.headers:
        return _verify_rfc9421(request, key, now)
    return _verify_cavage(request, key, now)


def _verify_cavage(request: Signed, key: rsa.RSAPublicKey, now: datetime) -> bytes:
    said = _parameters(request.headers.get("signature", ""))
    covered = said.get("headers", "date").lower().split()
    if said.get("algorithm", "hs2019").lower() not in ("hs2019", "rsa-sha256"):
        raise Refusal("bad-algorithm", said["algorithm"])
    if "(request-target)" not in covered or "host" not in covered:
        raise Refusal("target-not-signed")
    if request.headers.get("host", "").lower() != urlsplit(request.url).netloc:
        raise Refusal("other-host")
    if "(created)" in covered:
        moment = datetime.fromtimestamp(_seconds(said.get("created")), UTC)
    elif "date" in covered:
        try:
            moment = parsedate_to_datetime(request.headers.get("date", ""))
        except (ValueError, TypeError):
            raise Refusal("bad-date", request.headers.get("date", "")[:60]) from None
    else:
        raise Refusal("time-not-signed")
    _in_time(moment, said.get("expires"), now)
    _check_digest(request, "digest", covered)
    try:
        signature = base64.b64decode(said.get("signature", ""), validate=True)
        key.verify(signature, _base(request, covered, said), padding.PKCS1v15(), _SHA256)
    except (InvalidSignature, ValueError):
        raise Refusal("bad-signature") from None
    return signature


def _base(request: Signed, covered: Sequence[str], said: Mapping[str, str]) -> bytes:
    """Return what is signed (draft-cavage-12, section 2.3)."""
    lines = []
    for name in covered:
        if name == "(request-target)":
            value = f"{request.method.lower()} {request.target}"
        elif name in ("(created)", "(expires)"):
            value = said.get(name.strip("()"), "")
        elif name in request.headers:
            value = request.headers[name]
        else:
            raise Refusal("signed-header-missing", name[:60])
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode()


def _verify_rfc9421(request: Signed, key: rsa.RSAPublicKey, now: datetime) -> bytes:
    label, said, covered = _input(request.headers)
    if not {"@method", "@target-uri"} <= covered and not {"@method", "@authority", "@path"} <= covered:
        raise Refusal("target-not-signed")
    created = said.get("created")
    if not isinstance(created, int):
        raise Refusal("time-not-signed")
    _in_time(datetime.fromtimestamp(_seconds(created), UTC), said.get("expires"), now)
    _check_digest(request, "content-digest", covered)
    keys = MappingKeyResolver(public_keys={str(said.get("keyid")): key}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=keys)
    verifier.max_clock_skew = timedelta(days=36_500)  # judged above, by the clock that was given
    try:
        verifier.verify(request, max_age=None)
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise Refusal("bad-signature", str(error)[:200]) from None
    members = http_sf.parse(request.headers["signature"].encode(), tltype="dictionary")
    return cast(Mapping[str, tuple[bytes, object]], members)[label][0]  # the verifier saw that these are bytes


def _parameters(header: str) -> dict[str, str]:
    found = _PARAMETER.findall(header[:4000])
    names = [name for name, _, _ in found]
    if len(set(names)) != len(names):
        raise Refusal("bad-signature", "a parameter stands twice")
    return {name: quoted or number for name, quoted, number in found}


def _input(headers: Mapping[str, str]) -> tuple[str, Mapping[str, object], set[str]]:
    """Return label, parameters and covered components of the one signature of a request (RFC 9421, section 4.1)."""
    try:
        members: object = http_sf.parse(headers["signature-input"][:4000].encode(), tltype="dictionary")
    except ValueError as error:
        raise Refusal("bad-signature", f"Signature-Input: {error}"[:200]) from None
    if not isinstance(members, dict) or len(members) != 1:
        raise Refusal("bad-signature", "one signature is read, no more and no less")
    label, member = next(iter(members.items()))
    if not isinstance(member, tuple) or not isinstance(member[0], list):
        raise Refusal("bad-signature", "Signature-Input is no list")
    return str(label), member[1], {str(name) for name, options in member[0] if not options}


def _seconds(value: object) -> int:
    """Seconds since 1970 that a date can be made of."""
    text = str(value)
    if not text.isdecimal() or len(text) > 11:
        raise Refusal("bad-date", text[:60])
    return int(text)


def _in_time(moment: datetime, expires: object, now: datetime) -> None:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment < now - BACK:
        raise Refusal("too-old", moment.isoformat())
    if moment > now + AHEAD:
        raise Refusal("in-the-future", moment.isoformat())
    if expires is not None and _seconds(expires) < (now - AHEAD).timestamp():
        raise Refusal("too-old", "expired")


def _sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def _check_digest(request: Signed, name: str, covered: Container[str]) -> None:
    """The digests of SHA-256 must be those of the body; other algorithms beside it are passed over."""
    if request.method != "POST":
        return
    if name not in covered:
        raise Refusal("digest-not-signed")
    if set(_DIGESTS[name].findall(request.headers.get(name, ""))) != {_sha256(request.body)}:
        raise Refusal("bad-digest")


def _public(pem: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError, UnsupportedAlgorithm) as error:
        raise Refusal("bad-key", str(error)[:100]) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in KEY_BITS:
        raise Refusal("bad-key", "no RSA key of 2048 bits or more")
    return key
