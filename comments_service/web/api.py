"""The JSON API, /api/v1. Handlers parse, prepare, call one rule and answer; openapi.yaml describes every route."""

import secrets
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from comments_service import accounts, comments, pages, ratings, threads
from comments_service.comments import IdempotencyKey
from comments_service.errors import NotFound, Unavailable
from comments_service.login import email_link, sessions
from comments_service.model import Account, Comment, Page, Rating, ThreadPage
from comments_service.store.protocol import Transaction
from comments_service.web import bodies, cookies, shapes, thread_bytes
from comments_service.web.bodies import ThreadQuery
from comments_service.web.limits import network_of
from comments_service.web.state import State, account_of, require_account, session_of, state, wording_of
from comments_service.web.thread_bytes import Prepared


async def page_of(request: Request) -> Page:
    """The page that a path names, by any slug that it ever had. Raises NotFound when no manifest knows it."""
    here = state(request)
    kind, slug = request.path_params["kind"].lower(), request.path_params["slug"].lower()
    known = here.thread_bytes.page(kind, slug)
    if known is not None:
        return known
    epoch = here.thread_bytes.epoch
    page = await here.store.read(pages.find, here.site_id, kind, slug)
    here.thread_bytes.keep_page(kind, slug, page, epoch)
    return page


async def get_thread(request: Request) -> Response:
    here = state(request)
    wanted = bodies.thread_query(request.query_params, here.addresses.languages)
    page = await page_of(request)
    thread, question = (here.site_id, str(page.key)), repr(wanted)
    prepared = here.thread_bytes.find(thread, question)
    if prepared is None:
        moment = here.thread_bytes.moment(thread)
        prepared = thread_bytes.prepare(await here.store.read(_thread_body, page, wanted))
        here.thread_bytes.keep(thread, question, prepared, moment)
    return thread_bytes.answer(request, prepared)


def _thread_body(tx: Transaction, page: Page, wanted: ThreadQuery) -> bytes:
    """One page of the thread as JSON, made on the reader's thread."""
    return shapes.encode(shapes.thread(read_thread(tx, page, wanted)))


def read_thread(tx: Transaction, page: Page, wanted: ThreadQuery) -> ThreadPage:
    """The page of the thread that a query asks for; with `root` one branch that is paged on."""
    if wanted.root is not None:
        return threads.read_branch(tx, page, wanted.root, after=wanted.after, lang=wanted.lang)
    return threads.read_page(
        tx, page, order=wanted.order, limit=wanted.limit, after=wanted.after, around=wanted.around, lang=wanted.lang
    )


async def get_mine(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    page = await page_of(request)
    return JSONResponse(shapes.mine(await here.store.read(threads.mine, page, account), page))


async def post_comment(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    fields = await bodies.json_fields(request)
    key = bodies.idempotency_key(fields, request.headers.get("idempotency-key"))
    body = bodies.comment(fields, here.addresses.languages)
    page = await page_of(request)
    comment = await store_comment(request, account, page, body, key)
    version = await here.store.read(threads.version, page)
    location = f"{here.addresses.base}/api/v1/comments/{comment.id}"
    return JSONResponse({**shapes.comment(comment), "version": version}, 201, {"Location": location})


async def store_comment(request: Request, account: Account, page: Page, body: bodies.CommentBody, key: str) -> Comment:
    """Prepare a comment outside the transaction, then hand it to the writer. The forms come here too."""
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    draft = comments.prepare(
        body.text,
        body.lang or wording_of(request).lang,
        in_reply_to=body.in_reply_to,
        name=body.name,
        max_length=here.settings.comments.max_length,
    )
    # without the name: after the first comment it is not asked again, and a repeated request does not send it
    asked = bodies.request_hash(page.key, body.text, body.in_reply_to, body.lang)
    return await here.store.write(comments.post, account, page, draft, IdempotencyKey(key, asked), now=here.clock())


async def get_comment(request: Request) -> Response:
    here = state(request)
    comment = await here.store.read(comments.get, request.path_params["id"])
    account = await account_of(request)
    is_own = account is not None and comment.account_id == account.id
    return JSONResponse({**shapes.comment(comment), "text": comment.text} if is_own else shapes.comment(comment))


async def patch_comment(request: Request) -> Response:
    account = await require_account(request)
    fields = await bodies.json_fields(request)
    body = bodies.comment(fields, (), is_edit=True)
    comment = await store_edit(request, account, request.path_params["id"], body.text)
    return JSONResponse({**shapes.comment(comment), "text": comment.text})


async def store_edit(request: Request, account: Account, comment_id: str, text: str) -> Comment:
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    before = await here.store.read(comments.get, comment_id)
    limits = here.settings.comments
    draft = comments.prepare(text, before.lang, max_length=limits.max_length)
    window = timedelta(minutes=limits.edit_minutes)
    return await here.store.write(comments.edit, account, comment_id, draft, window=window, now=here.clock())


async def delete_comment(request: Request) -> Response:
    await store_deletion(request, await require_account(request), request.path_params["id"])
    return Response(status_code=204)


async def store_deletion(request: Request, account: Account, comment_id: str) -> None:
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    await here.store.write(comments.delete, account, comment_id, now=here.clock())


async def put_rating(request: Request) -> Response:
    account = await require_account(request)
    return await _rating(request, account, bodies.stars(await bodies.json_fields(request)))


async def delete_rating(request: Request) -> Response:
    return await _rating(request, await require_account(request), None)


async def _rating(request: Request, account: Account, stars: int | None) -> Response:
    page = await page_of(request)
    rating = await store_rating(request, account, page, stars)
    version = await state(request).store.read(threads.version, page)
    return JSONResponse({"rating": shapes.rating(rating), "stars": stars, "version": version})


async def store_rating(request: Request, account: Account, page: Page, stars: int | None) -> Rating:
    """Give a page stars, or take them back with None."""
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    if stars is None:
        return await here.store.write(ratings.withdraw, account, page, now=here.clock())
    return await here.store.write(ratings.rate, account, page, stars, now=here.clock())


async def post_views(request: Request) -> Response:
    here = state(request)
    page = await page_of(request)
    if request.client is not None and "prefetch" not in request.headers.get("sec-purpose", ""):
        agent = request.headers.get("user-agent", "")
        here.views.seen(here.site_id, page.key, request.client.host, agent, here.clock())
    return Response(status_code=204)


async def get_counts(request: Request) -> Response:
    here = state(request)
    asked = bodies.pages(request.query_params)
    found = await here.store.read(threads.counts, here.site_id, asked)
    body = shapes.encode({"items": {key: shapes.counts(value) for key, value in found.items()}})
    return thread_bytes.answer(request, thread_bytes.prepare(body))


async def get_me(request: Request) -> Response:
    return JSONResponse(shapes.account(await require_account(request)))


async def patch_me(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    body = bodies.me(await bodies.json_fields(request), here.addresses.languages)
    return JSONResponse(shapes.account(await store_me(request, account, body)))


async def store_me(request: Request, account: Account, body: bodies.MeBody) -> Account:
    here = state(request)
    here.limits.spend("write", account=account.id, network=network_of(request))
    if body.name is not None:
        account = await here.store.write(accounts.rename, account, body.name, now=here.clock())
    if body.language is not None:
        account = await here.store.write(accounts.set_language, account, body.language, now=here.clock())
    return account


async def delete_session(request: Request) -> Response:
    here = state(request)
    session = await session_of(request)
    answer = Response(status_code=204)
    asked = request.path_params["id"]
    if session is None:
        await require_account(request)
    elif asked in ("current", session[1]):
        await here.store.write(sessions.end, session[1])
        cookies.drop_session(answer, here.addresses, here.site_id)
    elif asked in [own.id for own in await here.store.read(sessions.all_of, session[0].id)]:
        await here.store.write(sessions.end, asked)
    else:
        raise NotFound("session", asked)
    return answer


async def post_log_in_link(request: Request) -> Response:
    here = state(request)
    body = bodies.log_in(await bodies.json_fields(request), here.addresses.languages)
    return JSONResponse({"request": await ask_for_link(request, body)}, 202)


async def ask_for_link(request: Request, body: bodies.LogInBody) -> str:
    """Queue the log-in mail; the answer is the same for known and unknown addresses."""
    here = state(request)
    network = network_of(request)
    here.limits.spend("log-in", network=network)
    request_id = await here.store.write(
        email_link.ask,
        here.site_id,
        body.email,
        network,
        here.addresses.way_back(body.return_to) or "",
        body.lang or wording_of(request).lang,
        here.settings.login,
        here.settings.limits == "on",
        now=here.clock(),
    )
    return email_link.signed_request(here.secret_keys, request_id)


async def post_announcement(request: Request) -> Response:
    """Fetch and take in the site's manifest. Only who holds the token may ask for it."""
    here = state(request)
    here.limits.spend("announce", network=network_of(request))
    if not _has_token(request.headers, here):
        raise HTTPException(401, "token", headers={"WWW-Authenticate": 'Bearer realm="plein"'})
    try:
        intake = await here.take_in(bodies.announcement(request.query_params))
    except Unavailable as error:
        raise HTTPException(503, "manifest") from error
    return JSONResponse(shapes.intake(intake))


def _has_token(headers: Headers, here: State) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), here.announce_token.encode())


async def get_openapi(request: Request) -> Response:
    return thread_bytes.answer(request, state(request).openapi)


def prepare_openapi(document: dict[str, object], service_url: str) -> Prepared:
    """The hand-written description with this service's own address in it."""
    return thread_bytes.prepare(shapes.encode({**document, "servers": [{"url": f"{service_url}/api/v1"}]}))


THREAD = "/threads/{kind}/{slug}"
TABLE = (
    ("GET", THREAD, get_thread),
    ("GET", f"{THREAD}/mine", get_mine),
    ("POST", f"{THREAD}/comments", post_comment),
    ("PUT", f"{THREAD}/rating", put_rating),
    ("DELETE", f"{THREAD}/rating", delete_rating),
    ("POST", f"{THREAD}/views", post_views),
    ("GET", "/comments/{id}", get_comment),
    ("PATCH", "/comments/{id}", patch_comment),
    ("DELETE", "/comments/{id}", delete_comment),
    ("GET", "/counts", get_counts),
    ("GET", "/me", get_me),
    ("PATCH", "/me", patch_me),
    ("DELETE", "/me/sessions/{id}", delete_session),
    ("POST", "/log-in-links", post_log_in_link),
    ("POST", "/announcements", post_announcement),
    ("GET", "/openapi.json", get_openapi),
)
