"""Pages of other origins: may they, and how their readers log in although the browser gives them no cookie of ours.

1. `GET /api/v1/origin` (no-store) -> 200 {"allowed": true, "logIn": "/log-in/window"}: the path of the window, with
   base and language (Accept-Language); 403 problem `missing-origin`, whose `detail` the widget shows, for an
   origin that is not in the settings.
2. On a click the widget opens `{service origin}{logIn}?origin=<its own>&state=<16 to 128 of A-Z a-z 0-9 - _>&
   challenge=<43 characters: BASE64URL(SHA-256(verifier))>&returnTo=<URL of the page, same origin, no fragment>`.
   The window is a page of ours, so it has our cookie. Who is logged in presses one button; others ask for the mail and
   type its code here, or press its link in this browser and come back to the window.
3. It ends in one of two ways (embed/window.js):
   `window.opener.postMessage({type: "plein-log-in", state, code}, origin)`, then it closes; or, without an opener,
   the browser goes to `<returnTo>#plein-log-in=<code>&state=<state>`.
   The widget goes on only when `event.origin` is the service's and `state` is the one that it made.
4. `POST /api/v1/tokens {"code", "verifier"}` -> 201 {"token", "expiresAt"}. The code works once, for two minutes, for
   that origin and that verifier (43 to 128 characters of A-Z a-z 0-9 - . _ ~); else 403 problem `hand-over`.
5. `Authorization: Bearer <token>` with every request that is about the reader, from that origin only, until
   `expiresAt`, `DELETE /api/v1/me/sessions/current`, or `DELETE /api/v1/me/sessions`, which ends all. 401 then.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from comments_service.errors import Forbidden
from comments_service.language import N_
from comments_service.login import hand_over
from comments_service.model import Account
from comments_service.store.protocol import Transaction, utc_text
from comments_service.web import bodies, origins, rendering
from comments_service.web.answers import Json
from comments_service.web.limits import network_of
from comments_service.web.state import State, require_account, state, wording_of

WINDOW = "/log-in/window"
STATE = re.compile(r"[A-Za-z0-9_-]{16,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, 4.1
LONGEST_URL = 2000


@dataclass(frozen=True)
class Window:
    """For whom a log-in window is open: what the page that opened it said, checked."""

    origin: str
    state: str
    challenge: str
    return_to: str  # a page of `origin`

    @property
    def site(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def fields(self) -> dict[str, str]:
        return {"origin": self.origin, "state": self.state, "challenge": self.challenge, "returnTo": self.return_to}

    @property
    def start(self) -> str:
        """The path of its first page, without base and language."""
        return f"{WINDOW}?{urlencode(self.fields)}"


def window_of(request: Request, values: Mapping[str, str]) -> Window:
    """Raises Forbidden("missing-origin"), or ("window") for what no widget of ours asks."""
    asked = Window(*(values.get(name, "")[:LONGEST_URL] for name in ("origin", "state", "challenge", "returnTo")))
    if asked.origin not in state(request).addresses.origins:
        raise Forbidden("missing-origin", origin=asked.origin[: origins.LONGEST_ORIGIN] or "?")
    page, _, _ = asked.return_to.partition("#")
    is_of_origin = (
        page.startswith(f"{asked.origin}/") and page.isascii() and page.isprintable() and not re.search(r"[\\\s]", page)
    )
    if not (STATE.fullmatch(asked.state) and CHALLENGE.fullmatch(asked.challenge) and is_of_origin):
        raise Forbidden("window")
    return Window(asked.origin, asked.state, asked.challenge, page)


async def get_origin(request: Request) -> Response:
    here = state(request)
    origins.require_known_origin(request, here.addresses)
    return Json({"allowed": True, "logIn": here.addresses.path(wording_of(request).lang, WINDOW)})


async def post_token(request: Request) -> Response:
    """Exchange a one-time code for a token that only pages of this origin can use."""
    here = state(request)
    here.limits.spend("code", network=network_of(request))
    fields = await bodies.json_fields(request)
    code = fields.text("code", longest=100, missing=N_("The code is missing.")) or ""
    verifier = fields.text("verifier", longest=128, missing=N_("The verifier is missing.")) or ""
    fields.done()
    asking = request.headers.get("origin", "")
    if asking not in here.addresses.origins or not VERIFIER.fullmatch(verifier):
        raise Forbidden("hand-over")
    done = await here.store.write(
        hand_over.exchange,
        here.site_id,
        code,
        verifier,
        origin=asking,
        hours=here.settings.login.token_hours,
        now=here.clock(),
    )
    if done is None:
        raise Forbidden("hand-over")
    token, end = done
    return Json({"token": token, "expiresAt": utc_text(end)}, 201)


async def button_page(request: Request, account: Account, window: Window) -> Response:
    """The window of who is logged in already."""
    name = account.name or account.email
    return await rendering.page(request, "log_in_window.html", window=window, name=name, code=None)


async def post_window(request: Request) -> Response:
    """Its button was pressed: a page that only asks gets nothing."""
    window = window_of(request, await bodies.form_values(request))
    account = await require_account(request)
    code = await state(request).store.write(issue, state(request), account, window)
    return await hand_over_page(request, window, code)


async def show_done(request: Request) -> Response:
    """Where the mail's link leads when a window asked for it."""
    wording = wording_of(request)
    return await rendering.page(
        request,
        "message.html",
        title=wording.say("You are logged in here"),
        text=wording.say(
            "Go back to the window where you began; it goes on by itself. Is that on another device? "
            "Begin there again, and type the code from the mail there."
        ),
        switch_to=f"{WINDOW}/done",
    )


def issue(tx: Transaction, here: State, account: Account, window: Window) -> str:
    """Return the code for the page that opened the window."""
    return hand_over.issue(
        tx, here.site_id, account.id, origin=window.origin, challenge=window.challenge, now=here.clock()
    )


async def hand_over_page(request: Request, window: Window, code: str) -> Response:
    """A page, not a redirect: `form-action 'self'` forbids one to another origin, and postMessage needs a script."""
    back = f"{window.return_to}#{urlencode({'plein-log-in': code, 'state': window.state})}"
    return await rendering.page(
        request, "log_in_window.html", window=window, code=code, back=back, switch_to=window.start, log_in_url=None
    )


API_TABLE = (("GET", "/origin", get_origin), ("POST", "/tokens", post_token))
TABLE = (("POST", WINDOW, post_window), ("GET", f"{WINDOW}/done", show_done))
