"""Where things stand on the web: the site, the service, a page in a language, and where a reader may be sent back to.

Only configured host names count here, whatever Host or X-Forwarded-Host says.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlsplit

LONGEST_RETURN = 500


@dataclass(frozen=True)
class Addresses:
    site: str  # absolute, no slash at the end
    service: str
    languages: tuple[str, ...]  # the first one stands at the root
    more_origins: tuple[str, ...] = ()  # whose pages may show the comments too

    @cached_property
    def site_origin(self) -> str:
        return origin(self.site)

    @cached_property
    def service_origin(self) -> str:
        return origin(self.service)

    @property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may write here."""
        return frozenset((self.site_origin, self.service_origin, *self.more_origins))

    @cached_property
    def base(self) -> str:
        """The path under which the service stands: "" or "/sub"."""
        return urlsplit(self.service).path.rstrip("/")

    @cached_property
    def is_https(self) -> bool:
        return self.service.startswith("https:")

    def prefix(self, lang: str) -> str:
        return "" if lang == self.languages[0] else f"/{lang}"

    def path(self, lang: str, path: str) -> str:
        """The path of one of the service's own pages, e.g. /sub/en/log-in."""
        return self.base + self.prefix(lang) + path

    def absolute(self, lang: str, path: str) -> str:
        return self.service + self.prefix(lang) + path

    def front(self, lang: str) -> str:
        """The site's front page in a language, as short as a link can be."""
        return self.near(f"{self.site}{self.prefix(lang)}/")

    def near(self, url: str) -> str:
        """A URL without its host when that host is the service's own: pages then work under every name of the host."""
        if self.site_origin == self.service_origin and origin(url) == self.site_origin:
            return url[len(self.site_origin) :] or "/"
        return url

    def language_of(self, path: str) -> str:
        """The language of one of the service's own paths."""
        rest = path.removeprefix(self.base)
        named = (lang for lang in self.languages[1:] if f"{rest}/".startswith(f"/{lang}/"))
        return next(named, self.languages[0])

    def way_back(self, return_to: str | None) -> str | None:
        """Return where `return_to` may lead: a path of ours (on the site's host when they differ), else None.

        Refused: other hosts in every spelling (`//host`, `/\\host`, `https:host`), control characters, and paths
        outside our base, because on a shared host the rest is not ours.
        """
        if not return_to or len(return_to) > LONGEST_RETURN or not return_to.isprintable() or "\\" in return_to:
            return None
        for known in (self.site, self.service):
            if return_to.startswith((f"{known}/", f"{known}?")):
                return_to = return_to[len(origin(known)) :]
        if not return_to.startswith("/") or return_to.startswith("//"):
            return None
        segments = re.sub("%2e", ".", urlsplit(return_to).path, flags=re.IGNORECASE).split("/")
        if "." in segments or ".." in segments:
            return None
        home = self.service if self._is_service(return_to) else self.site
        base = urlsplit(home).path.rstrip("/")
        if base and not (return_to == base or return_to.startswith((f"{base}/", f"{base}?"))):
            return None
        return self.near(origin(home) + quote(return_to, safe="/?&=#%+:@!$'()*,;~-._[]"))

    def _is_service(self, path: str) -> bool:
        own = ("/threads/", "/account", "/log-in", "/authorize_interaction", "/moderation")
        return any(path.startswith(tuple(self.path(lang, start) for start in own)) for lang in self.languages)


def origin(url: str) -> str:
    """The origin of a URL as a browser writes it (RFC 6454, 6.2), as long as the URL names no user."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"
