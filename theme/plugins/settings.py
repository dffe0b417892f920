"""Who the site is, for the build: read from plein.toml and PLEIN_SITE__… in the environment, all faults at once."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

LANGUAGES = ("nl", "en")  # the languages that have a catalogue
REPOSITORY_KINDS = ("github", "gitlab", "forgejo")


class SettingsError(Exception):
    """plein.toml or the environment says something that a site cannot be built from; the text names every fault."""


@dataclass(frozen=True)
class SiteSettings:
    """One site. `url` has no slash at the end; `languages[0]` stands at the root."""

    id: str
    name: str
    url: str
    languages: tuple[str, ...]
    timezone: str
    repository: str
    repository_kind: str
    contact: str
    service_url: str  # "" when the service stands on the site's own host and path
    handle_host: str = ""  # of handles in the fediverse; "" when federation is off

    @property
    def handle(self) -> str:
        """The name of the site in the fediverse, without its host."""
        return self.id.replace("-", "_")

    @property
    def base(self) -> str:
        """The path part of the URL: "" at the root of a host, "/sub" in a subpath."""
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        """Scheme and host: what stands before a link that already starts with the base."""
        return self.url[: len(self.url) - len(self.base)]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def service(self) -> str:
        """What every link to the service starts with: an absolute URL only when it stands elsewhere."""
        return self.base if self.service_url in ("", self.url) else self.service_url


def load(path: Path, environ: Mapping[str, str]) -> SiteSettings:
    """Read plein.toml; a value in the environment (`PLEIN_SITE__URL`) wins. Raises SettingsError."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}. Run from the project's folder.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} is no TOML: {error}") from error
    site = _table(tables, "site") | _from_environment(environ, "PLEIN_SITE__")
    federation = _table(tables, "federation") | _from_environment(environ, "PLEIN_FEDERATION__")
    service = _table(tables, "service") | _from_environment(environ, "PLEIN_SERVICE__")
    faults: list[str] = []

    def text(name: str, default: str | None = None) -> str:
        value = site.get(name, default)
        if isinstance(value, str) and (value or default is not None):
            return value
        faults.append(f"site.{name} must be a text, for example {name} = {_EXAMPLES[name]!r}")
        return ""

    settings = SiteSettings(
        id=text("id"),
        name=text("name"),
        url=_url(text("url"), "site.url", faults),
        languages=_languages(site.get("languages", list(LANGUAGES)), faults),
        timezone=_timezone(text("timezone", "Europe/Amsterdam"), faults),
        repository=text("repository", "").rstrip("/"),
        repository_kind=_one_of(text("repository_kind", "forgejo"), REPOSITORY_KINDS, "site.repository_kind", faults),
        contact=text("contact", ""),
        service_url=_url(str(service.get("url") or ""), "service.url", faults, may_be_empty=True),
    )
    if str(federation.get("enabled", True)).lower() not in ("false", "0", "no", "off", "n", "f"):
        base = str(federation.get("url") or settings.service_url or settings.url)
        settings = replace(settings, handle_host=urlsplit(base).netloc)
    if faults:
        raise SettingsError("\n".join(f"{path.name}: {fault}" for fault in faults))
    return settings


_EXAMPLES = {"id": "plein", "name": "Plein", "url": "https://plein.example", "timezone": "Europe/Amsterdam"}


def _table(tables: Mapping[str, object], name: str) -> dict[str, object]:
    table = tables.get(name, {})
    return dict(table) if isinstance(table, dict) else {}


def _from_environment(environ: Mapping[str, str], prefix: str) -> dict[str, object]:
    """The same names as in plein.toml, in capitals; a list is written as JSON, as the service reads it too."""
    found: dict[str, object] = {}
    for name, value in environ.items():
        if name.upper().startswith(prefix):
            field = name[len(prefix) :].lower()
            found[field] = _json_list(value) if value.startswith("[") else value
    return found


def _json_list(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _url(value: str, name: str, faults: list[str], *, may_be_empty: bool = False) -> str:
    url = value.rstrip("/")
    if not url and may_be_empty:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        good = good and (parts.port is None or parts.port > 0) and not any(char.isspace() for char in url)
    except ValueError:
        good = False
    if not good:
        faults.append(f"{name} is {value!r}; it must be like 'https://plein.example' or 'https://plein.example/sub'")
    return url


def _languages(value: object, faults: list[str]) -> tuple[str, ...]:
    if isinstance(value, list) and value and all(item in LANGUAGES for item in value) and len(set(value)) == len(value):
        return tuple(value)
    faults.append(f"site.languages must be a list of {' and '.join(LANGUAGES)}, the first one stands at the root")
    return LANGUAGES


def _timezone(value: str, faults: list[str]) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        faults.append(f"site.timezone is {value!r}; it must be a name like 'Europe/Amsterdam'")
    return value


def _one_of(value: str, choices: tuple[str, ...], name: str, faults: list[str]) -> str:
    if value not in choices:
        faults.append(f"{name} is {value!r}; it must be one of {', '.join(choices)}")
    return value
