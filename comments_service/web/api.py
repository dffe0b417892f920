"""The JSON API, /api/v1. Handlers parse, prepare, call one rule and answer; openapi.yaml describes every route."""

import secrets
from datetime import datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from comments_service import comments, mentions, moderation, pages, ratings, reports, shapes, threads, votes
from comments_service.comments import IdempotencyKey, Posting
from comments_service.errors import NotFound, Unavailable
from comments_service.model import Account, Comment, Page, Rating
from comments_service.store.protocol import Transaction
from comments_service.store.threads import MOST_PEOPLE
from comments_service.web import bodies, embedding, me, thread_bytes
from comments_service.web.answers import Json
from comments_service.web.bodies import ThreadQuery
from comments_service.web.events import Stream
from comments_service.web.limits import network_of
from comments_service.web.state import State, account_of, require_account, state, wording_of
from comments_service.web.thread_bytes import SITE_FEED, Prepared


async def page_of(request: Request) -> Page:
    """The page that a path names, by any slug that it ever had. Raises NotFound when no manifest knows it."""
    return await find_page(state(request), "{kind}/{slug}".format(**request.path_params).lower())


async def find_page(here: State, name: str) -> Page:
    """As `page_of`, by "<kind>/<slug>"."""
    kind, _, slug = name.partition("/")
    known = here.thread_bytes.page(kind, slug)
    if known is not None:
        return known
    epoch = here.thread_bytes.epoch
    page = await here.store.read(pages.find, here.site_id, kind, slug)
    if page.origin_url is None:  # that of another server changes without a manifest
        here.thread_bytes.keep_page(kind, slug, page, epoch)
    return page


async def get_thread(request: Request) -> Response:
    here = state(request)
    wanted = bodies.thread_query(request.query_params)
    page = await page_of(request)
    closed_before = here.closed_before()
    is_old = bool(closed_before and page.dated_at and page.dated_at < closed_before)
    moment = here.thread_bytes.moment(thread := (here.site_id, str(page.key)))
    body = await here.store.read(_thread_body, here, page, wanted, closed_before)
    # one day its age closes it, by no change of its own
    until = page.dated_at + here.age() if closed_before and page.dated_at and not is_old else None
    return thread_bytes.keep(request, body, thread, moment, until)


def _thread_body(
    tx: Transaction, here: State, page: Page, wanted: ThreadQuery, closed_before: datetime | None
) -> bytes:
    """One page of the thread as JSON, made on the reader's thread."""
    found = threads.read_page(tx, page, **vars(wanted), closed_before=closed_before)
    return shapes.encode(shapes.thread(found, here.addresses.service, federates=here.following is not None))


async def get_mine(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    page = await page_of(request)
    mine = await here.store.read(threads.mine, page, account, closed_before=here.closed_before())
    return Json(shapes.mine(mine, page, here.addresses.service, here.settings.comments.edit_minutes))


async def get_people(request: Request) -> Response:
    """Who wrote in this thread, for the completion of a name after "@"."""
    here = state(request)
    account = await require_account(request)
    here.limits.spend("people", account=account.id)
    page = await page_of(request)
    prefix = bodies.prefix(request.query_params)
    found = await here.store.read(threads.people, page, prefix)
    return Json({"items": [shapes.author(person, here.addresses.service) for person in found]})


async def post_preview(request: Request) -> Response:
    """A comment as it would look, by the renderer that makes it. Nothing is stored."""
    here = state(request)
    account = await require_account(request)
    here.limits.spend("preview", account=account.id)
    body = bodies.preview(await bodies.json_fields(request), here.addresses.languages)
    page = await find_page(here, body.page) if body.page else None
    draft = await prepare(request, page, body.text, body.lang or here.addresses.languages[0])
    return Json({"html": draft.html})


async def change_closure(request: Request) -> Response:
    here, account, page = state(request), await require_account(request), await page_of(request)
    await store_closure(request, account, page, is_closed=request.method == "PUT")
    closed_by, version = await here.store.read(threads.closure, page, closed_before=here.closed_before())
    return Json({"comments": "closed" if closed_by else "open", "closedBy": closed_by, "version": version})


async def store_closure(request: Request, account: Account, page: Page, *, is_closed: bool) -> None:
    """Close or open a thread, as a moderator."""
    here = me.count_write(request, account)
    moderation.require_moderator(account)
    await here.store.write(moderation.close, page, account.id if is_closed else None, now=here.clock())


async def post_comment(request: Request) -> Response:
    here = state(request)
    account = await require_account(request)
    fields = await bodies.json_fields(request)
    key = bodies.idempotency_key(fields, request.headers.get("idempotency-key"))
    body = bodies.comment(fields, here.addresses.languages, max_length=here.settings.comments.max_length)
    page = await page_of(request)
    comment, version = await store_comment(request, account, page, body, key)
    shape = {**shapes.comment(comment, here.addresses.service), "version": version}
    return Json(shape, 201, f"{here.addresses.base}/api/v1/comments/{comment.id}")


async def store_comment(
    request: Request, account: Account, page: Page, body: bodies.CommentBody, key: str
) -> tuple[Comment, int]:
    """Prepare a comment outside the transaction, then hand it to the writer. The forms come here too.

    Return the comment and the thread's version with it.
    """
    here = me.count_write(request, account)
    lang = body.lang or wording_of(request).lang
    draft = await prepare(request, page, body.text, lang, in_reply_to=body.in_reply_to, name=body.name)
    # without the name: after the first comment it is not asked again, and a repeated request does not send it
    asked = bodies.request_hash(page.key, body.text, body.in_reply_to, body.lang)
    now = here.clock()
    hold, closed_before = here.flood.holds(now), here.closed_before()
    posting = Posting(account, page, draft, IdempotencyKey(key, asked), now, hold, closed_before)
    return await here.store.write_one(comments.post, posting)


async def prepare(
    request: Request, page: Page | None, text: str, lang: str, in_reply_to: str | None = None, name: str | None = None
) -> comments.Draft:
    """Check and render a text; who wrote on the page can be mentioned in it."""
    here = state(request)
    people = await here.store.read(threads.people, page, limit=MOST_PEOPLE) if page and "@" in text else ()
    named = mentions.with_addresses(people, here.addresses.service) if people else ()
    longest = here.settings.comments.max_length
    return comments.prepare(text, lang, in_reply_to, name, people=named, max_length=longest)


async def find_comment(here: State, comment_id: str, account: Account | None) -> Comment:
    """Raises NotFound, also for a comment of another site of this service."""
    comment = await here.store.read(comments.get, comment_id, account)
    if comment.site_id != here.site_id:
        raise NotFound("comment", comment_id)
    return comment


async def get_comment(request: Request) -> Response:
    here = state(request)
    account = await account_of(request)
    comment = await find_comment(here, request.path_params["id"], account)
    is_own = account is not None and comment.account_id == account.id
    shape = shapes.comment(comment, here.addresses.service)
    return Json({**shape, "text": comment.text} if is_own else shape)


async def get_revisions(request: Request) -> Response:
    here, account = state(request), await require_account(request)
    comment = await find_comment(here, request.path_params["id"], account)
    found = await here.store.read(comments.revisions, account, comment.id)
    return Json({"items": [shapes.revision(revision) for revision in found]})


async def change_vote(request: Request) -> Response:
    account = await require_account(request)
    value = None if request.method == "DELETE" else bodies.vote(await bodies.json_fields(request))
    comment, version = await store_vote(request, account, request.path_params["id"], value)
    return Json({"id": comment.id, "votes": comment.votes, "value": value, "version": version})


async def store_vote(request: Request, account: Account, comment_id: str, value: int | None) -> tuple[Comment, int]:
    """Vote on a comment, or take the vote back with None. Return it and the thread's version with it."""
    here = me.count_write(request, account)
    page = await find_page(here, (await find_comment(here, comment_id, account)).page_key)
    return await here.store.write(threads.with_version, page, votes.vote, account, comment_id, value, now=here.clock())


async def post_report(request: Request) -> Response:
    account = await require_account(request)
    reason = bodies.report(await bodies.json_fields(request))
    await store_report(request, account, request.path_params["id"], reason)
    return Response(status_code=204)


async def store_report(request: Request, account: Account, comment_id: str, reason: str) -> Comment:
    """Report a comment to the moderators, and return it."""
    here = me.count_write(request, account)
    comment = await find_comment(here, comment_id, account)
    here.limits.spend("report", account=account.id)
    await here.store.write(reports.report, account, comment_id, reason, now=here.clock())
    return comment


async def patch_comment(request: Request) -> Response:
    account = await require_account(request)
    fields = await bodies.json_fields(request)
    body = bodies.comment(fields, (), is_edit=True, max_length=state(request).settings.comments.max_length)
    comment = await store_edit(request, account, request.path_params["id"], body.text)
    return Json({**shapes.comment(comment, state(request).addresses.service), "text": comment.text})


async def store_edit(request: Request, account: Account, comment_id: str, text: str) -> Comment:
    here = me.count_write(request, account)
    before = await find_comment(here, comment_id, account)
    page = await find_page(here, before.page_key)
    draft = await prepare(request, page, text, before.lang)
    window = timedelta(minutes=here.settings.comments.edit_minutes)
    return await here.store.write(comments.edit, account, comment_id, draft, window=window, now=here.clock())


async def delete_comment(request: Request) -> Response:
    await store_deletion(request, await require_account(request), request.path_params["id"])
    return Response(status_code=204)


async def store_deletion(request: Request, account: Account, comment_id: str) -> None:
    here = me.count_write(request, account)
    await here.store.write(comments.delete, account, comment_id, now=here.clock())


async def change_rating(request: Request) -> Response:
    account = await require_account(request)
    stars = None if request.method == "DELETE" else bodies.stars(await bodies.json_fields(request))
    page = await page_of(request)
    rating, version = await store_rating(request, account, page, stars)
    return Json({"rating": shapes.rating(rating), "stars": stars, "version": version})


async def store_rating(request: Request, account: Account, page: Page, stars: int | None) -> tuple[Rating, int]:
    """Give a page stars, or take them back with None. Return the rating and the thread's version with it."""
    here = me.count_write(request, account)
    return await here.store.write(threads.with_version, page, ratings.rate, account, page, stars, now=here.clock())


async def get_events(request: Request) -> Stream:
    """Follow the thread: its version and number of comments, now and after each change."""
    return await state(request).events.open(await page_of(request), network_of(request))


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
    thread = (here.site_id, SITE_FEED)  # forgotten with each thread of the site
    moment = here.thread_bytes.moment(thread)
    found = await here.store.read(threads.counts, here.site_id, asked)
    body = shapes.encode({"items": {key: shapes.counts(each) for key, each in found.items()}})
    return thread_bytes.keep(request, body, thread, moment)


async def post_announcement(request: Request) -> Response:
    """Fetch and take in the site's manifest. Only who holds the token may ask for it."""
    here = state(request)
    here.limits.spend("announce", network=network_of(request))
    _require_token(request)
    try:
        intake = await here.take_in(bodies.announcement(request.query_params))
    except Unavailable as error:
        raise HTTPException(503, "manifest") from error
    return Json(pages.INTAKE.dump_python(intake, by_alias=True))


async def get_asker(request: Request) -> Response:
    """Whom the service takes the asker for: `doctor` sees by it whether the addresses of readers arrive as they are."""
    _require_token(request)
    address = request.client.host if request.client else None
    return Json({"address": address, "forwardedFor": request.headers.get("x-forwarded-for")})


def _require_token(request: Request) -> None:
    known = state(request).announce_token.encode()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(token.strip().encode(), known):
        raise HTTPException(401, "token", headers={"WWW-Authenticate": 'Bearer realm="plein"'})


async def get_openapi(request: Request) -> Response:
    return thread_bytes.answer(request, state(request).openapi)


def prepare_openapi(document: dict[str, object], service_url: str) -> Prepared:
    """The hand-written description with this service's own address in it."""
    return thread_bytes.prepare(shapes.encode({**document, "servers": [{"url": f"{service_url}/api/v1"}]}))


THREAD = "/threads/{kind}/{slug}"
TABLE = (
    ("GET", THREAD, get_thread),
    ("GET", f"{THREAD}/mine", get_mine),
    ("GET", f"{THREAD}/people", get_people),
    ("POST", f"{THREAD}/comments", post_comment),
    ("PUT", f"{THREAD}/closure", change_closure),
    ("DELETE", f"{THREAD}/closure", change_closure),
    ("PUT", f"{THREAD}/rating", change_rating),
    ("DELETE", f"{THREAD}/rating", change_rating),
    ("POST", f"{THREAD}/views", post_views),
    ("GET", f"{THREAD}/events", get_events),
    ("GET", "/comments/{id}", get_comment),
    ("PATCH", "/comments/{id}", patch_comment),
    ("DELETE", "/comments/{id}", delete_comment),
    ("GET", "/comments/{id}/revisions", get_revisions),
    ("PUT", "/comments/{id}/vote", change_vote),
    ("DELETE", "/comments/{id}/vote", change_vote),
    ("POST", "/comments/{id}/reports", post_report),
    ("POST", "/previews", post_preview),
    ("GET", "/counts", get_counts),
    *me.TABLE,
    *embedding.API_TABLE,
    ("POST", "/announcements", post_announcement),
    ("GET", "/asker", get_asker),
    ("GET", "/openapi.json", get_openapi),
)
