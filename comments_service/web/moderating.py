"""The pages of moderators: what waits and was reported, servers and people, deliveries, and "where is my reply?"."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import fates, moderation, pages, servers
from comments_service.errors import Conflict, Fault, Invalid, NotFound, PleinError
from comments_service.language import N_
from comments_service.model import Account, CommentState
from comments_service.store import moderation as rows
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, me, rendering
from comments_service.web.state import State, require_account, state, wording_of

MOST = 50  # comments in one list
MOST_SERVERS = 200
FIELDS = {"who": "who", "host": "who", "reason": "reason", "list": "list", "url": "url"}  # -> ids of inputs


async def require_moderator(request: Request) -> Account:
    """Raises LoggedOut, Forbidden."""
    account = await require_account(request)
    moderation.require_moderator(account)
    return account


async def _posted(request: Request) -> tuple[State, Account, dict[str, str]]:
    """Who moderates with a form, and what stands in it."""
    account = await require_moderator(request)
    values = await bodies.form_values(request)
    return me.count_write(request, account), account, values


async def show_comments(request: Request) -> Response:
    await require_moderator(request)
    return await _comments_page(request, None)


async def post_comment(request: Request) -> Response:
    """Show, hide or remove a comment; show its pictures, or no longer."""
    here, account, values = await _posted(request)
    action, comment_id = values.get("action", ""), values.get("comment", "")
    if action not in moderation.ACTIONS:
        raise HTTPException(400)
    await here.store.read(moderation.case, here.site_id, comment_id)  # of this site
    try:
        await here.store.write(moderation.move, action, comment_id, account.id, now=here.clock())
    except Conflict:
        moved = N_("Somebody was before you: this comment has another state now.")
        return await _comments_page(request, Invalid([Fault("comment", moved)]))
    return _done(request, "", action)


async def post_report(request: Request) -> Response:
    """A report was looked at: it goes from the list."""
    here, _, values = await _posted(request)
    await here.store.write(moderation.close_report, here.site_id, values.get("report", ""), now=here.clock())
    return _done(request, "", "report")


async def show_servers(request: Request) -> Response:
    who = request.query_params.get("who", "")[:500]
    await require_moderator(request)
    return await _servers_page(request, None, {"who": who})


async def post_policy(request: Request) -> Response:
    here, account, values = await _posted(request)
    fields = bodies.Fields({name: values.get(name) for name in ("who", "reason")})
    who = fields.text("who", longest=500, missing=N_("Name a server or a person.")) or ""
    reason = fields.text("reason", longest=500) or ""
    policy, is_sweep = values.get("policy") or None, values.get("sweep") == "yes"
    try:
        fields.done()
        number = await here.store.write(
            moderation.decide, who, policy, reason, account.id, is_sweep=is_sweep, now=here.clock()
        )
    except PleinError as error:
        return await _servers_page(request, error, values)
    return _done(request, "/servers", "policy", number)


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
        return await _servers_page(request, error, {})
    return _done(request, "/servers", "list", number)


async def show_deliveries(request: Request) -> Response:
    await require_moderator(request)
    here = state(request)
    return await _page(request, "deliveries", waiting=await here.store.read(moderation.undelivered, here.site_id))


async def show_replies(request: Request) -> Response:
    await require_moderator(request)
    return await _page(request, "replies", url="", fate=None)


async def post_reply(request: Request) -> Response:
    """Say what became of a reply. One that never came is fetched and judged, so this is no GET."""
    here, _, values = await _posted(request)
    fields = bodies.Fields({"url": values.get("url")})
    url = (fields.text("url", longest=2000, missing=N_("Paste the address of the reply.")) or "").strip()
    try:
        fields.done()
        asked = here.where_is(url) if here.where_is else here.store.read(fates.find, here.site_id, url)
        fate = await asked
    except PleinError as error:
        return await _page(request, "replies", error, url=url, fate=None)
    return await _page(request, "replies", url=url, fate=fate)


async def _comments_page(request: Request, error: Exception | None) -> Response:
    here, comment_id = state(request), request.query_params.get("comment")
    view = await here.store.read(_comments, here.site_id, wording_of(request).lang, comment_id)
    return await _page(request, "comments", error, **view)


def _comments(tx: Transaction, site_id: str, lang: str, comment_id: str | None) -> dict[str, object]:
    """What the first page shows; `titles` holds the language and the title of each page that was commented on."""
    asked = [moderation.case(tx, site_id, comment_id)] if comment_id else []
    held = moderation.cases(tx, site_id, CommentState.HELD, limit=MOST + 1)
    hidden = moderation.cases(tx, site_id, CommentState.HIDDEN, limit=MOST)
    reports = moderation.reports(tx, site_id, limit=MOST)
    titles = {}
    for case in (*asked, *held, *hidden, *(report.case for report in reports if report.case)):
        key = case.comment.page_key
        titles[key] = (lang, str(key))
        with suppress(NotFound):  # the page was taken back
            page = pages.by_key(tx, site_id, key)
            page_lang = rendering.lang_of(page, lang)
            titles[key] = (page_lang, page.titles[page_lang])
    lists = {"asked": asked, "held": held[:MOST], "hidden": hidden, "reports": reports}
    return {**lists, "titles": titles, "is_more": len(held) > MOST, "clashes": rows.clashes(tx, site_id)}


async def _servers_page(request: Request, error: Exception | None, values: Mapping[str, str]) -> Response:
    here, after = state(request), request.query_params.get("after", "")[:300]
    found = await here.store.read(servers.decided, after=after, limit=MOST_SERVERS + 1)
    view = {
        "servers": found[:MOST_SERVERS],
        "next": found[MOST_SERVERS - 1].host if len(found) > MOST_SERVERS else None,
        "people": await here.store.read(servers.people, limit=MOST_SERVERS),
        "typed": {name: values.get(name, "") for name in ("who", "reason", "policy", "sweep")},
    }
    return await _page(request, "servers", error, **view)


async def _page(request: Request, part: str, error: Exception | None = None, **view: object) -> Response:
    number = request.query_params.get("number", "")
    return await rendering.page(
        request,
        f"moderation_{part}.html",
        error=error,
        fields=FIELDS,
        switch_to=_path(part) if request.method == "POST" else None,
        here=_path(part),
        done=request.query_params.get("done") if error is None else None,
        done_number=int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 0,
        view=view,
    )


def _path(part: str) -> str:
    return f"/moderation/{part}".removesuffix("/comments")


def _done(request: Request, part: str, what: str, number: int = 0) -> Response:
    path = state(request).addresses.path(wording_of(request).lang, f"/moderation{part}")
    return RedirectResponse(f"{path}?{urlencode({'done': what, 'number': number})}", 303)


TABLE = (
    ("GET", "/moderation", show_comments),
    ("POST", "/moderation", post_comment),
    ("POST", "/moderation/reports", post_report),
    ("GET", "/moderation/servers", show_servers),
    ("POST", "/moderation/servers", post_policy),
    ("POST", "/moderation/list", post_list),
    ("GET", "/moderation/deliveries", show_deliveries),
    ("GET", "/moderation/replies", show_replies),
    ("POST", "/moderation/replies", post_reply),
)
