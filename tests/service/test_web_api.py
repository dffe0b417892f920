"""The JSON API, over the whole application and a real SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.running import ADDRESS, OWN_PAGE, Service, a_manifest, a_service, wait_until

THREAD = "/api/v1/threads/blogs/drempels"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def test_a_whole_journey_from_log_in_to_log_out(service: Service) -> None:
    client = service.client
    assert client.get(f"{THREAD}/mine").status_code == 401
    service.log_in()
    made = service.comment("Een **goed** stuk.", name="Anna")
    assert made["html"] == "<p>Een <strong>goed</strong> stuk.</p>"
    author = made["author"]
    assert isinstance(author, dict)
    assert author["name"] == "Anna"
    assert str(author["url"]).startswith("http://testserver/people/")
    assert "example.org" not in json.dumps(made)

    reply = service.comment("Dank u.", inReplyTo=str(made["id"]))
    rated = client.put(f"{THREAD}/rating", json={"stars": 4}, headers=OWN_PAGE).json()
    assert rated["rating"] == {"average": 4.0, "count": 1, "distribution": [0, 0, 0, 1, 0]}
    mine = client.get(f"{THREAD}/mine").json()
    assert mine["stars"] == 4
    assert set(mine["own"]) == {made["id"], reply["id"]}
    assert mine["rights"] == {"comment": True, "rate": True, "editMinutes": 60}
    assert mine["account"]["name"] == "Anna"

    thread = client.get(f"{THREAD}?version={mine['version']}").json()
    assert thread["version"] == mine["version"]
    assert thread["commentCount"] == 2
    assert [item["id"] for item in thread["items"]] == [made["id"]]
    assert thread["items"][0]["replies"]["items"][0]["inReplyTo"] == made["id"]

    changed = client.patch(f"/api/v1/comments/{reply['id']}", json={"text": "Hartelijk dank!"}, headers=OWN_PAGE).json()
    assert changed["editedAt"] is not None
    assert changed["text"] == "Hartelijk dank!"
    assert client.delete(f"/api/v1/comments/{reply['id']}", headers=OWN_PAGE).status_code == 204
    assert client.delete(f"{THREAD}/rating", headers=OWN_PAGE).json()["stars"] is None
    assert client.get(THREAD).json()["commentCount"] == 1

    assert client.delete("/api/v1/me/sessions/current", headers=OWN_PAGE).status_code == 204
    assert client.get("/api/v1/me").status_code == 401
    assert not client.cookies


def test_ones_own_201_stands_in_the_very_next_read(service: Service) -> None:
    service.log_in(name="Anna")
    for number in range(1, 12):
        before = service.client.get(f"{THREAD}?limit=50").json()
        made = service.comment(f"Reactie {number}")
        after = service.client.get(f"{THREAD}?limit=50").json()
        assert [item["id"] for item in after["items"]] == [*(item["id"] for item in before["items"]), made["id"]]


def test_a_thread_is_the_same_bytes_with_and_without_a_cookie_and_in_every_language(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment()
    with_cookie = service.client.get(THREAD)
    service.client.cookies.clear()
    without = service.client.get(THREAD, headers={"Accept-Language": "en"})
    assert with_cookie.content == without.content
    assert with_cookie.headers["etag"] == without.headers["etag"]
    assert "set-cookie" not in with_cookie.headers
    assert "vary" not in with_cookie.headers
    assert with_cookie.headers["cache-control"].startswith("public")


def test_a_known_etag_is_answered_with_304_until_the_thread_changes(service: Service) -> None:
    etag = service.client.get(THREAD).headers["etag"]
    again = service.client.get(THREAD, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    service.log_in(name="Anna")
    service.comment()
    assert service.client.get(THREAD, headers={"If-None-Match": etag}).status_code == 200


def test_a_retry_with_the_same_key_gives_the_same_comment_and_another_text_is_422(service: Service) -> None:
    service.log_in(name="Anna")
    key = {"Idempotency-Key": "the-same-key"} | OWN_PAGE
    first, second = (
        service.client.post(f"{THREAD}/comments", json={"text": "Eén keer."}, headers=key) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert first.headers["location"] == f"/api/v1/comments/{first.json()['id']}"
    assert service.client.get(first.headers["location"]).json()["id"] == first.json()["id"]
    other = service.client.post(f"{THREAD}/comments", json={"text": "Iets anders."}, headers=key)
    assert other.status_code == 422
    assert service.client.get(THREAD).json()["commentCount"] == 1


def test_all_faults_of_a_body_come_at_once_and_in_the_readers_language(service: Service) -> None:
    service.log_in(name="Anna")
    body = {"text": 5, "inReplyTo": "../x", "lang": "xx", "name": "", "colour": "red"}
    for lang, words in (("nl-NL,nl;q=0.9", "Dit moet tekst zijn."), ("en", "This must be text.")):
        answer = service.client.post(f"{THREAD}/comments", json=body, headers=OWN_PAGE | {"Accept-Language": lang})
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == lang[:2]
        assert answer.headers["vary"] == "Accept-Language"
        problem = answer.json()
        assert {fault["field"] for fault in problem["errors"]} == {
            "Idempotency-Key",
            "text",
            "inReplyTo",
            "lang",
            "colour",
        }
        assert next(fault["message"] for fault in problem["errors"] if fault["field"] == "text") == words


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/api/v1/threads/blogs/unknown", None, 404),
        ("GET", "/api/v1/threads/pages/drempels", None, 404),
        ("GET", "/api/v1/nothing", None, 404),
        ("GET", "/api/v1/me/", None, 404),
        ("POST", "/api/v1/me", b"{}", 405),
        ("GET", f"{THREAD}?limit=11&order=best&after=%00&lang=xx", None, 400),
        ("GET", f"{THREAD}?after=nonsense", None, 400),
        ("GET", f"{THREAD}?around=01ARZ3NDEKTSV4RRFFQ69G5FAV", None, 404),
        ("GET", "/api/v1/counts", None, 400),
        ("GET", "/api/v1/counts?page=" + "&page=".join(f"blogs/x{n}" for n in range(101)), None, 400),
        ("GET", "/api/v1/counts?page=../etc", None, 400),
        ("GET", "/api/v1/comments/nothing", None, 404),
        ("PUT", f"{THREAD}/rating", b'{"stars": 6}', 400),
        ("PUT", f"{THREAD}/rating", b'{"stars": true}', 400),
        ("PUT", f"{THREAD}/rating", b"[]", 400),
        ("PUT", f"{THREAD}/rating", b"\xff{", 400),
        ("PUT", f"{THREAD}/rating", b"[" * 100_000, 400),
        ("PUT", f"{THREAD}/rating", b'{"stars": ' + b"9" * 6000 + b"}", 400),
        ("PUT", f"{THREAD}/rating", b" " * 300_000, 413),
        ("DELETE", "/api/v1/comments/nothing", None, 404),
        ("DELETE", "/api/v1/me/sessions/nothing", None, 404),
        ("PATCH", "/api/v1/me", b'{"language": "fr"}', 400),
        ("PATCH", "/api/v1/me", b'{"name": "anna@example.org"}', 400),
        ("POST", "/api/v1/log-in-links", b'{"email": "no address"}', 400),
        ("POST", f"{THREAD}/comments", b'{"text": "\\ud800"}', 400),
        ("POST", f"{THREAD}/comments", b'{"text": "a\\u0000b"}', 400),
        ("POST", "/api/v1/announcements", b"", 401),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(
    service: Service, method: str, path: str, content: bytes | None, status: int
) -> None:
    service.log_in(name="Anna")
    headers = OWN_PAGE | service.key() | {"Content-Type": "application/json"}
    answer = service.client.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"].startswith("http://testserver/api/v1/openapi.json#/x-problems/")
    assert answer.headers["api-version"] == "1.0.0"
    assert answer.headers["cache-control"] == "no-store"
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD, PATCH"


def test_another_media_type_is_415_and_a_closed_thread_403(service: Service) -> None:
    service.log_in(name="Anna")
    form = service.client.post(f"{THREAD}/comments", data={"text": "x"}, headers=OWN_PAGE | service.key())
    assert form.status_code == 415
    closed = service.client.post(
        "/api/v1/threads/blogs/dicht/comments", json={"text": "x"}, headers=OWN_PAGE | service.key()
    )
    assert closed.status_code == 403
    assert closed.json()["type"].endswith("/thread-closed")
    assert closed.json()["detail"] == "Reageren op deze pagina kan niet meer."


@pytest.mark.parametrize(("method", "path"), [("PUT", f"{THREAD}/rating"), ("POST", f"{THREAD}/comments")])
def test_a_body_that_does_not_say_its_length_is_cut_off(service: Service, method: str, path: str) -> None:
    service.log_in(name="Anna")
    endless = (b"x" * 65536 for _ in range(16))
    headers = OWN_PAGE | service.key() | {"Content-Type": "application/json"}
    answer = service.client.request(method, path, content=endless, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_changes_what_is_anothers(service: Service) -> None:
    service.log_in(name="Anna")
    made = service.comment("Van Anna.")
    service.client.cookies.clear()
    service.log_in("ben@example.org", name="Ben")
    path = f"/api/v1/comments/{made['id']}"
    assert service.client.patch(path, json={"text": "Van Ben."}, headers=OWN_PAGE).status_code == 403
    assert service.client.delete(path, headers=OWN_PAGE).status_code == 403
    assert "text" not in service.client.get(path).json()
    assert service.client.get(THREAD).json()["items"][0]["html"] == "<p>Van Anna.</p>"


def test_the_window_for_edits_ends(service: Service) -> None:
    service.log_in(name="Anna")
    made = service.comment()
    service.clock.now += service.clock.now - service.clock.now.replace(hour=service.clock.now.hour - 2)
    late = service.client.patch(f"/api/v1/comments/{made['id']}", json={"text": "Te laat"}, headers=OWN_PAGE)
    assert late.status_code == 403
    assert late.json()["type"].endswith("/edit-window")


def test_hostile_text_comes_out_harmless(service: Service) -> None:
    service.log_in()
    text = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) tekst"
    made = service.comment(text, name="<b>Anna</b> & \"'")
    html = str(made["html"])
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    page = service.client.get("/threads/blogs/drempels").text
    assert "<b>Anna</b>" not in page
    assert "&lt;b&gt;Anna&lt;/b&gt; &amp; &#34;&#39;" in page


def test_counts_of_many_pages_come_in_one_answer(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment()
    answer = service.client.get("/api/v1/counts?page=blogs/drempels&page=blogs/dicht&page=blogs/unknown")
    assert answer.json()["items"] == {
        "blogs/drempels": {"comments": 1, "rating": {"average": None, "count": 0}, "views": 0},
        "blogs/dicht": {"comments": 0, "rating": {"average": None, "count": 0}, "views": 0},
    }
    assert answer.headers["cache-control"].startswith("public")
    etag = {"If-None-Match": answer.headers["etag"]}
    assert service.client.get(str(answer.url), headers=etag).status_code == 304


def test_views_are_counted_without_cookie_or_address_and_shown_after_the_flush(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        for _ in range(2):
            counted = service.client.post(f"{THREAD}/views")
            assert counted.status_code == 204
            assert "set-cookie" not in counted.headers
        service.client.post(f"{THREAD}/views", headers={"User-Agent": "Somebot/1.0"})
    with a_service(tmp_path) as service:  # stopping flushes
        assert service.client.get(THREAD).json()["views"] == 1


def test_an_earlier_slug_leads_to_the_same_thread(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Onder de oude naam.", page="blogs/oude-drempels")
    assert service.client.get("/api/v1/threads/blogs/oude-drempels").json() == service.client.get(THREAD).json()


def test_replies_are_paged_apart(service: Service) -> None:
    service.log_in(name="Anna")
    root = service.comment("Wortel")
    ids = [str(service.comment(f"Antwoord {number}", inReplyTo=str(root["id"]))["id"]) for number in range(23)]
    replies = service.client.get(THREAD).json()["items"][0]["replies"]
    assert [reply["id"] for reply in replies["items"]] == ids[:20]
    more = service.client.get(THREAD, params={"root": str(root["id"]), "after": replies["next"]}).json()
    assert [reply["id"] for reply in more["items"][0]["replies"]["items"]] == ids[20:]
    assert more["items"][0]["replies"]["next"] is None
    assert more["newest"] == ids[22]
    far = service.client.get(THREAD, params={"around": ids[22]}).json()
    assert ids[22] in [reply["id"] for reply in far["items"][0]["replies"]["items"]]


def test_the_name_is_asked_at_the_first_comment(service: Service) -> None:
    service.log_in()
    asked = service.client.post(f"{THREAD}/comments", json={"text": "Hallo"}, headers=OWN_PAGE | service.key())
    assert asked.status_code == 400
    assert [fault["field"] for fault in asked.json()["errors"]] == ["name"]


def test_an_announcement_takes_new_pages_in_and_needs_the_token(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = json.loads(a_manifest())
    manifest["serial"] += 1
    manifest["pages"]["blogs/nieuw"] = manifest["pages"]["blogs/dicht"] | {"comments": "open", "was": []}
    for translation in manifest["pages"]["blogs/nieuw"]["translations"].values():
        translation["url"] = translation["url"].replace("dicht", "nieuw")
    (tmp_path / "plein.json").write_text(json.dumps(manifest))
    wrong = {"Authorization": "Bearer " + "x" * 64}
    assert service.client.post("/api/v1/announcements", headers=wrong).status_code == 401
    token = (tmp_path / "announce.token").read_text().strip()
    answer = service.client.post("/api/v1/announcements", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["taken"] is True
    assert service.client.get("/api/v1/threads/blogs/nieuw").status_code == 200
    (tmp_path / "plein.json").unlink()
    gone = service.client.post("/api/v1/announcements", headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 503
    assert "plein.json could not be taken in: " in caplog.text  # as the answer says
    assert service.client.get("/api/v1/threads/blogs/nieuw").status_code == 200


def test_a_write_of_another_process_shows_within_moments(service: Service, tmp_path: Path) -> None:
    service.log_in(name="Anna")
    made = service.comment()
    assert service.client.get(THREAD).json()["commentCount"] == 1
    with sqlite3.connect(tmp_path / "plein.db") as other:
        other.execute("UPDATE comment SET state = 'hidden' WHERE id = ?", (made["id"],))
    other.close()
    wait_until(lambda: service.client.get(THREAD).json()["items"] == [])


def test_limits_are_per_account_and_say_when_to_come_back(tmp_path: Path) -> None:
    with a_service(tmp_path, limits="on") as service:
        service.log_in(name="Anna")
        answers = [
            service.client.put(f"{THREAD}/rating", json={"stars": 1 + n % 5}, headers=OWN_PAGE) for n in range(25)
        ]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) > 0
        service.client.cookies.clear()
        service.log_in("ben@example.org", name="Ben")
        assert service.client.put(f"{THREAD}/rating", json={"stars": 5}, headers=OWN_PAGE).status_code == 200


def test_no_address_of_a_machine_is_kept_in_database_or_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        service.comment()
        service.client.post(f"{THREAD}/views")
        service.client.get("/api/v1/nothing")
        service.client.put(f"{THREAD}/rating", json={"stars": 3}, headers=OWN_PAGE)
    for file in tmp_path.iterdir():
        assert ADDRESS.encode() not in file.read_bytes(), file
    out, error = capfd.readouterr()
    assert ADDRESS not in out + error + caplog.text
