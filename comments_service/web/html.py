"""The thread without JavaScript: whole pages with plain forms over the same rules as the API."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import comments, threads
from comments_service.errors import Conflict, NotFound, PleinError
from comments_service.model import Account, Comment, Mine, Page, Revision, ThreadPage
from comments_service.store.protocol import Transaction
from comments_service.web import api, bodies, feeds, me, people, rendering, thread_tree
from comments_service.web.bodies import ThreadQuery
from comments_service.web.problems import LoggedOut
from comments_service.web.state import account_of, require_account, state, wording_of
from comments_service.web.thread_tree import Form

Values = Mapping[str, str]  # of a form


async def show_thread(request: Request) -> Response:
    """The thread; `?reply=ID` (with `&quote=1`), `?edit=ID`, `?delete=ID` and `?report=ID` open a form in place."""
    for parameter in ("reply", "edit", "delete", "report", "reported"):
        comment_id, action = request.query_params.get(parameter), "comments" if parameter == "reply" else parameter
        if comment_id and bodies.IDENTIFIER.fullmatch(comment_id):
            account = await require_account(request)
            form = Form(action, comment_id)
            if action == "edit" or request.query_params.get("quote"):
                comment = await api.find_comment(state(request), comment_id, account)
                if action == "edit" and comment.account_id == account.id:
                    form = replace(form, text=comment.text)
                elif action == "comments":
                    form = replace(form, text=quoted(comment.text))
            return await _thread(request, account, form)
    return await _thread(request, await account_of(request), None)


async def post(request: Request) -> Response:
    """Do what a form asks and lead back to the thread; when it fails, show the form again with the text in it."""
    values = await bodies.form_values(request)
    action = str(request.scope["path"]).rpartition("/")[2]
    typed = Form(
        action,
        (values.get("comment") or None) if action in IN_PLACE else None,
        **{name: values.get(name, "") for name in ("text", "name", "key", "lang", "handle")},
        travels=values.get("federation") == "on",
    )
    request.scope["plein.kept"] = typed.text  # an error page shows it, whatever happens
    page = await api.page_of(request)
    account = await account_of(request)
    try:
        if account is None:
            raise LoggedOut
        if "preview" in values:
            state(request).limits.spend("preview", account=account.id)
            draft = await api.prepare(request, page, typed.text, typed.lang or page.language)
            return await _thread(request, account, replace(typed, preview=draft.html))
        comment = await ACTIONS[action](request, account, page, values)
    except (PleinError, LoggedOut) as error:
        if isinstance(error, Conflict):
            typed = replace(typed, key="")  # the next try gets a key of its own
        return await _thread(request, account, typed, error)
    query = bodies.thread_query(request.query_params)
    # without a chosen language when a comment was posted: it may be in another one
    link = _linker(request, page, replace(query, lang=None) if comment else query)
    told = {"reported": comment.id} if comment and action == "report" else {}
    anchor = f"c-{comment.id}" if comment else ("rating" if action == "rating" else "comments")
    return RedirectResponse(f"{link(around=comment and comment.id, **told)}#{anchor}", 303)


async def _comment(request: Request, account: Account, page: Page, values: Values) -> Comment:
    fields = bodies.Fields({**values, "inReplyTo": values.get("comment")})
    key = bodies.idempotency_key(fields, values.get("key"))
    body = bodies.comment(fields, state(request).addresses.languages)
    if values.get("asked"):  # before it is posted, so that this comment travels too
        answer = bodies.Fields({**values, "federation": values.get("federation") or "off"})
        account = await me.store_me(request, account, bodies.me(answer, ()))
    return (await api.store_comment(request, account, page, body, key))[0]


async def _edit(request: Request, account: Account, _: Page, values: Values) -> Comment:
    body = bodies.comment(bodies.Fields(values), (), is_edit=True)
    return await api.store_edit(request, account, values.get("comment", ""), body.text)


async def _delete(request: Request, account: Account, _: Page, values: Values) -> None:
    await api.store_deletion(request, account, values.get("comment", ""))


async def _rate(request: Request, account: Account, page: Page, values: Values) -> None:
    stars = None if values.get("withdraw") else bodies.stars(bodies.Fields(values))
    await api.store_rating(request, account, page, stars)


async def _vote(request: Request, account: Account, _: Page, values: Values) -> Comment:
    value = None if values.get("value") == "none" else 1
    return (await api.store_vote(request, account, values.get("comment", ""), value))[0]


async def _report(request: Request, account: Account, _: Page, values: Values) -> Comment:
    reason = bodies.report(bodies.Fields({"reason": values.get("text")}))
    return await api.store_report(request, account, values.get("comment", ""), reason)


async def _close(request: Request, account: Account, page: Page, values: Values) -> None:
    await api.store_closure(request, account, page, is_closed=values.get("closed") != "no")


Action = Callable[[Request, Account, Page, Values], Awaitable[Comment | None]]
ACTIONS: Mapping[str, Action] = {  # by the last segment of the path that a form is sent to
    "comments": _comment,
    "edit": _edit,
    "delete": _delete,
    "rating": _rate,
    "vote": _vote,
    "report": _report,
    "closure": _close,
}


IN_PLACE = ("comments", "edit", "delete", "report")


def quoted(text: str) -> str:
    """A comment as the Markdown of a quote, with room for an answer below."""
    return "".join(f"> {line}".rstrip() + "\n" for line in text.split("\n")) + "\n" if text else ""


async def show_history(request: Request) -> Response:
    """What a comment said before each edit, newest first."""
    account, page = await require_account(request), await api.page_of(request)
    comment, earlier = await state(request).store.read(_history, account, page, request.path_params["id"])
    versions = [(comment.edited_at or comment.created_at, comment.html)]
    versions += [(revision.written_at, revision.html) for revision in reversed(earlier)]
    return await rendering.page(request, "history.html", page=page, comment=comment, versions=versions)


def _history(tx: Transaction, account: Account, page: Page, comment_id: str) -> tuple[Comment, list[Revision]]:
    comment = comments.get(tx, comment_id, account)
    if (comment.site_id, comment.page_key) != (page.site_id, page.key):
        raise NotFound("comment", comment_id)
    return comment, comments.revisions(tx, account, comment_id)


async def _thread(
    request: Request, account: Account | None, form: Form | None, error: Exception | None = None
) -> Response:
    here, wording, query = state(request), wording_of(request), bodies.thread_query(request.query_params)
    if form and form.comment_id and query.around is None and bodies.IDENTIFIER.fullmatch(form.comment_id):
        query = replace(query, around=form.comment_id, after=None)
    page = await api.page_of(request)
    try:
        found, mine = await here.store.read(_read, page, account, query, here.closed_before())
    except NotFound as gone:
        if gone.noun != "comment":
            raise
        error, query = error or gone, replace(query, around=None, root=None, after=None)
        found, mine = await here.store.read(_read, page, account, query, here.closed_before())
    held = thread_tree.held(mine)
    if form and form.comment_id and not thread_tree.stands([*found.branches, *held], form.comment_id):
        # The comment that was answered or edited is gone; the text stays, in the form at the foot.
        is_for_all = form.text and form.action != "report"
        form = Form("comments", text=form.text, name=form.name, lang=form.lang) if is_for_all else None
    in_place = form if form and form.comment_id else None
    blank = Form("comments") if mine and mine.may_comment and not in_place else None
    nobody = wording.say("Unknown author")
    return await rendering.page(
        request,
        "thread.html",
        error=error,
        headers=KEPT if account and not error else None,
        switch_to=f"/threads/{page.kind}/{page.slug}" if request.method == "POST" else None,
        page=page,
        link=_linker(request, page, query),
        query=query,
        nodes=[thread_tree.node(branch, nobody) for branch in found.branches],
        held=[thread_tree.node(branch, nobody) for branch in held],
        mine=mine,
        edit_since=here.clock() - timedelta(minutes=here.settings.comments.edit_minutes),
        thread=found,
        language_filter=[
            (code, f"{wording.language(code)} ({wording.number(found.languages.get(code, 0))})")
            for code in dict.fromkeys((*here.addresses.languages, *found.languages))
        ],
        rules=here.settings.comments,
        form=form,
        in_place=in_place,
        write=form if form and form.action == "comments" and not in_place else blank,
        new_key=secrets.token_urlsafe(16),
    )


def _read(
    tx: Transaction, page: Page, account: Account | None, query: ThreadQuery, closed_before: datetime | None
) -> tuple[ThreadPage, Mine | None]:
    mine = threads.mine(tx, page, account, closed_before=closed_before) if account else None
    if mine and query.around in [comment.id for comment in mine.held]:
        query = replace(query, around=None)  # it stands below the thread, on every page
    return threads.read_page(tx, page, **vars(query), closed_before=closed_before), mine


def _linker(request: Request, page: Page, query: ThreadQuery) -> Callable[..., str]:
    """Return what makes the addresses of a thread and its forms, with the choices that go along from page to page."""
    path = state(request).addresses.path(wording_of(request).lang, f"/threads/{page.kind}/{page.slug}")

    def link(form: str = "", **parameters: str | None) -> str:
        asked = {"order": query.order, "limit": str(query.limit), "lang": query.lang, **parameters}
        return f"{path}{form}?{urlencode({name: value for name, value in asked.items() if value})}"

    return link


# A page that was come back to is shown as it was, with the key of its form: sending it again is then no second comment.
KEPT = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}


async def drop_slash(request: Request) -> Response:
    """A slash too many leads to the page all the same; the path holds our base in front, so it stays on this host."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(quote(str(request.scope["path"]).rstrip("/")) + query, 308)


THREAD = "/threads/{kind}/{slug}"
TABLE = (
    ("GET", THREAD, show_thread),
    *(("POST", f"{THREAD}/{action}", post) for action in ACTIONS),
    ("GET", f"{THREAD}/history/{{id}}", show_history),
    ("GET", f"{THREAD}/", drop_slash),
    ("GET", "/log-in/", drop_slash),
    *feeds.TABLE,
    *people.TABLE,
)
