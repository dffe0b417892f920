"""The front answers for the public thread from kept bytes: never staler, never another site's, never without bounds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from comments_service.settings import CommentSettings
from comments_service.web.thread_bytes import ENTRY_BYTES, Keepable, ThreadBytes, prepare
from tests.service.running import NOW, OWN_PAGE, SITE, Service, a_manifest, a_service

THREAD = "/api/v1/threads/blogs/drempels"
COUNTS = "/api/v1/counts?page=blogs/drempels&page=groups/bouwers"
FEED = "/threads/blogs/drempels/atom.xml"
HEADERS = [(b"content-length", b"2"), (b"etag", b'"x"')]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        running.log_in(name="Anna")
        yield running


@pytest.mark.parametrize("path", [THREAD, f"{THREAD}?order=newest", COUNTS, FEED])
def test_the_second_answer_is_the_first_one_again(service: Service, path: str) -> None:
    service.comment()
    first, second = service.client.get(path), service.client.get(path)
    assert (first.headers, first.content) == (second.headers, second.content)
    for tags in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        unchanged = service.client.get(path, headers={"If-None-Match": tags})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == first.headers["etag"]
        assert unchanged.headers.get("api-version") == first.headers.get("api-version")
        assert "content-type" not in unchanged.headers
    assert service.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert service.client.head(path).content == b""


def test_each_change_is_in_the_next_answer_at_every_address(service: Service) -> None:
    paths = [THREAD, f"{THREAD}?order=newest", "/api/v1/threads/blogs/oude-drempels", COUNTS, FEED]
    made = service.comment("Eerste")
    seen = [service.client.get(path).content for path in paths * 2]
    service.comment("Tweede")
    after = [service.client.get(path).content for path in paths]
    assert all(body not in seen for body in after)
    service.client.delete(f"/api/v1/comments/{made['id']}", headers=OWN_PAGE).raise_for_status()
    assert all(service.client.get(path).content not in after for path in paths)


def test_a_page_that_reaches_its_age_is_closed_without_a_change(tmp_path: Path) -> None:
    young = {**a_page(), "date": (NOW - timedelta(days=6)).isoformat()}
    (tmp_path / "plein.json").write_bytes(a_manifest(SITE, **{"blogs/jong": young}))
    with a_service(tmp_path, comments=CommentSettings(close_after_days=7)) as service:
        path = "/api/v1/threads/blogs/jong"
        assert {service.client.get(path).json()["comments"] for _ in range(3)} == {"open"}
        service.clock.now += timedelta(days=2)
        assert [service.client.get(path).json()["closedBy"] for _ in range(3)] == ["age"] * 3


def a_page() -> dict[str, object]:
    text = {"url": "http://testserver/blogs/jong/", "title": "Jong", "hash": "jong"}
    return {"kind": "blog", "language": "nl", "comments": "open", "translations": {"nl": text}}


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    kept, thread, asked = ThreadBytes(), ("plein", "blogs/x"), ("plein", "/x", b"")
    for change in (partial(kept.forget, [thread]), kept.forget_all):
        moment = kept.moment(thread)
        change()
        kept.keep_replay(asked, Keepable(prepare(b"old"), thread, moment, None), HEADERS)
        assert kept.replay(asked, clock) is None
    kept.keep_replay(asked, Keepable(prepare(b"new"), thread, kept.moment(thread), None), HEADERS)
    assert kept.replay(asked, clock) is not None


def test_what_is_kept_stays_within_its_bound() -> None:
    kept = ThreadBytes(most_bytes=10 * (ENTRY_BYTES + 100))
    paths = [("plein", f"/{number}", b"") for number in range(50)]
    for number, asked in enumerate(paths):
        thread = ("plein", f"blogs/{number}")
        kept.keep_replay(asked, Keepable(prepare(b"x" * 100), thread, kept.moment(thread), None), HEADERS)
        assert kept.replay(paths[0], clock)  # what is asked for goes last
    assert [number for number, asked in enumerate(paths) if kept.replay(asked, clock)] == [0, *range(41, 50)]


def test_strangers_who_ask_with_ever_new_queries_fill_no_memory() -> None:
    kept, thread = ThreadBytes(most_bytes=1_000_000), ("plein", "blogs/x")
    for number in range(3000):
        there = ("plein", f"blogs/{number % 2}")
        body = prepare(b"%6000d" % number)
        asked = ("plein", "/x", b"%d" % number)
        kept.keep_replay(asked, Keepable(body, there, kept.moment(there), None), HEADERS)
    found = [number for number in range(3000) if kept.replay(("plein", "/x", b"%d" % number), clock)]
    assert found == list(range(3000 - 1_000_000 // (ENTRY_BYTES + 6000 + 4), 3000))
    kept.forget([("plein", "blogs/0"), ("plein", "blogs/1")])
    assert not any(kept.replay(("plein", "/x", b"%d" % number), clock) for number in range(3000))
    long = ("plein", "/x", b"q" * 10_000)
    kept.keep_replay(long, Keepable(prepare(b"{}"), thread, kept.moment(thread), None), HEADERS)
    assert kept.replay(long, clock) is None


def test_two_sites_with_the_same_path_keep_apart() -> None:
    kept, thread = ThreadBytes(), ("plein", "blogs/x")
    kept.keep_replay(("plein", "/x", b""), Keepable(prepare(b"{}"), thread, kept.moment(thread), None), HEADERS)
    assert kept.replay(("plein", "/x", b""), clock) is not None
    assert kept.replay(("other", "/x", b""), clock) is None


def clock() -> datetime:
    return datetime(2026, 11, 25, tzinfo=UTC)
