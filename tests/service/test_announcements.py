"""Announcements: the manifest is read from the site itself, or from a file, and only there."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from comments_service import announcements, manifest
from comments_service.errors import Invalid, Unavailable
from comments_service.pages import Asked, Intake
from comments_service.settings import ServiceSettings, Settings, SiteSettings
from comments_service.store.sqlite import open_store
from tests.service.builders import NOW, manifest_json, page_json
from tests.service.running import answering


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A folder served as the site: its URL."""
    with answering(partial(Quiet, directory=tmp_path)) as port:
        yield f"http://localhost:{port}"


def announce(folder: Path, site: str, source: str | None = None) -> Intake:
    settings = Settings(
        site=SiteSettings(id="plein", name="Plein", url=site),
        service=ServiceSettings(manifest=source, database=folder / "plein.db"),
    )

    async def run() -> Intake:
        store = await open_store(folder / "plein.db")
        try:
            return await announcements.announce(store, settings, Asked(), now=NOW)
        finally:
            await store.close()

    return asyncio.run(run())


def publish(folder: Path, site: str) -> None:
    entries = {"blogs/a": page_json("blogs/a", base=site)}
    (folder / "plein.json").write_text(json.dumps(manifest_json(1, entries, base=site)), "utf-8")


def test_the_manifest_comes_from_the_site_though_its_address_is_private(tmp_path: Path, site: str) -> None:
    publish(tmp_path, site)
    assert announce(tmp_path, site).taken


def test_a_manifest_at_another_private_address_is_not_fetched(tmp_path: Path, site: str) -> None:
    publish(tmp_path, site)
    with pytest.raises(Unavailable, match="no public address"):
        announce(tmp_path, "https://plein.example", f"{site}/plein.json")


def test_a_site_without_a_manifest_says_so(tmp_path: Path, site: str) -> None:
    with pytest.raises(Unavailable, match="status 404"):
        announce(tmp_path, site)


def test_a_file_over_the_limit_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "MAX_BYTES", 10)
    monkeypatch.setattr(manifest, "MAX_BYTES", 10)
    publish(tmp_path, "https://plein.example")
    with pytest.raises(Invalid) as error:
        announce(tmp_path, "https://plein.example", str(tmp_path / "plein.json"))
    assert "larger than" in error.value.faults[0].message_id
