"""Following, and answering, from the reader's own server: they give their handle and get a link that leads there.

The handle is stored nowhere here; `embed/follow.js` keeps it on the device for who wants that. The answer is a page
with a link, never a redirect: whom a stranger's server names must not be where a form of ours leads.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from comments_service import pages
from comments_service.errors import NotFound, PleinError
from comments_service.ids import is_id
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, rendering
from comments_service.web.limits import network_of
from comments_service.web.state import Following, account_of, state


async def show(request: Request) -> Response:
    """`/follow?handle=`, `/answer?comment=` or `/answer?page=`. Its form asks the reader's server where to go.

    Raises NotFound for what other servers cannot follow or answer, and where federation is off.
    """
    here, asked = state(request), {name: value[:300] for name, value in request.query_params.items()}
    if here.following is None:
        raise NotFound("page", "follow")
    if is_answer := str(request.scope["path"]).endswith("/answer"):
        uri = shown = await here.store.read(_answered, here.following, here.site_id, asked)
    else:
        handle = asked.get("handle", "").lower().removeprefix("@")
        uri, shown = await here.store.read(here.following.actor, handle), f"@{handle}@{here.following.host}"
    you, way, error = "", "", None
    if request.method == "POST":
        you, account = (await bodies.form_values(request)).get("you", "")[:320], await account_of(request)
        try:
            here.limits.spend("follow", account=account.id if account else None, network=network_of(request))
            way = await here.following.way(you, uri)
        except PleinError as failed:
            error = failed
    return await rendering.page(
        request,
        "following.html",
        error=error,
        is_answer=is_answer,
        shown=shown,
        you=you,
        way=way,
        server=urlsplit(way).netloc,
    )


def _answered(tx: Transaction, following: Following, site_id: str, asked: Mapping[str, str]) -> str:
    """How servers call what is to be answered."""
    if "comment" in asked:
        return following.comment(tx, asked["comment"] if is_id(asked["comment"]) else "")
    kind, _, slug = asked.get("page", "").lower().partition("/")
    return following.page(tx, pages.find(tx, site_id, kind, slug).key)


TABLE = tuple((method, path, show) for path in ("/follow", "/answer") for method in ("GET", "POST"))
