"""Every path of a site's service below its base, and whether it is ready; the site's files come last."""

from collections.abc import Iterable
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from comments_service.language import LANGUAGES
from comments_service.settings import Settings
from comments_service.store import pages
from comments_service.web import account, api, elsewhere, following, html, login, moderating, pictures, reference, site
from comments_service.web.addresses import Addresses
from comments_service.web.embed import TABLE as WIDGET
from comments_service.web.rendering import page
from comments_service.web.resource import Handler, Resource, routes
from comments_service.web.state import state, wording_of


def every(settings: Settings, where: Addresses, federation: Iterable[tuple[str, str, Handler]]) -> list[BaseRoute]:
    """`federation` holds what other servers ask. A page of the site cannot hide a route, nor a route's 404."""
    service, is_federated = settings.service, settings.federation.enabled
    own: list[BaseRoute] = [*routes(reference.TABLE), *routes(api.TABLE, reference.PATH)]
    own.append(Route("/api/{rest:path}", Resource({})))
    tables = (html.TABLE, login.TABLE, account.TABLE, following.TABLE, moderating.TABLE)
    shown = [line for table in (*tables, elsewhere.TABLE if is_federated else ()) for line in table]
    for lang in where.languages:
        own += routes(shown, where.prefix(lang))
    for lang in sorted({*LANGUAGES, where.languages[0]}.difference(where.languages[1:])):
        own += routes([("GET", path, drop_language) for method, path, _ in shown if method == "GET"], f"/{lang}")
    own += routes(federation if is_federated else ())
    own += routes([("GET", "/healthz", healthz), ("GET", "/readyz", readyz), *pictures.TABLE, *WIDGET])
    if service.development:
        own += routes([("GET", "/dev/mail", show_mail), ("GET", "/dev/mail.json", list_mail)])
    if service.site_dir is not None:
        own.append(Mount("", Resource({"GET": partial(site.show, service.site_dir)})))
    return own


async def drop_language(request: Request) -> Response:
    """The widget may speak a language that this site has not, and names the first one too, which stands at the root."""
    where = state(request).addresses
    rest = str(request.scope["path"]).removeprefix(where.base).split("/", 2)[2]
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{where.base}/{quote(rest)}{query}", 308)


async def healthz(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """The store can be read; raises what the store raises."""
    await state(request).store.read(pages.site, state(request).site_id)
    return PlainTextResponse("ok")


async def list_mail(request: Request) -> Response:
    box = state(request).mailbox
    return JSONResponse([vars(mail) for mail in box.messages] if box else [])


async def show_mail(request: Request) -> Response:
    box = state(request).mailbox
    title = wording_of(request).say("Mails of this development server")
    return await page(request, "mailbox.html", title=title, mails=box.messages if box else [])
