"""Several sites in one process: the address that is asked chooses the site, by the addresses in the settings only."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from comments_service.settings import base_of


class Sites:
    """Leads a request to the application of its site: the same host, and the longest base path that fits.

    A request for an unknown host, such as a health check, goes by its path; when none fits, to the first site.
    """

    def __init__(self, applications: Mapping[str, ASGIApp]) -> None:
        """`applications` by the URL of the site's service, the first site first; that one runs the lifespan."""
        self._first = next(iter(applications.values()))
        known = [(*base_of(url), application) for url, application in applications.items()]
        self._known = sorted(known, key=lambda each: len(each[1]), reverse=True)
        self._hosts = {host for host, _, _ in known}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        application = self._first if scope["type"] != "http" else self._choose(scope)
        await application(scope, receive, send)

    def _choose(self, scope: Scope) -> ASGIApp:
        asked = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
        asked = asked.removesuffix({"http": ":80", "https": ":443"}.get(scope["scheme"], ""))
        path = f"{scope['path']}/"
        for host, base, application in self._known:
            if (host == asked or asked not in self._hosts) and path.startswith(f"{base}/"):
                return application
        return self._first
