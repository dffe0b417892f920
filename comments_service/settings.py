"""The settings: one frozen tree from plein.toml and PLEIN_… in the environment, checked once at start.

The environment wins over the file: PLEIN_SITE__URL sets `url` of `[site]`, PLEIN_LIMITS sets `limits`.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import PydanticBaseSettingsSource as Source


class SettingsError(Exception):
    """One or more settings are wrong; the message names them all and says how to mend them."""


class Section(BaseModel, frozen=True, extra="forbid"):
    """What stands under one heading of the file."""


ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?")


def base_of(url: str) -> tuple[str, str]:
    """Host, with a port that is not the usual one, and path of a URL: what a request says of the site that it asks."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return parts.netloc.lower().removesuffix(usual), parts.path


def _url(value: str) -> str:
    if value and (not value.startswith(("http://", "https://")) or value.endswith("/") or set("?#") & set(value)):
        raise ValueError("must start with https:// or http:// and have no slash at the end, no ? and no #")
    return value


def _origin(value: str) -> str:
    if not ORIGIN.fullmatch(value) or urlsplit(value).netloc != base_of(value)[0]:
        raise ValueError(
            f"is {value!r}; write an origin as a browser does: https://other.example, "
            "in small letters, with a port only when it is not the usual one, and no path"
        )
    return value


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a known time zone; write one such as Europe/Amsterdam")
    return value


def _token(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 32:
        raise ValueError("must have 32 characters or more")
    return value


def _sender(value: str) -> str:
    if "\n" in value or "\r" in value or (value and "@" not in value):
        raise ValueError('must be an address such as "Plein <noreply@plein.example>"')
    return value


Url = Annotated[str, AfterValidator(_url)]


class SiteSettings(Section):
    """Who the site is. The build reads the same values."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    name: str = Field(min_length=1, max_length=100)
    url: Url = Field(min_length=1)
    languages: list[Literal["nl", "en"]] = Field(default=["nl", "en"], min_length=1)
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Amsterdam"
    repository: str = ""
    repository_kind: Literal["github", "gitlab", "forgejo"] = "forgejo"
    contact: str = ""
    # whose pages may show the comments, beside those of `url` and of the service
    origins: list[Annotated[str, AfterValidator(_origin)]] = []


class OtherSite(SiteSettings):
    """One more site of the same service, with what `[service]` says of the first one."""

    service_url: Url = ""  # "" means: the same as url
    manifest: str | None = None  # None means: url + "/plein.json"


class ServiceSettings(Section):
    """Where the service stands and what it keeps."""

    url: Url = ""  # "" means: the same as site.url
    database: Path = Path("var/plein.db")
    keys_dir: Path = Path("var")
    site_dir: Path | None = None  # serve the built site from this folder, in the same process
    manifest: str | None = None  # path or URL of plein.json; None means: site.url + "/plein.json"
    development: bool = False
    trusted_proxies: list[str] = []
    poll_seconds: int = Field(default=60, ge=0)  # 0 means: do not look by itself
    announce_token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")  # "" means: the one in keys_dir


class MailSettings(Section):
    """The SMTP server that sends. Without a host mail is not sent; in development it is shown."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: Annotated[str, AfterValidator(_sender)] = ""


class LoginSettings(Section):
    link_minutes: int = Field(default=15, ge=1, le=60)
    session_days: int = Field(default=90, ge=1, le=400)
    token_hours: int = Field(default=12, ge=1, le=720)  # of a page of another origin
    mails_per_address_per_hour: int = Field(default=5, ge=1)
    mails_per_network_per_hour: int = Field(default=20, ge=1)


class CommentSettings(Section):
    edit_minutes: int = Field(default=60, ge=0)
    max_length: int = Field(default=5000, ge=1, le=5000)
    close_after_days: int = Field(default=0, ge=0)  # counted from the date of the page; 0 means: never
    hold_per_minute: int = Field(default=60, ge=0)  # more comments than this are held for a moderator; 0 means: never


class FederationSettings(Section):
    """Whether and how the site is part of the fediverse."""

    enabled: bool = True
    url: Url = ""  # where ids and handles begin; "" means: the URL of the service. Kept at the first start.
    intranet: list[IPvAnyNetwork] = []  # networks that may be reached though not public, and without TLS
    deliver_here: bool = True  # False: a process of its own sends, `python -m comments_service deliver`
    notes: bool = False  # send posts as Notes instead of Articles
    quotes: bool = True  # let others quote
    hold_first: bool = True  # the first comment of someone of another server waits for a moderator
    hold_per_minute: int = Field(default=30, ge=0)  # more remote comments than this are held; 0 means: never


class Settings(BaseSettings):
    """Everything that can be set. Read once by `load` and passed down."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix="PLEIN_", env_nested_delimiter="__")

    site: SiteSettings
    service: ServiceSettings = ServiceSettings()
    mail: MailSettings = MailSettings()
    login: LoginSettings = LoginSettings()
    comments: CommentSettings = CommentSettings()
    federation: FederationSettings = FederationSettings()
    limits: Literal["on", "off"] = "on"  # "off" is for load tests
    sites: list[OtherSite] = []  # each with an id and an address of its own

    @model_validator(mode="after")
    def _check_sites(self) -> Self:
        each = self.each_site()
        named = Counter(one.site.id for one in each)
        named.update("//" + "".join(base_of(one.service_url)) for one in each)
        if twice := [name for name, number in named.items() if number > 1]:
            raise ValueError(f"must each have an id and a service address of their own; twice: {', '.join(twice)}")
        return self

    def of_site(self, site_id: str | None) -> "Settings":
        """The settings of one site, None for the first. Raises SettingsError when no site has this id."""
        each = self.each_site()
        found = [one for one in each if site_id in (one.site.id, None)]
        if not found:
            raise SettingsError(f"There is no site {site_id}. There are: {', '.join(one.site.id for one in each)}.")
        return found[0]

    def each_site(self) -> list["Settings"]:
        """The settings of every site, the first one first, as if each were the only one."""
        first, service = self.model_copy(update={"sites": []}), self.service
        others = []
        for site in self.sites:
            where = {"url": site.service_url, "manifest": site.manifest, "site_dir": None}
            others.append(first.model_copy(update={"site": site, "service": service.model_copy(update=where)}))
        return [first, *others]

    @property
    def service_url(self) -> str:
        """The base URL of the service, without a slash at the end."""
        return self.service.url or self.site.url

    @property
    def manifest_source(self) -> str:
        """The path or URL where the manifest is read."""
        return self.service.manifest or self.site.url + "/plein.json"

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, env_settings: Source, *_: Source, **__: Source
    ) -> tuple[Source, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(path: Path | None = None, **overrides: object) -> Settings:
    """Read the settings of `path` (default: plein.toml in this folder), the environment and `overrides`.

    Overrides win over the environment: `load(service={"development": True})`. Relative paths of the file are
    relative to the file. Raises SettingsError with every fault in one message.
    """
    path = (path or Path("plein.toml")).absolute()
    if not path.is_file():
        raise SettingsError(f"{path} is missing. Run the command in the folder of the site, or name the file.")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        read = FromFile(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, fault['loc'])) or 'sites'}: {_reason(fault['msg'])}" for fault in error.errors()]
        raise SettingsError(f"Wrong settings in {path} or the environment:\n  " + "\n  ".join(lines)) from None
    except ValueError as error:
        raise SettingsError(f"{path} or a PLEIN_… variable cannot be read: {error}") from None
    folder = path.parent

    def placed(manifest: str | None) -> str | None:
        return manifest and (manifest if "://" in manifest else str(folder / manifest))

    paths = {name: folder / value for name, value in read.service if isinstance(value, Path)}
    service = read.service.model_copy(update={**paths, "manifest": placed(read.service.manifest)})
    sites = [site.model_copy(update={"manifest": placed(site.manifest)}) for site in read.sites]
    return read.model_copy(update={"sites": sites, "service": service})


def _reason(message: str) -> str:
    return "is not a known setting; look for a typing error" if message.startswith("Extra inputs") else message
