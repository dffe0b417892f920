"""The page of a person: name and latest shown comments, in both languages, left out by search engines."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.running import OWN_PAGE, Service, a_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def person(service: Service) -> str:
    return f"/people/{service.client.get('/api/v1/me').json()['id']}"


@pytest.mark.parametrize(("prefix", "heading"), [("", "Reacties op deze site"), ("/en", "Comments on this site")])
def test_a_person_is_a_name_with_the_latest_comments(service: Service, prefix: str, heading: str) -> None:
    service.log_in(name="Anna <b>")
    service.comment("De *eerste*.", lang="nl")
    last = service.comment("The last.", lang="en", page="groups/bouwers")
    page = service.client.get(prefix + person(service)).text
    assert "Anna &lt;b&gt;</h1>" in page
    assert heading in page
    assert '<meta name="robots" content="noindex">' in page
    assert re.findall(r"<p>(The last|De <em>eerste</em>)\.</p>", page) == ["The last", "De <em>eerste</em>"]
    link = f"{prefix}/threads/groups/bouwers?around={last['id']}#c-{last['id']}"
    assert f'href="{link}"' in page
    assert "The last." in service.client.get(link).text
    assert "anna@example.org" not in page
    assert f'lang="{"en" if prefix == "" else "nl"}"' in page


def test_who_wrote_nothing_that_is_shown_has_no_page(service: Service) -> None:
    service.log_in(name="Anna")
    path = person(service)
    assert service.client.get(path).status_code == 404
    comment = service.comment("Een.")
    assert service.client.get(path).status_code == 200
    service.client.delete(f"/api/v1/comments/{comment['id']}", headers=OWN_PAGE)
    assert service.client.get(path).status_code == 404
    for odd in ("x", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "..%2f"):
        assert service.client.get(f"/people/{odd}").status_code == 404


def test_at_most_25_comments_are_shown_newest_first(service: Service) -> None:
    service.log_in(name="Anna")
    for number in range(27):
        service.comment(f"Nummer {number}.")
    page = service.client.get(person(service)).text
    assert re.findall(r"<p>Nummer (\d+)\.</p>", page) == [str(number) for number in range(26, 1, -1)]
    assert "De laatste reacties op deze site, nieuwste eerst." in page
