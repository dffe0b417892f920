"""The description of the API is held to the routes and to what they really answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from comments_service.web import api, problems
from tests.service.running import OWN_PAGE, Service, a_service

DOCUMENT = yaml.safe_load((Path(api.__file__).parent / "openapi.yaml").read_text("utf-8"))
METHODS = {"get", "post", "put", "patch", "delete"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS
]
AnyCase = Case[Any]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with something in it, where Anna is logged in."""
    with a_service(tmp_path_factory.mktemp("openapi")) as running:
        running.log_in(name="Anna")
        root = running.comment("Wortel")
        running.comment("Antwoord", inReplyTo=str(root["id"]))
        yield running


def test_every_route_is_described_and_nothing_else() -> None:
    assert sorted(OPERATIONS) == sorted((method, path) for method, path, _ in api.TABLE)


def ask(service: Service, case: AnyCase, things: dict[str, str]) -> httpx2.Response:
    """Send a generated request from one of our own pages; `things` puts in the place of made-up names what exists."""
    parts = case.as_transport_kwargs(base_url="http://testserver/api/v1", headers=OWN_PAGE)
    url = parts["url"]
    for pattern, thing in things.items():
        url = re.sub(pattern, thing, url)
    names = {"params": "params", "json": "json", "headers": "headers", "data": "content"}
    wanted = {ours: parts[theirs] for theirs, ours in names.items() if parts.get(theirs) is not None}
    wanted["headers"] = {**wanted["headers"], "Authorization": f"Bearer {service.token()}"}
    return service.client.request(parts["method"], url, **wanted)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_what_is_answered_is_what_is_described(service: Service, method: str, path: str, mode: GenerationMode) -> None:
    if path.endswith("/events"):
        return  # never ends here; tests/service/test_events.py listens to it over a real connection
    operation = SCHEMA[path][method]
    if mode is GenerationMode.NEGATIVE and not [*operation.iter_parameters(), *operation.body]:
        return  # nothing in it can be wrong

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def conforms(case: AnyCase) -> None:
        if not service.client.cookies:
            service.log_in(name="Anna")
        comment = str(service.comment()["id"]) if path.startswith("/comments/{id}") else ""
        for things in (
            {r"/threads/\w+/[^/?]+": "/threads/blogs/drempels", r"(/v1/comments)/[^/?]+": rf"\1/{comment}"},
            {r"/threads/\w+/[^/?]+": "/threads/blogs/weg", "(/sessions)/[^/?]+": r"\1/current"},
        ):
            case.validate_response(ask(service, case, things), checks=CHECKS)

    conforms()


def resolved(part: dict[str, object]) -> dict[str, object]:
    while "$ref" in part:
        found: dict[str, object] = DOCUMENT
        for name in str(part["$ref"]).removeprefix("#/").split("/"):
            found = found[name]  # type: ignore[assignment]  # the document is a tree of mappings
        part = found
    return part


def test_the_description_follows_the_api_design_rules() -> None:
    """The rules of NL GOV REST API Design Rules 2.2.1 that can be seen in a document."""
    assert re.fullmatch(r"3\.\d+\.\d+", DOCUMENT["openapi"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", DOCUMENT["info"]["version"])
    assert {"name", "url", "email"} <= DOCUMENT["info"]["contact"].keys()
    assert all(re.fullmatch(r"https://.+/v1", server["url"]) for server in DOCUMENT["servers"])
    identifiers = []
    for path, item in DOCUMENT["paths"].items():
        assert re.fullmatch(r"(/([a-z0-9-]+|\{[^}]+\}|openapi\.json))+", path)
        for method in METHODS & item.keys():
            operation = item[method]
            identifiers.append(operation["operationId"])
            parameters = [resolved(one) for one in [*item.get("parameters", []), *operation.get("parameters", [])]]
            for parameter in parameters:
                if parameter["in"] == "query":
                    assert re.fullmatch(r"[a-z][a-zA-Z]*", str(parameter["name"]))
            if method in ("put", "post", "patch") or parameters:
                assert "400" in operation["responses"], (method, path)
            for status, response in operation["responses"].items():
                whole = resolved(response)
                if status[0] in "23":
                    assert "API-Version" in whole["headers"], (method, path, status)  # type: ignore[operator]
                else:
                    assert list(whole["content"]) == ["application/problem+json"]  # type: ignore[call-overload]
    assert len(set(identifiers)) == len(identifiers)


def test_the_description_is_published_with_this_services_address(service: Service) -> None:
    answer = service.client.get("/api/v1/openapi.json", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["servers"] == [{"url": "http://testserver/api/v1"}]
    assert answer.json()["paths"].keys() == DOCUMENT["paths"].keys()


def test_every_problem_is_explained(service: Service) -> None:
    """Also those of answers: the last part of `type` is an entry of x-problems."""
    known = DOCUMENT["x-problems"].keys()
    assert problems.REASONS.keys() <= known
    for method, path in (("GET", "/api/v1/nothing"), ("PUT", "/api/v1/me"), ("POST", "/api/v1/announcements")):
        found = service.client.request(method, path, headers=OWN_PAGE).json()["type"]
        assert found.rpartition("/")[2] in known


def test_the_reference_names_every_route() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text("utf-8")
    for method, path in OPERATIONS:
        assert f"`{method} {path}`" in reference, f"{method} {path} is missing in docs/reference/api.md"
