"""The examples in deploy/ pass on every path that only the service can answer, and send the policy that it sends."""

import re
from pathlib import Path

import pytest

from comments_service import app
from comments_service.settings import load
from comments_service.web import addresses
from comments_service.web.front import PAGE_POLICY, PICTURE_POLICY

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"


def paths() -> list[str]:
    """An address of every route of the service, those of development apart."""
    settings = load(DEPLOY.parent / "plein.toml")
    where = addresses.make(settings.site.url, settings.service_url, settings.site.languages)
    found = {str(getattr(route, "path", "")) for route in app.routes(settings, where)}
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
