"""Every path of a site's service below its base, and whether it is ready; the site's files come last."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from comments_service.settings import Settings
from comments_service.store import pages
from comments_service.web import account, api, elsewhere, following, html, login, moderating, pictures, reference
from comments_service.web.addresses import Addresses
from comments_service.web.embed import Embed
from comments_service.web.rendering import page
from comments_service.web.resource import Handler, Resource, routes
from comments_service.web.site import Site
from comments_service.web.state import state, wording_of


def every(settings: Settings, where: Addresses, federation: Iterable[tuple[str, str, Handler]]) -> list[BaseRoute]:
    """`federation` holds what other servers ask. A page of the site cannot hide a route, nor a route's 404."""
    service, is_federated = settings.service, settings.federation.enabled
    own: list[BaseRoute] = [*routes(reference.TABLE), *routes(api.TABLE, reference.PATH)]
    own.append(Route("/api/{rest:path}", Resource({})))
    shown: list[tuple[str, str, Handler]] = [
        *html.TABLE,
        *login.TABLE,
        *account.TABLE,
        *following.TABLE,
        *moderating.TABLE,
    ]
    for lang in where.languages:
        own += routes([*shown, *(elsewhere.TABLE if is_federated else ())], where.prefix(lang))
    own += routes(federation if is_federated else ())
    own += routes([("GET", "/healthz", healthz), ("GET", "/readyz", readyz), *pictures.TABLE])
    own += routes([("GET", "/embed/{path:path}", Embed(is_development=service.development).show)])
    if service.development:
        own += routes([("GET", "/dev/mail", show_mail), ("GET", "/dev/mail.json", list_mail)])
    if service.site_dir is not None:
        own.append(Mount("", Resource({"GET": Site(service.site_dir, where).show})))
    return own


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
