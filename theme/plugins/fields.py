"""What front matter and people.yml may hold: the one model that the check, the build and the JSON Schema share."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from theme.plugins import dates, slugs

ALLOWED_IMAGES = ("svg", "png", "jpg", "jpeg", "gif", "webp", "avif")
SUMMARY_LENGTH = 300

# Control characters, line separators, and the direction marks that can make a title read as another.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A host without a user before it, and nothing that an address may not hold (RFC 3986, appendix A).
_WEB_ADDRESS = re.compile(r"https://[^\s/?#@\"<>\\^`{|}]{3,}(?:[/?#][^\s\"<>\\^`{|}]*)?")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol that are drawn as nothing


def _shows(character: str) -> bool:
    """Whether a character shows something by itself: not a space, a mark on another letter or a filler."""
    if _INVISIBLE.match(character):
        return True  # it is told by its own name
    return unicodedata.category(character)[0] not in "ZCM" and character not in _BLANK


def _one_line(value: Any) -> Any:
    """Text without line breaks at its ends; a folded YAML text ends in one."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not any(_shows(character) for character in text):
        raise PydanticCustomError("empty-field", "empty")
    if found := _INVISIBLE.search(text):
        raise PydanticCustomError("control-character", "control character", {"character": f"U+{ord(found[0]):04X}"})
    return re.sub(r"[ ]*[\n\t]+[ ]*", " ", text)


def _tag(value: Any) -> Any:
    """A tag has a page of its own, so something of it must be left in an address."""
    text = _one_line(value)
    if isinstance(text, str) and not slugs.slugify(text):
        raise PydanticCustomError("bad-tag", "no slug", {"value": text})
    return text


def _moment(value: Any, info: ValidationInfo) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong-type", "no text")
    zone = (info.context or {}).get("zone") or ZoneInfo("UTC")
    try:
        return dates.parse(value, zone)
    except dates.NotADate as error:
        raise PydanticCustomError(
            "date", "{code}", {"code": error.code, "value": value.strip(), "readings": "|".join(error.readings)}
        ) from None


def _yes_or_no(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("wrong-value", "no bool", {"allowed": "true, false", "value": str(value)})


def _handle(value: Any) -> Any:
    if isinstance(value, str) and not slugs.is_handle(value):
        raise PydanticCustomError("bad-handle", "no handle", {"value": value})
    return value


def _slug(value: Any) -> Any:
    if isinstance(value, str) and not slugs.is_slug(value):
        raise PydanticCustomError("bad-slug", "no slug", {"value": value, "guess": slugs.slugify(value)})
    return value


def _image(value: Any) -> Any:
    """A picture beside the file: a plain relative path without steps upward."""
    if not isinstance(value, str):
        return value
    parts = value.split("/")
    if (
        not value
        or value.startswith("/")
        or "\\" in value
        or ":" in value
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise PydanticCustomError("leaves-folder", "no path", {"value": value})
    if value.rpartition(".")[2].lower() not in ALLOWED_IMAGES:
        raise PydanticCustomError("image-kind", "no image", {"value": value, "allowed": ", ".join(ALLOWED_IMAGES)})
    return value


def _web_address(value: Any) -> Any:
    if isinstance(value, str) and not _WEB_ADDRESS.fullmatch(value):
        raise PydanticCustomError("bad-link", "no address", {"value": value})
    return value


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _list(value: Any) -> Any:
    if not isinstance(value, list):
        raise PydanticCustomError("not-a-list", "no list")
    return value


_DATE_SCHEMA = WithJsonSchema(
    {
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:\d{2}))?)?$",
        "examples": ["2026-11-25", "2026-11-25T09:30+01:00"],
    }
)
Text: TypeAlias = Annotated[str, Field(max_length=200), BeforeValidator(_one_line)]
Summary: TypeAlias = Annotated[str, Field(max_length=SUMMARY_LENGTH), BeforeValidator(_one_line)]
Description: TypeAlias = Annotated[str, Field(max_length=1000), BeforeValidator(_one_line)]
Tag: TypeAlias = Annotated[str, Field(max_length=60), BeforeValidator(_tag)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_moment), _DATE_SCHEMA]
YesOrNo: TypeAlias = Annotated[bool, BeforeValidator(_yes_or_no)]
Handle: TypeAlias = Annotated[
    str, BeforeValidator(_handle), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9_]{1,30}$"})
]
Slug: TypeAlias = Annotated[
    str, BeforeValidator(_slug), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})
]
ImagePath: TypeAlias = Annotated[str, BeforeValidator(_image)]
WebAddress: TypeAlias = Annotated[
    str, BeforeValidator(_web_address), WithJsonSchema({"type": "string", "pattern": "^https://"})
]
Visibility: TypeAlias = Literal["public", "members"]


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class BlogFields(_Fields):
    """The front matter of `content/blogs/<slug>.<language>.md`."""

    title: Text
    """The title, as it must be shown. Put it between quotes when it holds `: ` or ` #`."""
    date: Moment
    """The day (and time) of publication, ISO 8601. A date to come keeps the file off the site until then."""
    authors: Annotated[tuple[Handle, ...], Field(min_length=1), BeforeValidator(_list)]
    """Handles of people in people.yml, the first one first."""
    group: Slug
    """The slug of the group in which the blog appears."""
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_list)] = ()
    """Subjects, in the language of this file."""
    summary: Summary
    """Two or three sentences for lists, feeds and shared links: at most 300 characters."""
    visibility: Visibility = "public"
    """`members` keeps the file out of the public site, its feeds and its manifest."""
    comments: Literal["open", "closed"] = "open"
    """`closed` keeps the comments that there are and takes no new ones."""
    image: ImagePath | None = None
    """A picture in the folder `content/blogs/<slug>/`."""
    image_alt: Text | None = None
    """What the picture shows, for who cannot see it. Required with `image`."""
    updated: Moment | None = None
    """The day (and time) of the last real change, shown beside the date."""
    was: Annotated[tuple[Slug, ...], BeforeValidator(_list)] = ()
    """Earlier slugs of this blog: their addresses lead here."""
    minor: YesOrNo = False
    """`true` marks the last change as a small one: nothing is sent to followers."""
    federate: YesOrNo = True
    """`false` keeps the blog off the fediverse."""


class GroupFields(_Fields):
    """The front matter of `content/groups/<slug>.<language>.md`."""

    name: Text
    """The name of the group, as it must be shown."""
    tagline: Text
    """One line that says what the group is about."""
    owners: Annotated[tuple[Handle, ...], Field(min_length=2), BeforeValidator(_list)]
    """Handles of the people who answer for the group: two or more."""
    members: Annotated[tuple[Handle, ...], BeforeValidator(_list)] = ()
    """Handles of other people in the group."""
    handle: Handle
    """The group's name on the fediverse: a-z, 0-9 and _, at most 30. Never change it once it is published."""
    visibility: Visibility = "public"
    """`members` keeps the group out of the public site, its feeds and its manifest."""
    was: Annotated[tuple[Slug, ...], BeforeValidator(_list)] = ()
    """Earlier slugs of this group: their addresses lead here."""


class PageFields(_Fields):
    """The front matter of `content/pages/<slug>.<language>.md`."""

    title: Text
    """The title, as it must be shown."""
    summary: Summary
    """One or two sentences for search engines and shared links: at most 300 characters."""


class PersonFields(_Fields):
    """One person in people.yml, under a handle."""

    name: Text | dict[str, Text]
    """The name to show: one text, or a text per language."""
    bio: dict[str, Description] = Field(default_factory=dict)
    """A sentence or two per language."""
    avatar: ImagePath | None = None
    """A picture in the folder `content/people/`."""
    links: Annotated[tuple[WebAddress, ...], BeforeValidator(_list)] = ()
    """Web addresses of this person, starting with https://."""


Fields: TypeAlias = BlogFields | GroupFields | PageFields
MODELS: Mapping[str, type[BlogFields] | type[GroupFields] | type[PageFields]] = {
    "blogs": BlogFields,
    "groups": GroupFields,
    "pages": PageFields,
}
# Of these the translations of one page must say the same.
SHARED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "blogs": ("date", "authors", "group", "visibility", "comments", "image", "was", "federate"),
    "groups": ("owners", "members", "handle", "visibility", "was"),
    "pages": (),
}
