"""The page that shows the API: all of it, in both languages, harmless and whole."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import pytest

from tests.service.running import Service, a_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_service(tmp_path_factory.mktemp("reference")) as running:
        yield running


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if tag == "a" else []


@pytest.mark.parametrize(
    ("lang", "words"), [("nl", "Een reactie of antwoord schrijven"), ("en", "Write a comment or a reply")]
)
def test_every_operation_shape_and_problem_is_shown(service: Service, lang: str, words: str) -> None:
    document = service.client.get("/api/v1/openapi.json").json()
    answer = service.client.get(f"/api/v1?lang={lang}")
    assert answer.headers["content-language"] == lang
    assert f'<html lang="{lang}">' in answer.text
    assert words in answer.text
    for path, item in document["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} & item.keys():
            assert f"<code>{method.upper()} {path}</code>" in answer.text
    for name in ("Thread", "Comment", "Mine", *document["x-problems"]):
        assert f">{name}<" in answer.text
    assert "<slug>" not in answer.text
    assert "`" not in re.sub(r"<[^>]*>", "", unescape(answer.text))


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_link_within_the_page_leads_somewhere_and_ids_are_unique(service: Service, lang: str) -> None:
    anchors = Anchors(service.client.get(f"/api/v1?lang={lang}").text)
    assert len(set(anchors.ids)) == len(anchors.ids)
    assert {link[1:] for link in anchors.links if link.startswith("#")} <= set(anchors.ids)
    assert f"/api/v1?lang={'en' if lang == 'nl' else 'nl'}" in anchors.links


def test_without_a_choice_the_browser_says_the_language(service: Service) -> None:
    answers = [service.client.get("/api/v1", headers={"Accept-Language": lang}) for lang in ("en", "nl", "fr")]
    assert [answer.headers["content-language"] for answer in answers] == ["en", "nl", "nl"]
    assert answers[0].headers["vary"] == "Accept-Language"


def test_the_page_may_show_its_stylesheet_and_run_nothing_else(service: Service) -> None:
    policy = service.client.get("/api/v1").headers["content-security-policy"]
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert service.client.post("/api/v1").status_code == 405
