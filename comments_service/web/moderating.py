"""The pages of moderators: what waits and was reported, servers and people, deliveries, and "where is my reply?"."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import fates, moderation, pages, servers
from comments_service.errors import Conflict, Fault, Invalid, NotFound, PleinError
from comments_service.fates import Fate
from comments_service.language import N_
from comments_service.model import Account
from comments_service.moderation import Case, Report
from comments_service.store import moderation as rows
from comments_service.store.protocol import Row, Transaction, utc_text
from comments_service.web import bodies, me, rendering
from comments_service.web.fates import SENTENCES, sentences
from comments_service.web.state import require_account, state, wording_of
from comments_service.web.thread_tree import initials
from comments_service.web.wording import Wording

MOST = 50  # comments on one page
MOST_SERVERS = 200
PARTS = (  # path below /moderation, title
    ("", N_("Comments")),
    ("/servers", N_("Servers and people")),
    ("/deliveries", N_("Deliveries")),
    ("/replies", N_("Where is my reply?")),
)
MOVES = {"restore": moderation.restore, "hide": moderation.hide, "remove": moderation.remove}
DONE = {
    "restore": N_("The comment is shown."),
    "hide": N_("The comment is hidden."),
    "remove": N_("The comment is removed."),
    "report": N_("The report is done."),
    "policy": N_("The decision holds from now on."),
    "list": N_("The list is taken in."),
}
KINDS = {
    "site": N_("the site"),
    "instance": N_("the service"),
    "group": N_("a group"),
    "author": N_("an author"),
    "commenter": N_("somebody who comments"),
}
POLICIES = (
    ("block", N_("block: take nothing, send nothing")),
    ("limit", N_("limit: show it, but in no list or feed")),
    ("hold", N_("hold: everything waits for a moderator")),
    ("allow", N_("allow: nothing waits")),
    ("", N_("as for everyone")),
)
FIELDS = {"who": "who", "host": "who", "reason": "reason", "policy": "policy", "list": "list", "url": "url"}


@dataclass(frozen=True)
class Waiting:
    """All that the first page shows."""

    asked: Sequence[Case]  # the comment that a link named
    held: Sequence[Case]
    hidden: Sequence[Case]
    reports: Sequence[Report]
    clashes: Sequence[Row]
    titles: Mapping[str, tuple[str, str]]  # page key -> language and title


async def require_moderator(request: Request) -> Account:
    """Raises LoggedOut, Forbidden."""
    account = await require_account(request)
    moderation.require_moderator(account)
    return account


async def show_comments(request: Request) -> Response:
    return await _comments_page(request, await require_moderator(request), None)


async def post_comment(request: Request) -> Response:
    """Show, hide or remove a comment."""
    account = await require_moderator(request)
    values = await bodies.form_values(request)
    here, action, comment_id = me.count_write(request, account), values.get("action"), values.get("comment", "")
    if action not in MOVES:
        raise HTTPException(400)
    try:
        await here.store.read(moderation.case, here.site_id, comment_id)  # of this site
        await here.store.write(MOVES[action], comment_id, account.id, now=here.clock())
    except Conflict:
        moved = N_("Somebody was before you: this comment has another state now.")
        return await _comments_page(request, account, Invalid([Fault("comment", moved)]))
    except PleinError as error:
        return await _comments_page(request, account, error)
    return _done(request, "", action)


async def post_report(request: Request) -> Response:
    """A report was looked at: it goes from the list."""
    account = await require_moderator(request)
    values = await bodies.form_values(request)
    here = me.count_write(request, account)
    await here.store.write(moderation.close_report, here.site_id, values.get("report", ""))
    return _done(request, "", "report")


async def show_servers(request: Request) -> Response:
    who = request.query_params.get("who", "")[:500]
    return await _servers_page(request, await require_moderator(request), None, {"who": who})


async def post_policy(request: Request) -> Response:
    account = await require_moderator(request)
    values = await bodies.form_values(request)
    here = me.count_write(request, account)
    try:
        fields = bodies.Fields({name: values.get(name) for name in ("who", "reason")})
        who = fields.text("who", longest=500, missing=N_("Name a server or a person."))
        reason = fields.text("reason", longest=500)
        fields.done()
        policy, is_sweep = values.get("policy") or None, values.get("sweep") == "yes"
        decide = moderation.decide
        number = await here.store.write(
            decide, who or "", policy, reason or "", account.id, is_sweep=is_sweep, now=here.clock()
        )
    except PleinError as error:
        return await _servers_page(request, account, error, values)
    return _done(request, "/servers", "policy", number)


async def post_list(request: Request) -> Response:
    """Take in a block list: a file, as Mastodon exports it."""
    account = await require_moderator(request)
    here = me.count_write(request, account)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("list")
        content = "" if file is None or isinstance(file, str) else (await file.read()).decode("utf-8", "replace")
    try:
        if not content.strip():
            raise Invalid([Fault("list", N_("Choose a file first."))])
        number = await here.store.write(servers.import_list, servers.read_list(content))
    except PleinError as error:
        return await _servers_page(request, account, error, {})
    return _done(request, "/servers", "list", number)


async def show_deliveries(request: Request) -> Response:
    account = await require_moderator(request)
    here, wording = state(request), wording_of(request)
    waiting = await here.store.read(moderation.undelivered, here.site_id)
    view = [{"one": one, "next": wording.moment(one.next_at) if one.next_at else None} for one in waiting]
    return await _page(request, account, "/deliveries", waiting=view)


async def show_replies(request: Request) -> Response:
    return await _replies_page(request, await require_moderator(request), "", None, None)


async def post_reply(request: Request) -> Response:
    """Say what became of a reply. One that never came is fetched and judged, so this is no GET."""
    account = await require_moderator(request)
    values = await bodies.form_values(request)
    here = me.count_write(request, account)
    url = values.get("url", "")
    try:
        fields = bodies.Fields({"url": url})
        asked = (fields.text("url", longest=2000, missing=N_("Paste the address of the reply.")) or "").strip()
        fields.done()
    except Invalid as error:
        return await _replies_page(request, account, url, error, None)
    fate = await here.where_is(asked) if here.where_is else await here.store.read(fates.find, asked)
    return await _replies_page(request, account, url, None, fate)


async def _comments_page(request: Request, account: Account, error: Exception | None) -> Response:
    here, wording = state(request), wording_of(request)
    shown = await here.store.read(_waiting, here.site_id, wording.lang, request.query_params.get("comment"))

    def item(case: Case) -> dict[str, object]:
        comment = case.comment
        name = comment.author.name if comment.author else ""
        page_lang, title = shown.titles[comment.page_key]
        return {
            "case": case,
            "comment": comment,
            "name": name,
            "initials": initials(name),
            "title": title,
            "page_lang": page_lang,
            "created": wording.moment(comment.created_at),
            "created_iso": utc_text(comment.created_at),
            "language_name": wording.language(comment.lang),
            "why": wording.say(SENTENCES[case.why]) if case.why in SENTENCES else "",
        }

    return await _page(
        request,
        account,
        "",
        error,
        asked=[item(case) for case in shown.asked],
        held=[item(case) for case in shown.held[:MOST]],
        is_more=len(shown.held) > MOST,
        hidden=[item(case) for case in shown.hidden],
        reports=[
            {
                "report": report,
                "item": item(report.case) if report.case else None,
                "when": wording.moment(report.reported_at),
            }
            for report in shown.reports
        ],
        clashes=[
            {
                "handle": row["handle"],
                "wanted": wording.say(KINDS[str(row["kind"])]),
                "subject": row["subject"],
                "holder": wording.say(KINDS.get(str(row["holder"]), "")),
            }
            for row in shown.clashes
        ],
    )


def _waiting(tx: Transaction, site_id: str, lang: str, comment_id: str | None) -> Waiting:
    asked = [moderation.case(tx, site_id, comment_id)] if comment_id else []
    held = moderation.held(tx, site_id, limit=MOST + 1)
    hidden = moderation.hidden(tx, site_id, limit=MOST)
    reports = moderation.reports(tx, site_id, limit=MOST)
    cases = [*asked, *held, *hidden, *(report.case for report in reports if report.case)]
    titles: dict[str, tuple[str, str]] = {}
    for key in {case.comment.page_key for case in cases}:
        titles[key] = (lang, str(key))
        with suppress(NotFound):  # the page was taken back
            page = pages.by_key(tx, site_id, key)
            page_lang = rendering.lang_of(page, lang)
            titles[key] = (page_lang, page.titles[page_lang])
    return Waiting(asked, held, hidden, reports, rows.clashes(tx, site_id), titles)


async def _servers_page(
    request: Request, account: Account, error: Exception | None, values: Mapping[str, str]
) -> Response:
    here, wording = state(request), wording_of(request)
    after = request.query_params.get("after", "")[:300]
    found = await here.store.read(servers.decided, after=after, limit=MOST_SERVERS + 1)
    return await _page(
        request,
        account,
        "/servers",
        error,
        servers=found[:MOST_SERVERS],
        next=found[MOST_SERVERS - 1].host if len(found) > MOST_SERVERS else None,
        people=await here.store.read(servers.people, limit=MOST_SERVERS),
        choices=[(policy, wording.say(text)) for policy, text in POLICIES],
        typed={name: values.get(name, "") for name in ("who", "reason", "policy", "sweep")},
    )


async def _replies_page(
    request: Request, account: Account, url: str, error: Exception | None, fate: Fate | None
) -> Response:
    wording = wording_of(request)
    said = [wording.say(sentence) for sentence in sentences(fate)] if fate else []
    when = wording.moment(fate.decided_at) if fate else ""
    return await _page(request, account, "/replies", error, url=url, fate=fate, said=said, when=when)


async def _page(
    request: Request, account: Account, part: str, error: Exception | None = None, **view: object
) -> Response:
    wording = wording_of(request)
    return await rendering.page(
        request,
        f"moderation{part.replace('/', '_')}.html",
        account=account,
        error=error,
        fields=FIELDS,
        switch_to=f"/moderation{part}" if request.method == "POST" else None,
        title=wording.say(dict(PARTS)[part]) if part else wording.say("Moderation"),
        parts=[(path, wording.say(title), path == part) for path, title in PARTS],
        done=_said(wording, request.query_params) if error is None else "",
        view=view,
    )


def _said(wording: Wording, query: Mapping[str, str]) -> str:
    """What a form has done, on the page that it led to."""
    what, number = query.get("done", ""), query.get("number", "")
    said = wording.say(DONE.get(what, ""))
    if number.isascii() and number.isdigit() and len(number) < 8:
        if what == "list":
            said += " " + wording.count("%(num)s server was new.", "%(num)s servers were new.", int(number))
        elif what == "policy" and int(number):
            said += " " + wording.count("%(num)s comment was hidden.", "%(num)s comments were hidden.", int(number))
    return said


def _done(request: Request, part: str, what: str, number: int | None = None) -> Response:
    query = urlencode({"done": what} | ({} if number is None else {"number": number}))
    path = state(request).addresses.path(wording_of(request).lang, f"/moderation{part}")
    return RedirectResponse(f"{path}?{query}", 303)


Handler = Callable[[Request], Awaitable[Response]]
TABLE: tuple[tuple[str, str, Handler], ...] = (
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
