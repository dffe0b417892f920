"""The account page: the name and the language of mails, what travels to other servers, and the way out."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import consent
from comments_service.errors import PleinError
from comments_service.web import bodies, me, rendering
from comments_service.web.state import require_account, state, wording_of


async def show(request: Request) -> Response:
    """The page, or, after one of its forms, what is wrong in it; what is right is stored."""
    here, account = state(request), await require_account(request)
    typed, error = dict[str, str](), None
    if request.method == "POST":
        typed = await bodies.form_values(request)
        try:
            await me.store_me(request, account, bodies.me(bodies.Fields(typed), here.addresses.languages))
            return RedirectResponse(here.addresses.path(wording_of(request).lang, "/account?saved=yes"), 303)
        except PleinError as failed:
            error = failed
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


TABLE = (("GET", "/account", show), ("POST", "/account", show))
