"""Following, and answering, from the reader's own server: they give their handle and get a link that leads there.

The handle is stored nowhere here; `embed/follow.js` keeps it on the device for who wants that. The answer is a page
with a link, never a redirect: whom a stranger's server names must not be where a form of ours leads.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from comments_service import pages
from comments_service.errors import NotFound, PleinError
from comments_service.ids import is_id
from comments_service.language import N_
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, rendering
from comments_service.web.limits import network_of
from comments_service.web.state import Following, account_of, state, wording_of


@dataclass(frozen=True)
class _Aim:
    """What is to be followed or answered."""

    query: dict[str, str]  # names it in our addresses
    uri: str  # names it for servers
    shown: str  # what to search for on a server that has no page for it


async def show(request: Request) -> Response:
    return await _page(request, dict(request.query_params), "", None)


async def post(request: Request) -> Response:
    """Ask the reader's server where it opens addresses, and show the link."""
    here, values = state(request), await bodies.form_values(request)
    you = values.get("you", "")[:320]
    aim = await _aim(request, values)
    account = await account_of(request)
    try:
        here.limits.spend("follow", account=account.id if account else None, network=network_of(request))
        way = await _following(request).way(you, aim.uri)
    except PleinError as error:
        return await _page(request, values, you, error)
    return await _page(request, values, you, None, way=way)


async def _page(
    request: Request, values: dict[str, str], you: str, error: PleinError | None, *, way: str = ""
) -> Response:
    wording = wording_of(request)
    aim = await _aim(request, values)
    action = "/follow" if "handle" in aim.query else "/answer"
    title = N_("Follow from your own server") if "handle" in aim.query else N_("Answer from your own server")
    return await rendering.page(
        request,
        "following.html",
        account=await account_of(request),
        error=error,
        fields={"you": "you"},
        title=wording.say(title),
        aim=aim,
        action=action,
        hidden=aim.query,
        you=you,
        way=way,
        server=urlsplit(way).netloc,
        switch_to=f"{action}?{urlencode(aim.query)}",
    )


def _following(request: Request) -> Following:
    """Raises NotFound where federation is off."""
    found = state(request).following
    if found is None:
        raise NotFound("page", "follow")
    return found


async def _aim(request: Request, values: dict[str, str]) -> _Aim:
    """Raises NotFound for what other servers cannot follow or answer."""
    here, following = state(request), _following(request)
    if str(request.scope["path"]).endswith("/follow"):
        handle = values.get("handle", "")[:60].lower().removeprefix("@").removesuffix(f"@{following.host}")
        uri = await here.store.read(following.actor, handle)
        return _Aim({"handle": handle}, uri, f"@{handle}@{following.host}")
    name = "comment" if "comment" in values else "page"
    uri = await here.store.read(_object, following, here.site_id, name, values.get(name, "")[:300])
    return _Aim({name: values[name]}, uri, uri)


def _object(tx: Transaction, following: Following, site_id: str, name: str, asked: str) -> str:
    if name == "comment":
        return following.comment(tx, asked if is_id(asked) else "")
    kind, _, slug = asked.lower().partition("/")
    return following.page(tx, pages.find(tx, site_id, kind, slug).key)


TABLE = tuple(
    (method, path, handler) for path in ("/follow", "/answer") for method, handler in (("GET", show), ("POST", post))
)
