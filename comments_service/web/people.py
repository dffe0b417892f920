"""The page of somebody who wrote comments: the name, and the newest ones with links. Search engines leave it out."""

from starlette.requests import Request
from starlette.responses import Response

from comments_service import accounts, pages
from comments_service.errors import NotFound
from comments_service.ids import is_id
from comments_service.model import Comment, Page
from comments_service.store import latest
from comments_service.store.protocol import Transaction, utc_text
from comments_service.web import rendering
from comments_service.web.state import state, wording_of
from comments_service.web.thread_tree import initials

COMMENTS = 25


async def show_person(request: Request) -> Response:
    here, wording = state(request), wording_of(request)
    name, written = await here.store.read(_written, here.site_id, request.path_params["id"])
    return await rendering.page(
        request,
        "person.html",
        title=name,
        initials=initials(name),
        items=[
            {
                "comment": comment,
                "page": page,
                "page_lang": (page_lang := rendering.lang_of(page, wording.lang)),
                "title": page.titles[page_lang],
                "created": wording.moment(comment.created_at),
                "created_iso": utc_text(comment.created_at),
                "language_name": wording.language(comment.lang),
            }
            for comment, page in written
        ],
        is_all=len(written) < COMMENTS,
    )


def _written(tx: Transaction, site_id: str, account_id: str) -> tuple[str, list[tuple[Comment, Page]]]:
    """Who wrote something that is shown here, and what. Raises NotFound: others have no page."""
    found = latest.of_account(tx, site_id, account_id, limit=COMMENTS) if is_id(account_id) else []
    if not found:
        raise NotFound("person", account_id)
    return accounts.by_id(tx, account_id).name or "", [
        (comment, pages.by_key(tx, site_id, comment.page_key)) for comment in found
    ]


TABLE = (("GET", "/people/{id}", show_person),)
