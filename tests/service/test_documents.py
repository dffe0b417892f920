"""Documents for servers are prepared bytes; what a write made old is never kept."""

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from starlette.requests import Request

from comments_service.federation.routes import Documents
from comments_service.federation.uris import Uris
from tests.service.running import SITE, a_service

HOST = SITE.removeprefix("http://")


def test_a_document_that_was_read_while_something_was_written_is_not_kept() -> None:
    nothing: Any = cast(Any, None)
    house: Any = SimpleNamespace(uris=Uris("https://plein.example"))
    documents = Documents(nothing, house, nothing, "plein")
    scope = {"type": "http", "method": "GET", "path": "/ap/objects/x", "query_string": b"", "headers": []}
    request = Request({**scope, "server": ("plein.example", 443), "scheme": "https"})
    said: list[str] = ["old", "new", "newest"]

    async def read() -> tuple[int, dict[str, object]]:
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


def test_a_page_leads_servers_to_its_object_in_the_language_asked(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:

        def lead(path: str) -> str:
            answer = service.client.get(f"/ap/pages/{path}", follow_redirects=False)
            assert answer.status_code == 302, answer.text
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return str(answer.headers["Location"])

        dutch, english = lead("blogs/drempels"), lead("blogs/drempels?lang=en")
        assert lead("blogs/oude-drempels?lang=nl") == lead("blogs/drempels?lang=xx") == dutch
        assert re.fullmatch(rf"{SITE}/ap/objects/[0-9A-Z]{{26}}", dutch)
        assert re.fullmatch(rf"{SITE}/ap/objects/[0-9A-Z]{{26}}", english)
        assert dutch != english
        assert service.client.get("/ap/pages/blogs/onbekend").status_code == 404


def test_the_site_says_which_pages_may_name_it_as_their_author(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        found = service.client.get("/.well-known/webfinger", params={"resource": f"acct:plein@{HOST}"}).json()
        uri = next(link["href"] for link in found["links"] if link["rel"] == "self")
        assert service.client.get(uri.removeprefix(SITE)).json()["attributionDomains"] == [HOST]
