"""What strangers send, bounded and made into frozen dataclasses with exactly the allowed fields; all faults at once."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from comments_service import comments, threads
from comments_service.announcements import Asked
from comments_service.errors import Fault, Invalid
from comments_service.language import N_
from comments_service.manifest import unique

MOST_FIELDS = 20
BODY_SECONDS = 30  # for a whole body: a comment on a bad line takes a few
LONGEST_TEXT = 256 * 1024  # as large as a request; the rule knows how long a comment may be, and says so
PAGE = re.compile(r"(?:blogs|groups)/[a-z0-9-]{1,200}")
# No text of ours needs control characters; NUL and lone surrogates cannot even be stored.
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
JSON = json.JSONDecoder(object_pairs_hook=unique)
IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{8,100}")


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
    """The fields of one request. Reading one checks it and notes its fault; `done` raises Invalid with all of them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._known: set[str] = set()
        self._faults: list[Fault] = []

    def text(self, name: str, *, longest: int, missing: str | None = None) -> str | None:
        """A text of at most `longest` characters; None when it is blank, which is a fault if `missing` says so."""
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
        return value

    def identifier(self, name: str) -> str | None:
        value = self.text(name, longest=64)
        if value is not None and not IDENTIFIER.fullmatch(value):
            self.fault(name, N_("This is not an id."))
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        value = self.text(name, longest=100)
        if value is not None and value not in choices:
            self.fault(name, N_("Choose one of: %(choices)s."), choices=", ".join(choices))
        return value

    def language(self, name: str) -> str | None:
        """A language to read: any, as comments from elsewhere are in languages that the site itself has not."""
        value = self.text(name, longest=100)
        if value is not None and not comments.LANGUAGES.fullmatch(value):
            self.fault(name, N_("Write a language code such as nl or en."))
        return value

    def whole(self, name: str, choices: Sequence[int], *, missing: str | None = None) -> int | None:
        """A whole number out of `choices`, as a JSON number or as the digits of a form."""
        self._known.add(name)
        value = self._values.get(name)
        if value is None or value == "":
            if missing:
                self.fault(name, missing)
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
            self.fault(name, N_("Choose one of: %(choices)s."), choices=", ".join(map(str, choices)))
            return None
        return value

    def fault(self, name: str, message_id: str, **values: object) -> None:
        self._faults.append(Fault(name, message_id, values))

    def done(self, *, refuse_unknown: bool = True, rule: Callable[[], object] | None = None) -> None:
        """Raise Invalid with every fault; `rule`, which judges the values themselves, is asked for what it adds."""
        if refuse_unknown:
            for name in sorted(set(self._values) - self._known)[:MOST_FIELDS]:
                self._faults.append(Fault(name[:100], N_("This field is not known here. Leave it out.")))
        if self._faults:
            named = {fault.field for fault in self._faults}
            try:
                if rule is not None:
                    rule()
            except Invalid as error:
                self._faults += [fault for fault in error.faults if fault.field not in named]
            raise Invalid(self._faults)


async def json_fields(request: Request) -> Fields:
    """The JSON object of a request. Raises 415 for another media type, Invalid when it is no JSON object."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    try:
        body = await _body(request)
        value = JSON.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Invalid([Fault("body", N_("The body is not valid JSON, or a name in it comes twice."))]) from error
    if not isinstance(value, dict):
        raise Invalid([Fault("body", N_("The body must be a JSON object."))])
    return Fields(value)


async def _body(request: Request) -> bytes:
    """The whole body. Raises 413 when it is too long, 408 when it trickles in (RFC 9110, 15.5.9)."""
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
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        pairs = parse_qsl((await _body(request)).decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Invalid([Fault("body", N_("The form could not be read."))]) from error
    return dict(pairs)


def comment(
    fields: Fields, languages: Sequence[str], *, is_edit: bool = False, max_length: int = comments.MAX_LENGTH
) -> CommentBody:
    """A comment or, with `is_edit`, its new text. The rule knows how long a comment may be; this is the outer bound."""
    text = fields.text("text", longest=LONGEST_TEXT, missing=N_("Write your comment first."))
    rule = partial(comments.prepare, text or "", "en", max_length=max_length)
    if is_edit:
        fields.done(rule=rule)
        return CommentBody(text or "", None, None, None)
    in_reply_to = fields.identifier("inReplyTo")
    lang = fields.choice("lang", languages)
    name = fields.text("name", longest=200)
    fields.done(rule=rule)
    return CommentBody(text or "", in_reply_to, lang, name)


@dataclass(frozen=True)
class PreviewBody:
    text: str
    lang: str | None
    page: str | None  # whose people can be mentioned


def preview(fields: Fields, languages: Sequence[str]) -> PreviewBody:
    text = fields.text("text", longest=LONGEST_TEXT, missing=N_("Write your comment first."))
    lang = fields.choice("lang", languages)
    page = fields.text("page", longest=210)
    if page is not None and not PAGE.fullmatch(page):
        fields.fault("page", N_("Name a page as blogs/name or groups/name."))
    fields.done()
    return PreviewBody(text or "", lang, page)


def vote(fields: Fields) -> int:
    value = fields.whole("value", (1, -1), missing=N_("Vote 1 (helpful) or -1 (not helpful)."))
    fields.done()
    return value or 0


def report(fields: Fields) -> str:
    reason = fields.text("reason", longest=1000, missing=N_("Say what is wrong with this comment."))
    fields.done()
    return (reason or "").strip()


def stars(fields: Fields) -> int:
    value = fields.whole("stars", (1, 2, 3, 4, 5), missing=N_("Choose 1 to 5 stars."))
    fields.done()
    return value or 0


def me(fields: Fields, languages: Sequence[str]) -> MeBody:
    name, language = fields.text("name", longest=200), fields.choice("language", languages)
    federation = fields.choice("federation", ("on", "off", "take-back"))
    body = MeBody(name, language, fields.text("handle", longest=60), federation)
    fields.done()
    return body


def pages(query: QueryParams) -> tuple[str, ...]:
    """The page keys of GET /counts; the rule knows how many may be asked."""
    asked = tuple(dict.fromkeys(query.getlist("page")))
    if not asked:
        raise Invalid([Fault("page", N_("This is missing. Fill it in."))])
    if any(not PAGE.fullmatch(page) for page in asked):
        raise Invalid([Fault("page", N_("Name a page as blogs/name or groups/name."))])
    return asked


def announcement(query: QueryParams) -> Asked:
    fields = Fields(dict(query))
    force = fields.choice("force", ("true", "false"))
    dry_run = fields.choice("dryRun", ("true", "false"))
    confirm = fields.choice("confirm", ("true", "false"))
    fields.done(refuse_unknown=False)
    return Asked(force == "true", tuple(query.getlist("withdraw")), dry_run == "true", confirm == "true")


def log_in(fields: Fields, languages: Sequence[str]) -> LogInBody:
    email = fields.text("email", longest=320, missing=N_("Write a mail address such as name@example.org."))
    return_to = fields.text("returnTo", longest=500)
    lang = fields.choice("lang", languages)
    fields.done()
    return LogInBody((email or "").strip(), return_to, lang)


def thread_query(query: QueryParams) -> ThreadQuery:
    """Which part of a thread is asked for. Parameters that we do not know are ignored, as caches add their own."""
    fields = Fields(dict(query))
    wanted = ThreadQuery(
        order=fields.choice("order", threads.ORDERS) or threads.ORDERS[0],
        limit=fields.whole("limit", threads.LIMITS) or threads.LIMITS[0],
        after=fields.text("after", longest=200),
        around=fields.identifier("around"),
        root=fields.identifier("root"),
        lang=fields.language("lang"),
    )
    fields.done(refuse_unknown=False)
    return wanted


def prefix(query: QueryParams) -> str:
    """The start of a name that is looked for; blank for anyone."""
    fields = Fields(dict(query))
    value = fields.text("prefix", longest=80)
    fields.done(refuse_unknown=False)
    return value or ""


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
