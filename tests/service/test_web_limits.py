"""Whom a limit counts, and what one request may take: addresses behind proxies, time, names that are looked up."""

import asyncio
import ipaddress
from pathlib import Path

import pytest
import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from comments_service import __main__ as command_line
from comments_service import app
from comments_service.settings import Settings
from comments_service.web import bodies
from comments_service.web.limits import network_of
from tests.service.running import a_service, some_settings
from theme.commands import serving

READER, PROXY, STRANGER = "203.0.113.77", "127.0.0.1", "198.51.100.9"
Client = tuple[str, int]


def seen_behind(config: uvicorn.Config, peer: str, seen: list[Client]) -> str:
    """The address that the application takes a reader's for, when `peer` connects and names another."""

    async def nothing(*_: object) -> None:
        pass

    config.load()
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", READER.encode())]}
    asyncio.run(config.loaded_app(scope, nothing, nothing))
    return seen[-1][0]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> tuple[list[uvicorn.Config], list[Client]]:
    """What a command would serve, caught before it does, and the addresses that its application sees."""
    configs: list[uvicorn.Config] = []
    seen: list[Client] = []

    class Caught:
        started = True

        def __init__(self, config: uvicorn.Config) -> None:
            configs.append(config)

        def run(self, **_: object) -> None:
            pass

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["client"])

    monkeypatch.setattr(uvicorn, "Server", Caught)
    monkeypatch.setattr(app, "create", lambda *_: application)
    monkeypatch.setattr(serving, "Reloading", lambda *_args, **_more: application)
    return configs, seen


@pytest.mark.parametrize(
    ("trusted", "peer", "taken"),
    [([], PROXY, PROXY), ([PROXY], PROXY, READER), ([PROXY], STRANGER, STRANGER)],
)
def test_a_forwarded_address_counts_only_from_a_named_proxy(
    tmp_path: Path, served: tuple[list[uvicorn.Config], list[Client]], trusted: list[str], peer: str, taken: str
) -> None:
    configs, seen = served
    settings: Settings = some_settings(tmp_path, service={"trusted_proxies": trusted})
    command_line.serve(settings, "127.0.0.1", 0)
    assert seen_behind(configs[0], peer, seen) == taken


def test_the_development_server_believes_no_forwarded_address(
    tmp_path: Path, served: tuple[list[uvicorn.Config], list[Client]]
) -> None:
    configs, seen = served
    serving.serve(app.create(some_settings(tmp_path)), None, tmp_path, "")  # type: ignore[arg-type]  # no socket is used
    assert seen_behind(configs[0], PROXY, seen) == PROXY


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (READER, READER),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        (f"::ffff:{READER}", READER),  # as a server on IPv6 sees a reader of IPv4
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
    ],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    assert network_of(Request({"type": "http", "client": (address, 1)})) == network
    assert network == "unknown" or ipaddress.ip_network(network)


def test_a_body_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "headers": [(b"content-type", b"application/json")]}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(bodies.json_fields(Request(scope, never)))
    assert refused.value.status_code == 408


def test_names_cannot_be_harvested_by_looking_them_up(tmp_path: Path) -> None:
    with a_service(tmp_path, limits="on") as service:
        service.log_in(name="Anna")
        found = {service.client.get("/api/v1/threads/blogs/drempels/people?prefix=a").status_code for _ in range(125)}
    assert found == {200, 429}
