"""The description of the API as a page to read, in the reader's language, made from openapi.yaml alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from comments_service.language import N_, negotiate
from comments_service.web import rendering
from comments_service.web.front import PAGE_POLICY
from comments_service.web.state import state
from comments_service.web.wording import NAMES

PATH = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
KINDS = {
    "string": N_("text"),
    "integer": N_("whole number"),
    "number": N_("number"),
    "boolean": N_("true or false"),
    "object": N_("object"),
    "null": "null",
}
Node = Mapping[str, Any]  # a part of the description: a tree of mappings, as JSON has them


@dataclass(frozen=True)
class Part:
    """A parameter, a member of a body, or an answer."""

    name: str
    kinds: tuple[tuple[str, str], ...]  # (text, id of the shape that it links to, or "")
    text: str
    is_list: bool = False
    is_required: bool = False


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    text: str
    is_public: bool
    parameters: tuple[Part, ...]
    body: tuple[Part, ...]
    answers: tuple[Part, ...]


class Reader:
    """Walks through a description, following its references."""

    def __init__(self, document: Node) -> None:
        self.document = document

    def resolve(self, node: Node) -> Node:
        while "$ref" in node:
            found: Node = self.document
            for name in str(node["$ref"]).removeprefix("#/").split("/"):
                found = found[name]
            node = found
        return node

    def operations(self, tag: str) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if tag in item.get(method, {}).get("tags", ()):
                    yield self._operation(path, method, item[method], item.get("parameters", ()))

    def shapes(self) -> Iterator[tuple[str, str, tuple[Part, ...]]]:
        """Name, text and members of every shape that has members."""
        for name, schema in self.document["components"]["schemas"].items():
            if "properties" in schema:
                yield name, _line(schema.get("description")), self.members(schema)

    def members(self, schema: Node) -> tuple[Part, ...]:
        schema = self.resolve(schema)
        required = schema.get("required", ())
        return tuple(self._part(name, each, name in required) for name, each in schema.get("properties", {}).items())

    def _operation(self, path: str, method: str, node: Node, shared: tuple[Node, ...]) -> Operation:
        parameters = [self.resolve(each) for each in (*shared, *node.get("parameters", ()))]
        content = node.get("requestBody", {}).get("content", {})
        security = node.get("security", self.document["security"])
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            path=path,
            summary=_line(node["summary"]),
            text=_line(node.get("description")),
            is_public=not security or {} in security,
            parameters=tuple(
                self._part(each["name"], each["schema"], each.get("required", False), each.get("description"))
                for each in parameters
            ),
            body=tuple(part for kind in content.values() for part in self.members(kind["schema"])),
            answers=tuple(self._answer(status, self.resolve(each)) for status, each in node["responses"].items()),
        )

    def _answer(self, status: str, node: Node) -> Part:
        schemas = [kind["schema"] for kind in node.get("content", {}).values()]
        kinds = tuple(kind for schema in schemas for kind in self._kinds(schema) if kind[1])
        return Part(status, kinds, _line(node["description"]))

    def _part(self, name: str, schema: Node, is_required: bool, text: str | None = None) -> Part:
        whole = self.resolve(schema)
        is_list = whole.get("type") == "array"
        kinds = tuple(self._kinds(whole["items"] if is_list else schema))
        return Part(name, kinds, _line(text or whole.get("description")), is_list, is_required)

    def _kinds(self, schema: Node) -> Iterator[tuple[str, str]]:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        whole = self.resolve(schema)
        choices = [*whole.get("oneOf", ()), *whole.get("allOf", ())]
        if name and "properties" in whole:
            yield name, name
        elif choices:
            for choice in choices:
                yield from self._kinds(choice)
        elif "enum" in whole or "const" in whole:
            for value in whole.get("enum", [whole.get("const")]):
                yield json.dumps(value), ""
        else:
            kinds = whole.get("type", "object")
            for kind in [kinds] if isinstance(kinds, str) else kinds:
                yield KINDS[kind], ""


def _line(text: str | None) -> str:
    """A text of the description as the catalogue knows it: on one line."""
    return " ".join((text or "").split())


async def show_reference(request: Request) -> Response:
    """Its address has no language: `?lang=` chooses, else Accept-Language."""
    here = state(request)
    asked = request.query_params.get("lang", "")
    lang = asked if asked in here.wordings else ""
    lang = lang or negotiate(request.headers.get("accept-language", ""), here.addresses.languages)
    reader = Reader(cast(Node, json.loads(here.openapi.body)))
    document, path = reader.document, here.addresses.base + PATH
    request.scope["plein.lang"] = lang
    return await rendering.page(
        request,
        "reference.html",
        title=here.wordings[lang].say(N_("The API")),
        other_languages=[
            {"lang": other, "name": NAMES.get(other, other), "url": f"{path}?lang={other}"}
            for other in here.addresses.languages
            if other != lang
        ],
        say=here.wordings[lang].say,
        description=f"{path}/openapi.json",
        server=document["servers"][0]["url"],
        version=document["info"]["version"],
        summary=_line(document["info"]["summary"]),
        text=_line(document["info"]["description"]),
        chapters=[
            (tag["name"], _line(tag["description"]), [*reader.operations(tag["name"])]) for tag in document["tags"]
        ],
        shapes=[*reader.shapes()],
        problems={code: _line(text) for code, text in document["x-problems"].items()},
        headers={"Vary": "Accept-Language", "Content-Security-Policy": PAGE_POLICY},
    )


TABLE = (("GET", PATH, show_reference),)
