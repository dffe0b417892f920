"""The parts of the development server: what a change asks for, when a post is due, outputs that move in one step, and
the layer that adds the reload script.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from theme.commands import serve
from theme.commands.build import ROOT, build
from theme.commands.due import next_due
from theme.commands.outputs import Outputs
from theme.commands.reload import Reloading, Status, fault_page
from theme.commands.serve import Child, Needs, Place, Supervisor
from theme.plugins.settings import load

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CONTENT = ROOT / "content"


@pytest.mark.parametrize(
    ("changed", "needs"),
    [
        (["content/blogs/x.nl.md"], Needs(build=True)),
        (["theme/templates/blog.html", "theme/plugins/feeds.py"], Needs(build=True)),
        (["pelicanconf.py"], Needs(build=True)),
        (["tokens.css"], Needs(build=True)),
        (["plein.toml"], Needs(build=True, restart=True)),
        (["comments_service/web/api.py"], Needs(restart=True)),
        (["content/blogs/x.nl.md", "comments_service/votes.py"], Needs(build=True, restart=True)),
        (["theme/commands/serve.py", "README.md", "tests/conftest.py"], Needs()),
    ],
)
def test_a_change_asks_for_a_build_a_restart_or_nothing(changed: list[str], needs: Needs) -> None:
    assert Needs.of([ROOT / name for name in changed], CONTENT) == needs


def a_post(content: Path, name: str, date: str) -> None:
    path = content / "blogs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: Test\ndate: {date}\n---\n\nText\n", "utf-8")


@pytest.mark.parametrize(
    ("dates", "due"),
    [
        ([], None),
        (["2026-11-24", "2026-11-25T10:00"], None),
        (["2026-12-01", "2026-11-30T09:00", "2020-01-01"], "2026-11-30T09:00+01:00"),
        (['"2026-11-30T09:00:00Z"  # in the morning', "soon", "30-11-2026"], "2026-11-30T09:00+00:00"),
    ],
)
def test_the_next_due_moment_is_the_first_after_now(tmp_path: Path, dates: list[str], due: str | None) -> None:
    for number, date in enumerate(dates):
        a_post(tmp_path, f"post-{number}.{'nl' if number % 2 else 'en'}.md", date)
    now = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert next_due(tmp_path, AMSTERDAM, now=now) == (due and datetime.fromisoformat(due))


def test_a_post_that_becomes_due_while_the_site_is_built_is_for_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [datetime(2026, 11, 25, 9, 30, tzinfo=UTC)]
    builds: list[datetime] = []

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock[0].astimezone(tz)

    class Slow(Supervisor):
        async def build(self) -> None:
            builds.append(clock[0])
            clock[0] = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)
            if len(builds) == 2:
                raise asyncio.CancelledError

    async def work() -> None:
        place = Place("127.0.0.1", 0, tmp_path, tmp_path / "state", "http://127.0.0.1")
        with socket.socket() as listening:
            slow = Slow(place, Child(place, listening), Outputs(place.state), load(ROOT / "plein.toml", {}))
            slow.wanted.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(slow.build_when_wanted(), 60)

    monkeypatch.setattr(serve, "datetime", Clock)
    a_post(tmp_path, "post.en.md", "2026-11-25T09:35Z")
    asyncio.run(work())
    assert len(builds) == 2


def an_output(outputs: Outputs, text: str) -> Path:
    folder = outputs.new_folder()
    folder.mkdir()
    (folder / "index.html").write_text(text, "utf-8")
    (folder / "plein.json").write_text("{}", "utf-8")
    return folder


def test_a_new_output_is_shown_and_the_same_output_is_not_new(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    assert outputs.latest() is None
    assert outputs.show(an_output(outputs, "one"))
    assert not outputs.show(an_output(outputs, "one"))
    assert outputs.show(an_output(outputs, "two"))
    assert (outputs.link / "index.html").read_text("utf-8") == "two"


def test_old_outputs_and_half_builds_are_removed(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    for text in ("one", "two", "three"):
        outputs.show(an_output(outputs, text))
    (outputs.new_folder() / "blogs").mkdir(parents=True)
    assert len(Outputs(tmp_path).numbers()) == 2
    assert (outputs.link / "index.html").read_text("utf-8") == "three"


def test_a_build_never_replaces_a_folder_with_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("Dear", "utf-8")
    assert build(CONTENT, tmp_path) == 1
    assert (tmp_path / "letter.txt").exists()
    assert "--output" in capsys.readouterr().err


async def page(request: Request) -> Response:
    if "if-none-match" in request.headers:
        return Response(status_code=304)
    return HTMLResponse("<html><body><p>Één</p></body></html>", headers={"ETag": '"x"', "Cache-Control": "max-age=60"})


async def text(_request: Request) -> Response:
    return PlainTextResponse("<body></body>", headers={"ETag": '"y"'})


def a_client(status: Path, *, base: str = "", routes: Iterable[Route] = ()) -> TestClient:
    application = Starlette(routes=[*routes, Route(f"{base}/", page), Route(f"{base}/robots.txt", text)])
    return TestClient(Reloading(application, status, base=base, stopping=lambda: False))


@pytest.fixture
def status(tmp_path: Path) -> Path:
    path = tmp_path / "serve.json"
    Status(1, "built", "").write(path)
    return path


HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("base", ["", "/sub"])
def test_html_gets_the_script_and_is_never_kept(status: Path, base: str) -> None:
    client = a_client(status, base=base)
    answer = client.get(f"{base}/", headers=HTML | {"If-None-Match": '"x"'})
    assert answer.status_code == 200
    assert f'<p>Één</p><script type="module" src="{base}/dev/reload.js?page=' in answer.text
    assert answer.text.endswith("</script></body></html>")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert client.get(f"{base}/dev/reload.js").headers["content-type"].startswith("text/javascript")


def test_what_is_no_html_passes_as_it_is(status: Path) -> None:
    answer = a_client(status).get("/robots.txt", headers=HTML)
    assert (answer.text, answer.headers["etag"]) == ("<body></body>", '"y"')


def test_before_the_first_good_build_every_page_says_so_and_still_reloads(tmp_path: Path) -> None:
    path = tmp_path / "serve.json"
    Status(0, "failed", "content/blogs/x.nl.md:3: unknown group").write(path)
    answer = a_client(path).get("/", headers=HTML)
    assert answer.status_code == 503
    assert "/dev/reload.js" in answer.text


def test_a_service_that_cannot_start_shows_why(status: Path) -> None:
    layer = Reloading(fault_page("SyntaxError: <oops>"), status, base="", stopping=lambda: False)
    answer = TestClient(layer, raise_server_exceptions=False).get("/", headers=HTML)
    assert answer.status_code == 500
    assert "SyntaxError: &lt;oops&gt;" in answer.text
    assert "/dev/reload.js" in answer.text


def test_the_status_is_answered_at_once_when_it_is_new_and_else_when_it_changes(status: Path) -> None:
    layer = Reloading(fault_page(""), status, base="", stopping=lambda: False)

    async def follow() -> tuple[dict[str, object], dict[str, object]]:
        first = json.loads(await layer.next_status(""))
        waiting = asyncio.ensure_future(layer.next_status(str(first["seen"])))
        await asyncio.sleep(0)
        assert not waiting.done()
        Status(1, "failed", "content/blogs/x.nl.md:3: unknown group").write(status)
        return first, json.loads(await waiting)

    first, second = asyncio.run(follow())
    assert (first["state"], second["state"]) == ("built", "failed")
    assert "unknown group" in str(second["log"])
    assert first["page"] == second["page"], "a failed build does not reload the page"
