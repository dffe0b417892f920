"""The pages of moderators: what waits and was reported, servers and people, deliveries, and "where is my reply?"."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import fates, moderation, pages, servers
from comments_service.errors import Conflict, Fault, Invalid, NotFound, PleinError
from comments_service.fates import Fate
from comments_service.language import N_
from comments_service.model import Account, CommentState, Page, PageKey
from comments_service.store import moderation as rows
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, me, rendering
from comments_service.web.state import State, require_account, state, wording_of

MOST = 50  # comments in one list
MOST_SERVERS = 200
Asked = Mapping[str, str]  # by the query of a page
Typed = Mapping[str, str]  # into a form
View = dict[str, object]
Doing = Callable[[Request, State, Account, Typed], Awaitable[Response]]


async def require_moderator(request: Request) -> Account:
    """Raises LoggedOut, Forbidden."""
    account = await require_account(request)
    moderation.require_moderator(account)
    return account


async def show(part: str, request: Request) -> Response:
    """`?comment=` shows that one first; `?who=` fills the form in with a server or a person."""
    await require_moderator(request)
    return await _page(request, part, request.query_params)


async def post(part: str, do: Doing, request: Request) -> Response:
    """Do what a form asks; when it fails, show its page again with what was typed."""
    account = await require_moderator(request)
    typed = await bodies.form_values(request)
    here = me.count_write(request, account)
    try:
        return await do(request, here, account, typed)
    except PleinError as error:
        return await _page(request, part, typed, error)


async def _move(request: Request, here: State, account: Account, typed: Typed) -> Response:
    """Show, hide or remove a comment; show its pictures, or no longer."""
    action, comment_id = typed.get("action", ""), typed.get("comment", "")
    if action not in moderation.ACTIONS:
        raise HTTPException(400)
    await here.store.read(moderation.case, here.site_id, comment_id)  # of this site
    try:
        await here.store.write(moderation.move, action, comment_id, account.id, now=here.clock())
    except Conflict as error:
        moved = N_("Somebody was before you: this comment has another state now.")
        raise Invalid([Fault("comment", moved)]) from error
    return _done(request, "", action)


async def _close_report(request: Request, here: State, _: Account, typed: Typed) -> Response:
    """A report was looked at: it goes from the list."""
    await here.store.write(moderation.close_report, here.site_id, typed.get("report", ""), now=here.clock())
    return _done(request, "", "report")


async def _decide(request: Request, here: State, account: Account, typed: Typed) -> Response:
    fields = bodies.Fields(typed)
    who = fields.text("who", longest=500, missing=N_("Name a server or a person.")) or ""
    reason = fields.made(fields.text("reason", longest=500)) or ""
    policy, is_sweep = typed.get("policy") or None, typed.get("sweep") == "yes"
    number = await here.store.write(
        moderation.decide, who, policy, reason, account.id, is_sweep=is_sweep, now=here.clock()
    )
    return _done(request, "/servers", "policy", number)


async def _find_reply(request: Request, here: State, _: Account, typed: Typed) -> Response:
    """Say what became of a reply. One that never came is fetched and judged, so this is no GET."""
    fields = bodies.Fields(typed)
    url = fields.made(fields.text("url", longest=2000, missing=N_("Paste the address of the reply."))) or ""
    asked = here.where_is(url.strip()) if here.where_is else here.store.read(fates.find, here.site_id, url.strip())
    return await _page(request, "replies", typed, fate=await asked)


async def post_list(request: Request) -> Response:
    """Take in a block list: a file, as Mastodon exports it."""
    account = await require_moderator(request)
    here = me.count_write(request, account)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("list")
        content = "" if file is None or isinstance(file, str) else (await file.read()).decode("utf-8", "replace")
    try:
        listed = await asyncio.to_thread(servers.read_list, content)
        number = await here.store.write(servers.import_list, listed)
    except PleinError as error:
        return await _page(request, "servers", {}, error)
    return _done(request, "/servers", "list", number)


def _comments(tx: Transaction, site_id: str, asked: Asked) -> View:
    """`pages` holds each page that was commented on; None for one that was taken back."""
    case = [moderation.case(tx, site_id, asked["comment"])] if asked.get("comment") else []
    held = moderation.cases(tx, site_id, CommentState.HELD, limit=MOST + 1)
    hidden = moderation.cases(tx, site_id, CommentState.HIDDEN, limit=MOST)
    reports = moderation.reports(tx, site_id, limit=MOST)
    known: dict[PageKey, Page | None] = {}
    for one in (*case, *held, *hidden, *(report.case for report in reports if report.case)):
        key = one.comment.page_key
        known[key] = None
        with suppress(NotFound):
            known[key] = pages.by_key(tx, site_id, key)
    lists = {"asked": case, "held": held[:MOST], "is_more": len(held) > MOST, "hidden": hidden, "reports": reports}
    return {**lists, "pages": known, "clashes": rows.clashes(tx, site_id)}


def _servers(tx: Transaction, _: str, asked: Asked) -> View:
    found = servers.decided(tx, after=asked.get("after", "")[:300], limit=MOST_SERVERS + 1)
    after = found[MOST_SERVERS - 1].host if len(found) > MOST_SERVERS else None
    return {"servers": found[:MOST_SERVERS], "next": after, "people": servers.people(tx, limit=MOST_SERVERS)}


def _deliveries(tx: Transaction, site_id: str, _: Asked) -> View:
    return {"waiting": moderation.undelivered(tx, site_id)}


VIEWS = {"comments": _comments, "servers": _servers, "deliveries": _deliveries, "replies": lambda *_: {}}


async def _page(
    request: Request, part: str, typed: Typed, error: Exception | None = None, *, fate: Fate | None = None
) -> Response:
    here, asked = state(request), request.query_params
    place = f"/moderation/{part}".removesuffix("/comments")
    return await rendering.page(
        request,
        f"moderation_{part}.html",
        error=error,
        switch_to=place if request.method == "POST" else None,
        here=place,
        asked=asked,
        typed=typed,
        view=await here.store.read(VIEWS[part], here.site_id, asked),
        fate=fate,
    )


def _done(request: Request, part: str, what: str, number: int = 0) -> Response:
    path = state(request).addresses.path(wording_of(request).lang, f"/moderation{part}")
    return RedirectResponse(f"{path}?{urlencode({'done': what, 'number': number})}", 303)


TABLE = (
    ("GET", "/moderation", partial(show, "comments")),
    ("POST", "/moderation", partial(post, "comments", _move)),
    ("POST", "/moderation/reports", partial(post, "comments", _close_report)),
    ("GET", "/moderation/servers", partial(show, "servers")),
    ("POST", "/moderation/servers", partial(post, "servers", _decide)),
    ("POST", "/moderation/list", post_list),
    ("GET", "/moderation/deliveries", partial(show, "deliveries")),
    ("GET", "/moderation/replies", partial(show, "replies")),
    ("POST", "/moderation/replies", partial(post, "replies", _find_reply)),
)
