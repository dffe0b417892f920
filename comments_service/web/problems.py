"""What is wrong, told to the reader in their language: PleinError -> HTTP status and problem details (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from comments_service.errors import Conflict, Fault, Forbidden, Invalid, NotFound, TooMany, Unavailable
from comments_service.language import N_
from comments_service.web.wording import Wording


class LoggedOut(HTTPException):
    """The request needs a log-in (401)."""

    def __init__(self) -> None:
        super().__init__(401, headers={"WWW-Authenticate": 'Bearer realm="plein"'})


@dataclass(frozen=True)
class Problem:
    """A fault that is ready to be shown. `code` is stable; title and detail are msgids."""

    status: int
    code: str
    values: Mapping[str, object] = field(default_factory=dict)  # of the detail
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def title(self) -> str:
        return STATUSES[self.status][0] if self.status in STATUSES else HTTPStatus(self.status).phrase

    @property
    def detail(self) -> str:
        return REASONS.get(self.code) or STATUSES.get(self.status, ("", self.title))[1]


REASONS = {
    "comment-gone": N_("This comment is no longer there."),
    "not-yours": N_("Only the author of this comment can do this."),
    "banned": N_("This account may not write here."),
    "thread-closed": N_("Comments on this page are closed."),
    "own-comment": N_("You cannot do this with a comment of your own."),
    "moderators-only": N_("Only a moderator can do this."),
    "edit-window": N_("It is too late to change this comment. Write a reply instead."),
    "unknown-origin": N_("This request came from another site. Open the page here and try again."),
    "missing-origin": N_(
        "Pages of %(origin)s may not use these comments yet. Who runs the service can add this address to the setting "
        "origins."
    ),
    "window": N_(
        "This window was not opened by the comments of a page. Close it, and press “Log in” on the page again."
    ),
    "hand-over": N_("This log-in came too late or to another page. Log in again."),
    "manifest": N_("The site's manifest cannot be taken in now. The log of the service says why."),
    "token": N_("The token is not the one of this site."),
    "link-wrong": N_("This link is not whole. Open the link from the mail again, or ask for a new one."),
    "link-expired": N_("This link or code is too old. Ask for a new one."),
    "link-used": N_("This link or code has been used before. Ask for a new one."),
    "code-tries": N_("This code was wrong too often. Ask for a new one."),
}
STATUSES = {
    400: (N_("The request is not right"), N_("Something in the request is missing or wrong.")),
    401: (N_("Log in first"), N_("Only logged-in users can do this.")),
    403: (N_("Not allowed"), N_("You may not do this.")),
    404: (N_("Not found"), N_("There is nothing at this address.")),
    405: (N_("This cannot be done here"), N_("This address does not know this method.")),
    408: (N_("Too slow"), N_("The request did not come whole in time. Try again.")),
    409: (N_("This clashes with something else"), N_("Something with this name or key exists already.")),
    413: (N_("Too much at once"), N_("The request is larger than we accept. Make the text shorter.")),
    415: (N_("Wrong kind of request"), N_("Send JSON to the API, or a plain form to a page.")),
    422: (
        N_("This was sent before"),
        N_("It came with another text then. Look whether that one stands there, and send this one again."),
    ),
    429: (N_("Too often"), N_("You did this very often in a short time. Wait a moment and try again.")),
    500: (N_("Something went wrong here"), N_("It is our fault, not yours. Try again in a moment.")),
    503: (N_("This is not possible now"), N_("Nothing was lost on your side. Try again in a few minutes.")),
}


def of(error: Exception) -> Problem:
    """Return what an error means over HTTP. Unknown errors are a 500 that tells nothing about us."""
    match error:
        case NotFound(noun="comment"):
            return Problem(404, "comment-gone")
        case NotFound():
            return Problem(404, "not-found")
        case Forbidden(reason=reason, values=values):
            return Problem(403, reason, values=values)
        case Invalid(faults=faults):
            return Problem(400, "invalid", faults=faults)
        case Conflict(reason=reason):
            return Problem(422 if reason == "idempotency-key" else 409, reason)
        case TooMany(retry_after=seconds):
            return Problem(429, "too-many", headers={"Retry-After": str(seconds)})
        case Unavailable():
            return Problem(503, "unavailable", headers={"Retry-After": "30"})
        case HTTPException(status_code=status, detail=reason, headers=headers):
            code = reason if reason in REASONS else HTTPStatus(status).phrase.lower().replace(" ", "-")
            return Problem(status, code, headers=headers or {})
    return Problem(500, "internal-error")


LOST_SESSION = N_("You are logged out. Log in in a new tab, come back here and send it again. Your text is still here.")


# The ids of the inputs of our forms, by field. A fault of what no form asks for gets no link.
INPUTS = {name: name for name in ("text", "name", "handle", "reason", "language", "email", "code", "you", "uri")}
INPUTS |= {"lang": "written-in", "stars": "rating", "who": "who", "host": "who", "list": "list", "url": "url"}


@dataclass(frozen=True)
class Line:
    """A line of a page's error summary; `field` is the id of the input it is about."""

    message: str
    field: str = ""
    leads_to_log_in: bool = False


def lines(error: Exception | None, wording: Wording) -> list[Line]:
    """What a page says in its error summary."""
    if error is None:
        return []
    if isinstance(error, LoggedOut):
        return [Line(wording.say(LOST_SESSION), leads_to_log_in=True)]
    if not isinstance(error, Invalid):
        return [Line(wording.say(of(error).detail, of(error).values))]
    return [Line(wording.say(fault.message_id, fault.values), INPUTS.get(fault.field, "")) for fault in error.faults]


def answer(problem: Problem, wording: Wording, service_url: str) -> Response:
    """Return the problem as application/problem+json. `type` points to its entry in the API's own description."""
    members: dict[str, object] = {
        "type": f"{service_url}/api/v1/openapi.json#/x-problems/{problem.code}",
        "title": wording.say(problem.title),
        "status": problem.status,
        "detail": wording.say(problem.detail, problem.values),
    }
    if problem.faults:
        members["errors"] = [
            {"field": fault.field, "message": wording.say(fault.message_id, fault.values)} for fault in problem.faults
        ]
    headers = {**problem.headers, "Content-Language": wording.lang, "Vary": "Accept-Language"}
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return Response(body, problem.status, headers, media_type="application/problem+json")
