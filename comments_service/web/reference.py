"""The description of the API as a page to read, in the reader's language, made from openapi.yaml alone."""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from comments_service.language import negotiate
from comments_service.web import rendering
from comments_service.web.front import PAGE_POLICY
from comments_service.web.state import state

PATH = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
Node = Mapping[str, Any]  # a part of the description: a tree of mappings, as JSON has them


class Description:
    """The description, for a template that walks through it: references are followed here."""

    def __init__(self, document: Node) -> None:
        self.document = document

    def whole(self, node: Node) -> Node:
        """What stands at the end of a reference; else the node itself."""
        while "$ref" in node:
            node = reduce(getitem, str(node["$ref"]).removeprefix("#/").split("/"), self.document)
        return node

    def operations(self, tag: str) -> Iterator[tuple[str, str, Node]]:
        """Method, path and node, with the parameters that all operations of the path share."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if tag in (node := item.get(method, {})).get("tags", ()):
                    parameters = (*item.get("parameters", ()), *node.get("parameters", ()))
                    yield method.upper(), path, {**node, "parameters": [self.whole(each) for each in parameters]}

    def kinds(self, schema: Node) -> Iterator[tuple[str, str]]:
        """What a value may be: the name of a shape and the id to link to; or a value as JSON or a type, and ""."""
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        whole = self.whole(schema)
        choices = [*whole.get("oneOf", ()), *whole.get("allOf", ())]
        if name and "properties" in whole:
            yield name, name
        elif choices:
            for choice in choices:
                yield from self.kinds(choice)
        elif "enum" in whole or "const" in whole:
            for value in whole.get("enum", [whole.get("const")]):
                yield json.dumps(value), ""
        else:
            kinds = whole.get("type", "object")
            for kind in [kinds] if isinstance(kinds, str) else kinds:
                yield kind, ""


async def show_reference(request: Request) -> Response:
    """Its address has no language: `?lang=` chooses, else Accept-Language."""
    here = state(request)
    lang = request.query_params.get("lang", "")
    if lang not in here.wordings:
        lang = negotiate(request.headers.get("accept-language", ""), here.addresses.languages)
    request.scope["plein.lang"] = lang
    wording, path = here.wordings[lang], here.addresses.base + PATH
    return await rendering.page(
        request,
        "reference.html",
        switch=lambda other: f"{path}?lang={other}",
        say=lambda text: wording.say(" ".join(text.split())),  # on one line, as the catalogue knows it
        programs=f"{path}/openapi.json",
        api=Description(json.loads(here.openapi.body)),
        headers={"Vary": "Accept-Language", "Content-Security-Policy": PAGE_POLICY},
    )


TABLE = (("GET", PATH, show_reference),)
