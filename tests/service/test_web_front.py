"""What every request passes and every answer carries: origin, preflight, headers, base path, files."""

import asyncio
import gc
import json
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from comments_service.web import addresses
from comments_service.web.front import Front
from tests.service.running import OWN_PAGE, SITE, Service, a_manifest, a_service

THREAD = "/api/v1/threads/blogs/drempels"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path, service={"site_dir": a_site(tmp_path / "site")}) as running:
        yield running


def a_site(folder: Path, words: str = "eerste") -> Path:
    files = {
        "index.html": f"<p>{words}</p>",
        "404.html": "<p>Niet gevonden</p>",
        "en/404.html": "<p>Not found</p>",
        "blogs/drempels/index.html": "<p>blog</p>",
        "feeds/atom.xml": "<feed/>",
        "sitemap.xml": "<urlset/>",
        "plein.json": "{}",
        "theme/plein.0a1b2c3d4e5f.css": "p {}",
        "blogs/drempels/plan.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "large.bin").write_bytes(bytes(range(256)) * 8192)
    return folder


def test_what_a_request_held_is_free_when_it_is_answered() -> None:
    asked: list[weakref.ref[object]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.append(weakref.ref(scope["plein.request"]))

    async def never(*_: object) -> Any:
        raise AssertionError

    where = addresses.Addresses(SITE, SITE, ("nl",))
    front = Front(app, addresses=where, site_id="plein", most_bytes=1, failure=never)
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "server": None}
    gc.disable()
    try:
        asyncio.run(front(scope, never, never))
        assert [one() for one in asked] == [None]
    finally:
        gc.enable()


OTHER_SITES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": SITE},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": f"{SITE}.evil.example"},
    {},
]


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_a_request_with_a_cookie_from_another_site_changes_nothing(service: Service, headers: dict[str, str]) -> None:
    service.log_in(name="Anna")
    made = service.comment()
    asked = headers | service.key()
    answers = [
        service.client.post(f"{THREAD}/comments", json={"text": "x"}, headers=asked),
        service.client.put(f"{THREAD}/rating", json={"stars": 1}, headers=asked),
        service.client.delete(f"/api/v1/comments/{made['id']}", headers=asked),
        service.client.patch("/api/v1/me", json={"name": "Eve"}, headers=asked),
        service.client.post("/threads/blogs/drempels/comments", data={"text": "x", "key": "12345678"}, headers=asked),
        service.client.post("/threads/blogs/drempels/delete", data={"comment": str(made["id"])}, headers=asked),
        service.client.post("/account", data={"name": "Eve"}, headers=asked),
        service.client.post("/log-out", headers=asked),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert answers[0].headers["access-control-allow-origin"] == "*"
    assert answers[0].json()["type"].endswith(("/unknown-origin", "/missing-origin"))
    thread = service.client.get(THREAD).json()
    assert (thread["commentCount"], thread["rating"]["count"]) == (1, 0)
    assert service.client.get("/api/v1/me").json()["name"] == "Anna"


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_another_site_cannot_log_its_visitor_in(service: Service, headers: dict[str, str]) -> None:
    for path, fields in (
        ("/log-in/link", {"token": "x"}),
        ("/log-in/code", {"request": "x", "code": "1"}),
        ("/log-in", {"email": "a@example.org"}),
    ):
        assert service.client.post(path, data=fields, headers=headers).status_code == 403
    assert service.mails() == []


def test_our_own_origin_counts_where_a_browser_says_no_more(service: Service) -> None:
    service.log_in(name="Anna")
    answer = service.client.put(f"{THREAD}/rating", json={"stars": 2}, headers={"Origin": SITE})
    assert answer.status_code == 200


def test_an_unknown_origin_without_a_cookie_gets_a_readable_403_too(service: Service) -> None:
    answer = service.client.post(f"{THREAD}/views", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert answer.headers["access-control-allow-origin"] == "*"
    assert service.client.post(f"{THREAD}/views", headers={"Origin": SITE}).status_code == 204


def test_every_preflight_is_answered(service: Service) -> None:
    for path in (THREAD, f"{THREAD}/comments", "/api/v1/me", "/api/v1/nothing"):
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
        answer = service.client.options(path, headers=headers)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "PUT" in answer.headers["access-control-allow-methods"]
        assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers


def test_every_answer_carries_the_security_headers(service: Service) -> None:
    service.log_in(name="Anna")
    paths = {
        "/threads/blogs/drempels": "private, no-cache",  # so that coming back shows the form with its key
        "/account": "no-store",
        "/log-in/link?token=x": "no-store",
        "/nothing": "no-store",
        "/healthz": "no-store",
        "/readyz": "no-store",
        "/dev/mail.json": "no-store",
        "/api/v1/me": "no-store",
        "/api/v1/nothing": "no-store",
        f"{THREAD}/mine": "no-store",
        THREAD: "public",
        "/api/v1/counts?page=blogs/drempels": "public",
        "/api/v1/openapi.json": "public",
        "/embed/plein.js": "public",
        "/": "public",
        "/large.bin": "public",
    }
    for path, cached in paths.items():
        headers = service.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "form-action" in policy
        assert not re.search(r"unsafe|\*|https?:|data:", policy)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == ("no-referrer" if path.startswith("/api/") else "same-origin")
        assert headers["cache-control"].startswith(cached), path
        assert ("api-version" in headers) == path.startswith("/api/")
        assert "strict-transport-security" not in headers


def test_https_adds_strict_transport_and_a_host_cookie(tmp_path: Path) -> None:
    with a_service(tmp_path, site="https://testserver") as service:
        service.client.base_url = "https://testserver"
        service.log_in()
        assert service.client.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"
        assert "__Host-plein-session" in dict(service.client.cookies)


def test_under_a_subpath_everything_stands_below_it(tmp_path: Path) -> None:
    folder = a_site(tmp_path / "site")
    with a_service(tmp_path, site=f"{SITE}/sub", service={"site_dir": folder}) as service:
        service.log_in(name="Anna")
        service.comment()
        page = service.client.get("/sub/threads/blogs/drempels").text
        links = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert links
        assert all(link.startswith("/sub/") for link in links)
        assert service.client.get("/sub/").text == "<p>eerste</p>"
        assert (
            service.client.get("/sub/blogs/drempels", follow_redirects=False).headers["location"]
            == "/sub/blogs/drempels/"
        )
        assert service.client.get("/sub/embed/plein.js").status_code == 200
        assert service.client.get("/sub/api/v1/openapi.json").json()["servers"] == [{"url": f"{SITE}/sub/api/v1"}]
        for outside in ("/", "/threads/blogs/drempels", "/subway/", "/api/v1/me"):
            assert service.client.get(outside).status_code == 404
        for cookie in service.client.cookies.jar:
            assert cookie.path == "/sub"


def test_files_of_the_site_come_with_their_types_and_after_all_routes(service: Service) -> None:
    types = {
        "/": "text/html; charset=utf-8",
        "/feeds/atom.xml": "application/atom+xml",
        "/sitemap.xml": "application/xml",
        "/plein.json": "application/json",
        "/theme/plein.0a1b2c3d4e5f.css": "text/css; charset=utf-8",
        "/blogs/drempels/plan.svg": "image/svg+xml",
        "/embed/plein.js": "text/javascript; charset=utf-8",
        "/embed/plein.css": "text/css; charset=utf-8",
    }
    for path, media_type in types.items():
        answer = service.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type), path
        again = service.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    assert "immutable" in service.client.get("/theme/plein.0a1b2c3d4e5f.css").headers["cache-control"]
    assert "sandbox" in service.client.get("/blogs/drempels/plan.svg").headers["content-security-policy"]
    part = service.client.get("/large.bin", headers={"Range": "bytes=256-511"})
    assert (part.status_code, part.content) == (206, bytes(range(256)))
    assert service.client.post("/", headers=OWN_PAGE).status_code == 405


def test_what_is_not_there_gets_the_404_of_its_language(service: Service) -> None:
    for path, words in (("/weg/", "Niet gevonden"), ("/en/gone", "Not found"), ("/../../etc/passwd", "Niet gevonden")):
        answer = service.client.get(path)
        assert answer.status_code == 404
        assert words in answer.text


@pytest.mark.parametrize("path", ["//evil.example", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/%ff", "/x" * 3000])
def test_hostile_paths_find_nothing(service: Service, path: str) -> None:
    answer = service.client.get(f"{SITE}{path}", follow_redirects=False)
    assert answer.status_code in (404, 308)
    assert not answer.headers.get("location", "/x").startswith("//")


def test_a_link_out_of_the_site_is_not_followed(service: Service, tmp_path: Path) -> None:
    (tmp_path / "site" / "keys").symlink_to(tmp_path / "secret.keys")
    (tmp_path / "site" / "folder").symlink_to(tmp_path)
    assert service.client.get("/keys").status_code == 404
    assert service.client.get("/folder/secret.keys").status_code == 404


def test_a_new_build_shows_at_once_when_the_link_is_swapped(tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(a_site(tmp_path / "one", "eerste"))
    with a_service(tmp_path, service={"site_dir": link}) as service:
        first = service.client.get("/")
        assert first.text == "<p>eerste</p>"
        (tmp_path / "next").symlink_to(a_site(tmp_path / "two", "tweede"))
        (tmp_path / "next").replace(link)
        second = service.client.get("/", headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.text) == (200, "<p>tweede</p>")


def test_the_host_that_a_request_names_is_believed_nowhere(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        headers = OWN_PAGE | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        service.client.post("/log-in", data={"email": "anna@example.org", "returnTo": "/"}, headers=headers)
        assert "evil" not in str(service.mail(1))
        for path in ("/threads/blogs/drempels/", "/api/v1/me/", "/account", "/threads/blogs/drempels"):
            answer = service.client.get(path, headers=headers, follow_redirects=False)
            assert "evil" not in answer.text + answer.headers.get("location", "")


def test_a_page_tells_of_a_broken_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_service(tmp_path) as service:

        def fails(*_: object) -> None:
            raise OSError("disk gone")

        monkeypatch.setattr("comments_service.pages.find", fails)
        monkeypatch.setattr("comments_service.store.pages.site", fails)
        answer = service.client.get("/threads/blogs/drempels")
        assert answer.status_code == 500
        assert "Het ligt aan ons, niet aan u." in answer.text
        assert "disk gone" not in answer.text
        assert service.client.get("/api/v1/threads/blogs/drempels").json()["status"] == 500


def test_mails_are_shown_in_development_only(tmp_path: Path) -> None:
    with a_service(tmp_path, service={"development": False}) as service:
        for path in ("/dev/mail", "/dev/mail.json"):
            assert service.client.get(path).status_code == 404


def test_pages_of_the_service_have_the_menu_that_the_site_published(tmp_path: Path) -> None:
    manifest = json.loads(a_manifest())
    links = {"Search": ["head"], "About": ["head", "foot"], "Sitemap": ["foot"]}
    menu = [{"title": title, "url": f"{SITE}/en/{title}/", "places": at} for title, at in links.items()]
    manifest["site"]["menu"] = {"en": [*menu, {"title": "House rules", "url": f"{SITE}/en/rules/"}]}
    (tmp_path / "plein.json").write_text(json.dumps(manifest))
    with a_service(tmp_path) as service:
        found = []
        for path in ("/en/log-in", "/log-in"):
            nav, _, foot = service.client.get(path).text.partition("<nav")[2].partition("</nav>")
            found.append([re.findall(r'href="([^"]*)"', part) for part in (nav, foot.partition("<footer")[2])])
    assert found[0] == [["/en/Search/", "/en/About/"], ["/en/", "/en/About/", "/en/Sitemap/", "/en/rules/"]]
    assert found[1] == [["/blogs/", "/groups/"], ["/"]]
