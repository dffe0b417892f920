"""JSON and addresses of strangers: one form, or a reason; no trick passes, nothing crashes, nothing takes long."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.federation import wire
from comments_service.federation.vocabulary import Refusal


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("HTTPS://example.org/Users/A", "https://example.org/Users/A"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:0443/a", "https://example.org/a"),
        ("https://example.org:/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org?author=1", "https://example.org/?author=1"),
        ("https://example.org/?author=1#main-key", "https://example.org/?author=1#main-key"),
        ("https://bücher.example/é?ü", "https://xn--bcher-kva.example/%C3%A9?%C3%BC"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://bücher。example/", "https://xn--bcher-kva.example/"),
        ("https://ｅxample.org/", "https://example.org/"),
        ("https://１２７.0.0.1/", "https://127.0.0.1/"),
        ("https://[0:0::1]:443/a", "https://[::1]/a"),
        ("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/"),
        ("https://example.org//a;b=%2F", "https://example.org//a;b=%2F"),
        ("https://example.org/\u202egpj.exe", "https://example.org/%E2%80%AEgpj.exe"),
    ],
)
def test_an_address_has_one_form(written: str, form: str) -> None:
    assert wire.uri(written) == form
    assert wire.uri(form) == form


@pytest.mark.parametrize(
    "written",
    [
        *(
            None,
            1,
            1.5,
            True,
            [],
            {},
            "",
            " ",
            "example.org",
            "//example.org/a",
            "/a",
            "https:",
            "https:/a",
            "https://",
        ),
        *("https:example.org", "https:///a", "ftp://example.org/", "javascript:alert(1)", "data:text/html,x"),
        *("file:///etc/passwd", "acct:a@example.org", "https://@example.org/", "https://a@example.org/"),
        *("https://a:b@example.org/", "https://example.org@evil.example/", "https://example.org\\@evil.example/"),
        *("https:\\\\example.org/a", " https://example.org/", "https://example.org/ ", "https://example.org/a\n"),
        *("https://exam\tple.org/", "https://example.org/a b", "https://example.org/\x00", "\x01https://example.org/"),
        *("https://example.org:0/", "https://example.org:65536/", "https://example.org:-1/", "https://example.org:a/"),
        *("https://example..org/", "https://.example.org/", "https://example.org../", "https://-a.example/"),
        *("https://a_b-.example/", f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", "https://xn--/"),
        *("https://℀.example/", "https://exa%6dple.org/", "https://example.org%00.evil.example/"),
        *("https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://0x7f000001/"),
        *(
            "https://1.2.3.4.5/",
            "https://999.1.1.1/",
            "https://a.0x1/",
            "https://[::1",
            "https://::1/",
            "https://[::]]/",
        ),
        *("https://[fe80::1%25eth0]/", "https://[v1.a]/", "https://a[::1]/", "https://[::1]a/", "https://[]/"),
        *("https://example.org/a/../b", "https://example.org/./b", "https://example.org/..", "https://a.b/%2E%2e/c"),
        *("https://example.org/.%2e", "https://example.org/%", "https://example.org/%zz", 'https://example.org/"'),
        *("https://example.org/<b>", "https://example.org/{a}", "https://example.org/a|b", "https://example.org/`"),
        *("https://example.org/\ud800", "https://example.org/" + "a" * wire.MOST_URI, "https://example.org/\x7f"),
    ],
)
def test_an_address_that_a_parser_would_have_to_mend_is_refused(written: object) -> None:
    with pytest.raises(Refusal, match="bad-uri"):
        wire.uri(written)


def test_plain_http_is_only_for_hosts_that_the_operator_lists() -> None:
    with pytest.raises(Refusal, match="not-https"):
        wire.uri("http://example.org/a")
    assert wire.uri("http://A.test:80/a", http_ok=lambda host: host == "a.test") == "http://a.test/a"
    with pytest.raises(Refusal, match="not-https"):
        wire.uri("http://b.test/a", http_ok=lambda host: host == "a.test")


def test_origin_and_host_keep_an_unusual_port() -> None:
    assert wire.origin("https://example.org:8443/a?b#c") == "https://example.org:8443"
    assert wire.host("https://example.org:8443/a?b#c") == "example.org:8443"
    assert wire.origin("https://example.org/a") != wire.origin("https://example.org:8443/a")


@given(st.text(max_size=60) | st.from_regex(r"https://[^/]{0,20}/?.{0,20}", fullmatch=True))
def test_any_text_is_an_address_in_one_form_or_refused(written: str) -> None:
    try:
        form = wire.uri(written)
    except Refusal:
        return
    assert form.isascii()
    assert wire.uri(form) == form
    assert form.startswith(wire.origin(form) + "/")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        *((content, "bad-json") for content in (b"", b"[]", b'"a"', b"null", b"1", b"{", b"{} {}", b"{,}", b"{'a':1}")),
        *((content, "bad-json") for content in (b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'{"a":1,"\\u0061":2}')),
        *((b'{"a":%s}' % number, "bad-json") for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999")),
        *((b'{"a":%s}' % number, "bad-json") for number in (b"01", b"1.", b"+1", b"0x1", b"9" * 5_000)),
        *((b'{"a":"%s"}' % text, "bad-json") for text in (rb"\ud800", rb"\udc00\ud800", b"\xff", b"\xed\xa0\x80")),
        (b'{"%s":1}' % rb"\ud800", "bad-json"),
        (b'{"a":"\n"}', "bad-json"),
        (b'\xef\xbb\xbf{"a":1}', "bad-json"),
        ('{"a":1}'.encode("utf-16"), "bad-json"),
        (b"\x00{}", "bad-json"),
        (b"[" * 500_000, "too-deep"),
        (b'{"a":' * 100_000, "too-deep"),
        (b'{"a":' * 32 + b"[]" + b"}" * 32, "too-deep"),
        (b'{"a\\"":' + b'["]",' * 40 + b"1" + b"]" * 40 + b"}", "too-deep"),
        (b'{"a":"' + b"x" * wire.MOST_BYTES + b'"}', "too-large"),
    ],
)
def test_json_that_two_parsers_could_read_in_two_ways_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        wire.load(content)
    assert caught.value.reason == reason


def test_brackets_in_texts_and_whole_characters_are_no_fault() -> None:
    document = {"a": "[" * 1_000 + '\\"{', "b": "😀", "c": [{"d": [1.5, -1, None, True]}]}
    assert wire.load(json.dumps(document).encode()) == document
    assert wire.load(json.dumps(document, ensure_ascii=False).encode()) == document


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_document_or_refused(content: bytes) -> None:
    try:
        document = wire.load(content)
    except Refusal:
        return
    assert document == json.loads(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":[' + b"[]," * 330_000 + b"1]}",
        b'{"a":[' + b'"",' * 330_000 + b"1]}",
        b"[" * 1_000_000,
        b'"' * 1_000_000,
        b'{"' + b"\\" * 999_000,
        b'{"a":' + b"9" * 990_000 + b"}",
        b'{"a":1e' + b"9" * 990_000 + b"}",
        b'{"a":"' + b"\\u0041" * 160_000 + b'"}',
        b"{" + b",".join(b'"%d":0' % number for number in range(90_000)) + b"}",
    ],
)
def test_the_worst_megabyte_is_read_quickly(content: bytes) -> None:
    start = time.process_time()
    with suppress(Refusal):
        wire.load(content)
    assert time.process_time() - start < 2  # 0.13 s on the machine of 2026; quadratic would be hours
