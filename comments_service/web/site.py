"""Files: the built site after all routes of the service."""

import mimetypes
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from comments_service.web import thread_bytes
from comments_service.web.state import state

TYPES = mimetypes.MimeTypes()  # as Python knows them, whatever the machine says, and newer ones
for media_type, ending in (("text/javascript", ".js"), ("application/xml", ".xml"), ("image/avif", ".avif")):
    TYPES.add_type(media_type, ending)
for media_type, ending in (("image/webp", ".webp"), ("font/woff2", ".woff2")):
    TYPES.add_type(media_type, ending)
RULES = tomllib.loads(Path(__file__).with_name("headers.toml").read_text("utf-8"))["files"]
SMALL = 1024 * 1024  # such a file is read whole, so that a new build cannot come between its headers and its text


async def show(folder: Path, request: Request) -> Response:
    """A file of a folder, which may be a symlink that is swapped at any moment."""
    addresses, whole = state(request).addresses, str(request.scope["path"])
    path = whole.removeprefix(addresses.base)
    found = await anyio.to_thread.run_sync(find, folder, path or "/")
    if found == "folder":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{quote(whole.strip('/'))}/{query}", 308)  # one slash: "//name" would be another host
    if isinstance(found, Path):
        headers = headers_of(path)
        if not addresses.is_https:
            headers.pop("Strict-Transport-Security")
        return await file(request, found, headers)
    missing = await anyio.to_thread.run_sync(find, folder, f"{addresses.prefix(addresses.language_of(whole))}/404.html")
    if not isinstance(missing, Path):
        raise HTTPException(404)
    return Response(await anyio.to_thread.run_sync(missing.read_bytes), 404, media_type="text/html")


def headers_of(path: str) -> dict[str, str]:
    """What headers.toml says of a path: of each header the last rule that fits."""
    headers: dict[str, str] = {}
    for rule in RULES:
        if re.search(rule["path"], path):
            headers |= {name: value for name, value in rule.items() if name != "path"}
    return headers


def find(folder: Path, path: str) -> Path | str | None:
    """Return the file at a URL's path, "folder" when only a slash is missing, None when there is nothing.

    The folder is resolved once, so that a swap in between cannot mix two builds; nothing outside it is ever found.
    """
    try:
        root = folder.resolve(strict=True)
        target = Path(os.path.normpath(f"{root}/{path}")).resolve(strict=True)
        if not target.is_relative_to(root):
            return None
        if stat.S_ISREG(target.stat().st_mode):
            return None if path.endswith("/") else target
        index = target / "index.html"
        if not index.resolve(strict=True).is_relative_to(root) or not index.is_file():
            return None
        return index if path.endswith("/") else "folder"
    except (OSError, ValueError):
        return None


async def file(request: Request, path: Path, headers: Mapping[str, str]) -> Response:
    """Answer with a file: small ones whole with an ETag of their content, large ones in parts and by range."""
    media_type = media_type_of(path)
    try:
        facts = await anyio.to_thread.run_sync(path.stat)
        if facts.st_size > SMALL:
            return FileResponse(path, headers=headers, media_type=media_type, stat_result=facts)
        content = await anyio.to_thread.run_sync(path.read_bytes)
    except OSError as error:  # the build that held it was swapped away a moment ago
        raise HTTPException(404) from error
    return thread_bytes.answer(request, thread_bytes.prepare(content, media_type), headers)


def media_type_of(path: Path) -> str:
    if path.name == "atom.xml":
        return "application/atom+xml"
    return TYPES.guess_type(path.name)[0] or "application/octet-stream"
