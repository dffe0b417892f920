"""Where baked comments come from: the API of a running service, or the file that its `export` wrote.

Both are read as what they are, words of strangers from elsewhere: checked field by field, bounded in time and in size.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import quote, urlencode

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError, model_validator

ROOTS = 10  # the newest of a page
REPLIES = 20  # the first under each of them
AT_ONCE = 8  # requests
PER_REQUEST = 100  # pages whose counts the service tells in one answer
WAIT = 10.0  # seconds for a sign of life
PATIENCE = 300.0  # seconds for everything
MOST_BYTES = 16 * 2**20  # of one answer


class SourceError(Exception):
    """The comments cannot be read; the text says why."""


Count = Annotated[int, Field(ge=0)]  # of people on other servers


class Author(BaseModel):
    name: str
    url: str | None = None
    handle: str | None = None
    server: str | None = None  # None: somebody of here


class Comment(BaseModel):
    """A comment as the API and the export write it (docs/reference/api.md)."""

    id: str = Field(pattern=r"^[0-9A-Za-z-]{1,64}$")
    html: str
    lang: str = Field(pattern=r"^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8})*$")
    author: Author | None
    in_reply_to: str | None = Field(alias="inReplyTo")
    created_at: AwareDatetime = Field(alias="createdAt")
    edited_at: AwareDatetime | None = Field(alias="editedAt")
    votes: int
    state: str
    warning: str | None = None  # of its author; the text is folded then
    indexable: bool = True
    url: str | None = None  # where it came from
    travels: bool = False
    likes: Count = 0
    boosts: Count = 0
    quotes: Count = 0

    @model_validator(mode="after")
    def _leave_out(self) -> Self:
        """Whoever wants no copies is counted and not copied: the thread itself shows what they wrote."""
        if not self.indexable:
            self.html, self.author, self.state = "", None, "hidden"
        return self


def _page(value: object) -> object:
    return value if isinstance(value, dict) else {"items": value}


class Replies(BaseModel):
    items: list[Comment]
    next: str | None = None


class Root(Comment):
    """A comment with what hangs under it: in an export all, in an answer of the API a first page."""

    branch: Annotated[Replies, BeforeValidator(_page)] = Field(alias="replies")

    @property
    def replies(self) -> list[Comment]:
        return self.branch.items

    @property
    def has_more(self) -> bool:
        return self.branch.next is not None


class Rating(BaseModel):
    """Of the page; `average` is None while nobody gave stars."""

    average: float | None = Field(ge=1, le=5)
    count: int = Field(ge=0)


class Thread(BaseModel):
    """The newest comments of a page. `comments` is "open", "closed", or None where the source does not tell."""

    page: str
    path: str | None = None
    version: int
    comment_count: int = Field(alias="commentCount")
    comments: str | None = None
    likes: Count = 0
    boosts: Count = 0
    quotes: Count = 0
    rating: Rating | None = None  # an export does not tell
    items: list[Root]


class _Export(BaseModel):
    version: int = Field(ge=1, le=1)
    service: str
    threads: list[Thread]


class _Count(BaseModel):
    comments: int


class _Counts(BaseModel):
    items: dict[str, _Count]


def from_file(path: Path) -> tuple[str, dict[str, Thread]]:
    """Return the URL of the service that the file is of, and the threads by "<kind>/<slug>". Raises SourceError."""
    try:
        export = _Export.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(str(error.strerror)) from error
    except ValidationError as error:
        raise SourceError(_first(error)) from error
    threads = {}
    for thread in export.threads:
        newest = sorted(thread.items, key=lambda root: (root.created_at, root.id), reverse=True)
        threads[thread.page] = threads[thread.path or thread.page] = thread.model_copy(update={"items": newest[:ROOTS]})
    return export.service, threads


def from_service(url: str, pages: Sequence[str]) -> dict[str, Thread]:
    """Ask a service for the threads of those pages that have comments. Raises SourceError."""
    read = _reader(f"{url}/api/v1", time.monotonic() + PATIENCE)
    batches = [pages[start : start + PER_REQUEST] for start in range(0, len(pages), PER_REQUEST)]

    def counts(batch: Sequence[str]) -> list[str]:
        answer = _Counts.model_validate_json(read("counts", [("page", page) for page in batch]))
        return [page for page in batch if page in answer.items and answer.items[page].comments]

    def thread(page: str) -> Thread:
        query = [("order", "newest"), ("limit", str(ROOTS))]
        return Thread.model_validate_json(read(f"threads/{quote(page)}", query))

    with ThreadPoolExecutor(AT_ONCE) as workers:
        try:
            wanted = [page for found in workers.map(counts, batches) for page in found]
            return dict(zip(wanted, workers.map(thread, wanted), strict=True))
        except ValidationError as error:
            raise SourceError(_first(error)) from error
        finally:
            workers.shutdown(cancel_futures=True)


def _reader(api: str, until: float) -> Callable[[str, Iterable[tuple[str, str]]], bytes]:
    def read(path: str, query: Iterable[tuple[str, str]]) -> bytes:
        url = f"{api}/{path}?{urlencode(list(query))}"
        try:
            with urllib.request.urlopen(url, timeout=WAIT) as answer:  # noqa: S310  http or https: the build checks
                content = b""
                while part := answer.read1(2**16):
                    content += part
                    if len(content) > MOST_BYTES or time.monotonic() > until:
                        raise SourceError("the answer is too long, or takes too long")
                return content
        except urllib.error.HTTPError as error:
            raise SourceError(f"{error.code} {_detail(error)}") from error
        except (OSError, ValueError, HTTPException) as error:
            raise SourceError(str(getattr(error, "reason", error))) from error

    return read


def _detail(error: urllib.error.HTTPError) -> str:
    """The sentence in a problem document (RFC 9457), else what the status is called."""
    try:
        return str(json.loads(error.read(2**16))["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return error.reason


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
