"""The examples in deploy/ pass on every path that only the service can answer, and send the policy that it sends."""

import gzip
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import closing
from email.message import Message
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from comments_service import app
from comments_service.settings import load
from comments_service.web.site import headers_of
from tests.service import fronts
from theme.commands import headers

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
INSTALLED = [program for program in ("caddy", "nginx") if shutil.which(program)]


def paths() -> list[str]:
    """An address of every route of the service, those of development apart."""
    settings = load(DEPLOY.parent / "plein.toml")
    found = {str(getattr(route, "path", "")) for route in app.routes(settings, app.addresses_of(settings))}
    assert len(found) > 20
    return sorted(re.sub(r"\{[^}]*\}", "x", path) for path in found)


@pytest.mark.parametrize("path", paths())
def test_caddy_passes_on_every_path_of_the_service(path: str) -> None:
    line = next(line for line in (DEPLOY / "Caddyfile").read_text("utf-8").splitlines() if "@service path" in line)
    assert any(re.fullmatch(pattern.replace("*", ".*"), path) for pattern in line.split()[2:])


@pytest.mark.parametrize("path", paths())
def test_nginx_passes_on_every_path_of_the_service(path: str) -> None:
    pattern = re.search(r"location ~ (\^/\(api\S+) \{", (DEPLOY / "nginx.conf").read_text("utf-8"))
    assert pattern is not None
    assert re.search(pattern[1], path)


@pytest.mark.parametrize("path", ["/", "/blogs/threads/", "/api-design/", "/accounts/", "/en/blogs/log-in/"])
def test_nginx_leaves_the_pages_of_the_site_to_the_folder(path: str) -> None:
    pattern = re.search(r"location ~ (\^/\(api\S+) \{", (DEPLOY / "nginx.conf").read_text("utf-8"))
    assert pattern is not None
    assert not re.search(pattern[1], path)


def test_the_examples_say_what_headers_toml_says() -> None:
    for path, text in headers.examples().items():
        assert path.read_text("utf-8") == text, "run: python -m theme.commands.headers"
        assert text.count(headers.BEGIN) == text.count(headers.END) > 0


# A path and the file that answers it.
ASKED = {
    "/": "index.html",
    "/zoeken/": "zoeken/index.html",
    "/en/search/": "en/search/index.html",
    "/blogs/search/": "blogs/search/index.html",
    "/blogs/x/plan.SVG": "blogs/x/plan.SVG",
    "/theme/plein.0123456789ab.css": "theme/plein.0123456789ab.css",
    "/blogs/x/photo.20261125.jpg": "blogs/x/photo.20261125.jpg",
    f"/bodies/{'a' * 64}.html": f"bodies/{'a' * 64}.html",
    "/pagefind/index/nl_1234567.pf_index": "pagefind/index/nl_1234567.pf_index",
    "/.well-known/security.txt": ".well-known/security.txt",
}


@pytest.mark.parametrize("base", ["", "/plein"])
@pytest.mark.parametrize("program", INSTALLED)
def test_both_programs_send_the_headers_that_the_development_server_sends(
    program: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEIN_SITE__URL", f"https://{fronts.HOST}{base}")
    assert headers.main(["--to", str(tmp_path / "examples")]) == 0
    root = tmp_path / "site"
    for name in (*ASKED.values(), "404.html", "en/404.html"):
        path = root / base[1:] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    (root / base[1:] / "zoeken" / "index.html.gz").write_bytes(gzip.compress(b"<p>packed</p>"))
    _, certificate, key = fronts.a_certificate(tmp_path)
    place = fronts.Place(1, root, certificate, key, tmp_path / "examples")
    with fronts.in_front(program, tmp_path, place, {"well": fronts.Broken()}) as urls:
        port = urlsplit(urls["well"]).port
        assert port is not None
        for url in ASKED:
            status, sent, _ = asked(port, base + url)
            assert status == 200, url
            for header, value in headers_of(url).items():
                assert sent.get_all(header) == [value], f"{header} of {url}"
        for missing in ("404.html", "en/404.html"):
            status, sent, said = asked(port, f"{base}/{missing.removesuffix('404.html')}nothing/")
            assert (status, said.decode()) == (404, missing)
            assert sent["Content-Security-Policy"] == headers_of("/")["Content-Security-Policy"]
        _, _, packed = asked(port, f"{base}/zoeken/", {"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed) == b"<p>packed</p>", "what the build has packed is sent as it is"
        for url in (f"{base}/log-in", f"{base}/en/threads/blogs/x", *headers.WELL_KNOWN):
            assert asked(port, url)[0] == 502, f"{url} is for the service, which does not run here"


def test_the_examples_of_a_site_know_its_host_and_its_second_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEIN_SITE__URL", "https://www.example.org")
    monkeypatch.setenv("PLEIN_SITE__LANGUAGES", '["en", "nl"]')
    assert headers.main(["--to", str(tmp_path)]) == 0
    caddy, nginx = ((tmp_path / name).read_text("utf-8") for name in ("Caddyfile", "nginx.conf"))
    assert "\nwww.example.org {" in caddy
    assert "rewrite @second /nl/404.html" in caddy
    assert "server_name www.example.org;" in nginx
    assert "~^/nl/  /nl/404.html;" in nginx
    assert "/en/" not in re.sub(r"\(/nl\|/en\)", "", caddy + nginx)


def asked(port: int, path: str, more: Mapping[str, str] | None = None) -> tuple[int, Message, bytes]:
    context = ssl._create_unverified_context()  # noqa: S323  the certificate of this test
    connection = HTTPSConnection(fronts.HOST, port, context=context)
    connection.sock = context.wrap_socket(socket.create_connection((fronts.ADDRESS, port)), server_hostname=fronts.HOST)
    with closing(connection):
        connection.request("GET", path, headers=dict(more or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_the_policies_pass_the_verdicts_of_internet_nl() -> None:
    for path in ASKED:
        policy = headers_of(path)["Content-Security-Policy"]
        if not path.lower().endswith(".svg"):  # there style-src is of a picture in a sandbox
            assert "'unsafe-" not in policy
        assert not re.search(r"\*|\bhttps?:|\bdata:", policy)
        assert policy.startswith("default-src 'none';")
        for directive in ("frame-ancestors 'none'", "base-uri 'none'", "form-action '"):
            assert directive in policy
        seconds = re.search(r"max-age=(\d+)", headers_of(path)["Strict-Transport-Security"])
        assert seconds
        assert int(seconds[1]) >= 31_536_000


def test_no_log_holds_the_addresses_of_readers() -> None:
    servers = (DEPLOY / "nginx.conf").read_text("utf-8").split("server {")[1:]
    assert servers
    for server in servers:
        assert "access_log off;" in server
        assert re.search(r"error_log \S+ emerg;", server)
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert re.findall(r"^\s*log\b.*", caddy, re.MULTILINE) == ["\tlog {"]
    assert "exclude http.log.error" in caddy


if INSTALLED:  # most machines have neither, and miss nothing

    @pytest.mark.parametrize("program", INSTALLED)
    def test_the_program_itself_accepts_its_example(program: str, tmp_path: Path) -> None:
        if program == "caddy":
            command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
        else:
            command = ["nginx", "-t", "-e", "stderr", "-c", str(nginx_on_sockets(tmp_path))]
        run = subprocess.run(command, capture_output=True, check=False, text=True)
        assert run.returncode == 0, run.stderr


def nginx_on_sockets(folder: Path) -> Path:
    """The example without certificates, on sockets in a folder: checking it needs no port and no right to write."""
    server = (DEPLOY / "nginx.conf").read_text("utf-8")
    server = re.sub(r"\n *(listen \[|ssl_certificate)[^\n]*", "", server)
    server = re.sub(r"listen (\d+)[^;]*;", rf"listen unix:{folder}/\1;", server)
    server = server.replace("/var/log/nginx", str(folder))
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in places)
    whole = folder / "nginx.conf"
    whole.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{ {temporary}\n{server}\n}}\n", encoding="utf-8")
    return whole
