"""Answers as a hostile or odd server sends them, byte by byte on a real socket: taken whole, or not at all."""

import asyncio
import gc
import ipaddress
import socket
import ssl
import weakref
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from comments_service import network
from comments_service.exchange import Connection
from comments_service.network import Answer, Client, FetchError
from tests.peers.authority import Authority

HERE = "127.0.0.12"
INTRANET = (ipaddress.ip_network(HERE),)
OK = b"HTTP/1.1 200 OK\r\n"
TWO = OK + b"Content-Length: 2\r\n\r\nok"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WAIT, HOLD, CLOSE = b"", b"hold", None  # in what a server says: for the next request; for the test; the end
Said = Sequence[bytes | None]


@dataclass
class Script:
    """Says the same on every connection. WAIT reads a request."""

    said: Said
    got: list[bytes] = field(default_factory=list)
    connections: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.append(asyncio.create_task(self.answer(reader, writer)))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for piece in (WAIT, *self.said):
                if piece is CLOSE:
                    break
                if piece == HOLD:
                    await self.go_on.wait()
                elif piece == WAIT:
                    self.got.append(await reader.readuntil(b"\r\n\r\n"))
                else:
                    writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            else:
                await reader.read()  # until the other side ends it
                self.ended.set()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def with_script(said: Said, do: Callable[[Script, Client, str], Awaitable[None]]) -> Script:
    async def play() -> Script:
        script = Script(said)
        server = await asyncio.start_server(script.welcome, HERE, 0)
        client = Client(INTRANET)
        port = server.sockets[0].getsockname()[1]
        try:
            await do(script, client, f"http://{HERE}:{port}/x")
        finally:
            await client.close()
            server.close()
            await asyncio.gather(*script.tasks)
        return script

    return asyncio.run(play())


def ask(said: Said, times: int = 1, method: str = "GET") -> tuple[list[Answer | str], Script]:
    found: list[Answer | str] = []

    async def do(_script: Script, client: Client, url: str) -> None:
        for _ in range(times):
            try:
                found.append(await client.request(method, url, {}, most_bytes=1000))
            except FetchError as error:
                found.append(str(error))

    script = with_script(said, do)
    return found, script


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ([TWO], b"ok"),
        ([bytes([one]) for one in TWO], b"ok"),
        ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + TWO], b"ok"),
        ([b"HTTP/1.1 103 Early\r\nX: 1\r\nContent-Encoding: gzip\r\n\r\n", TWO], b"ok"),
        ([CHUNKED + b"1;a=b\r\no\r\n1\r\nk\r\n0\r\n\r\n"], b"ok"),
        ([CHUNKED + b"2\r\nok\r\n0\r\nX: 2\r\nContent-Encoding: gzip\r\n\r\n"], b"ok"),
        ([OK + b"\r\n", b"o", b"k", CLOSE], b"ok"),
        ([b"HTTP/1.0 200 OK\r\n\r\nok", CLOSE], b"ok"),
        ([b"HTTP/1.1 204 None\r\n\r\n"], b""),
        ([b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"], b""),
        ([OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000], b"x" * 1000),
        ([CHUNKED, *[b"1\r\nx\r\n"] * 1000, b"0\r\n\r\n"], b"x" * 1000),
    ],
)
def test_every_way_to_answer_is_read(said: Said, content: bytes) -> None:
    (answer,), _ = ask(said)
    assert isinstance(answer, Answer)
    assert answer.content == content
    assert "x" not in answer.headers  # neither of what only informs nor of a trailer


def test_what_stands_twice_is_a_list_and_names_are_in_lower_case() -> None:
    (answer,), _ = ask([OK + b"X-a: 1\r\nx-A:  2 \r\nContent-LENGTH: 0\r\n\r\n"])
    assert isinstance(answer, Answer)
    assert answer.headers == {"x-a": "1, 2", "content-length": "0"}


HEAD_OF_ANY_SIZE = [OK, *[b"X: " + b"y" * 1000 + b"\r\n"] * 400]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "not HTTP"),
        ([b"<html>"], "not HTTP"),
        ([b"HTTP/1.1 99 So\r\n\r\n"], "not HTTP"),
        ([b"HTTP/1.1 2000 So\r\n\r\n"], "not HTTP"),
        ([b"HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc"], "not HTTP"),
        ([OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"], "not HTTP"),
        ([OK + b"Content-Length: -2\r\n\r\nok"], "not HTTP"),
        ([OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], "not HTTP"),
        ([OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"], "not HTTP"),
        ([CHUNKED + b"-1\r\nx\r\n"], "not HTTP"),
        ([CHUNKED + b"fffffffffffffffff\r\nx\r\n"], "not HTTP"),
        ([OK + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n"], "not HTTP"),
        ([OK + b"A: b\x00c\r\nContent-Length: 0\r\n\r\n"], "not HTTP"),
        ([OK + b"A: b\nContent-Length: 0\n\n"], "not HTTP"),
        ([OK + b"Transfer-Encoding: gzip\r\n\r\nok", CLOSE], "broke off"),
        ([OK + b"Content-Length: 3\r\n\r\nok", CLOSE], "broke off"),
        ([CHUNKED + b"2\r\nok\r\n", CLOSE], "broke off"),
        ([OK, CLOSE], "broke off"),
        ([b"HTTP/1.1 103 Early\r\n\r\n", CLOSE], "broke off"),
        ([CLOSE], "was closed"),
        ([OK + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001], "larger than 1000"),
        ([CHUNKED, *[b"100\r\n" + b"x" * 256 + b"\r\n"] * 1000], "larger than 1000"),
        ([OK + b"\r\n", *[b"x" * 100] * 1000], "larger than 1000"),
        (HEAD_OF_ANY_SIZE, "much around it"),
        ([b"HTTP/1.1 200 " + b"O" * 100_000], "much around it"),
        ([OK + b"A" * 100_000], "much around it"),
        ([b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 20_000], "much around it"),
        ([CHUNKED + b"1;" + b"a" * 100_000], "much around it"),
        ([CHUNKED + b"1\r\nx\r\n0\r\n", *HEAD_OF_ANY_SIZE[1:]], "much around it"),
        ([OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", CLOSE], "compressed"),
    ],
)
def test_what_is_no_whole_answer_is_none_and_the_connection_ends(said: Said, reason: str) -> None:
    (answer, again), script = ask(said, times=2)
    assert reason in str(answer)
    assert isinstance(again, str)
    assert script.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        TWO + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        TWO + b"garbage",
        TWO + b"H",
        OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_what_follows_an_answer_is_never_the_answer_to_the_next_request(said: bytes) -> None:
    found, script = ask([said], times=3)
    assert [one.content for one in found if isinstance(one, Answer)] == [b"ok"] * 3
    assert script.connections == 3


def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    async def do(script: Script, client: Client, url: str) -> None:
        assert (await client.get(url, accept="*/*", most_bytes=10)).content == b"ok"
        script.go_on.set()
        async with asyncio.timeout(30):
            await script.ended.wait()
        assert (await client.get(url, accept="*/*", most_bytes=10)).content == b"ok"
        assert script.connections == 2

    with_script([TWO, HOLD, TWO.replace(b"ok", b"no")], do)


@pytest.mark.parametrize(
    ("said", "contents", "requests", "connections"),
    [
        ([TWO, WAIT, CLOSE], [b"ok"] * 3, 5, 3),  # asked again, once, over a new connection
        ([TWO, CLOSE], [b"ok"] * 3, 3, 3),
        ([TWO, WAIT, b"HTTP/1.1 20", CLOSE], [b"ok", None, b"ok"], 3, 2),  # something was answered
        ([CLOSE], [None] * 3, 3, 3),  # a new connection is no stale one
    ],
)
def test_only_a_kept_connection_that_answers_nothing_is_tried_anew(
    said: Said, contents: list[bytes | None], requests: int, connections: int
) -> None:
    found, script = ask(said, times=3, method="POST")
    assert [one.content if isinstance(one, Answer) else None for one in found] == contents
    assert (len(script.got), script.connections) == (requests, connections)


def test_a_connection_that_nothing_is_asked_of_for_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "KEEP_SECONDS", 0.01)

    async def do(script: Script, client: Client, url: str) -> None:
        await client.get(url, accept="*/*", most_bytes=10)
        async with asyncio.timeout(30):
            await script.ended.wait()

    with_script([TWO], do)


def test_an_answer_before_the_end_of_the_request_is_taken_and_the_connection_ends() -> None:
    async def do(script: Script, client: Client, url: str) -> None:
        for _ in range(2):
            assert (await client.request("POST", url, {}, bytes(10_000_000), most_bytes=10)).content == b"ok"
        assert script.connections == 2

    with_script([TWO], do)


def test_a_name_is_looked_up_once_and_the_judged_address_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    async def look_up(_loop: object, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        address = HERE if len(looked_up) == 1 else "127.0.0.13"
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    async def do(script: Script, client: Client, url: str) -> None:
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        assert (await client.get(url.replace(HERE, "a.test"), accept="*/*", most_bytes=10)).content == b"ok"
        assert looked_up == ["a.test"]
        assert script.connections == 1
        with pytest.raises(FetchError, match="no public address"):
            await client.get(url.replace(HERE, "b.test"), accept="*/*", most_bytes=10)

    with_script([TWO], do)


def test_a_host_is_reached_by_the_next_of_its_addresses_when_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def look_up(_loop: object, _host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        six = (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0))
        return [six, (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (HERE, port))]

    async def do(_script: Script, _client: Client, url: str) -> None:
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        client = Client((*INTRANET, ipaddress.ip_network("::1")))
        answer = await client.get(url.replace(HERE, "a.test"), accept="*/*", most_bytes=10)
        await client.close()
        assert answer.content == b"ok"

    with_script([TWO], do)


def test_the_answer_to_head_is_its_head() -> None:
    found, script = ask([OK + b"Content-Length: 5000\r\n\r\n"], times=2, method="HEAD")
    assert [one.headers for one in found if isinstance(one, Answer)] == [{"content-length": "5000"}] * 2
    assert script.connections == 2


def test_a_request_is_as_it_should_be_and_nothing_can_be_put_into_it() -> None:
    async def do(script: Script, client: Client, url: str) -> None:
        await client.request("POST", f"{url};a?b=c#d", {"Accept": "x"}, b"{}", most_bytes=10)
        for path, headers in (
            ("/a b", {}),
            ("/\r\nX: y", {}),
            ("/\x00", {}),
            ("/é", {}),
            ("", {"X": "a\r\nY: b"}),
            ("", {"X": "\x00"}),
            ("", {"X": "€"}),
        ):
            with pytest.raises(FetchError, match="cannot be reached"):
                await Client(INTRANET).request("POST", url + path, headers, b"{}", most_bytes=10)
        host = url.split("/")[2]
        assert script.got == [
            f"POST /x;a?b=c HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Plein\r\nAccept-Encoding: identity\r\n"
            "Accept: x\r\nContent-Length: 2\r\n\r\n".encode()
        ]

    with_script([TWO], do)


def test_a_server_must_prove_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.make(tmp_path, "a.test")
    proof = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    proof.load_cert_chain(authority.server_file)

    async def play() -> None:
        script = Script([TWO])
        server = await asyncio.start_server(script.welcome, HERE, 0, ssl=proof)
        at = server.sockets[0].getsockname()[:2]
        for trusted, url, is_right in (
            (False, "https://a.test/", False),
            (True, "https://b.test/", False),
            (True, f"https://{HERE}/", False),
            (True, "https://a.test/", True),
        ):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
            client = Client(INTRANET, instead=at)
            try:
                found = (await client.get(url, accept="*/*", most_bytes=10)).content.decode()
            except FetchError as error:
                found = str(error)
            await client.close()
            assert ("certificate" in found, found == "ok", bool(script.got)) == (not is_right, is_right, is_right)
        server.close()
        await asyncio.gather(*script.tasks)

    asyncio.run(play())


def test_a_connection_that_is_closed_is_held_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Connection]] = []

    class Noted(Connection):
        def __init__(self) -> None:
            super().__init__()
            made.append(weakref.ref(self))

    monkeypatch.setattr(network, "Connection", Noted)
    monkeypatch.setattr(network, "MOST_OPEN", 0)

    async def do(_script: Script, _client: Client, url: str) -> None:
        few = Client(INTRANET)
        for _ in range(3):
            await few.get(url, accept="*/*", most_bytes=10)
        async with asyncio.timeout(30):
            while any(one() for one in made):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)

    gc.disable()  # which would find what holds itself
    try:
        with_script([TWO], do)
    finally:
        gc.enable()
    assert len(made) == 3
