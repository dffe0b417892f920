"""What strangers send, bounded and made into frozen dataclasses with exactly the allowed fields; all faults at once."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from comments_service import comments, threads
from comments_service.errors import Fault, Invalid
from comments_service.language import LANGUAGES, N_
from comments_service.manifest import unique
from comments_service.pages import Asked

MOST_FIELDS = 20
BODY_SECONDS = 30  # for a whole body: a comment on a bad line takes a few
LONGEST_TEXT = 256 * 1024  # as large as a request; the rule knows how long a comment may be, and says so
PAGE = re.compile(r"(?:blogs|groups)/[a-z0-9-]{1,200}")
# No text of ours needs control characters; NUL and lone surrogates cannot even be stored.
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
JSON = json.JSONDecoder(object_pairs_hook=unique)
IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")
NO_PAGE = N_("Name a page as blogs/name or groups/name.")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{8,100}")
T = TypeVar("T")
Like = tuple[re.Pattern[str], str]  # and what is said of a text that is not so


@dataclass(frozen=True)
class CommentBody:
    text: str
    in_reply_to: str | None
    lang: str | None
    name: str | None


@dataclass(frozen=True)
class MeBody:
    name: str | None
    language: str | None
    handle: str | None
    federation: str | None  # "on", "off" or "take-back"


@dataclass(frozen=True)
class LogInBody:
    email: str
    return_to: str | None
    lang: str | None


@dataclass(frozen=True)
class ThreadQuery:
    """What threads.read_page takes."""

    order: str
    limit: int
    after: str | None
    around: str | None
    root: str | None
    lang: str | None


class Fields:
    """The fields of one request. Reading one checks it and notes its fault; `made` raises Invalid with all of them.

    Fields of JSON that nobody asked for are faults too; those of a form or a query are not: caches add their own.
    """

    def __init__(self, values: Mapping[str, object], *, refuses_unknown: bool = False) -> None:
        self._values = values
        self._refuses_unknown = refuses_unknown
        self._known: set[str] = set()
        self._faults: list[Fault] = []

    def text(self, name: str, *, longest: int, missing: str | None = None, like: Like | None = None) -> str | None:
        """A text of at most `longest` characters, `like` this; None when it is blank, a fault if `missing` says so."""
        self._known.add(name)
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            self.fault(name, N_("This must be text."))
            return None
        value = value or ""
        if "\r" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        if not value.strip():
            if missing:
                self.fault(name, missing)
            return None
        if UNWANTED.search(value):
            self.fault(name, N_("This holds characters that cannot be shown. Remove them."))
        elif len(value) > longest:
            self.fault(name, N_("This is too long: at most %(longest)s characters."), longest=longest)
        elif like is not None and not like[0].fullmatch(value):
            self.fault(name, like[1])
        return value

    def identifier(self, name: str) -> str | None:
        return self.text(name, longest=64, like=(IDENTIFIER, N_("This is not an id.")))

    def language(self, name: str) -> str | None:
        """A language to read: any, as comments from elsewhere are in languages that the site itself has not."""
        return self.text(name, longest=100, like=(comments.LANGUAGES, N_("Write a language code such as nl or en.")))

    def choice(self, name: str, choices: Sequence[T], *, missing: str | None = None) -> T | None:
        """One of `choices`, as it is or as a form writes it; None when it is blank, which may be a fault."""
        self._known.add(name)
        value = self._values.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if missing:
                self.fault(name, missing)
            return None
        for each in choices:
            if value == str(each) or (value == each and type(value) is type(each)):
                return each
        self.fault(name, N_("Choose one of: %(choices)s."), choices=", ".join(map(str, choices)))
        return None

    def fault(self, name: str, message_id: str, **values: object) -> None:
        self._faults.append(Fault(name, message_id, values))

    def made(self, body: T, *, rule: Callable[[], object] | None = None) -> T:
        """Return what was made of the fields. Raises Invalid with every fault.

        `rule`, which judges the values themselves, is then asked for what it adds.
        """
        if self._refuses_unknown:
            for name in sorted(set(self._values) - self._known)[:MOST_FIELDS]:
                self.fault(name[:100], N_("This field is not known here. Leave it out."))
        if self._faults:
            named = {fault.field for fault in self._faults}
            try:
                if rule is not None:
                    rule()
            except Invalid as error:
                self._faults += [fault for fault in error.faults if fault.field not in named]
            raise Invalid(self._faults)
        return body

    def done(self) -> None:
        self.made(None)


async def json_fields(request: Request) -> Fields:
    """The JSON object of a request. Raises 415 for another media type, Invalid when it is no JSON object."""
    body = await _body(request, "application/json")
    try:
        value = JSON.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Invalid([Fault("body", N_("The body is not valid JSON, or a name in it comes twice."))]) from error
    if not isinstance(value, dict):
        raise Invalid([Fault("body", N_("The body must be a JSON object."))])
    return Fields(value, refuses_unknown=True)


async def _body(request: Request, media_type: str) -> bytes:
    """The whole body. Raises 415 for another type, 413 when too long, 408 when it trickles in (RFC 9110, 15.5)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise HTTPException(415)
    body, is_whole = bytearray(), False
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            # in the next turn of the loop, if we still wait then: most bodies are there, and a timer costs more
            waiting = loop.call_soon(limit.reschedule, loop.time() + BODY_SECONDS)
            while not is_whole:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                is_whole = not message.get("more_body", False)
                if len(body) > LONGEST_TEXT:
                    raise HTTPException(413)
        return bytes(body)
    except TimeoutError as error:
        raise HTTPException(408, headers={"Connection": "close"}) from error
    finally:
        waiting.cancel()


async def form_values(request: Request) -> dict[str, str]:
    """The fields of a plain HTML form. Raises 415 for another media type, Invalid when there are too many."""
    body = await _body(request, "application/x-www-form-urlencoded")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise Invalid([Fault("body", N_("The form could not be read."))]) from error


def comment(
    fields: Fields, languages: Sequence[str], *, is_edit: bool = False, max_length: int = comments.MAX_LENGTH
) -> CommentBody:
    """A comment or, with `is_edit`, its new text. The rule knows how long a comment may be; this is the outer bound."""
    text = _written(fields)
    rule = partial(comments.prepare, text, "en", max_length=max_length)
    if is_edit:
        return fields.made(CommentBody(text, None, None, None), rule=rule)
    asked = fields.identifier("inReplyTo"), fields.choice("lang", _offered(languages)), fields.text("name", longest=200)
    return fields.made(CommentBody(text, *asked), rule=rule)


@cache
def _offered(languages: Sequence[str]) -> Sequence[str]:
    """The languages of comments: those of the site, and what the widget offers."""
    return tuple(dict.fromkeys((*languages, *LANGUAGES)))


def _written(fields: Fields) -> str:
    return fields.text("text", longest=LONGEST_TEXT, missing=N_("Write your comment first.")) or ""


@dataclass(frozen=True)
class PreviewBody:
    text: str
    lang: str | None
    page: str | None  # whose people can be mentioned


def preview(fields: Fields, languages: Sequence[str]) -> PreviewBody:
    text, lang = _written(fields), fields.choice("lang", languages)
    return fields.made(PreviewBody(text, lang, fields.text("page", longest=210, like=(PAGE, NO_PAGE))))


def vote(fields: Fields) -> int:
    return fields.made(fields.choice("value", (1, -1), missing=N_("Vote 1 (helpful) or -1 (not helpful)."))) or 0


def report(fields: Fields) -> str:
    reason = fields.text("reason", longest=1000, missing=N_("Say what is wrong with this comment."))
    return fields.made(reason or "").strip()


def stars(fields: Fields) -> int:
    return fields.made(fields.choice("stars", (1, 2, 3, 4, 5), missing=N_("Choose 1 to 5 stars."))) or 0


def me(fields: Fields, languages: Sequence[str]) -> MeBody:
    name, language = fields.text("name", longest=200), fields.choice("language", languages)
    federation = fields.choice("federation", ("on", "off", "take-back"))
    return fields.made(MeBody(name, language, fields.text("handle", longest=60), federation))


def pages(query: QueryParams) -> tuple[str, ...]:
    """The page keys of GET /counts; the rule knows how many may be asked."""
    asked = tuple(dict.fromkeys(query.getlist("page")))
    if not asked:
        raise Invalid([Fault("page", N_("This is missing. Fill it in."))])
    if any(not PAGE.fullmatch(page) for page in asked):
        raise Invalid([Fault("page", NO_PAGE)])
    return asked


def announcement(query: QueryParams) -> Asked:
    fields = Fields(query)
    force, dry_run, confirm = (
        fields.choice(name, ("true", "false")) == "true" for name in ("force", "dryRun", "confirm")
    )
    return fields.made(Asked(force, tuple(query.getlist("withdraw")), dry_run, confirm))


def log_in(fields: Fields, languages: Sequence[str]) -> LogInBody:
    email = fields.text("email", longest=320, missing=N_("Write a mail address such as name@example.org."))
    return_to, lang = fields.text("returnTo", longest=500), fields.choice("lang", languages)
    return fields.made(LogInBody((email or "").strip(), return_to, lang))


def thread_query(query: QueryParams) -> ThreadQuery:
    """Which part of a thread is asked for."""
    fields = Fields(query)
    return fields.made(
        ThreadQuery(
            order=fields.choice("order", threads.ORDERS) or threads.ORDERS[0],
            limit=fields.choice("limit", threads.LIMITS) or threads.LIMITS[0],
            after=fields.text("after", longest=200),
            around=fields.identifier("around"),
            root=fields.identifier("root"),
            lang=fields.language("lang"),
        )
    )


def prefix(query: QueryParams) -> str:
    """The start of a name that is looked for; blank for anyone."""
    fields = Fields(query)
    return fields.made(fields.text("prefix", longest=80)) or ""


def idempotency_key(fields: Fields, value: str | None) -> str:
    """The key that makes a repeated request harmless (draft-ietf-httpapi-idempotency-key-header)."""
    if not value:
        fields.fault("Idempotency-Key", N_("This header is missing. Send a new random value with each new comment."))
    elif not IDEMPOTENCY_KEY.fullmatch(value):
        fields.fault("Idempotency-Key", N_("Use 8 to 100 printable characters without spaces."))
    return value or ""


def request_hash(*parts: str | None) -> str:
    """A hash of what was asked, so that one key cannot stand for two requests."""
    return blake2b("\0".join([part or "" for part in parts]).encode(), digest_size=16).hexdigest()  # no field holds NUL
