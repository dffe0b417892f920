"""The session cookie, and the proof that a request which changes something comes from our own pages."""

from starlette.requests import Request
from starlette.responses import Response

from comments_service.errors import Forbidden
from comments_service.web.addresses import Addresses
from comments_service.web.origins import other_origin, require_known_origin

HINT = "plein-logged-in"  # read by embed/session.js
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def name(addresses: Addresses, site_id: str) -> str:
    """The cookie's name: derived from the site, so that two sites on one host keep apart.

    `__Host-` and `__Secure-` make the browser enforce what we set (RFC 6265bis, 4.1.3).
    """
    if not addresses.is_https:
        return f"{site_id}-session"
    return f"__Secure-{site_id}-session" if addresses.base else f"__Host-{site_id}-session"


def session_token(request: Request, addresses: Addresses, site_id: str) -> str | None:
    wanted, token = name(addresses, site_id), None
    for pair in request.headers.get("cookie", "").split(";"):  # ours are never quoted
        key, _, value = pair.partition("=")
        if key.strip() == wanted:
            token = value.strip()
    return token


def keep_session(response: Response, token: str, addresses: Addresses, site_id: str, days: int) -> None:
    """Set the session cookie, and beside it the hint that the widget reads: it holds no secret and says "ask"."""
    for key, value, is_hidden in ((name(addresses, site_id), token, True), (HINT, "yes", False)):
        response.set_cookie(
            key,
            value,
            max_age=days * 24 * 3600,
            path=addresses.base or "/",
            secure=addresses.is_https,
            httponly=is_hidden,
            samesite="lax",
        )


def drop_session(response: Response, addresses: Addresses, site_id: str) -> None:
    keep_session(response, "", addresses, site_id, 0)


def is_api(request: Request, addresses: Addresses) -> bool:
    return str(request.scope["path"]).startswith(f"{addresses.base}/api/")


def require_own_page(request: Request, addresses: Addresses, site_id: str) -> None:
    """Raise Forbidden for a writing request that a stranger's page may have made.

    - The API takes no request from an origin that is not in the settings; what comes from a known one cannot use the
      cookie (`state.session_of`).
    - A request with our cookie, and every form, must say `Sec-Fetch-Site: same-origin` or, from an older browser,
      name the service as its Origin. A form counts without a cookie too: else another site could log its visitor in
      to an account of its own choice.
    """
    if str(request.scope["path"]).startswith(f"{addresses.base}/ap/"):
        return  # other servers: their signature counts, a cookie does not
    if request.method in SAFE_METHODS or request.headers.get("sec-fetch-site") == "same-origin":
        return
    if is_api(request, addresses):
        require_known_origin(request, addresses)
        if other_origin(request, addresses) or session_token(request, addresses, site_id) is None:
            return
    if "sec-fetch-site" in request.headers or request.headers.get("origin") != addresses.service_origin:
        raise Forbidden("unknown-origin")
