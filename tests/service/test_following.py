"""Following and answering from one's own server: a link to the server that the reader typed, and to no other."""

import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest

from comments_service.errors import NotFound
from comments_service.federation.following import Following
from comments_service.federation.house import House
from comments_service.federation.uris import Uris
from comments_service.settings import FederationSettings
from comments_service.store.protocol import Transaction
from tests.service.builders import a_comment, a_page, an_account
from tests.service.running import OWN_PAGE, SITE, Service, a_manifest, a_service, answering, wait_until

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTRANET = FederationSettings.model_validate({"intranet": ["127.0.0.0/8"]})
NO_LINK = "Uw server zegt niet waar links opengaan."


@dataclass
class Server:
    """Says of a name what it was told to: a template, or where to ask instead."""

    url: str = ""
    templates: dict[str, object] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # where the account of a name really is
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @contextmanager
    def serving(self, address: str) -> Iterator[None]:
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here.asked.append(self.path)
                name = parse_qs(urlsplit(self.path).query)["resource"][0].removeprefix("acct:").partition("@")[0]
                if name in here.redirects:
                    self.send_response(302)
                    self.send_header("Location", here.redirects[name])
                    self.end_headers()
                    return
                links = [{"rel": "self", "href": here.accounts.get(name, f"{here.url}/users/{name}")}, "odd"]
                links += [{"rel": SUBSCRIBE, "template": here.templates[name]}] if name in here.templates else []
                known = name in here.templates or name in here.accounts
                self.send_response(200 if known else 404)
                self.end_headers()
                self.wfile.write(json.dumps({"subject": f"acct:{name}@{here.host}", "links": links}).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with answering(Handler, address) as port:
            self.url = f"http://{address}:{port}"
            yield


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    here, there = Server(), Server()
    with here.serving("127.0.0.6"), there.serving("127.0.0.7"):
        yield here, there


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("following")
    manifest = json.loads(a_manifest())
    manifest["pages"]["blogs/dicht"]["federate"] = False
    (folder / "plein.json").write_text(json.dumps(manifest), "utf-8")
    with a_service(folder, federation=INTRANET) as running:
        running.log_in(name="Anna")
        running.client.patch("/api/v1/me", json={"federation": "on", "handle": "anna"}, headers=OWN_PAGE)
        running.comment("Gaat op reis.")
        running.client.cookies.clear()
        yield running


def ask(service: Service, path: str, you: str, **asked: str) -> httpx2.Response:
    return service.client.post(path, params=asked, data={"you": you}, headers=OWN_PAGE, follow_redirects=False)


def link_in(answer: httpx2.Response) -> str | None:
    found = re.search(r'<a class="nl-button nl-button--primary" href="([^"]+)" rel="nofollow noopener">', answer.text)
    return unescape(found[1]) if found else None


def in_store(service: Service, sql: str, *values: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(service.settings.service.database) as database:
        return database.execute(sql, values).fetchall()


@pytest.mark.parametrize(("prefix", "says"), [("", "Ga verder op"), ("/en", "Go on at")])
def test_a_handle_becomes_a_link_to_its_own_server(
    service: Service, servers: tuple[Server, Server], prefix: str, says: str
) -> None:
    here, _ = servers
    here.templates["mies"] = f"HTTP://{here.host}/authorize_interaction?uri={{uri}}"
    page = service.client.get(f"{prefix}/follow?handle=plein")
    assert page.status_code == 200
    assert "@plein@testserver" in page.text
    for typed in (f"@mies@{here.host}", f"mies@{here.host.upper()}", f"  acct:mies@{here.host} "):
        answer = ask(service, f"{prefix}/follow", typed, handle="plein")
        assert answer.status_code == 200  # a page with a link, never a redirect
        link = link_in(answer)
        assert link is not None
        assert link.startswith(f"{here.url}/authorize_interaction?uri={quote(SITE, safe='')}%2Fap%2Factors%2F")
        assert f"{says} {here.host}" in answer.text
        assert not answer.cookies


def test_looking_at_the_page_asks_nobody(service: Service, servers: tuple[Server, Server]) -> None:
    here, _ = servers
    here.asked.clear()
    for page in ("/follow?handle=plein", "/answer?page=blogs/drempels"):
        assert service.client.get(f"{page}&you=mies@{here.host}").status_code == 200
    assert not here.asked


def test_a_server_may_stand_on_the_host_that_webfinger_leads_to_or_names(
    service: Service, servers: tuple[Server, Server]
) -> None:
    here, there = servers
    there.templates["moved"] = f"{there.url}/go?uri={{uri}}"
    there.accounts["moved"] = "https://elsewhere.example/users/moved"
    here.redirects["moved"] = f"{there.url}/.well-known/webfinger?resource=acct:moved@{there.host}"
    here.templates["named"] = f"{there.url}/go?uri={{uri}}"
    here.accounts["named"] = f"{there.url}/users/named"
    for name in ("moved", "named"):
        link = link_in(ask(service, "/follow", f"{name}@{here.host}", handle="plein"))
        assert link is not None
        assert link.startswith(f"{there.url}/go?uri=http")


@pytest.mark.parametrize(
    "template",
    [
        "{there}/go?uri={uri}",
        "javascript:alert(1)//{uri}",
        "javascript://{host}/%0aalert(1)//{uri}",
        "data:text/html,{uri}",
        "ftp://{host}/{uri}",
        "//{host}/{uri}",
        "{here}@{there_host}/{uri}",
        "http://reader:word@{host}/{uri}",
        "{here}.evil.example/{uri}",
        "{uri}",
        "https://{uri}/",
        "{here}/go\n?uri={uri}",
        "{here}/../{uri}",
        "{here}\\@{there_host}/{uri}",
        "{here}/go?uri=nothing",
        None,
        ["{here}/{uri}"],
        {"a": "{uri}"},
    ],
)
def test_a_template_that_leads_elsewhere_gives_no_link(
    service: Service, servers: tuple[Server, Server], template: object
) -> None:
    here, there = servers
    if isinstance(template, str):
        for name, value in (("here", here.url), ("there", there.url), ("host", here.host), ("there_host", there.host)):
            template = template.replace(f"{{{name}}}", value)
    here.templates["eve"] = template
    answer = ask(service, "/follow", f"eve@{here.host}", handle="plein")
    assert (answer.status_code, link_in(answer)) == (400, None)
    assert NO_LINK in answer.text
    assert f'value="eve@{here.host}"' in answer.text  # what was typed stays


@pytest.mark.parametrize("you", ["", "mies", "@mies", "mies@", "mies@ho st", "a@b@c.example", "mies@..", "mies@[::x]"])
def test_what_is_no_handle_is_told_and_asks_nobody(service: Service, servers: tuple[Server, Server], you: str) -> None:
    for server in servers:
        server.asked.clear()
    answer = ask(service, "/follow", you, handle="plein")
    assert (answer.status_code, link_in(answer)) == (400, None)
    assert 'href="#you"' in answer.text
    assert not servers[0].asked
    assert not servers[1].asked


def test_a_handle_that_its_server_does_not_know_is_told(service: Service, servers: tuple[Server, Server]) -> None:
    answer = ask(service, "/follow", f"nobody@{servers[0].host}", handle="plein")
    assert answer.status_code == 400
    assert "kent deze gebruikersnaam niet" in answer.text


def test_a_blocked_server_is_not_asked(service: Service, servers: tuple[Server, Server]) -> None:
    _, there = servers
    there.templates["bob"] = f"{there.url}/go?uri={{uri}}"
    in_store(service, "INSERT INTO server (host, policy) VALUES (?, 'block')", there.host)
    there.asked.clear()
    answer = ask(service, "/follow", f"bob@{there.host}", handle="plein")
    assert (answer.status_code, there.asked) == (400, [])
    in_store(service, "DELETE FROM server")


@pytest.mark.parametrize(
    "path",
    [
        "/follow",
        "/follow?handle=nobody",
        "/follow?handle=instance",
        "/answer",
        "/answer?page=blogs/nothing",
        "/answer?page=blogs/dicht",
        "/answer?page=x",
        "/answer?comment=01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/answer?comment=%00",
    ],
)
def test_what_cannot_be_followed_or_answered_has_no_page(service: Service, path: str) -> None:
    assert service.client.get(path).status_code == 404


def test_who_stopped_cannot_be_followed(service: Service) -> None:
    service.log_in("bram@example.org", name="Bram")
    for federation, status in (("on", 200), ("off", 404), ("on", 200), ("take-back", 404)):
        service.client.patch("/api/v1/me", json={"federation": federation, "handle": "bram"}, headers=OWN_PAGE)
        assert service.client.get("/follow?handle=bram").status_code == status
    service.client.cookies.clear()


def test_a_comment_of_another_site_is_not_answered_here(tx: Transaction) -> None:
    page = a_page(tx)
    comment = a_comment(tx, page, an_account(tx))
    tx.run("UPDATE comment SET object_id = 'OBJECT'")
    for site_id, found in ((page.site_id, True), ("another", False)):
        house = House(Uris("https://plein.example"), "https://plein.example")
        rooms = Following(Mock(), Mock(site=Mock(id=site_id)), house, Mock(), Mock())
        with nullcontext() if found else pytest.raises(NotFound):
            assert rooms.comment(tx, comment.id) == "https://plein.example/ap/objects/OBJECT"


def test_a_page_and_a_comment_that_travels_can_be_answered(service: Service, servers: tuple[Server, Server]) -> None:
    here, _ = servers
    here.templates["mies"] = f"{here.url}/go?uri={{uri}}"
    thread = "/api/v1/threads/blogs/drempels"
    wait_until(lambda: bool(service.client.get(thread).json()["items"][0].get("travels")))
    comment = service.client.get(thread).json()["items"][0]["id"]
    [(object_id,)] = in_store(service, "SELECT object_id FROM comment WHERE id = ?", comment)
    link = link_in(ask(service, "/answer", f"mies@{here.host}", comment=comment)) or ""
    assert parse_qs(urlsplit(link).query)["uri"] == [f"{SITE}/ap/objects/{object_id}"]
    link = link_in(ask(service, "/answer", f"mies@{here.host}", page="blogs/drempels")) or ""
    [(post,)] = in_store(service, "SELECT id FROM post_object WHERE page_key = 'blogs/drempels' AND language = 'nl'")
    assert parse_qs(urlsplit(link).query)["uri"] == [f"{SITE}/ap/objects/{post}"]
    thread_page = service.client.get("/threads/blogs/drempels").text
    assert f'href="/answer?comment={comment}"' in thread_page
    assert 'href="/answer?page=blogs/drempels"' in thread_page
    assert "ook op andere servers" in thread_page


def test_private_addresses_are_not_asked(
    tmp_path: Path, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = servers
    reached: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: reached.append(address))
    with a_service(tmp_path) as closed:
        for host in (here.host, "localhost", "[::1]", "169.254.169.254"):
            assert ask(closed, "/follow", f"mies@{host}", handle="plein").status_code == 400
    assert not reached


def test_one_network_asks_so_often_and_no_more(tmp_path: Path, servers: tuple[Server, Server]) -> None:
    here, _ = servers
    with a_service(tmp_path, limits="on", federation=INTRANET) as limited:
        asked = [ask(limited, "/follow", "no handle", handle="plein").status_code for _ in range(61)]
        assert asked == [400] * 60 + [429]
        here.asked.clear()
        assert ask(limited, "/follow", f"mies@{here.host}", handle="plein").status_code == 429
        assert not here.asked


def test_without_federation_there_is_nothing_to_follow(tmp_path: Path) -> None:
    with a_service(tmp_path, federation=FederationSettings(enabled=False)) as alone:
        assert alone.client.get("/follow?handle=plein").status_code == 404
        assert alone.client.get("/api/v1/threads/blogs/drempels").json()["federated"] is False
        assert "/answer" not in alone.client.get("/threads/blogs/drempels").text
        alone.log_in(name="Anna")
        assert "federation" not in alone.client.get("/account").text
        assert "federation" not in alone.client.get("/threads/blogs/drempels").text
