"""What every handler may use, put together once by app.py, and who is asking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from jinja2 import Environment
from starlette.requests import Request

from comments_service.fates import Fate
from comments_service.language import negotiate
from comments_service.login import sessions
from comments_service.mail import DevMailbox
from comments_service.model import Account
from comments_service.pages import Asked, Intake
from comments_service.settings import Settings
from comments_service.store.protocol import Clock, Store, Transaction
from comments_service.views import ViewCounter
from comments_service.web import cookies, origins
from comments_service.web.addresses import Addresses
from comments_service.web.events import Events
from comments_service.web.limits import Flood, Limits
from comments_service.web.problems import LoggedOut
from comments_service.web.thread_bytes import Prepared, ThreadBytes
from comments_service.web.wording import Wording


class Following(Protocol):
    """What pages for people ask of the federation."""

    @property
    def host(self) -> str:
        """Of our handles."""

    def actor(self, tx: Transaction, handle: str) -> str:
        """Return the id of the actor with a handle. Raises NotFound."""

    def page(self, tx: Transaction, page_key: str) -> str:
        """Return the id of the post that a page is. Raises NotFound where other servers cannot read it."""

    def comment(self, tx: Transaction, comment_id: str) -> str:
        """Return the id by which servers know a comment. Raises NotFound where they do not."""

    async def way(self, handle: str, uri: str) -> str:
        """Return the address at which somebody's own server opens `uri`. Raises Invalid on `you`."""


@dataclass(frozen=True)
class State:
    settings: Settings
    addresses: Addresses
    wordings: Mapping[str, Wording]
    templates: Mapping[str, Environment]
    openapi: Prepared
    store: Store
    secret_keys: tuple[str, ...]  # newest last
    announce_token: str
    thread_bytes: ThreadBytes
    sessions: sessions.Lately
    limits: Limits
    flood: Flood
    strangers: origins.Strangers
    events: Events
    views: ViewCounter
    mailbox: DevMailbox | None  # in development only
    take_in: Callable[[Asked], Awaitable[Intake]]  # fetches the manifest
    clock: Clock
    following: Following | None = None  # None: federation is off
    where_is: Callable[[str], Awaitable[Fate]] | None = None  # what became of a reply; None: federation is off

    def closed_before(self) -> datetime | None:
        """Pages that are dated before this moment take no comments any more; None: age closes nothing."""
        return self.clock() - self.age() if self.settings.comments.close_after_days else None

    def age(self) -> timedelta:
        """How old a page becomes before it takes no comments any more."""
        return timedelta(days=self.settings.comments.close_after_days)

    @property
    def site_id(self) -> str:
        return self.settings.site.id


def state(request: Request) -> State:
    scope = request.scope
    here: State | None = scope.get("plein.state")
    if here is None:
        here = scope["plein.state"] = scope["app"].state["plein"]
    return here


def wording_of(request: Request) -> Wording:
    """The language of a page is in its path, or its handler chose it; a program says it in Accept-Language."""
    here = state(request)
    if chosen := request.scope.get("plein.lang"):
        return here.wordings[chosen]
    if cookies.is_api(request, here.addresses):
        return here.wordings[negotiate(request.headers.get("accept-language", ""), here.addresses.languages)]
    return here.wordings[here.addresses.language_of(request.scope["path"])]


async def session_of(request: Request) -> tuple[Account, str] | None:
    """Return the account that asks and its session's id, or None when logged out.

    A page of another origin has a token of its own (`Authorization: Bearer`, RFC 6750), for the API only; our own pages
    have the cookie. Neither stands in for the other.
    """
    here = state(request)
    origin = origins.other_origin(request, here.addresses) or ""
    token: str | None = None
    if origin:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and origin in here.addresses.origins and cookies.is_api(request, here.addresses):
            token = said.strip()
    else:
        token = cookies.session_token(request, here.addresses, here.site_id)
    return here.sessions.find(here.site_id, token, origin, now=here.clock()) if token else None


async def account_of(request: Request) -> Account | None:
    session = await session_of(request)
    return session[0] if session else None


async def require_session(request: Request) -> tuple[Account, str]:
    """As `session_of`. Raises LoggedOut, and Forbidden for a page of an unknown origin."""
    origins.require_known_origin(request, state(request).addresses)
    session = await session_of(request)
    if session is None:
        raise LoggedOut
    return session


async def require_account(request: Request) -> Account:
    return (await require_session(request))[0]
