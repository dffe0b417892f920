"""The page of somebody who wrote comments: the name, and the newest ones with links. Search engines leave it out."""

from starlette.requests import Request
from starlette.responses import Response

from comments_service import accounts, pages
from comments_service.errors import NotFound
from comments_service.ids import is_id
from comments_service.model import Comment, Page
from comments_service.store import latest
from comments_service.store.protocol import Transaction
from comments_service.web import rendering
from comments_service.web.state import state

COMMENTS = 25


async def show_person(request: Request) -> Response:
    here = state(request)
    name, written = await here.store.read(_written, here.site_id, request.path_params["id"])
    return await rendering.page(request, "person.html", title=name, items=written, is_all=len(written) < COMMENTS)


def _written(tx: Transaction, site_id: str, account_id: str) -> tuple[str, list[tuple[Comment, Page]]]:
    """Who wrote something that is shown here, and what. Raises NotFound: others have no page."""
    found = latest.of_account(tx, site_id, account_id, limit=COMMENTS) if is_id(account_id) else []
    if not found:
        raise NotFound("person", account_id)
    return accounts.by_id(tx, account_id).name or "", [
        (comment, pages.by_key(tx, site_id, comment.page_key)) for comment in found
    ]


TABLE = (("GET", "/people/{id}", show_person),)
