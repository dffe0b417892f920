"""What other servers read of us: values -> ActivityStreams documents (ActivityPub, FEP-7888, FEP-b2b8, FEP-1b12)."""

import html
import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from comments_service.federation import wire
from comments_service.federation.house import House
from comments_service.federation.uris import permanent_id
from comments_service.federation.vocabulary import PUBLIC
from comments_service.language import N_
from comments_service.store.protocol import Row, utc_text
from comments_service.store.rows import number, optional, text, values

Document = dict[str, object]

CONTEXT: list[object] = json.loads(Path(__file__).with_name("context.json").read_text("utf-8"))
PARTS = ("inbox", "outbox", "followers", "following", "featured")  # of an actor, each at an address below its own
KINDS = {"site": "Organization", "instance": "Application", "group": "Group", "author": "Person", "commenter": "Person"}
SUMMARY = 400  # Mastodon shows name, summary and url of an Article, and a longer summary pushes the link away


@dataclass(frozen=True)
class Person:
    """Whom a comment answers or who takes part: somebody with an address elsewhere or here."""

    uri: str
    handle: str | None  # name@server


NOT_READ = N_("Private messages are not read here.")


def wrap(document: Mapping[str, object]) -> Document:
    """A document or activity on its own: with its @context."""
    return {"@context": CONTEXT, **document}


def bare(document: Mapping[str, object]) -> Document:
    """A document or activity within another: without its @context."""
    return {name: value for name, value in document.items() if name != "@context"}


def told(kind: str, document: Document, now: datetime) -> Document:
    """The Create or Update of an object, for whom the object is for."""
    said = {**document, "updated": utc_text(now)} if kind == "Update" else document
    return {"type": kind, **{name: document[name] for name in ("to", "cc", "published")}, "object": said}


def actor(house: House, row: Row, public_pem: str) -> Document:
    """Return the document of an actor of ours, in its site's first language."""
    uris, languages = house.uris, house.languages
    actor_id, kind = text(row, "id"), text(row, "kind")
    profile = values(row, "profile")
    uri = uris.actor(actor_id)
    key = {"id": uris.key(actor_id), "owner": uri, "publicKeyPem": public_pem}
    if row["state"] == "deleted":  # the key stays, so that the Delete can still be verified
        return {"id": uri, "type": "Tombstone", "deleted": text(row, "changed_at"), "publicKey": key}
    summary = in_language(profile.get("texts"), languages)
    avatar = profile.get("avatar")
    links = profile.get("links")
    aliases = [one.actor(actor_id) for one in uris.before()] if uris.moved_to is None else []
    is_public = kind != "commenter" or bool(profile.get("discoverable"))
    return {
        "id": uri,
        "type": KINDS[kind],
        "preferredUsername": text(row, "handle"),
        "webfinger": f"{text(row, 'handle')}@{urlsplit(uris.base).netloc}",
        "name": in_language(profile.get("names"), languages) or text(row, "handle"),
        "summary": "".join(f"<p>{html.escape(one)}</p>" for one in (summary, house.notice) if one),
        "url": in_language(profile.get("urls"), languages) or uris.base + "/",
        **{part: f"{uri}/{part}" for part in PARTS},
        "endpoints": {"sharedInbox": uris.shared_inbox},
        "publicKey": key,
        "published": text(row, "made_at"),
        "updated": text(row, "changed_at"),
        "manuallyApprovesFollowers": False,
        "discoverable": is_public and kind != "instance",
        "indexable": is_public and kind != "instance",
        **({"postingRestrictedToMods": True} if kind == "group" else {}),
        **({"attributionDomains": [house.site_host]} if kind in ("site", "group", "author") else {}),
        **({"icon": _image(avatar, "")} if isinstance(avatar, str) else {}),
        **({"attachment": [_link(link) for link in links]} if isinstance(links, list) and links else {}),
        **({"alsoKnownAs": aliases} if aliases else {}),
        **({"movedTo": f"{uris.moved_to}/ap/actors/{actor_id}"} if uris.moved_to else {}),
    }


def post_id(page: Row, language: str) -> str:
    """The id of a page's object in one language: the same again in an empty database, another after each Delete."""
    return permanent_id(text(page, "site_id"), "post", text(page, "key"), language, number(page, "generation"))


def thread_id(site_id: str, page_key: str) -> str:
    return permanent_id(site_id, "thread", page_key)


def published(page: Row) -> str:
    """When it was first sent; what never was has the date that the page shows."""
    return optional(page, "sent_at") or optional(page, "dated_at") or text(page, "first_seen_at")


def article(house: House, page: Row, language: str, body: str, group_id: str | None) -> Document:
    """Return the object of a post in one language; `body` is its HTML, every address in it absolute."""
    uris, as_note = house.uris, house.as_note
    title, url = values(page, "titles")[language], str(values(page, "urls")[language])
    summary = excerpt(str(values(page, "summaries").get(language, "")))
    owner_id = text(page, "owner_id")
    lines = [f"<p><strong>{html.escape(str(title))}</strong></p>"] + [f"<p>{html.escape(summary)}</p>"] * bool(summary)
    short = "".join(lines) + f'<p><a href="{html.escape(url)}">{html.escape(url)}</a></p>'
    content = short if as_note else body
    full = {} if as_note else {"name": title, "summary": summary, "preview": {"type": "Note", "content": short}}
    group = uris.actor(group_id) if group_id else None
    return {
        "id": uris.object(post_id(page, language)),
        "type": "Note" if as_note else "Article",
        **full,
        "attributedTo": uris.actor(owner_id),
        "content": content,
        "contentMap": {language: content},
        "url": url,
        "published": published(page),
        **({"updated": page["updated_at"]} if page["updated_at"] else {}),
        "to": [PUBLIC],
        "cc": [uris.followers(owner_id), *([group] if group and group_id != owner_id else [])],
        **({"audience": group} if group else {}),
        "tag": _hashtags(page, language, url),
        "attachment": [],
        **({"image": picture} if (picture := _picture(page, language)) else {}),
        **_around(house, post_id(page, language), text(page, "site_id"), text(page, "key")),
    }


def comment(
    house: House, row: Row, author_id: str, url: str, in_reply_to: str, answered: Person | None, people: Sequence[str]
) -> Document:
    """Return the Note of a local comment. The one answered is mentioned; who takes part stands in `cc` and is not."""
    uris, object_id = house.uris, text(row, "object_id")
    content = re.sub(r'(<a [^>]*?href=")/', rf"\g<1>{wire.origin(house.service_url)}/", text(row, "html"))
    mention = answered and {"type": "Mention", "href": answered.uri, "name": f"@{answered.handle or answered.uri}"}
    cc = [uris.followers(author_id), *([answered.uri] if answered else []), *people]
    return {
        "id": uris.object(object_id),
        "type": "Note",
        "attributedTo": uris.actor(author_id),
        "inReplyTo": in_reply_to,
        "content": content,
        "contentMap": {text(row, "lang"): content},
        "source": {"content": text(row, "text"), "mediaType": "text/markdown"},
        "url": url,
        "published": optional(row, "published_at") or text(row, "created_at"),
        **({"updated": row["edited_at"]} if row["edited_at"] else {}),
        "to": [PUBLIC],
        "cc": list(dict.fromkeys(cc)),
        "tag": [mention] if mention else [],
        "attachment": [],
        **_around(house, object_id, text(row, "site_id"), text(row, "page_key")),
    }


def tombstone(uri: str, former: str, deleted: str | datetime) -> Document:
    """What stands in the place of a withdrawn object (ActivityStreams, Tombstone), with status 410."""
    at = deleted if isinstance(deleted, str) else utc_text(deleted)
    return {"id": uri, "type": "Tombstone", "formerType": former, "deleted": at}


def excerpt(summary: str) -> str:
    """Plain text of less than SUMMARY characters, cut between words."""
    if len(summary) < SUMMARY:
        return summary
    return summary[: SUMMARY - 2].rsplit(" ", 1)[0] + "…"


def _around(house: House, object_id: str, site_id: str, page_key: str) -> Document:
    uri = house.uris.object(object_id)
    quote: Document = {"automaticApproval": [PUBLIC] if house.may_quote else []}
    return {
        "context": house.uris.thread(thread_id(site_id, page_key)),
        "replies": f"{uri}/replies",
        "likes": f"{uri}/likes",
        "shares": f"{uri}/shares",
        "interactionPolicy": {"canQuote": quote},
    }


def _hashtags(page: Row, language: str, url: str) -> list[Document]:
    """A tag is a name, or a name with the address of the page where the site shows what has it."""
    tags = values(page, "tags").get(language)
    found: list[Document] = []
    for tag in tags if isinstance(tags, list) else []:
        title, href = (str(tag["title"]), str(tag["url"])) if isinstance(tag, dict) else (str(tag), url)
        words = re.findall(r"\w+", title)
        if name := "".join([*words[:1], *(word[:1].upper() + word[1:] for word in words[1:])]):
            found.append({"type": "Hashtag", "name": f"#{name}", "href": href})
    return found


def _picture(page: Row, language: str) -> Document | None:
    if not page["image"]:
        return None
    image = values(page, "image")
    alt = image.get("alt")
    return _image(str(image["url"]), str(alt.get(language, "")) if isinstance(alt, dict) else "")


def _image(url: str, alt: str) -> Document:
    kind = mimetypes.guess_type(urlsplit(url).path)[0] or "image/png"
    return {"type": "Image", "url": url, "mediaType": kind, **({"name": alt} if alt else {})}


def _link(url: object) -> Document:
    shown = html.escape(str(url))
    value = f'<a href="{shown}" rel="me nofollow noopener">{shown}</a>'
    return {"type": "PropertyValue", "name": urlsplit(str(url)).netloc, "value": value}


def in_language(texts: object, languages: Sequence[str]) -> str:
    """The text in the first language that it has."""
    found = texts if isinstance(texts, dict) else {}
    return next((str(found[lang]) for lang in (*languages, *found) if found.get(lang)), "")
