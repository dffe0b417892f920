"""The reader's own account in the JSON API: /me, its sessions, and asking for a log-in mail."""

from starlette.requests import Request
from starlette.responses import Response

from comments_service import accounts, consent, shapes
from comments_service.errors import NotFound
from comments_service.login import email_link, sessions
from comments_service.model import Account
from comments_service.web import bodies, cookies, origins
from comments_service.web.answers import Json
from comments_service.web.limits import network_of
from comments_service.web.state import State, require_account, require_session, state, wording_of


async def get_me(request: Request) -> Response:
    return Json(shapes.account(await require_account(request)))


async def patch_me(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    body = bodies.me(await bodies.json_fields(request), here.addresses.languages)
    return Json(shapes.account(await store_me(request, account, body)))


def count_write(request: Request, account: Account) -> State:
    """Count that an account writes something. Raises TooMany."""
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    return here


async def store_me(request: Request, account: Account, body: bodies.MeBody) -> Account:
    here = count_write(request, account)
    if body.name is not None:
        account = await here.store.write(consent.rename, account, body.name, now=here.clock())
    if body.language is not None:
        account = await here.store.write(accounts.set_language, account, body.language)
    if body.federation == "on":
        url = f"{here.addresses.service}/people/{account.id}"
        handle = body.handle or account.handle or ""
        account = await here.store.write(consent.agree, account, here.site_id, handle, url=url, now=here.clock())
    elif body.federation is not None:
        take_back = body.federation == "take-back"
        account = await here.store.write(consent.stop, account, here.site_id, take_back=take_back, now=here.clock())
    return account


async def delete_session(request: Request) -> Response:
    account, own = await require_session(request)
    asked = own if request.path_params["id"] == "current" else request.path_params["id"]
    if not await state(request).store.write(sessions.end, account.id, asked):
        raise NotFound("session", asked)
    return _logged_out(request) if asked == own else Response(status_code=204)


async def delete_sessions(request: Request) -> Response:
    """Log out everywhere."""
    account = await require_account(request)
    await state(request).store.write(sessions.end, account.id)
    return _logged_out(request)


def _logged_out(request: Request) -> Response:
    """Without our cookie, where that is what the page has."""
    here, answer = state(request), Response(status_code=204)
    if origins.other_origin(request, here.addresses) is None:
        cookies.drop_session(answer, here.addresses, here.site_id)
    return answer


async def post_log_in_link(request: Request) -> Response:
    here = state(request)
    body = bodies.log_in(await bodies.json_fields(request), here.addresses.languages)
    return Json({"request": await ask_for_link(request, body)}, 202)


async def ask_for_link(request: Request, body: bodies.LogInBody) -> str:
    """Queue the log-in mail; the answer is the same for known and unknown addresses."""
    here = state(request)
    network = network_of(request)
    here.limits.spend("log-in", network=network)
    request_id = await here.store.write(
        email_link.ask,
        here.settings,
        body.email,
        network,
        here.addresses.way_back(body.return_to) or "",
        body.lang or wording_of(request).lang,
        now=here.clock(),
    )
    return email_link.signed_request(here.secret_keys, request_id)


TABLE = (
    ("GET", "/me", get_me),
    ("PATCH", "/me", patch_me),
    ("DELETE", "/me/sessions", delete_sessions),
    ("DELETE", "/me/sessions/{id}", delete_session),
    ("POST", "/log-in-links", post_log_in_link),
)
