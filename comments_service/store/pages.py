"""SQL of pages, their aliases, the site, and what manifests made the site want to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from comments_service.ids import new_id
from comments_service.model import Page
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction
from comments_service.store.rows import insert, insert_new, mapping, number, text, texts, to_json, values


@dataclass(frozen=True)
class Site:
    """A site as its last manifest told it."""

    id: str
    name: str
    url: str
    languages: tuple[str, ...]
    stylesheet: str | None
    menu: Mapping[str, tuple[tuple[str, ...], ...]]  # language -> title, URL and places: head, foot or both


def put_site(tx: Transaction, site: Site) -> None:
    rows.put(tx, "site", ("id",), **{**vars(site), "languages": to_json(site.languages), "menu": to_json(site.menu)})


def site(tx: Transaction, site_id: str) -> Site | None:
    """Return what the last manifest told of the site; None before the first."""
    row = rows.find(tx, "site", id=site_id)
    return rows.record(Site, row, languages=texts(row, "languages"), menu=values(row, "menu")) if row else None


def last_manifest(tx: Transaction, site_id: str) -> tuple[int, str] | None:
    """Return serial and hash of the manifest that was taken in last."""
    last = "SELECT serial, hash FROM manifest WHERE site_id = :site_id ORDER BY number DESC LIMIT 1"
    row = tx.one(last, {"site_id": site_id})
    return None if row is None else (number(row, "serial"), text(row, "hash"))


def add_manifest(tx: Transaction, site_id: str, serial: int, content_hash: str, *, now: datetime) -> None:
    insert(tx, "manifest", site_id=site_id, serial=serial, hash=content_hash, taken_at=now)


# ruff: noqa: S608 - the condition is of ours
OF_SITE = "site_id = :site_id AND kind <> 'elsewhere'"  # of manifests


def all_of(tx: Transaction, site_id: str) -> list[Row]:
    """Return every page that this site ever had, the first seen first."""
    return tx.all(f"SELECT * FROM page WHERE {OF_SITE} ORDER BY first_seen_at, key", {"site_id": site_id})


def heard_of(tx: Transaction, site_id: str) -> set[str]:
    """Return the keys of pages that others can read and somebody of elsewhere answered, liked, boosted or quoted."""
    found = tx.all(
        "SELECT key FROM page WHERE site_id = :site_id AND federates AND state <> 'withdrawn' AND key IN ("
        "SELECT page_key FROM comment WHERE actor_id IS NOT NULL AND site_id = :site_id UNION "
        "SELECT page_key FROM reaction WHERE site_id = :site_id)",
        {"site_id": site_id},
    )
    return {text(row, "key") for row in found}


def aliases(tx: Transaction, site_id: str) -> dict[str, str]:
    """Return every "<kind>/<slug>" that ever led to a page, with the page's key."""
    found = tx.all("SELECT kind, slug, key FROM alias WHERE site_id = :site_id", {"site_id": site_id})
    return {f"{text(row, 'kind')}/{text(row, 'slug')}": text(row, "key") for row in found}


def add_alias(tx: Transaction, site_id: str, kind: str, slug: str, key: str) -> None:
    """Let a slug lead to a page; one that leads somewhere already stays."""
    insert_new(tx, "alias", site_id=site_id, kind=kind, slug=slug, key=key)


def put(tx: Transaction, row: Row) -> None:
    """Write a page with all its columns, and make its thread when it is new."""
    rows.put(tx, "page", ("site_id", "key"), **row)
    insert_new(tx, "thread", site_id=row["site_id"], page_key=row["key"])


def find(tx: Transaction, site_id: str, kind: str, slug: str) -> Page | None:
    """Return the page that a slug of now or of earlier leads to, when it is live."""
    row = tx.one(
        "SELECT page.* FROM alias JOIN page ON page.site_id = alias.site_id AND page.key = alias.key "
        "WHERE alias.site_id = :site_id AND alias.kind = :kind AND alias.slug = :slug AND page.state = 'live'",
        {"site_id": site_id, "kind": kind, "slug": slug},
    )
    return None if row is None else page(row)


def row_of(tx: Transaction, site_id: str, page_key: str) -> Row | None:
    """Return a page with all its columns, whatever its state."""
    return rows.find(tx, "page", site_id=site_id, key=page_key)


def give_owners(tx: Transaction, site_id: str) -> None:
    """Give each page without an owner the one that it keeps.

    A group owns itself, a post is of its first author with a handle, else of the site.
    """
    actor = "SELECT its.id FROM own_actor AS its WHERE its.site_id = page.site_id AND its.kind"
    authors = "FROM json_each(page.authors) AS author JOIN own_actor AS its ON its.handle = author.value"
    author = (
        f"SELECT its.id {authors} WHERE its.site_id = page.site_id AND its.kind = 'author' ORDER BY author.key LIMIT 1"
    )
    owner = (
        f"CASE kind WHEN 'groups' THEN ({actor} = 'group' AND its.subject = page.key) "
        f"ELSE coalesce(({author}), ({actor} = 'site')) END"
    )
    tx.run(f"UPDATE page SET owner_id = {owner} WHERE {OF_SITE} AND owner_id IS NULL", {"site_id": site_id})


def page(row: Row) -> Page:
    titles, urls = mapping(row, "titles"), mapping(row, "urls")
    return rows.record(Page, row, titles=titles, urls=urls, is_withdrawn=row["state"] != "live")


def add_announcement(
    tx: Transaction, site_id: str, page_key: str, activity: str, generation: int, serial: int, *, now: datetime
) -> None:
    row = {"id": new_id(now), "site_id": site_id, "page_key": page_key, "activity": activity}
    insert(tx, "announcement", **row, generation=generation, serial=serial, noted_at=now)
