"""Logging in and out. A GET changes nothing: mail scanners and prefetchers open links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service.errors import Fault, Forbidden, Invalid, PleinError, TooMany, Unavailable
from comments_service.language import N_
from comments_service.login import email_link, sessions
from comments_service.mail import Message
from comments_service.model import Account
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, cookies, embedding, me, rendering
from comments_service.web.addresses import origin
from comments_service.web.embedding import Window
from comments_service.web.limits import network_of
from comments_service.web.state import State, account_of, session_of, state, wording_of

MAIL_PAGE, CODE_PAGE = "log_in.html", "log_in_sent.html"


@dataclass(frozen=True)
class Aim:
    """Where a log-in leads: back to a page of ours, or, from a window, to a page of another origin."""

    fields: Mapping[str, str]  # go along from form to form
    start: str  # the path of its first page, without base and language
    return_to: str  # the path of ours to which the mail's link leads; "" for the account page
    window: Window | None = None


def _aim(request: Request, values: Mapping[str, str]) -> Aim:
    """Read what the first page was asked, or what a form took along. Raises Forbidden for a window of a stranger."""
    addresses = state(request).addresses
    if "origin" in values or str(request.scope["path"]).endswith(embedding.WINDOW):
        window = embedding.window_of(request, values)
        done = addresses.path(wording_of(request).lang, f"{embedding.WINDOW}/done")
        return Aim(window.fields, window.start, done, window)
    # nobody can mend a hidden field, so a wrong one is dropped
    fields = {"returnTo": addresses.way_back(values.get("returnTo")) or ""}
    return Aim(fields, f"/log-in?{urlencode(fields)}" if fields["returnTo"] else "/log-in", fields["returnTo"])


async def show_log_in(request: Request) -> Response:
    aim, account = _aim(request, request.query_params), await account_of(request)
    if account is None:
        return await _form(request, MAIL_PAGE, aim)
    if aim.window is not None:
        return await embedding.button_page(request, account, aim.window)
    return await _lead_back(request, aim.return_to)


async def post_log_in(request: Request) -> Response:
    """Send the mail; the page that follows holds the form for the code, bound to this browser."""
    values = await bodies.form_values(request)
    aim, email = _aim(request, values), values.get("email", "")
    try:
        body = bodies.log_in(bodies.Fields({"email": email, "returnTo": aim.return_to}), ())
        signed = await me.ask_for_link(request, body)
    except (Invalid, TooMany, Unavailable) as error:
        return await _form(request, MAIL_PAGE, aim, error, email=email)
    return await _form(request, CODE_PAGE, aim, signed=signed)


async def post_code(request: Request) -> Response:
    here = state(request)
    values = await bodies.form_values(request)
    aim, signed = _aim(request, values), values.get("request", "")
    try:
        here.limits.spend("code", network=network_of(request))
        done = await here.store.write(_with_code, here, signed, values.get("code", "")[:40], aim.window)
        if done is None:  # said outside of the store, which counted the try
            raise Invalid([Fault("code", N_("This code is not right. Look at the mail again."))])
    except PleinError as error:
        again = None if aim.window else await _pressed_twice(request, error)
        return again or await _form(request, CODE_PAGE, aim, error, signed=signed)
    return await _enter(request, *done, aim.window)


async def show_link(request: Request) -> Response:
    """Where the mail's link leads: a page with a button."""
    here = state(request)
    token = request.query_params.get("token", "")[:500]
    try:
        await here.store.read(email_link.peek_link, here.secret_keys, token, now=here.clock())
    except Forbidden as error:
        return await _no_link(request, error)
    return await rendering.page(request, "log_in_link.html", token=token)


async def post_link(request: Request) -> Response:
    here = state(request)
    values = await bodies.form_values(request)
    here.limits.spend("code", network=network_of(request))
    try:
        return await _enter(request, *await here.store.write(_with_link, here, values.get("token", "")[:500]))
    except Forbidden as error:
        return await _no_link(request, error)


async def _no_link(request: Request, error: Forbidden) -> Response:
    """The link is no good. Who pressed twice is logged in and goes on; others are told where to get a new one."""
    again = await _pressed_twice(request, error)
    return again or await rendering.page(request, "log_in_link.html", error=error, switch_to="/log-in")


async def post_log_out(request: Request) -> Response:
    here = state(request)
    session = await session_of(request)
    everywhere = (await bodies.form_values(request)).get("everywhere") == "yes"
    if session is not None:
        await here.store.write(sessions.end, session[0].id, None if everywhere else session[1])
    answer = await _lead_back(request, here.addresses.front(wording_of(request).lang))
    cookies.drop_session(answer, here.addresses, here.site_id)
    return answer


def _with_code(tx: Transaction, here: State, signed: str, typed: str, window: Window | None) -> tuple[str, str] | None:
    redeemed = email_link.redeem_code(tx, here.secret_keys, signed, typed, now=here.clock())
    return _start(tx, here, redeemed, window) if redeemed else None


def _with_link(tx: Transaction, here: State, token: str) -> tuple[str, str]:
    return _start(tx, here, email_link.redeem_link(tx, here.secret_keys, token, now=here.clock()), None)


def _start(tx: Transaction, here: State, redeemed: tuple[Account, str], window: Window | None) -> tuple[str, str]:
    """Use the link and start the session in one unit: neither happens without the other.

    Return its token and where it leads: for a window, a code for the page that opened it.
    """
    account, return_to = redeemed
    life = timedelta(days=here.settings.login.session_days)
    token = sessions.start(tx, here.site_id, account.id, life, now=here.clock())
    return token, embedding.issue(tx, here, account, window) if window else return_to


async def _enter(request: Request, token: str, leads_to: str, window: Window | None = None) -> Response:
    """Lead on, and give the browser its session in place of the one that it had."""
    here = state(request)
    led_on = embedding.hand_over_page(request, window, leads_to) if window else _lead_back(request, leads_to)
    answer = await led_on
    if (before := await session_of(request)) is not None:
        await here.store.write(sessions.end, before[0].id, before[1])
    cookies.keep_session(answer, token, here.addresses, here.site_id, here.settings.login.session_days)
    return answer


async def _lead_back(request: Request, return_to: str | None) -> Response:
    """Lead to `return_to` when it is ours, else to the account page.

    To another host (the site's, when the service has its own) a link leads, not a redirect: the policy
    `form-action 'self'` would stop that after a form.
    """
    addresses = state(request).addresses
    target = addresses.way_back(return_to) or addresses.path(wording_of(request).lang, "/account")
    if target.startswith("/") or origin(target) == addresses.service_origin:
        return RedirectResponse(target, 303)
    return await rendering.page(request, "log_in_done.html", target=target, switch_to="/account")


async def _pressed_twice(request: Request, error: PleinError) -> Response | None:
    """The browser shows the answer of the second press only; the first one has logged it in."""
    account = await account_of(request)
    if account is None or not isinstance(error, email_link.Used) or error.email != account.email:
        return None
    return await _lead_back(request, error.return_to)


async def _form(
    request: Request, template: str, aim: Aim, error: PleinError | None = None, *, email: str = "", signed: str = ""
) -> Response:
    """The form that asks for the mail, or that for its code."""
    return await rendering.page(
        request,
        template,
        error=error,
        aim=aim,
        email=email,
        signed=signed,
        minutes=state(request).settings.login.link_minutes,
        switch_to=aim.start,
        log_in_url=None,
    )


def log_in_mail(here: State, mail: email_link.LoginMail) -> Message:
    """Compose the mail with link and code, in the language of the page where it was asked for."""
    wording = here.wordings.get(mail.lang) or here.wordings[here.addresses.languages[0]]
    templates = here.templates[wording.lang]
    token = email_link.token(here.secret_keys, mail.request_id)
    site = here.settings.site.name
    subject = wording.say("Log in to %(site)s", {"site": site})
    context = {
        "site_name": site,
        "subject": subject,
        "link": f"{here.addresses.absolute(wording.lang, '/log-in/link')}?{urlencode({'token': token})}",
        "code": email_link.code(here.secret_keys, mail.request_id),
        "minutes": here.settings.login.link_minutes,
    }
    text, html = (templates.get_template(f"log_in_mail.{kind}").render(context) for kind in ("txt", "html"))
    return Message(mail.email, subject, text, html)


TABLE = (
    ("GET", "/log-in", show_log_in),
    ("POST", "/log-in", post_log_in),
    ("POST", "/log-in/code", post_code),
    ("GET", "/log-in/link", show_link),
    ("POST", "/log-in/link", post_link),
    ("POST", "/log-out", post_log_out),
    ("GET", embedding.WINDOW, show_log_in),
    *embedding.TABLE,
)
