"""Answering what stands on another server with an account of this one: where "answer from your own server" leads to.

The path is that of Mastodon: other servers find it by the `subscribe` template of WebFinger.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service.elsewhere import Door, Place
from comments_service.errors import Forbidden, PleinError
from comments_service.language import N_
from comments_service.model import Account
from comments_service.web import bodies, rendering
from comments_service.web.state import require_account, state, wording_of

LONGEST = 2_000
PATH = "/authorize_interaction"


async def show(request: Request) -> Response:
    """`?uri=` names a post or comment of another server: show it, and keep nothing yet."""
    return await _page(request, await require_account(request), request.query_params.get("uri", "")[:LONGEST])


async def post(request: Request) -> Response:
    """Keep the thread, and lead to it with the form for the answer open."""
    account = await require_account(request)
    if account.banned:
        raise Forbidden("banned")
    address = (await bodies.form_values(request)).get("uri", "")[:LONGEST]
    if not account.federates:
        return await _page(request, account, address)
    state(request).limits.spend("elsewhere", account=account.id)
    try:
        return _to(request, await _door(request).keep(address))
    except PleinError as error:
        return await _page(request, account, address, error)


async def _page(request: Request, account: Account, address: str, error: PleinError | None = None) -> Response:
    wording, found = wording_of(request), None
    if address and error is None:
        state(request).limits.spend("elsewhere", account=account.id)
        try:
            found = await _door(request).look(address)
        except PleinError as failed:
            error = failed
    if isinstance(found, Place):
        return _to(request, found)
    return await rendering.page(
        request,
        "elsewhere.html",
        error=error,
        fields={"uri": "uri"},
        switch_to=f"{PATH}?{urlencode({'uri': address})}",
        title=wording.say(N_("Answer on another server")),
        address=address,
        found=found,
    )


def _to(request: Request, place: Place) -> Response:
    lang = wording_of(request).lang
    path = state(request).addresses.path(lang, f"/threads/{place.kind}/{place.slug}")
    reply = f"?{urlencode({'reply': place.comment_id})}#c-{place.comment_id}" if place.comment_id else "#write"
    return RedirectResponse(path + reply, 303)


def _door(request: Request) -> Door:
    door: Door = request.app.state.federation.elsewhere
    return door


TABLE = (("GET", PATH, show), ("POST", PATH, post))
