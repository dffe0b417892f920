"""One reading of the wire: documents of other servers -> values, for Create and Update alike, or a Refusal.

Whatever has one value may come as a scalar, a list, an object or null; addresses go through `wire.uri`. A remote
@context is never fetched: terms mean what ActivityStreams, Mastodon, Misskey and FEP-044f use them for.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from itertools import islice

from comments_service.federation import wire
from comments_service.federation.vocabulary import PUBLIC, Activity, Refusal, RemoteActor, RemoteObject
from comments_service.markup import EMOJI, MOST_ALT, images, picture_link, plain, remote
from comments_service.model import Picture

Document = Mapping[str, object]
Judge = Callable[[str], bool]  # tells for which hosts plain HTTP will do

ACTOR_KINDS = ("Application", "Group", "Organization", "Person", "Service")
TEXT_KINDS = ("Note", "Article", "Page", "Question", "Event", "Video", "Audio", "Image", "Document")
TARGETS = ("target", "instrument", "result")
MOST_PEOPLE = 1_000  # of a list, such as recipients, that are read
MOST_ATTACHMENTS = 16
MOST_PICTURES = 40  # of one text
NAME_LENGTH, WARNING_LENGTH = 100, 500
_EVERYONE = {PUBLIC, "as:Public", "Public"}
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9-]{1,30})?")
_NO_LANGUAGE = ("und", "mul", "zxx", "mis")  # ISO 639-2: undetermined, several, none, uncoded
_OPT_OUT = re.compile(r"#(?:<span>)?(?:nobots?|noindex|noarchive|nosearch)\b", re.IGNORECASE)
_KIND = re.compile(r"[A-Za-z]{1,40}")
_USERNAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def activity(document: Document, http_ok: Judge | None = None) -> Activity:
    """Read an activity (ActivityPub, section 6). Its id may be missing: profile Updates of WordPress have none."""
    kind = kind_of(document)
    if kind is None or "actor" not in document:
        raise Refusal("not-an-activity")
    found = _first(document.get("object"))
    return Activity(
        document=document,
        kind=kind,
        id=address_of(document.get("id"), http_ok),
        actor=_uri(document.get("actor"), http_ok),
        object_uri=address_of(found, http_ok),
        object=found if isinstance(found, dict) else {},
        target=address_of(next(filter(None, map(document.get, TARGETS)), None), http_ok),
        content=_said(document, "content") or None,
    )


def actor(document: Document, http_ok: Judge | None = None) -> RemoteActor:
    """Read an actor. What is fetched or posted to must share its origin, else one Follow makes us a flood cannon."""
    kind = kind_of(document)
    if kind not in ACTOR_KINDS:
        raise Refusal("not-an-actor", str(kind))
    uri = _uri(document.get("id"), http_ok)
    username = _said(document, "preferredUsername")
    if not _USERNAME.fullmatch(username):
        raise Refusal("bad-username", username[:100])
    shared = [one.get("sharedInbox") for one in documents(document.get("endpoints"))]
    key_id, public_key = next(_keys(uri, document.get("publicKey"), http_ok), (None, None))
    return RemoteActor(
        uri=uri,
        kind=kind,
        username=username,
        name=plain(_said(document, "name"), NAME_LENGTH) or username,
        url=_page(document.get("url"), http_ok) or uri,
        avatar=_page(document.get("icon"), http_ok),
        inbox=_beside(uri, document.get("inbox"), http_ok) or _no("no-inbox"),
        shared_inbox=_beside(uri, shared, http_ok),
        key_id=key_id,
        public_key=public_key,
        also_known_as=tuple(addresses(document.get("alsoKnownAs"), http_ok)),
        is_indexable=document.get("indexable") is not False and not _OPT_OUT.search(_said(document, "summary")),
    )


def remote_object(document: Document, http_ok: Judge | None = None) -> RemoteObject:
    """Read a Note, an Article, or another object with a text."""
    kind = kind_of(document)
    if kind not in TEXT_KINDS:
        raise Refusal("not-a-text", str(kind))
    uri = _uri(document.get("id"), http_ok)
    authors = addresses(document.get("attributedTo"), http_ok)
    if not authors:
        raise Refusal("no-author")
    author = next((one for one in authors if wire.origin(one) == wire.origin(uri)), None)
    if author is None:
        raise Refusal("author-of-another-origin", authors[0])
    answered = document.get("inReplyTo")
    content, language = _content(document)
    attached = list(_attached(document, http_ok))
    links = (f"<p>{picture_link(one.url, one.alt)}</p>" for one, _ in attached)
    title = plain(_said(document, "name"), 300) if kind != "Note" else ""  # NodeBB repeats its topic there
    html = (f"<p><strong>{escape(title)}</strong></p>" if title else "") + content + "".join(links)
    is_public = _is_for_everyone(document, "to", "cc")
    is_warned = kind in ("Note", "Question") or document.get("sensitive") is True  # elsewhere a summary is an excerpt
    return RemoteObject(
        uri=uri,
        attributed_to=author,
        in_reply_to=None if _first(answered) is None else _uri(answered, http_ok),
        html=remote(html if is_public else ""),  # what is not for everyone is kept nowhere
        pictures=tuple(islice(_pictures(document, html, attached, http_ok), MOST_PICTURES)),
        language=language,
        warning=plain(_said(document, "summary"), WARNING_LENGTH) or None if is_warned else None,
        url=_page(document.get("url"), http_ok),
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        is_public=is_public,
        is_unlisted=not _is_for_everyone(document, "to"),
        recipients=frozenset(addresses(document.get("to"), http_ok) + addresses(document.get("cc"), http_ok)),
        quotes=_quotes(document, http_ok),
        replies=address_of(document.get("replies"), http_ok),
        context=address_of(document.get("context"), http_ok),
        is_indexable=document.get("indexable") is not False,
    )


def moment(value: object) -> datetime | None:
    """Read a date (RFC 3339, or what resembles it); None for what is none. Without a zone it is UTC."""
    text = _text(_first(value))
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip().upper())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def kind_of(document: Document) -> str | None:
    """Return the first type that we know, else the first that is a plain word."""
    kinds = [one for one in _all(document.get("type")) if isinstance(one, str) and _KIND.fullmatch(one)]
    return next((one for one in kinds if one in TEXT_KINDS + ACTOR_KINDS), kinds[0] if kinds else None)


def _all(value: object) -> list[object]:
    if value is None:
        return []
    return value[:MOST_PEOPLE] if isinstance(value, list) else [value]


def documents(value: object) -> list[dict[str, object]]:
    """Return the JSON objects of a list, or the one that stands alone."""
    return [one for one in _all(value) if isinstance(one, dict)]


def _first(value: object) -> object:
    return next((one for one in _all(value) if one is not None), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _said(document: Document, name: str) -> str:
    """The text of a member, or any text of its language map; "" when there is none."""
    mapped = document.get(f"{name}Map")
    texts = [document.get(name), *(mapped.values() if isinstance(mapped, dict) else ())]
    return next((one for found in texts if (one := _text(_first(found)))), "")


def _no(reason: str) -> str:
    raise Refusal(reason)


def _uri(value: object, http_ok: Judge | None) -> str:
    """The address in a text, an object with an id, or a Link with a href; of a list the first that is one."""
    found: object = None
    for one in _all(value):
        found = (one.get("id") or one.get("href")) if isinstance(one, dict) else one
        if isinstance(found, str):
            break
    return wire.uri(found, http_ok=http_ok)


def address_of(value: object, http_ok: Judge | None = None) -> str | None:
    """Return the address in a value, or None when there is none that we take."""
    try:
        return _uri(value, http_ok)
    except Refusal:
        return None


def addresses(value: object, http_ok: Judge | None = None, most: int = MOST_PEOPLE) -> list[str]:
    """Return the addresses in a value that we take, of its first ones."""
    return [found for one in _all(value)[:most] if (found := address_of(one, http_ok)) is not None]


def _beside(uri: str, value: object, http_ok: Judge | None) -> str | None:
    """An address that must have the origin of its actor. Raises Refusal."""
    found = address_of(value, http_ok)
    if found is not None and wire.origin(found) != wire.origin(uri):
        raise Refusal("endpoint-of-another-origin", found)
    return found


def _keys(owner: str, value: object, http_ok: Judge | None) -> Iterator[tuple[str, str]]:
    """Keys of an owner on their origin, each after its id."""
    for one in documents(value):
        if isinstance(pem := one.get("publicKeyPem"), str) and len(pem) < 10_000:
            key_id, said = address_of(one.get("id"), http_ok), address_of(one.get("owner"), http_ok) or owner
            if key_id and said == owner and wire.origin(key_id) == wire.origin(owner):
                yield key_id, pem


def _is_for_everyone(document: Document, *names: str) -> bool:
    named = (one.get("id") if isinstance(one, dict) else one for name in names for one in _all(document.get(name)))
    return any(isinstance(one, str) and one in _EVERYONE for one in named)


def _content(document: Document) -> tuple[str, str | None]:
    """HTML and language: of the entry of contentMap that is the content, else of its only entry (AS2, section 4.7)."""
    mapped = document.get("contentMap")
    entries = {tag: one for tag, one in mapped.items() if isinstance(one, str)} if isinstance(mapped, dict) else {}
    content = _text(_first(document.get("content")))
    if content is None:
        content = next(iter(entries.values()), "")
    tag = next((tag for tag, one in entries.items() if one == content), None)
    if tag is None and len(entries) == 1:
        tag = next(iter(entries))
    if tag is None:
        contexts = documents(document.get("@context"))
        tag = next((said for one in contexts if isinstance(said := one.get("@language"), str)), None)
    if document.get("mediaType") in ("text/plain", "text/markdown"):
        content = "".join(f"<p>{escape(part)}</p>" for part in re.split(r"\n{2,}", content) if part.strip())
    match = _LANGUAGE.fullmatch(tag or "")
    return content, match[1].lower() if match and match[1].lower() not in _NO_LANGUAGE else None


def _attached(document: Document, http_ok: Judge | None) -> Iterator[tuple[Picture, bool]]:
    """Pictures and files with their description; tells which are pictures."""
    for one in documents(_all(document.get("attachment"))[:MOST_ATTACHMENTS]):
        if one.get("type") != "PropertyValue":
            address = _page(one.get("url") or one.get("href"), http_ok)
            if address:
                link = _first(one.get("url"))
                kinds = [said.get("mediaType") for said in documents([one, link])]
                is_picture = one.get("type") == "Image" or any(str(kind).startswith("image/") for kind in kinds)
                yield Picture(address, plain(_said(one, "name") or _said(one, "summary"), MOST_ALT)), is_picture


def _pictures(
    document: Document, html: str, attached: list[tuple[Picture, bool]], http_ok: Judge | None
) -> Iterator[Picture]:
    """What a text shows beside its words: pictures that are attached or stand in it, and custom emoji in its words."""
    yield from (one for one, is_picture in attached if is_picture)
    yield from images(html)
    for tag in _tags(document, "Emoji"):
        name, address = f":{_said(tag, 'name').strip(':')}:", _page(tag.get("icon"), http_ok)
        if address and EMOJI.fullmatch(name) and name in html:
            yield Picture(address, name, is_emoji=True)


def _page(value: object, http_ok: Judge | None) -> str | None:
    """Where people see something: of several links the first that is HTML, else the first without a type, else any.

    An object in place of a link has links of its own.
    """
    links = [link for one in _all(value) for link in _all(one.get("url") or one if isinstance(one, dict) else one)]

    def media(link: object) -> str:
        said = link.get("mediaType") or link.get("mimeType") if isinstance(link, dict) else ""
        return said if isinstance(said, str) else ""

    links = sorted(links, key=lambda link: 0 if media(link).startswith("text/html") else 1 if not media(link) else 2)
    return next(iter(addresses(links, http_ok)), None)


def _tags(document: Document, kind: str) -> Iterator[Document]:
    return (one for one in documents(document.get("tag")) if kind in _all(one.get("type")))


def _quotes(document: Document, http_ok: Judge | None) -> str | None:
    """What is quoted, in every dialect (FEP-044f, FEP-e232)."""
    named = list(map(document.get, ("quote", "quoteUri", "quoteUrl", "_misskey_quote")))
    for one in _tags(document, "Link"):
        if "_misskey_quote" in str(one.get("rel")) or "activitystreams" in str(one.get("mediaType")):
            named.append(one.get("href"))
    return next(iter(addresses(named, http_ok)), None)
