"""Pictures of comments from elsewhere, from our own origin: always WebP, which runs nothing and loads nothing."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from comments_service import pictures
from comments_service.store import pictures as rows
from comments_service.web import thread_bytes
from comments_service.web.state import state

HEADERS = {
    # the address names the bytes; but what a moderator takes away leaves shared caches within a day
    "Cache-Control": "public, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # a page that embeds the comments shows them too
}


async def show_picture(request: Request) -> Response:
    content = await state(request).store.read(rows.content, request.path_params["hash"])
    if content is None:
        raise HTTPException(404)
    return thread_bytes.answer(request, thread_bytes.prepare(content, "image/webp"), HEADERS)


TABLE = (("GET", f"{pictures.PATH}/{{hash}}.webp", show_picture),)
