"""The manifest plein.json: all that site and service share. Bytes of the site -> values, or every fault at once."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from comments_service.errors import Fault, Invalid
from comments_service.language import N_

MAX_BYTES = 20_000_000
MOST_FAULTS = 50

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
Key = Annotated[str, Field(pattern=r"^(blogs|groups)/[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
WebUrl = Annotated[str, Field(pattern=r"^https?://[^\s/][^\s]*$", max_length=2000)]
Handle = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,30}$")]
Line = Annotated[str, Field(max_length=2000)]


@dataclass(frozen=True)
class ManifestLink:
    title: Line
    url: WebUrl


@dataclass(frozen=True)
class MenuLink(ManifestLink):
    places: tuple[Literal["head", "foot"], ...] = ("foot",)


@dataclass(frozen=True)
class ManifestSite:
    name: Line
    url: WebUrl
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    stylesheet: WebUrl | None = None
    menu: Mapping[Language, tuple[MenuLink, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Translation:
    """A page in one language. `hash` is of title, summary and text; `body` is where the text is, named by its hash."""

    url: WebUrl
    title: Line
    hash: Line
    summary: str = ""
    body: WebUrl | None = None


@dataclass(frozen=True)
class ManifestImage:
    url: WebUrl
    alt: Mapping[Language, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class ManifestPerson:
    """Someone with a handle. Texts are plain, per language."""

    name: Annotated[Mapping[Language, Line], Field(min_length=1)]
    text: Mapping[Language, Line] = field(default_factory=dict)
    url: Mapping[Language, WebUrl] = field(default_factory=dict)
    avatar: WebUrl | None = None
    links: tuple[WebUrl, ...] = ()


@dataclass(frozen=True)
class ManifestGroup:
    page: Key
    name: Annotated[Mapping[Language, Line], Field(min_length=1)]
    text: Mapping[Language, Line] = field(default_factory=dict)
    avatar: WebUrl | None = None


@dataclass(frozen=True)
class ManifestPage:
    kind: Literal["blog", "group"]
    language: Language
    translations: Annotated[Mapping[Language, Translation], Field(min_length=1)]
    was: tuple[Slug, ...] = ()
    date: AwareDatetime | None = None
    updated: AwareDatetime | None = None
    group: Key | None = None
    authors: tuple[Handle, ...] = ()
    tags: Mapping[Language, tuple[Line | ManifestLink, ...]] = field(default_factory=dict)  # a link: it has a page
    image: ManifestImage | None = None
    comments: Literal["open", "closed"] = "open"
    minor: bool = False
    federate: bool = True


@dataclass(frozen=True)
class Manifest:
    """A checked manifest. `hash` is of its bytes."""

    version: Literal[1]
    serial: Annotated[int, Field(ge=0, le=2**53)]
    site: ManifestSite
    pages: Mapping[Key, ManifestPage]
    people: Mapping[Handle, ManifestPerson] = field(default_factory=dict)
    groups: Mapping[Handle, ManifestGroup] = field(default_factory=dict)
    hash: str = field(default="", init=False)


_MANIFEST = TypeAdapter(Manifest)


def parse_manifest(content: bytes) -> Manifest:
    """Read a manifest. Fields it does not know are ignored, so that a newer site may say more. Raises Invalid."""
    if len(content) > MAX_BYTES:
        raise Invalid([Fault("manifest", N_("The manifest is larger than %(max)s bytes."), {"max": MAX_BYTES})])
    try:
        manifest = _MANIFEST.validate_json(content, strict=True)  # stops at 200 levels
        json.loads(content, object_pairs_hook=unique)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
        raise Invalid([_fault(one["msg"], *one["loc"]) for one in found]) from None
    except (ValueError, RecursionError) as error:
        raise Invalid([_fault(str(error))]) from None
    if faults := list(_faults(manifest)):
        raise Invalid(faults[:MOST_FAULTS])
    object.__setattr__(manifest, "hash", hashlib.sha256(content).hexdigest())
    return manifest


def _fault(reason: str, *place: object) -> Fault:
    return Fault(".".join(map(str, place)) or "manifest", N_("%(reason)s"), {"reason": reason})


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different: of two alike nobody knows which one counts (RFC 8259, section 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def _faults(manifest: Manifest) -> Iterator[Fault]:
    """What types cannot say: one page a slug, every URL on the site, the original language present."""
    base = manifest.site.url.rstrip("/") + "/"
    slugs: dict[str, str] = {}
    for key, page in manifest.pages.items():
        kind, _, slug = key.partition("/")
        if kind != f"{page.kind}s":
            yield Fault(f"pages.{key}.kind", N_("does not fit the key"))
        if page.language not in page.translations:
            yield Fault(f"pages.{key}.language", N_("has no translation of that language"))
        for language, translation in page.translations.items():
            if not translation.url.startswith(base):
                yield Fault(f"pages.{key}.translations.{language}.url", N_("does not stand on the site"))
        for name in {slug, *page.was}:
            if (other := slugs.setdefault(f"{kind}/{name}", key)) != key:
                values = {"slug": name, "other": other}
                yield Fault(f"pages.{key}.was", N_("%(slug)s is also a slug of %(other)s"), values)
