"""The door out: addresses, size and redirects are judged on a real server."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from comments_service import network
from comments_service.network import Answer, FetchError, fetch, is_public
from tests.service.running import answering


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        targets = {
            "/loop": "/loop",
            "/once": "/small",
            "/made": "/small",
            "/to-private": "http://169.254.169.254/latest/meta-data",
            "/to-file": "file:///etc/passwd",
            "/to-nothing": "http://[::1",
        }
        self.send_response(201 if self.path == "/made" else 302 if self.path in (*targets, "/nowhere") else 200)
        if self.path in targets:
            self.send_header("Location", targets[self.path])
        body = b"x" * (5000 if self.path == "/large" else 5) + self.headers["Host"].encode()
        if self.command == "POST" or self.headers["Authorization"]:
            body += str(self.headers["Authorization"]).encode()
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with answering(Answers) as port:
        yield f"http://localhost:{port}"


def get(url: str, *, own_host: str | None = "localhost", most_bytes: int = 1000) -> Answer:
    return asyncio.run(fetch(url, most_bytes=most_bytes, own_host=own_host))


def test_the_sites_own_host_may_be_private_and_the_host_name_is_sent(base: str) -> None:
    answer = get(f"{base}/once")
    assert (answer.status, answer.url) == (200, f"{base}/small")
    assert answer.content == b"xxxxx" + base.removeprefix("http://").encode()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/large", "larger than"),
        ("/loop", "redirects more than"),
        ("/to-private", "no public address"),
        ("/to-file", "not an address to fetch"),
        ("/to-nothing", "not an address to fetch"),
    ],
)
def test_what_goes_too_far_is_not_fetched(base: str, path: str, reason: str) -> None:
    with pytest.raises(FetchError, match=reason):
        get(base + path)


@pytest.mark.parametrize(("path", "status"), [("/made", 201), ("/nowhere", 302)])
def test_only_an_answer_that_redirects_to_something_is_followed(base: str, path: str, status: int) -> None:
    assert (get(base + path).status, get(base + path).url) == (status, base + path)


def test_what_holds_a_token_goes_nowhere_else(base: str) -> None:
    def ask(path: str) -> Answer:
        return asyncio.run(fetch(base + path, most_bytes=1000, own_host="localhost", token="secret"))

    with pytest.raises(FetchError, match="redirects to"):
        ask("/once")
    assert ask("/small").content.endswith(b"Bearer secret")


def test_a_private_address_is_refused_by_name_and_by_number(base: str) -> None:
    port = base.rpartition(":")[2]
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0"):
        with pytest.raises(FetchError, match=r"no public address|cannot be reached"):
            get(f"http://{host}:{port}/small", own_host=None)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "http://", "https://user:pw@example.org/", "//x", "x", "http://[::1", "http://a\x00b/"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError):
        get(url, own_host=None)


def test_a_name_and_password_are_never_sent(base: str) -> None:
    with pytest.raises(FetchError, match="not an address"):
        get(base.replace("//", "//user:pw@") + "/small")


def test_a_server_that_never_ends_is_left(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TIMEOUT_SECONDS", 0.0)
    with pytest.raises(FetchError, match="took longer"):
        get(f"{base}/small")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.0.8", False),
        ("192.0.0.9", False),
        ("192.88.99.1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("64:ff9b:1::a00:1", False),
        ("2001:db8::1", False),
        ("::7f00:1", False),
        ("2002:7f00:1::", False),
        ("8.8.8.8", True),
        ("64:ff9b:1::808:808", False),
        ("fec0::1", False),
        ("::808:808", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.1.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("2606:4700::1111", True),
        ("::", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:a00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("2002:808:808::", True),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", False),  # Teredo (RFC 4380)
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)
def test_an_address_is_public_or_not(address: str, expected: bool) -> None:
    assert is_public(address) == expected
