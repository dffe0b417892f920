"""Our actors: the site, its instance actor, groups, authors, and commenters who agreed. Made of what manifests tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from comments_service import consent, jobs
from comments_service.consent import INSTANCE
from comments_service.federation import objects
from comments_service.federation.uris import permanent_id
from comments_service.manifest import Manifest
from comments_service.store import moderation
from comments_service.store import objects as object_rows
from comments_service.store import own_actors as rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import text, to_json

BODIES_JOB = "fetch-bodies"  # [site]
MANIFEST_KINDS = ("site", "instance", "group", "author")


@dataclass(frozen=True)
class Wanted:
    """An actor that a manifest asks for."""

    kind: str
    subject: str
    handle: str
    profile: Mapping[str, object]  # names, texts and urls per language, avatar, links


def take_in(tx: Transaction, site_id: str, manifest: Manifest, *, now: datetime) -> None:
    """Make and change our actors as a manifest says, and give each new post its owner, who never changes.

    Handles that someone else has already are kept for moderators to see: the earlier holder keeps them. Nobody is
    deleted: who is missing stays readable and sends nothing.
    """
    clashes = []
    named = set()
    for wanted in _wanted(tx, site_id, manifest):
        row = rows.by_handle(tx, site_id, wanted.handle)
        if row is not None and (row["kind"], row["subject"]) != (wanted.kind, wanted.subject):
            clashes.append((wanted.handle, wanted.kind, wanted.subject))
            continue
        # a handle is permanent: the actor keeps the one that others know
        row = row or rows.by_subject(tx, site_id, wanted.kind, wanted.subject)
        named.add(_put(tx, site_id, row, wanted, now=now))
    for row in rows.of_site(tx, site_id, MANIFEST_KINDS):
        if text(row, "id") not in named and row["state"] == "live":
            rows.change(tx, text(row, "id"), state="retired")
    page_rows.give_owners(tx, site_id)
    objects.take_in(tx, site_id)
    if object_rows.missing_bodies(tx, site_id):
        jobs.enqueue(tx, BODIES_JOB, site_id, now=now)
    moderation.keep_clashes(tx, site_id, clashes)


def _put(tx: Transaction, site_id: str, row: Row | None, wanted: Wanted, *, now: datetime) -> str:
    """Make an actor, or change the one that there is; return its id."""
    profile = to_json(wanted.profile)
    if row is None:
        actor_id = permanent_id(site_id, wanted.kind, wanted.subject, 1)
        named = {"kind": wanted.kind, "subject": wanted.subject, "handle": wanted.handle}
        rows.add(tx, id=actor_id, site_id=site_id, **named, profile=profile, now=now)
        return actor_id
    if row["state"] == "retired":
        rows.change(tx, text(row, "id"), state="live")
    if row["state"] != "deleted" and row["profile"] != profile:
        consent.change(tx, row, profile=profile, now=now)
    return text(row, "id")


def _wanted(tx: Transaction, site_id: str, manifest: Manifest) -> Iterator[Wanted]:
    site = manifest.site
    nobody: Mapping[str, object] = {"texts": {}, "avatar": None, "links": []}
    home = {lang: f"{site.url}/" if lang == site.languages[0] else f"{site.url}/{lang}/" for lang in site.languages}
    whole = {**nobody, "names": dict.fromkeys(site.languages, site.name), "urls": home}
    yield Wanted("site", "", site_id.replace("-", "_"), whole)
    yield Wanted("instance", "", INSTANCE, whole)
    aliases = page_rows.aliases(tx, site_id)
    for handle, group in manifest.groups.items():
        if handle != INSTANCE and group.page in manifest.pages:
            page = manifest.pages[group.page]
            urls = {lang: one.url for lang, one in page.translations.items()}
            profile = {"names": dict(group.name), "texts": dict(group.text), "urls": urls, "avatar": group.avatar}
            yield Wanted("group", aliases.get(group.page, group.page), handle, {**nobody, **profile})
    for handle, person in manifest.people.items():
        if handle != INSTANCE:  # the build refuses the other reserved names; authors may be called Redactie
            profile = {"names": dict(person.name), "texts": dict(person.text), "urls": dict(person.url)}
            yield Wanted("author", handle, handle, {**profile, "avatar": person.avatar, "links": list(person.links)})
