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

    title: str
    action: str  # our address for it
    uri: str  # that of servers
    shown: str  # what to search for on a server that has no page for it


async def show(request: Request) -> Response:
    return await _page(request, await _aim(request))


async def post(request: Request) -> Response:
    """Ask the reader's server where it opens addresses, and show the link."""
    here = state(request)
    you = (await bodies.form_values(request)).get("you", "")[:320]
    aim, account = await _aim(request), await account_of(request)
    try:
        here.limits.spend("follow", account=account.id if account else None, network=network_of(request))
        way = await _following(request).way(you, aim.uri)
    except PleinError as error:
        return await _page(request, aim, you, error)
    return await _page(request, aim, you, way=way)


async def _page(
    request: Request, aim: _Aim, you: str = "", error: PleinError | None = None, *, way: str = ""
) -> Response:
    return await rendering.page(
        request,
        "following.html",
        error=error,
        fields={"you": "you"},
        title=wording_of(request).say(aim.title),
        shown=aim.shown,
        action=aim.action,
        you=you,
        way=way,
        server=urlsplit(way).netloc,
    )


def _following(request: Request) -> Following:
    """Raises NotFound where federation is off."""
    found = state(request).following
    if found is None:
        raise NotFound("page", "follow")
    return found


async def _aim(request: Request) -> _Aim:
    """Raises NotFound for what other servers cannot follow or answer."""
    here, following, asked = state(request), _following(request), request.query_params
    if str(request.scope["path"]).endswith("/follow"):
        handle = asked.get("handle", "")[:60].lower().removeprefix("@")
        uri = await here.store.read(following.actor, handle)
        action = f"/follow?{urlencode({'handle': handle})}"
        return _Aim(N_("Follow from your own server"), action, uri, f"@{handle}@{following.host}")
    name = "comment" if "comment" in asked else "page"
    value = asked.get(name, "")[:300]
    uri = await here.store.read(_object, following, here.site_id, name, value)
    return _Aim(N_("Answer from your own server"), f"/answer?{urlencode({name: value})}", uri, uri)


def _object(tx: Transaction, following: Following, site_id: str, name: str, asked: str) -> str:
    if name == "comment":
        return following.comment(tx, asked if is_id(asked) else "")
    kind, _, slug = asked.lower().partition("/")
    return following.page(tx, pages.find(tx, site_id, kind, slug).key)


TABLE = tuple(
    (method, path, handler) for path in ("/follow", "/answer") for method, handler in (("GET", show), ("POST", post))
)
