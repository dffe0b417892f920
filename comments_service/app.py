"""The only place where the rooms meet: settings -> store -> routes -> workers -> one Starlette application."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import ParamSpec
from urllib.parse import urlencode

import yaml
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from comments_service import announcements, keys, mail, views
from comments_service.errors import PleinError, Unavailable
from comments_service.federation import actors, rooms
from comments_service.federation import routes as federation_routes
from comments_service.federation.rooms import Federation
from comments_service.jobs import Handler, Jobs
from comments_service.login import email_link, sessions
from comments_service.pages import Asked, Intake
from comments_service.settings import Settings
from comments_service.store import deliveries, old
from comments_service.store.protocol import Clock
from comments_service.store.sqlite import SqliteStore, open_store
from comments_service.web import addresses, api, login, paths, problems, rendering, wording
from comments_service.web.events import MOST_PER_NETWORK, Events
from comments_service.web.front import Front, Shortcuts, straight
from comments_service.web.limits import Flood, Limits
from comments_service.web.origins import Strangers
from comments_service.web.sites import Sites
from comments_service.web.state import State, state, wording_of
from comments_service.web.thread_bytes import Prepared, ThreadBytes

FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a quarter of the time and memory, where it was compiled
OPENAPI = Path(__file__).parent / "web" / "openapi.yaml"
MOST_BYTES = 256 * 1024  # of a request: a comment of 5,000 characters in the widest encoding fits
FLUSH_SECONDS = 60
FORGET_SECONDS = 3600
MOST_KEPT_BYTES = 8 * 1024 * 1024  # of prepared answers, of all sites together
LOOK_SECONDS = 1  # how soon a write of another process shows

log = logging.getLogger(__name__)
P = ParamSpec("P")


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqliteStore]:
    """The store, for as long as it is needed. Raises sqlite3.Error when the file cannot be used."""
    store = await open_store(settings.service.database)
    try:
        yield store
    finally:
        await store.close()


def create(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """Return the application. It opens the store and starts its workers when the server starts it (lifespan)."""
    each = settings.each_site()

    @asynccontextmanager
    async def lifespan(_first: Starlette) -> AsyncIterator[None]:
        async with opened(settings) as store:
            sites, handlers = _compose(each, store, clock)
            first, federations = sites[0], dict[str, Federation]()
            for (application, _), here in zip(built, sites, strict=True):
                application.state.plein = here
                await _try_to_take_in(here)
                if here.settings.federation.enabled:
                    say = here.wordings[here.settings.site.languages[0]].say
                    federation = await rooms.open_federation(here.settings, store, clock, say)
                    federations[here.site_id] = application.state.federation = federation
                    where_is = federation.checks.where_is
                    application.state.plein = replace(here, following=federation.following, where_is=where_is)
            # apart: a mail does not wait for the servers of strangers
            jobs = [Jobs(store, kinds, clock) for kinds in (handlers, *rooms.handlers(federations))]
            with suppress(ValueError):  # signals belong to the main thread; tests run the service in another
                first.events.close_on_signals()
            await store.other_writes()  # from here on `_look` hears of them
            works = [
                *(one.run() for one in jobs),
                *(one.run() for one in federations.values()),
                _forget(first),
                first.events.run(),
                _every(LOOK_SECONDS, _look, sites, federations.values(), store),
            ]
            for here in sites:
                works.append(_every(FLUSH_SECONDS, _store_views, here))
                works.append(_every(here.settings.service.poll_seconds, _try_to_take_in, here))
            workers = [asyncio.create_task(work) for work in works]
            try:
                yield
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
                for here in sites:
                    await _store_views(here)

    built = [_build(one, lifespan if one is each[0] else None) for one in each]
    by_url = {one.service_url: front for one, (_, front) in zip(each, built, strict=True)}
    return Sites(by_url) if settings.sites else built[0][1]


def _build(settings: Settings, lifespan: Lifespan[Starlette] | None) -> tuple[Starlette, ASGIApp]:
    """One site with addresses of its own: the application, and what stands before it."""
    where = addresses_of(settings)
    front = partial(Front, addresses=where, site_id=settings.site.id, most_bytes=MOST_BYTES, failure=_failure)
    application = Starlette(
        routes=routes(settings, where),
        middleware=[Middleware(front), Middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)],
        exception_handlers={PleinError: _failure, HTTPException: _failure},
        lifespan=lifespan,
    )
    application.router.redirect_slashes = False  # such a redirect would believe the Host of the request
    return application, Shortcuts(application, settings.site.id, where.base, front(straight(api.post_comment)))


def addresses_of(settings: Settings) -> addresses.Addresses:
    site = settings.site
    return addresses.Addresses(site.url, settings.service_url, tuple(site.languages), tuple(site.origins))


def routes(settings: Settings, where: addresses.Addresses) -> list[BaseRoute]:
    """Every path below the base."""
    return paths.every(settings, where, federation_routes.TABLE)


@cache  # what a site holds anyway
def _description(service_url: str) -> Prepared:
    return api.prepare_openapi(yaml.load(OPENAPI.read_bytes(), FastLoader), service_url)  # noqa: S506 - safe, both


def _compose(each: Sequence[Settings], store: SqliteStore, clock: Clock) -> tuple[list[State], dict[str, Handler]]:
    """What the sites share is made once: the store, the workers, the limits; the rest each site has for itself."""
    settings = each[0]
    limits = Limits(is_on=settings.limits == "on")
    secret_keys = keys.secret_keys(settings.service.keys_dir)
    events = Events(store, most_per_network=MOST_PER_NETWORK if settings.limits == "on" else None)
    lately = sessions.Lately(store)
    store.on_commit(events.changed)
    store.on_commit(lately.changed)
    mailbox = mail.DevMailbox() if settings.service.development and not settings.mail.host else None
    send = mailbox.send if mailbox else partial(mail.send, settings.mail)
    if mailbox is None and not settings.mail.host:
        log.warning("no mail server is set (PLEIN_MAIL__HOST): nobody can log in")

    def compose_site(settings: Settings) -> State:
        where = addresses_of(settings)
        wordings = wording.load(where.languages, settings.site.timezone)
        thread_bytes = ThreadBytes(MOST_KEPT_BYTES // len(each))
        store.on_commit(thread_bytes.forget)
        # of one key for each site: a mail's link is good for its own site only
        own_keys = secret_keys if settings is each[0] else [f"{key}:{settings.site.id}" for key in secret_keys]
        here = State(
            settings=settings,
            addresses=where,
            wordings=wordings,
            templates=rendering.environments(wordings),
            openapi=_description(where.service),
            store=store,
            secret_keys=tuple(own_keys),
            announce_token=keys.announce_token(settings.service),
            thread_bytes=thread_bytes,
            sessions=lately,
            limits=limits,
            events=events,
            flood=Flood(settings.comments.hold_per_minute if settings.limits == "on" else 0),
            strangers=Strangers(),
            views=views.ViewCounter(),
            mailbox=mailbox,
            take_in=lambda asked: _take_in(here, asked),
            clock=clock,
        )
        return here

    sites = [compose_site(one) for one in each]

    async def send_log_in_mail(ids: Sequence[str]) -> None:
        pending = await store.read(email_link.pending_mail, ids[0], now=clock())
        for here in sites:
            if pending is not None and pending.site_id == here.site_id:
                await send(login.log_in_mail(here, pending))

    return sites, {email_link.MAIL_JOB: send_log_in_mail}


async def _take_in(here: State, asked: Asked, *, is_quiet: bool = False) -> Intake:
    """Fetch the manifest and let its pages have threads. Raises Invalid or Unavailable, which the log explains."""
    try:
        intake = await announcements.announce(here.store, here.settings, asked, now=here.clock(), after=actors.take_in)
    except PleinError as error:
        if not is_quiet:
            log.warning("the manifest %s could not be taken in: %s", here.settings.manifest_source, error)
        raise
    here.thread_bytes.forget_all()
    if intake.refused:
        log.warning("the manifest was refused: %s %s", intake.refused, intake.named)
    return intake


async def _store_views(here: State) -> None:
    if counted := here.views.pending():
        try:
            await here.store.write(views.add, counted)
        except Exception:  # a full disk must not end the worker; the views wait for the next minute
            here.views.put_back(counted)
            log.warning("views could not be stored")
        here.thread_bytes.forget(counted)


async def _every(seconds: int, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
    """Do some work again and again, also when it failed; 0 means never."""
    while seconds:
        await asyncio.sleep(seconds)
        try:
            await work(*args, **kwargs)
        except Exception:  # a disk that fails, a file that another process holds: the next time
            log.exception("what is done every %s seconds failed", seconds)


async def _forget(here: State) -> None:
    while True:
        with suppress(Unavailable):  # a full disk: the next hour
            for kept in old.KEPT:
                while await here.store.write(old.forget, kept, now=here.clock()):
                    pass
        await asyncio.sleep(FORGET_SECONDS)


async def _look(sites: Sequence[State], federations: Iterable[Federation], store: SqliteStore) -> None:
    """Forget prepared answers, and tell what is to be told, when another process wrote: a command, a second server."""
    if await store.other_writes():
        for here in sites:
            here.thread_bytes.forget_all()
        for federation in federations:
            federation.documents.forget()
        for shared in sites[:1]:  # by all of them
            shared.events.all_changed()
            shared.sessions.forget()
        await store.write(deliveries.wake)  # last, as it may have to wait for that process


async def deliver(settings: Settings, *, clock: Clock = utc_now) -> None:
    """Send what is queued until cancelled, beside a process that serves and does not (`federation.deliver_here`)."""
    async with opened(settings) as store:
        federations = []
        for one in settings.each_site():
            if one.federation.enabled:
                await announcements.notice_loss(store, one, now=clock())
                say = wording.load(one.site.languages[:1], one.site.timezone)[one.site.languages[0]].say
                federations.append(await rooms.open_federation(one, store, clock, say))
        await store.other_writes()  # from here on `_look` hears of them
        try:
            async with asyncio.TaskGroup() as group:
                for federation in federations:
                    group.create_task(federation.deliver())
                group.create_task(_every(LOOK_SECONDS, _look, (), federations, store))
        finally:
            for federation in federations:
                await federation.client.close()


async def _try_to_take_in(here: State) -> None:
    with suppress(PleinError):  # a site that is not there yet, or down, is no reason to stop
        # the development server builds anew, asks for that to be taken in, and says what is wrong
        await _take_in(here, Asked(), is_quiet=here.settings.service.development)


async def _failure(request: Request, error: Exception) -> Response:
    """Turn an error into problem details for programs and a page for people, in the reader's language."""
    problem = problems.of(error)
    here = state(request)
    if problem.code == "missing-origin":
        here.strangers.tell(str(problem.values["origin"]))
    path = str(request.scope["path"])
    if path.startswith(tuple(f"{here.addresses.base}/{place}/" for place in ("api", "ap", ".well-known"))):
        return problems.answer(problem, wording_of(request), here.addresses.service)
    words = wording_of(request)
    if isinstance(error, problems.LoggedOut) and request.method in ("GET", "HEAD"):
        asked = urlencode({"returnTo": f"{path}?{request.url.query}".rstrip("?")})
        return RedirectResponse(f"{here.addresses.path(words.lang, '/log-in')}?{asked}", 303)
    return await rendering.page(
        request,
        "message.html",
        status=problem.status,
        title=words.say(problem.title),
        text=words.say(problem.detail, problem.values),
        kept=request.scope.get("plein.kept", ""),
        link=here.addresses.front(words.lang),
        link_text=words.say("To the front page"),
        switch_to=None if request.method == "GET" else "/log-in",
        headers=problem.headers,
    )
