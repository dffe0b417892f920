"""The account page: the name and the language of mails, what travels to other servers, and the way out."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import consent
from comments_service.errors import PleinError
from comments_service.model import Account
from comments_service.web import bodies, me, rendering
from comments_service.web.state import require_account, state, wording_of


async def show_account(request: Request) -> Response:
    return await _page(request, await require_account(request), {}, None)


async def post_account(request: Request) -> Response:
    """Store what one of the forms of the page holds."""
    here = state(request)
    account = await require_account(request)
    typed = await bodies.form_values(request)
    try:
        await me.store_me(request, account, bodies.me(bodies.Fields(typed), here.addresses.languages))
    except PleinError as error:
        return await _page(request, account, typed, error)
    return RedirectResponse(here.addresses.path(wording_of(request).lang, "/account?saved=yes"), 303)


async def _page(request: Request, account: Account, typed: Mapping[str, str], error: PleinError | None) -> Response:
    here = state(request)
    return await rendering.page(
        request,
        "account.html",
        error=error,
        typed=typed,
        travels=await here.store.read(consent.standing, account, here.site_id) if here.following else None,
        host=here.following.host if here.following else "",
        is_saved=error is None and "saved" in request.query_params,
        switch_to="/account",
    )


TABLE = (("GET", "/account", show_account), ("POST", "/account", post_account))
