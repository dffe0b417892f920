"""What the thread issue added to the API: votes, previews, people, revisions, closing, holding, floods."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service.settings import CommentSettings
from comments_service.store.protocol import utc_text
from comments_service.web.limits import Flood
from tests.service.running import NOW, OWN_PAGE, Service, a_manifest, a_service

THREAD = "/api/v1/threads/blogs/drempels"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def test_a_vote_is_seen_by_everyone_at_once_and_by_its_giver_as_theirs(service: Service) -> None:
    service.log_in(name="Anna")
    made = service.comment()
    own = service.client.put(f"/api/v1/comments/{made['id']}/vote", json={"value": 1}, headers=OWN_PAGE)
    assert (own.status_code, own.json()["type"].rpartition("/")[2]) == (403, "own-comment")
    service.log_in("bert@example.org", name="Bert")
    voted = service.client.put(f"/api/v1/comments/{made['id']}/vote", json={"value": 1}, headers=OWN_PAGE).json()
    assert (voted["votes"], voted["value"]) == (1, 1)
    thread = service.client.get(f"{THREAD}?order=best").json()
    assert thread["version"] == voted["version"]
    assert thread["items"][0]["votes"] == 1
    assert service.client.get(f"{THREAD}/mine").json()["votes"] == {made["id"]: 1}
    gone = service.client.delete(f"/api/v1/comments/{made['id']}/vote", headers=OWN_PAGE).json()
    assert (gone["votes"], gone["value"]) == (0, None)
    assert service.client.get(f"{THREAD}/mine").json()["votes"] == {}


@pytest.mark.parametrize(
    "body", [{}, {"value": 0}, {"value": 2}, {"value": "1x"}, {"value": True}, {"value": 1, "x": 1}]
)
def test_a_vote_that_is_none_is_refused(service: Service, body: dict[str, object]) -> None:
    service.log_in(name="Anna")
    made = service.comment()
    answer = service.client.put(f"/api/v1/comments/{made['id']}/vote", json=body, headers=OWN_PAGE)
    assert answer.status_code == 400


def test_a_preview_is_what_the_comment_becomes_and_stores_nothing(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Eerste")
    text = "Dag @Anna, <b>kijk</b> op [https](https://example.org/) en\n\n> dit"
    asked = {"text": text, "page": "blogs/drempels"}
    preview = service.client.post("/api/v1/previews", json=asked, headers=OWN_PAGE).json()
    assert 'class="mention"' in preview["html"]
    assert service.client.get(THREAD).json()["commentCount"] == 1
    assert service.comment(text)["html"] == preview["html"]
    for wrong in ({"text": ""}, {"text": "x" * 5001}, {"text": "x", "page": "pages/x"}):
        assert service.client.post("/api/v1/previews", json=wrong, headers=OWN_PAGE).status_code == 400
    service.client.cookies.clear()
    assert service.client.post("/api/v1/previews", json=asked, headers=OWN_PAGE).status_code == 401


def test_people_of_the_thread_are_named_to_who_is_logged_in(service: Service) -> None:
    assert service.client.get(f"{THREAD}/people").status_code == 401
    service.log_in(name="Zoë")
    service.comment()
    found = service.client.get(f"{THREAD}/people?prefix=zo").json()["items"]
    assert [person["name"] for person in found] == ["Zoë"]
    assert service.client.get(found[0]["url"]).status_code == 200
    assert service.client.get(f"{THREAD}/people?prefix=x").json()["items"] == []


def test_an_edit_is_marked_and_its_history_is_for_the_author(service: Service) -> None:
    service.log_in(name="Anna")
    made = service.comment("Een")
    service.client.patch(f"/api/v1/comments/{made['id']}", json={"text": "Twee"}, headers=OWN_PAGE)
    kept = service.client.get(f"/api/v1/comments/{made['id']}/revisions").json()["items"]
    assert [(one["number"], one["html"]) for one in kept] == [(1, "<p>Een</p>")]
    service.log_in("bert@example.org", name="Bert")
    assert service.client.get(f"/api/v1/comments/{made['id']}/revisions").status_code == 403


def test_readers_do_not_close_a_thread(service: Service) -> None:
    assert service.client.put(f"{THREAD}/closure", headers=OWN_PAGE).status_code == 401
    service.log_in(name="Anna")
    answer = service.client.put(f"{THREAD}/closure", headers=OWN_PAGE)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "moderators-only")


def test_age_closes_a_thread_also_in_prepared_bytes(tmp_path: Path) -> None:
    page: dict[str, object] = {
        "kind": "blog",
        "language": "nl",
        "comments": "open",
        "date": utc_text(NOW - timedelta(days=29)),
        "translations": {"nl": {"url": "http://testserver/blogs/drempels/", "title": "x", "hash": "x"}},
    }
    (tmp_path / "plein.json").write_bytes(a_manifest(**{"blogs/drempels": page}))  # type: ignore[arg-type]
    with a_service(tmp_path, comments=CommentSettings(close_after_days=30)) as service:
        service.log_in(name="Anna")
        service.comment()
        assert service.client.get(THREAD).json()["closedBy"] is None
        service.clock.now += timedelta(days=2)
        assert service.client.get(THREAD).json()["closedBy"] == "age"
        assert service.client.get(f"{THREAD}/mine").json()["rights"]["comment"] is False
        late = service.client.post(f"{THREAD}/comments", json={"text": "x"}, headers=OWN_PAGE | service.key())
        assert late.status_code == 403


def test_a_flood_is_held_and_seen_by_its_author_alone(tmp_path: Path) -> None:
    with a_service(tmp_path, comments=CommentSettings(hold_per_minute=3), limits="on") as service:
        service.log_in(name="Anna")
        made = [service.comment(f"Reactie {number}") for number in range(5)]
        assert [one["state"] for one in made] == ["shown"] * 3 + ["held"] * 2
        assert service.client.get(THREAD).json()["commentCount"] == 3
        assert [one["id"] for one in service.client.get(f"{THREAD}/mine").json()["held"]] == [
            one["id"] for one in made[3:]
        ]
        assert service.client.get(f"/api/v1/comments/{made[3]['id']}").json()["text"] == "Reactie 3"
        service.client.cookies.clear()
        assert service.client.get(f"/api/v1/comments/{made[3]['id']}").status_code == 404


def test_a_moderator_reads_what_is_held_and_closes_a_thread(tmp_path: Path) -> None:
    with a_service(tmp_path, comments=CommentSettings(hold_per_minute=1), limits="on") as service:
        service.log_in(name="Anna")
        service.comment("Eerste")
        held = service.comment("Tweede")
        assert held["state"] == "held"
        for email, status in (("ben@example.org", 404), ("mo@example.org", 200)):
            service.client.cookies.clear()
            service.log_in(email, name="Iemand")
            if status == 200:
                with sqlite3.connect(tmp_path / "plein.db") as database:
                    database.execute("UPDATE account SET role = 'moderator' WHERE email = ?", [email])
            assert service.client.get(f"/api/v1/comments/{held['id']}").status_code == status
        closed = service.client.put(f"{THREAD}/closure", headers=OWN_PAGE).json()
        assert (closed["comments"], closed["closedBy"]) == ("closed", "moderator")
        assert service.client.get(THREAD).json()["closedBy"] == "moderator"
        opened = service.client.delete(f"{THREAD}/closure", headers=OWN_PAGE).json()
        assert (opened["comments"], opened["closedBy"]) == ("open", None)
        assert opened["version"] > closed["version"]


def test_all_faults_come_in_one_answer_also_those_of_the_text_itself(service: Service) -> None:
    service.log_in(name="Anna")
    body = {"text": "x" * 5001, "lang": "xx", "colour": "red"}
    answer = service.client.post(f"{THREAD}/comments", json=body, headers=OWN_PAGE)
    assert [fault["field"] for fault in answer.json()["errors"]] == ["Idempotency-Key", "lang", "colour", "text"]


def test_a_flood_ends_when_it_was_calm_for_ten_minutes() -> None:
    flood = Flood(3)
    held = [flood.holds(NOW + timedelta(seconds=second)) for second in range(5)]
    assert held == [False, False, False, True, True]
    assert flood.holds(NOW + timedelta(minutes=9))
    assert not flood.holds(NOW + timedelta(minutes=11))
    assert not any(Flood(0).holds(NOW) for _ in range(100))


def test_a_name_that_comes_twice_in_a_body_is_refused(service: Service) -> None:
    service.log_in(name="Anna")
    headers = OWN_PAGE | service.key() | {"Content-Type": "application/json"}
    answer = service.client.post(f"{THREAD}/comments", content=b'{"text": "a", "text": "b"}', headers=headers)
    assert answer.status_code == 400
    assert service.client.get(THREAD).json()["commentCount"] == 0
