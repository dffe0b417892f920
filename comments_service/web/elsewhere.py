"""Answering what stands on another server with an account of this one, liking and boosting it, and following people.

Where "answer from your own server" and "follow from your own server" lead to; and, for its own sake, the news.

The path is that of Mastodon: other servers find it by the `subscribe` template of WebFinger.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import interactions
from comments_service.elsewhere import Door, Foreign, Place
from comments_service.errors import Forbidden, PleinError
from comments_service.model import Account
from comments_service.web import bodies, rendering
from comments_service.web.state import require_account, state, wording_of

LONGEST = 2_000
PATH = "/authorize_interaction"
KINDS = (interactions.LIKE, interactions.BOOST, interactions.FOLLOW, interactions.BLOCK)


async def show(request: Request) -> Response:
    """`?uri=` names a text, or somebody, of another server: show it, and keep nothing yet. Without: the news."""
    return await _page(request, await require_account(request), request.query_params.get("uri", "")[:LONGEST])


async def post(request: Request) -> Response:
    """Keep the thread, and lead to it with the form for the answer open; or do, or undo, what `do` and `undo` say."""
    account = await require_account(request)
    if account.banned:
        raise Forbidden("banned")
    here, form = state(request), await bodies.form_values(request)
    address, kind = form.get("uri", "")[:LONGEST], form.get("do", "")
    if (undone := form.get("undo", "")) in KINDS:
        await here.store.write(interactions.undo, account.id, here.site_id, undone, address, now=here.clock())
    elif not account.federates:
        return await _page(request, account, address)
    else:
        here.limits.spend("elsewhere", account=account.id)
        try:
            if kind not in KINDS:
                return _to(request, await _door(request).keep(address))
            await _door(request).do(account, kind, address)
        except PleinError as error:
            return await _page(request, account, address, error)
    query = "" if form.get("back") else f"?{urlencode({'uri': address})}"
    return RedirectResponse(here.addresses.path(wording_of(request).lang, PATH) + query, 303)


async def _page(request: Request, account: Account, address: str, error: PleinError | None = None) -> Response:
    here, found = state(request), None
    if address and error is None:
        here.limits.spend("elsewhere", account=account.id)
        try:
            found = await _door(request).look(address)
        except PleinError as failed:
            error = failed
    if isinstance(found, Place):
        return _to(request, found)
    read = here.store.read
    return await rendering.page(
        request,
        "elsewhere.html",
        error=error,
        switch_to=f"{PATH}?{urlencode({'uri': address})}",
        address=address,
        found=found,
        is_text=isinstance(found, Foreign),
        done=await read(interactions.standing, account, here.site_id, found.uri) if found else {},
        overview=None if found else await read(interactions.overview, account, here.site_id),
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
