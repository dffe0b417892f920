"""HTTP signatures as other servers make them, and what is asked of each."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from comments_service.federation import signatures
from comments_service.federation.signatures import Signed
from comments_service.federation.vocabulary import Refusal

KEY = rsa.generate_private_key(65537, 2048)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL, BODY = "https://plein.example/?author=1", b'{"type":"Like"}'
DATE = format_datetime(NOW, usegmt=True)
DIGEST = f"SHA-256={base64.b64encode(hashlib.sha256(BODY).digest()).decode()}"
CREATED, EXPIRES = (str(int((NOW + timedelta(hours=hours)).timestamp())) for hours in (0, 1))
TIMES = f"created={CREATED},expires={EXPIRES},"
WAYS = (signatures.sign_cavage, signatures.sign_rfc9421)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = KEY) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def signed(sign: Any = signatures.sign_cavage, method: str = "POST", body: bytes | None = BODY) -> Signed:
    headers = sign(KEY, "https://a.example/?author=1#main-key", method, URL, body, now=NOW)
    return Signed(method, URL, {name.lower(): value for name, value in headers.items()}, body or b"")


def outcome(request: Signed, public: str = "", **headers: str | None) -> str:
    changed = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    known = {name: value for name, value in changed.items() if value is not None}
    try:
        signatures.verify(Signed(request.method, request.url, known, request.body), public or pem(), now=NOW)
    except Refusal as refusal:
        return refusal.reason
    return "good"


@pytest.mark.parametrize("sign", WAYS)
@pytest.mark.parametrize(("method", "body"), [("POST", BODY), ("POST", b""), ("GET", None)])
def test_what_we_sign_verifies_and_names_its_key(sign: Any, method: str, body: bytes | None) -> None:
    request = signed(sign, method, body)
    assert outcome(request) == "good"
    assert signatures.key_id(request.headers) == "https://a.example/?author=1#main-key"


@pytest.mark.parametrize(
    ("url", "target"),
    [("https://a.example", "/"), ("https://a.example/in", "/in"), ("https://a.example/?b=1", "/?b=1")],
)
def test_what_we_sign_is_written_as_the_draft_has_it(url: str, target: str) -> None:
    headers = signatures.sign_cavage(KEY, "https://b.example/#key", "POST", url, BODY, now=NOW)
    lines = f"(request-target): post {target}\nhost: a.example\ndate: {DATE}\ndigest: {DIGEST}"
    said = headers["Signature"].partition('signature="')[2].removesuffix('"')
    KEY.public_key().verify(base64.b64decode(said), lines.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert outcome(Signed("POST", url, {name.lower(): value for name, value in headers.items()}, BODY)) == "good"


def by_hand(covered: str, parameters: str = "", **headers: str) -> Signed:
    """A request signed after section 2.3 of the draft, by nothing of ours."""
    values = {"host": "plein.example", "date": DATE, "digest": DIGEST, **headers}
    made = {"(request-target)": "post /?author=1", "(created)": CREATED, "(expires)": EXPIRES}
    lines = "\n".join(f"{name}: {(values | made)[name]}" for name in covered.split())
    signature = base64.b64encode(KEY.sign(lines.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    said = f'keyId="https://b.example/#key",headers="{covered}",{parameters}signature="{signature}"'
    return Signed("POST", URL, {**values, "signature": said}, BODY)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (by_hand("(request-target) host date digest"), "good"),
        (by_hand("digest date host (request-target)"), "good"),
        (by_hand("(request-target) (created) (expires) host digest", TIMES), "good"),
        (by_hand("(request-target) (created) host digest", "created=1764072000000,"), "bad-date"),
        (by_hand("(request-target) host date digest", date="Wed, 25 Nov 2026 12:00:00 -0000"), "good"),
        (by_hand("(request-target) host date digest", date="Wed, 25 Nov 2026 14:00:00 +0200"), "good"),
        (by_hand("(request-target) host date digest", digest=f"MD5=AAAA, {DIGEST}"), "good"),
        (by_hand("host date digest"), "target-not-signed"),
    ],
)
def test_what_others_sign_by_the_draft(request_: Signed, found: str) -> None:
    assert outcome(request_) == found


@pytest.mark.parametrize(
    ("covered", "found"),
    [
        (("@method", "@authority", "@path"), "good"),
        (("@method", "@authority"), "target-not-signed"),
        (("@method", "@path"), "target-not-signed"),
    ],
)
def test_what_others_sign_by_the_rfc(covered: tuple[str, ...], found: str) -> None:
    headers, keys = {"Host": "plein.example"}, MappingKeyResolver(public_keys={}, private_keys={"k": KEY})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=keys)
    later = NOW + timedelta(hours=1)
    message = Signed("POST", URL, headers, BODY)
    signer.sign(message, key_id="k", created=NOW, expires=later, covered_component_ids=covered, body=BODY)
    assert outcome(Signed("POST", URL, {name.lower(): value for name, value in headers.items()}, BODY)) == found


@pytest.mark.parametrize("sign", WAYS)
def test_each_thing_that_is_signed_counts(sign: Any) -> None:
    request = signed(sign)
    assert outcome(Signed("PUT", URL, request.headers, BODY)) == "bad-signature"
    assert outcome(Signed("POST", f"{URL}&x", request.headers, BODY)) == "bad-signature"
    assert outcome(Signed("POST", URL, request.headers, BODY + b" ")) == "bad-digest"
    assert outcome(Signed("POST", URL.replace("plein", "other"), request.headers, BODY)) in (
        "bad-signature",
        "other-host",
    )
    assert outcome(request, pem(rsa.generate_private_key(65537, 2048))) == "bad-signature"


@pytest.mark.parametrize("sign", WAYS)
@pytest.mark.parametrize(
    ("moved", "found"),
    [(-64, "good"), (-66, "too-old"), (4, "good"), (6, "in-the-future"), (-60 * 24 * 365, "too-old")],
)
def test_the_window_is_sixty_five_minutes_back_and_five_ahead(sign: Any, moved: int, found: str) -> None:
    headers = sign(KEY, "https://a.example/a", "POST", URL, BODY, now=NOW + timedelta(minutes=moved))
    assert outcome(Signed("POST", URL, {name.lower(): value for name, value in headers.items()}, BODY)) == found


@pytest.mark.parametrize(
    "public",
    [pem(rsa.generate_private_key(65537, 1024)), pem(ed25519.Ed25519PrivateKey.generate()), "x", "é", pem()[:200]],  # noqa: S505
)
@pytest.mark.parametrize("sign", WAYS)
def test_a_weak_or_other_key_is_refused(sign: Any, public: str) -> None:
    assert outcome(signed(sign), public) == "bad-key"


def test_a_signature_that_is_written_in_another_way_is_the_same_one() -> None:
    def bare(request: Signed, *changes: tuple[str, str]) -> bytes:
        headers = dict(request.headers)
        for old, new in changes:
            headers = {name: value.replace(old, new) for name, value in headers.items()}
        return signatures.verify(Signed("POST", URL, headers, BODY), pem(), now=NOW)

    cavage, newer = signed(), signed(signatures.sign_rfc9421)
    last = cavage.headers["signature"][-4]  # of which two bits of six count
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert bare(cavage, (f'{last}=="', f'{letters[letters.index(last) ^ 1]}=="')) == bare(cavage)
    assert bare(newer, ("sig1=", "sig2=")) == bare(newer)


def test_what_cavage_must_say() -> None:
    request, said = signed(), signed().headers["signature"]
    assert outcome(request, signature=said.replace("rsa-sha256", "hs2019")) == "good"
    assert outcome(request, signature=said.replace("rsa-sha256", "rsa-sha1")) == "bad-algorithm"
    assert outcome(request, signature=said.replace("rsa-sha256", "hmac-sha256")) == "bad-algorithm"
    assert outcome(request, signature=said.replace('algorithm="rsa-sha256",', "")) == "good"
    assert outcome(request, signature=said.replace(" digest", "")) == "digest-not-signed"
    assert outcome(request, signature=said.replace(" date", "")) == "time-not-signed"
    assert outcome(request, signature=said.replace(" date", " (created)")) == "bad-date"
    assert outcome(request, signature=said.replace(" host", "")) == "target-not-signed"
    assert outcome(request, signature=said.replace(" date", " date x-none")) == "signed-header-missing"
    assert outcome(request, signature=f"{said},expires=1") == "too-old"
    assert outcome(request, signature=said.replace('signature="', 'signature="!')) == "bad-signature"
    assert outcome(request, date="soon") == "bad-date"
    assert outcome(request, host="other.example") == "other-host"
    assert outcome(request, digest=None) == "bad-digest"


def test_what_rfc_9421_must_say() -> None:
    request = signed(signatures.sign_rfc9421)
    said = request.headers["signature-input"]
    assert outcome(request, signature_input=said.replace(' "content-digest"', "")) == "digest-not-signed"
    assert outcome(request, signature_input=said.replace('"@target-uri" ', "")) == "target-not-signed"
    assert outcome(request, signature_input=said.replace('"@method" ', "")) == "target-not-signed"
    assert outcome(request, signature_input=said.replace("created=", "made=")) == "time-not-signed"
    assert outcome(request, signature_input=said.replace("created=", "expires=1;created=")) == "too-old"
    assert outcome(request, signature_input=said.replace("created=", "created=1")) == "in-the-future"
    assert (
        outcome(request, signature_input=said.replace('"content-digest"', '"content-digest";req'))
        == "digest-not-signed"
    )
    assert outcome(request, signature_input=f"{said}, two={said.partition('=')[2]}") == "bad-signature"
    assert outcome(request, signature_input="((") == "bad-signature"
    assert outcome(request, signature_input="sig1=1") == "bad-signature"
    assert outcome(request, signature="sig1=:AAAA:") == "bad-signature"
    assert outcome(request, content_digest=None) == "bad-digest"


def test_a_parameter_that_stands_twice_is_refused() -> None:
    said = signed().headers["signature"]
    with pytest.raises(Refusal, match="bad-signature"):
        signatures.key_id({"signature": f'{said},keyId="https://b.example/"'})
    with pytest.raises(Refusal, match="not-signed"):
        signatures.key_id({})
    twice = signed(signatures.sign_rfc9421).headers["signature-input"]
    with pytest.raises(Refusal, match="one signature"):
        signatures.key_id({"signature-input": f"{twice}, {twice.replace('sig1', 'sig2')}"})
