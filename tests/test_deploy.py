"""The examples in deploy/ pass on every path that only the service can answer, and send the policy that it sends."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from comments_service import app
from comments_service.settings import load
from comments_service.web.front import PAGE_POLICY, PICTURE_POLICY

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


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_both_send_the_policies_of_the_development_server(name: str) -> None:
    configuration = (DEPLOY / name).read_text("utf-8")
    assert f'"{PAGE_POLICY}"' in configuration
    assert f'"{PICTURE_POLICY}"' in configuration


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
