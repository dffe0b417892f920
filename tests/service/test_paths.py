"""The paths of a site with other languages than the widget has: all that it links to is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from comments_service import app
from tests.service.running import OWN_PAGE, SITE, Clock, Service, an_empty_store, some_settings

THREAD = "/threads/blogs/drempels"


@pytest.fixture
def english(tmp_path: Path) -> Iterator[Service]:
    """A site in English alone."""
    settings = some_settings(tmp_path)
    settings = settings.model_copy(update={"site": settings.site.model_copy(update={"languages": ["en"]})})
    settings.service.database.write_bytes(an_empty_store())
    clock = Clock()
    with TestClient(app.create(settings, clock=clock), base_url=SITE) as client:
        yield Service(client, settings, clock)


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("path", [THREAD, "/log-in?returnTo=/a%2Bb%26c", "/answer?page=blogs/drempels", "/account"])
def test_a_page_in_a_language_that_is_not_there_leads_to_the_one_that_is(
    english: Service, lang: str, path: str
) -> None:
    answer = english.client.get(f"/{lang}{path}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, path)
    assert english.client.get(path).headers["content-language"] == "en"
    assert english.client.get(f"/de{path}").status_code == 404


def test_a_comment_may_be_in_a_language_that_the_site_has_no_pages_in(english: Service) -> None:
    english.log_in(name="Anna")
    for lang, status in (("nl", 201), ("en", 201), ("xx", 400)):
        said = english.client.post(
            f"/api/v1{THREAD}/comments", json={"text": "Dag", "lang": lang}, headers=OWN_PAGE | english.key()
        )
        assert said.status_code == status, said.text
