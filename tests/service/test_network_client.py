"""The client that asks servers of strangers: where it goes, how much it reads, and when it lets a server rest."""

import asyncio
import ipaddress
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler

import pytest

from comments_service import network
from comments_service.network import Answer, Client, FetchError
from tests.service.running import answering, free_port

HERE = ipaddress.ip_network("127.0.0.7/32")
asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append((self.path, self.headers["Signature"]))
        body = b"x" * (2000 if self.path == "/large" else 5)
        where = {"/once": "/small", "/loop": "/loop", "/file": "file:///etc/passwd"}.get(self.path)
        where = f"http:/{self.path[7:]}" if self.path.startswith("/inside") else where
        self.send_response(302 if where else 200)
        if where:
            self.send_header("Location", where)
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with answering(Handler, "127.0.0.7") as port:
        yield f"http://127.0.0.7:{port}"


async def ask(client: Client, *urls: str) -> list[Answer | str]:
    found: list[Answer | str] = []
    signed = iter(range(100))

    def sign(_method: str, _url: str) -> Mapping[str, str]:
        return {"Signature": str(next(signed))}

    try:
        for url in urls:
            try:
                found.append(await client.get(url, accept="*/*", sign=sign, most_bytes=1000))
            except FetchError as error:
                found.append(str(error))
    finally:
        await client.close()
    return found


def get(url: str, *, anywhere: bool = False) -> Answer | str:
    asked.clear()
    return asyncio.run(ask(Client(() if anywhere else (HERE,)), url))[0]


def test_plain_http_goes_only_to_the_operators_networks(base: str) -> None:
    assert isinstance(get(f"{base}/small"), Answer)
    for url in (
        f"{base}/small",
        base.replace("http:", "https:"),
        "http://8.8.8.8/",
        "https://[::1]/",
        "https://2130706433/",
    ):
        assert "no public address" in str(get(url, anywhere=True))
        assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "8.8.8.8"])
def test_a_redirect_is_judged_like_the_first_address(base: str, host: str) -> None:
    assert "no public address" in str(get(f"{base}/inside/{host}/"))
    assert len(asked) == 1


def test_every_redirect_is_signed_anew_and_there_are_three(base: str) -> None:
    assert isinstance(get(f"{base}/once"), Answer)
    assert asked == [("/once", "0"), ("/small", "1")]
    assert "more than 3 times" in str(get(f"{base}/loop"))
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("path", "reason"), [("/large", "larger than 1000"), ("/gzip", "compressed"), ("/file", "not an address")]
)
def test_what_is_too_much_is_left(base: str, path: str, reason: str) -> None:
    assert reason in str(get(base + path))


def test_a_name_and_password_are_not_sent(base: str) -> None:
    assert "not an address" in str(get(base.replace("//", "//a:b@") + "/small"))
    assert asked == []


def test_a_server_that_is_silent_is_left(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "SECONDS", 0.0)
    assert "took too long" in str(get(f"{base}/small"))


def test_a_server_that_fails_five_times_rests_and_others_do_not(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(network, "monotonic", lambda: now[0])
    dead = f"http://127.0.0.7:{free_port('127.0.0.7')}/"

    async def tries() -> list[Answer | str]:
        client = Client((HERE,))
        found = await ask(client, *[dead] * 7, f"{base}/small")
        now[0] += network.REST_SECONDS + 1
        return found + await ask(client, dead)

    found = asyncio.run(tries())
    assert ["rests" in str(one) for one in found] == [False] * 5 + [True] * 2 + [False] * 2
    assert isinstance(found[7], Answer)


def test_hosts_without_end_are_not_remembered(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MOST_HOSTS", 2)
    client = Client((HERE,))
    dead = [f"http://127.0.0.7:{free_port('127.0.0.7')}/" for _ in range(6)]
    asyncio.run(ask(client, *dead, f"{base}/small"))
    assert len(client._turns) <= 3
    assert len(client._failed) <= 3


def test_connections_to_a_host_are_used_again_and_those_asked_longest_ago_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network, "MOST_OPEN", 2)
    opened: list[str] = []
    closed: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            tasks.append(task)
        host = str(writer.get_extra_info("sockname")[0])
        opened.append(host)
        while await reader.readline():
            while await reader.readline() not in (b"\r\n", b""):
                pass
            writer.write(b"HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n")
        closed.append(host)
        writer.close()
        await writer.wait_closed()

    async def ask() -> None:
        hosts = [f"127.0.0.{number}" for number in (21, 22, 23)]
        servers = [await asyncio.start_server(answer, host, 0) for host in hosts]
        urls = [f"http://{host}:{one.sockets[0].getsockname()[1]}/" for host, one in zip(hosts, servers, strict=True)]
        client = Client((ipaddress.ip_network("127.0.0.0/8"),))
        for url in (*urls, urls[2], urls[1], urls[0]):
            await client.get(url, accept="*/*", most_bytes=10)
        await client.close()
        await asyncio.gather(*tasks)
        for server in servers:
            server.close()
        assert opened == [*hosts, hosts[0]]
        assert closed[:2] == [hosts[0], hosts[2]]

    asyncio.run(ask())
