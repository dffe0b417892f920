"""Pages: which threads may exist. A manifest is taken in or refused whole; what it would make us send is noted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import Field, TypeAdapter

from comments_service.errors import NotFound
from comments_service.manifest import Manifest, ManifestPage
from comments_service.model import Page, PageKey
from comments_service.store import pages as rows
from comments_service.store import threads as thread_rows
from comments_service.store.protocol import Transaction, Value, utc_text
from comments_service.store.rows import mapping, number, text, to_json

NEWS_DAYS = 30  # a post first seen later than this after its date is not news
LOSS_PAGES = 3  # a manifest that loses more than this …
LOSS_SHARE = 10  # … and more than one in ten is half a build

PageRow = dict[str, Value]
# columns of a page with what each of its translations says
TEXTS = {"titles": "title", "urls": "url", "hashes": "hash", "bodies": "body", "summaries": "summary"}


@dataclass(frozen=True)
class Asked:
    """How a manifest is to be taken in; `take_in` says what `force` and `withdraw` do."""

    force: bool = False
    withdraw: tuple[str, ...] = ()  # keys of pages
    dry_run: bool = False  # only tell what would happen
    confirm: bool = False  # let what waits since a restore be sent
    ask_followers: bool = False  # count followers as the service that runs shows them, not those of this database


@dataclass(frozen=True)
class Event:
    """Something that would be sent."""

    activity: str  # Create, Update or Delete
    page_key: Annotated[str, Field(alias="page")]
    senders: Annotated[tuple[str, ...], Field(exclude=True)] = ()  # ids of actors of ours: their followers get it
    followers: int | None = None


@dataclass(frozen=True)
class Lookalike:
    """A page that went, and the name of a new one that looks like it: a rename without `was`."""

    page: str
    name: str


@dataclass(frozen=True)
class Intake:
    """What a manifest did, in the names of the API."""

    taken: bool
    refused: str | None = None  # "other-site", "older", "empty", "loses-pages" or "slug-taken"
    would_send: Annotated[tuple[Event, ...], Field(alias="wouldSend")] = ()
    waits: bool = False  # the database was restored: what would be sent waits for an operator
    missing: tuple[str, ...] = ()  # keys that the manifest lacks; withdrawn when a newer one lacks them too
    held: tuple[Lookalike, ...] = ()  # the new pages wait
    named: tuple[str, ...] = ()  # what a refusal or a warning is about


INTAKE = TypeAdapter(Intake)  # to JSON and back


def find(tx: Transaction, site_id: str, kind: str, slug: str) -> Page:
    """Return the live page that a slug of now or of earlier leads to. Raises NotFound."""
    name = re.sub(r"/+(index\.html)?/*$", "", slug).lower()
    page = rows.find(tx, site_id, kind.lower(), name)
    if page is None:
        raise NotFound("page", f"{kind}/{slug}")
    return page


def by_key(tx: Transaction, site_id: str, page_key: str) -> Page:
    """Return a live page by its key, as it is now. Raises NotFound."""
    kind, _, slug = page_key.partition("/")
    return find(tx, site_id, kind, slug)  # the first slug always leads to its own page


def live(tx: Transaction, site_id: str) -> list[Page]:
    """Return the pages that a site has now, the first seen first."""
    return [page for row in rows.all_of(tx, site_id) if not (page := rows.page(row)).is_withdrawn]


def key_of_url(tx: Transaction, site_id: str, url: str) -> PageKey | None:
    """Return the key of the page that a URL of the site shows, whatever its spelling; None when there is none."""
    known = rows.site(tx, site_id)
    try:
        base, asked = urlsplit(known.url if known else ""), urlsplit(url)
        is_here = (asked.hostname, asked.port) == (base.hostname, base.port)
    except ValueError:
        return None
    if known is None or not is_here:
        return None
    home, languages = re.escape(base.path), "|".join(known.languages)
    form = rf"{home}/(?:(?:{languages})/)?(blogs|groups)/([^/]+)(?:/(?:index\.html)?)?"
    match = re.fullmatch(form, re.sub(r"/+", "/", unquote(asked.path)))
    page = rows.find(tx, site_id, match[1], match[2].lower()) if match else None
    return page.key if page else None


def take_in(
    tx: Transaction, site_id: str, manifest: Manifest, asked: Asked = Asked(), *, site_url: str, now: datetime
) -> Intake:
    """Let the threads of a manifest exist, and note what it would send. The first one is a baseline: it sends nothing.

    `site_url` is the configured one: a preview has another. `force` accepts a manifest that loses many pages and
    takes lookalikes for new pages; `withdraw` names keys to withdraw at once.
    """
    last, force, withdraw = rows.last_manifest(tx, site_id), asked.force, asked.withdraw
    if _bare(manifest.site.url) != _bare(site_url):
        return Intake(False, "other-site", named=(manifest.site.url,))
    if not manifest.pages:
        return Intake(False, "empty")
    if last is not None and manifest.serial < last[0]:
        return Intake(False, "older", named=(str(manifest.serial), str(last[0])))
    if last == (manifest.serial, manifest.hash) and not withdraw and not force:
        return Intake(False)
    known: dict[str, PageRow] = {text(row, "key"): dict(row) for row in rows.all_of(tx, site_id)}
    keys = _keys(manifest, rows.aliases(tx, site_id), list(known))
    named = Counter(keys.values())
    if twice := sorted(name for name, key in keys.items() if named[key] > 1):
        return Intake(False, "slug-taken", named=tuple(twice))
    gone = [key for key, row in known.items() if row["state"] != "withdrawn" and key not in named]
    live = sum(row["state"] == "live" for row in known.values())
    lost = [key for key in gone if known[key]["state"] == "live" and key not in withdraw]
    if len(lost) > LOSS_PAGES and len(lost) * LOSS_SHARE > live and not force:
        return Intake(False, "loses-pages", named=tuple(lost))
    fresh = {name: page for name, page in manifest.pages.items() if keys[name] not in known}
    held = {} if force else dict(_lookalikes(fresh, {key: known[key] for key in gone if key not in withdraw}))
    waiting, heard = set(held.values()), rows.heard_of(tx, site_id)

    serial, told = manifest.serial, manifest.site
    menu = {lang: tuple((one.title, one.url, *one.places) for one in links) for lang, links in told.menu.items()}
    rows.put_site(tx, rows.Site(site_id, told.name, _bare(site_url), told.languages, told.stylesheet, menu))
    rows.add_manifest(tx, site_id, serial, manifest.hash, now=now)
    changes: list[tuple[PageRow, PageRow, str | None]] = []
    taken = {name: keys[name] for name in manifest.pages if name not in waiting}
    for name, key in taken.items():
        page = manifest.pages[name]
        before = known.get(key) or _new(site_id, key, page, is_baseline=last is None, now=now)
        changes.append((before, *_seen(before, name, page, is_heard=key in heard, now=now)))
    for key in gone:
        missed = _missed(known[key], serial, is_heard=key in heard, is_held=key in held, at_once=key in withdraw)
        changes.append((known[key], *missed))
    events = []
    for before, row, activity in changes:
        _store(tx, before, row)
        if activity is not None:
            events.append(Event(activity, text(row, "key")))
            generation = number(before, "generation")
            rows.add_announcement(tx, site_id, text(row, "key"), activity, generation, serial, now=now)
    for name, key in taken.items():
        for slug in (key.partition("/")[2], name.partition("/")[2], *manifest.pages[name].was):
            rows.add_alias(tx, site_id, key.partition("/")[0], slug, key)
    return Intake(
        True,
        would_send=tuple(events),
        missing=tuple(key for key in gone if key not in withdraw),
        held=tuple(Lookalike(key, name) for key, name in held.items()),
        named=tuple(key for key in withdraw if key not in gone),
    )


def _keys(manifest: Manifest, aliases: Mapping[str, str], first_seen: list[str]) -> dict[str, str]:
    """Return the page key for every name of the manifest: by its slug, else by its oldest known `was`, else new."""
    keys = {}
    for name, page in manifest.pages.items():
        kind = name.partition("/")[0]
        earlier = {aliases[f"{kind}/{slug}"] for slug in page.was if f"{kind}/{slug}" in aliases}
        keys[name] = aliases.get(name) or min(earlier, key=first_seen.index, default=name)
    return keys


def _lookalikes(fresh: Mapping[str, ManifestPage], gone: Mapping[str, PageRow]) -> Iterator[tuple[str, str]]:
    """Pair each page that went with one that came under another name with the same title or text."""
    free = dict(fresh)
    for key, row in gone.items():
        for name, page in free.items():
            if name.partition("/")[0] == row["kind"] and any(
                value and mapping(row, column).get(language) == value
                for column in ("titles", "hashes", "bodies")
                for language, value in _said(page, column).items()
            ):
                yield key, name
                del free[name]
                break


def _said(page: ManifestPage, column: str) -> dict[str, str]:
    """What the translations of a page say for a column of TEXTS, by language."""
    said = {language: getattr(one, TEXTS[column]) for language, one in page.translations.items()}
    return {language: value for language, value in said.items() if value is not None}


def _new(site_id: str, key: str, page: ManifestPage, *, is_baseline: bool, now: datetime) -> PageRow:
    """Return what stays of a page that was never seen before."""
    kind, seen = key.partition("/")[0], utc_text(now)
    new: PageRow = {"site_id": site_id, "key": key, "kind": kind, "language": page.language, "generation": 1}
    return new | {"first_seen_at": seen, "is_baseline": int(is_baseline), "sent_at": None, "owner_id": None}


def _seen(
    before: PageRow, name: str, page: ManifestPage, *, is_heard: bool, now: datetime
) -> tuple[PageRow, str | None]:
    """Return the row of a page that the manifest holds, and the activity that it gives or None.

    `is_heard`: servers know it that answered, liked or boosted it, though it was perhaps never sent.
    """
    row = before | {
        "slug": name.partition("/")[2],
        "state": "live",
        "missing_serial": None,
        "is_open": int(page.comments == "open"),
        **{column: to_json(_said(page, column)) for column in TEXTS},
        "tags": to_json({lang: [getattr(tag, "__dict__", tag) for tag in tags] for lang, tags in page.tags.items()}),
        "authors": to_json(page.authors),
        "group_key": page.group,
        "image": to_json(vars(page.image)) if page.image else None,
        "dated_at": utc_text(page.date) if page.date else None,
        "updated_at": utc_text(page.updated) if page.updated else None,
        "federates": int(page.federate),
    }
    # a group is an actor: it is there from the first manifest on, and only its changes are told
    is_group, language = row["kind"] == "groups", text(row, "language")
    if not is_group and not page.federate:
        return (_unsent(row), "Delete") if row["sent_at"] or is_heard else (row, None)
    is_news = page.date is not None and now - timedelta(days=NEWS_DAYS) <= page.date <= now
    if not is_group and not row["sent_at"] and not row["is_baseline"] and is_news:
        return row | {"sent_at": utc_text(now)}, "Create"
    is_known = page.federate if is_group else row["sent_at"] or is_heard
    is_edited = "hashes" in before and mapping(before, "hashes").get(language) != mapping(row, "hashes").get(language)
    return row, "Update" if is_known and is_edited and not page.minor else None


def _missed(
    before: PageRow, serial: int, *, is_heard: bool, is_held: bool, at_once: bool
) -> tuple[PageRow, str | None]:
    """Return the row of a page that the manifest lacks, and the activity that it gives or None."""
    if is_held or (before["missing_serial"] is None and not at_once):
        # Readers lose sight of it at once: it may have become members-only. The Delete waits for a second manifest.
        return before | {"state": "missing", "missing_serial": serial}, None
    if not at_once and serial <= number(before, "missing_serial"):
        return before, None
    return _unsent(before) | {"state": "withdrawn"}, "Delete" if before["sent_at"] or is_heard else None


def _unsent(row: PageRow) -> PageRow:
    """A Delete is for good: what comes back is another object, with another id."""
    return row | {"sent_at": None, "generation": number(row, "generation") + 1}


def _store(tx: Transaction, before: PageRow, row: PageRow) -> None:
    """Write a row that changed; its thread changes when readers see a difference."""
    if before == row:
        return
    rows.put(tx, row)
    visible = ("state", "slug", "is_open", "titles", "urls")
    if any(before.get(column) != row[column] for column in visible):
        thread_rows.change(tx, text(row, "site_id"), text(row, "key"))


def _bare(url: str) -> str:
    """Return a site URL in the one form in which it is compared."""
    parts = urlsplit(url)  # whose scheme is in small letters
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/")).geturl()
