"""Documents for servers are prepared bytes; what a write made old is never kept."""

import asyncio
from typing import Any, cast

from starlette.requests import Request

from comments_service.federation.routes import Documents


def test_a_document_that_was_read_while_something_was_written_is_not_kept() -> None:
    nothing: Any = cast(Any, None)
    documents = Documents(nothing, nothing, nothing, "plein", ("nl",), "plein.example", "1")
    scope = {"type": "http", "method": "GET", "path": "/ap/objects/x", "query_string": b"", "headers": []}
    request = Request({**scope, "server": ("plein.example", 443), "scheme": "https"})
    said: list[str] = ["old", "new", "newest"]

    async def read(_: Request) -> tuple[int, dict[str, object]]:
        found = said.pop(0)
        if found == "old":
            documents.forget([])  # a commit, after the read began
        return 200, {"content": found}

    async def ask() -> bytes:
        return bytes((await documents._kept(request, read)).body)

    async def ask_three_times() -> list[bytes]:
        return [await ask() for _ in range(3)]

    first, second, third = asyncio.run(ask_three_times())
    assert b'"old"' in first
    assert b'"new"' in second
    assert third == second
