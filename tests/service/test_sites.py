"""Several sites in one service: which one is asked, and that they share accounts, a store and nothing else."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from comments_service import app
from comments_service.__main__ import main
from comments_service.settings import OtherSite, Settings, SettingsError, load
from comments_service.web.sites import Sites
from tests.service.running import OWN_PAGE, a_manifest, link_token, serving, some_settings, wait_until

THREAD = "api/v1/threads/blogs/drempels"
OTHER_HOST = "https://blog.example"
MINIMAL = '[site]\nid = "plein"\nname = "Plein"\nurl = "https://plein.example"\n'


def some_sites(folder: Path, port: int) -> Settings:
    """Plein on 127.0.0.1, the school on localhost, and the choir below a path of that same host."""
    others = []
    for name, url, languages in (
        ("school", f"http://localhost:{port}", ["en", "nl"]),
        ("koor", f"http://localhost:{port}/koor", ["nl"]),
    ):
        manifest = folder / f"{name}.json"
        manifest.write_bytes(a_manifest(url))
        others.append(
            OtherSite(
                id=name,
                name=name.title(),
                url=url,
                languages=languages,
                manifest=str(manifest),
                origins=[OTHER_HOST] if name == "school" else [],
            )
        )
    return some_settings(folder, site=f"http://127.0.0.1:{port}", sites=others)


@contextmanager
def sites_at(folder: Path) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    with serving(app.create(some_sites(folder, port)), listening):
        yield port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with sites_at(tmp_path_factory.mktemp("sites")) as number:
        yield number


class Reader:
    """A browser at one site: its own cookies, and the mail of that site."""

    def __init__(self, port: int, host: str, base: str = "/") -> None:
        # the connection goes to 127.0.0.1 whatever `localhost` is on this machine; the Host says which site is meant
        self.base = base
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}{base}", headers={"Host": f"{host}:{port}"}, trust_env=False
        )

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask_for_mail(self, email: str) -> str:
        before = len(self.client.get("dev/mail.json").json())
        self.client.post("api/v1/log-in-links", json={"email": email}, headers=OWN_PAGE).raise_for_status()
        wait_until(lambda: len(self.client.get("dev/mail.json").json()) > before)
        return str(self.client.get("dev/mail.json").json()[-1]["text"])

    def log_in(self, email: str = "anna@example.org") -> str:
        mail = self.ask_for_mail(email)
        done = self.client.post("log-in/link", data={"token": link_token(mail)}, headers=OWN_PAGE)
        assert done.status_code == 303, done.text
        return mail

    def comment(self, text: str) -> None:
        body = {"text": text, "name": "Anna"}
        headers = OWN_PAGE | {"Idempotency-Key": f"a-key-for-{text.split()[-1]}"}
        answer = self.client.post(f"{THREAD}/comments", json=body, headers=headers)
        assert answer.status_code == 201, answer.text

    def texts(self) -> list[str]:
        items = self.client.get(THREAD).json()["items"]
        return [item["html"] for item in items]


def three(port: int) -> tuple[Reader, Reader, Reader]:
    return Reader(port, "127.0.0.1"), Reader(port, "localhost"), Reader(port, "localhost", "/koor/")


def test_each_site_has_its_own_threads_under_its_own_address(port: int) -> None:
    for reader, name in zip(three(port), ("plein", "school", "koor"), strict=True):
        with reader:
            reader.log_in()
            reader.comment(f"Bij {name}")
            assert reader.texts() == [f"<p>Bij {name}</p>"]
            assert reader.texts() == [f"<p>Bij {name}</p>"]  # the kept answer is that of this site too


def test_a_session_is_of_one_site_and_the_account_of_all(port: int) -> None:
    plein, school, choir = three(port)
    with plein, school, choir:
        plein.log_in("ben@example.org")
        ours = plein.client.get("api/v1/me").json()
        token = plein.client.cookies["plein-session"]
        for other, name in ((school, "school"), (choir, "koor")):
            for cookie in ("plein-session", f"{name}-session"):
                asked = other.client.get("api/v1/me", headers={"Cookie": f"{cookie}={token}"})
                assert asked.status_code == 401
        school.log_in("ben@example.org")
        assert school.client.get("api/v1/me").json()["id"] == ours["id"]
        plein.client.delete("api/v1/me/sessions", headers=OWN_PAGE).raise_for_status()
        assert school.client.get("api/v1/me").status_code == 401  # everywhere


def test_a_comment_of_one_site_is_unknown_to_another(port: int) -> None:
    plein, school, _ = three(port)
    with plein, school:
        for reader, email in ((plein, "dirk@example.org"), (school, "eva@example.org")):
            reader.log_in(email)
        made = plein.client.post(
            f"{THREAD}/comments",
            json={"text": "Alleen hier", "name": "Dirk"},
            headers=OWN_PAGE | {"Idempotency-Key": "a-key-for-one-site"},
        ).json()
        path = f"api/v1/comments/{made['id']}"
        assert school.client.get(path).status_code == 404
        assert school.client.put(f"{path}/vote", json={"value": 1}, headers=OWN_PAGE).status_code == 404
        assert plein.client.get(path).json()["votes"] == 0
        for asked in (f"?reply={made['id']}&quote=1", f"/history/{made['id']}"):
            page = school.client.get(f"threads/blogs/drempels{asked}")
            assert page.status_code == 404, asked
            assert "Alleen hier" not in page.text


def test_a_mail_names_its_site_and_its_link_works_there_only(port: int) -> None:
    plein, school, choir = three(port)
    with plein, school, choir:
        mail = choir.ask_for_mail("cas@example.org")
        assert f"http://localhost:{port}/koor/log-in/link?token=" in mail
        assert "Inloggen bij Koor" in mail
        fields = {"token": link_token(mail)}
        for other in (plein, school):
            assert other.client.post("log-in/link", data=fields, headers=OWN_PAGE).status_code == 403
        assert choir.client.post("log-in/link", data=fields, headers=OWN_PAGE).status_code == 303


def test_each_site_has_its_own_languages_and_addresses(port: int) -> None:
    plein, school, choir = three(port)
    with plein, school, choir:
        assert '<html lang="nl">' in plein.client.get("log-in").text
        assert '<html lang="en">' in school.client.get("log-in").text
        assert choir.client.get("en/log-in").headers["location"] == "/koor/log-in"  # it has no other language
        assert 'action="/koor/log-in"' in choir.client.get("log-in").text
        servers = choir.client.get("api/v1/openapi.json").json()["servers"]
        assert servers == [{"url": f"http://localhost:{port}/koor/api/v1"}]


def test_each_site_has_its_own_origins(port: int) -> None:
    from_elsewhere = {"Origin": OTHER_HOST, "Sec-Fetch-Site": "cross-site"}
    statuses = []
    for reader in three(port):
        with reader:
            statuses.append(reader.client.get("api/v1/origin", headers=from_elsewhere).status_code)
    assert statuses == [403, 200, 403]


def test_one_site_of_a_service_is_a_stranger_to_another(port: int) -> None:
    plein, school, _ = three(port)
    with plein, school:
        plein.log_in()
        hostile = {"Origin": f"http://localhost:{port}", "Sec-Fetch-Site": "cross-site", "Idempotency-Key": "12345678"}
        assert plein.client.post(f"{THREAD}/comments", json={"text": "x"}, headers=hostile).status_code == 403


def test_an_unknown_host_is_served_by_its_path(port: int) -> None:
    with Reader(port, "evil.example") as stranger:
        assert stranger.client.get("healthz").status_code == 200
        servers = stranger.client.get("api/v1/openapi.json").json()["servers"]
        assert servers == [{"url": f"http://127.0.0.1:{port}/api/v1"}]
    with Reader(port, "evil.example", "/koor/") as stranger:
        assert "evil" not in stranger.client.get("log-in").text


class Named:
    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        self.asked += 1


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        (b"a.example", "/", 0),
        (b"A.Example", "/b/x", 1),
        (b"a.example:443", "/b", 1),
        (b"a.example", "/bb", 0),
        (b"b.example", "/b/x", 2),
        (b"b.example:8443", "/", 3),
        (b"other.example", "/b/x", 1),
        (b"other.example", "/", 0),
        (b"", "/", 0),
        (b"\xff", "/", 0),
    ],
)
def test_host_and_the_longest_base_path_choose_the_site(host: bytes, path: str, expected: int) -> None:
    urls = ("https://a.example", "https://a.example/b", "https://b.example", "https://b.example:8443")
    named = [Named() for _ in urls]
    applications: dict[str, ASGIApp] = dict(zip(urls, named, strict=True))
    scope = {"type": "http", "scheme": "https", "path": path, "headers": [(b"host", host)]}
    running = Sites(applications)(scope, None, None)  # type: ignore[arg-type]  # neither is used
    with pytest.raises(StopIteration):
        running.send(None)  # a coroutine that waits for nothing
    assert [each.asked for each in named] == [int(number == expected) for number in range(4)]


def a_file(folder: Path, text: str) -> Path:
    path = folder / "plein.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_file_names_several_sites_and_their_origins(tmp_path: Path) -> None:
    text = (
        MINIMAL
        + 'origins = ["https://blog.example", "http://127.0.0.1:8080", "https://[::1]:8443"]\n'
        + '[[sites]]\nid = "school"\nname = "School"\nurl = "https://school.example"\n'
        + 'service_url = "https://plein.example/school"\nmanifest = "school.json"\norigins = ["https://x.example"]\n'
    )
    first, second = load(a_file(tmp_path, text)).each_site()
    assert first.site.origins[1] == "http://127.0.0.1:8080"
    assert (first.service_url, second.service_url) == ("https://plein.example", "https://plein.example/school")
    assert first.manifest_source == "https://plein.example/plein.json"
    assert second.manifest_source == str(tmp_path / "school.json")
    assert (second.site.id, second.site.origins) == ("school", ["https://x.example"])
    assert second.service.database == first.service.database


def test_a_command_is_told_which_site_is_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = MINIMAL.replace("https://plein.example", "http://127.0.0.1:1")
    text += '[[sites]]\nid = "school"\nname = "S"\nurl = "https://school.example"\nmanifest = "school.json"\n'
    file = ["--settings", str(a_file(tmp_path, text))]
    (tmp_path / "school.json").write_bytes(a_manifest("https://school.example"))
    assert main([*file, "--site", "school", "announce"]) == 0
    assert main([*file, "--site", "school", "close", "blogs/drempels"]) == 0
    assert main([*file, "close", "blogs/drempels"]) == 1  # the first site has no pages yet
    assert main([*file, "--site", "none", "held"]) == 1
    assert "There are: plein, school." in capsys.readouterr().err


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "blog.example",
        "https://blog.example/",
        "https://blog.example/path",
        "https://*.example",
        "https://Blog.example",
        "https://blog.example:443",
        "http://blog.example:80",
        "https://blog.example:x",
        "https://user@blog.example",
        "https://bloß.example",
        "ftp://blog.example",
        "https://",
        "https://blog.example\n",
        "",
    ],
)
def test_an_origin_that_no_browser_says_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match="origins"):
        load(a_file(tmp_path, MINIMAL + f"origins = [{origin!r}]\n"))


def test_every_fault_of_every_site_is_in_one_message(tmp_path: Path) -> None:
    text = (
        MINIMAL
        + 'origins = ["https://a.example/", "b"]\n'
        + "[login]\ntoken_hours = 0\n"
        + '[[sites]]\nid = "No"\nname = ""\nurl = "school.example"\nservice_url = "x"\nsurplus = 1\norigins = ["c"]\n'
    )
    with pytest.raises(SettingsError) as error:
        load(a_file(tmp_path, text))
    for part in (
        "site.origins.0: Value error, is 'https://a.example/'",
        "site.origins.1: Value error, is 'b'",
        "login.token_hours",
        "sites.0.id",
        "sites.0.name",
        "sites.0.url",
        "sites.0.service_url",
        "sites.0.surplus",
        "sites.0.origins.0",
    ):
        assert part in str(error.value), part


def test_two_sites_share_no_id_and_no_address(tmp_path: Path) -> None:
    more = '[[sites]]\nid = "{}"\nname = "N"\nurl = "{}"\n'
    text = MINIMAL + more.format("plein", "https://x.example") + more.format("y", "https://PLEIN.example:443")
    with pytest.raises(SettingsError) as error:
        load(a_file(tmp_path, text))
    assert "twice: plein, //plein.example" in str(error.value)
