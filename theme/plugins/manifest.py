"""plein.json, all that the service knows of the site (docs/reference/manifest.md), and the body files that it names.

It is written last and atomically: who reads it finds every page in place. Nothing in it depends on the clock.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pelican import Pelican, signals

from theme.plugins import paving, stylesheet
from theme.plugins.content import Document
from theme.plugins.fields import BlogFields, GroupFields
from theme.plugins.output import OutputFile, OutputPage, files_wanted, write_atomically
from theme.plugins.site import Site
from theme.plugins.slugs import tag_slug
from theme.plugins.views import ImageView

VERSION = 1
NAME = "plein.json"
KINDS = {"blogs": "blog", "groups": "group"}


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    """The text of every blog and group, every URL in it absolute, under the hash of its bytes: it never changes."""
    bodies = {body.encode() for (kind, _, _), body in site.library.bodies.items() if kind in KINDS}
    for digest, content in sorted((digest_of(content), content) for content in bodies):
        yield OutputFile(site.addresses.body(digest), content)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest(site: Site, *, committed: int, sheet: str) -> dict[str, object]:
    """The whole manifest. `committed` is the committer time of HEAD in seconds, 0 outside a repository."""
    newest = site.library.newest
    return {
        "version": VERSION,
        # It rises with every commit and with every post that becomes due, and is the same for the same source.
        "serial": max(committed, int(newest.timestamp()) if newest else 0),
        "site": {
            "name": site.settings.name,
            "url": site.settings.url,
            "languages": list(site.languages),
            "stylesheet": site.settings.origin + sheet,
            "menu": {lang: list(_menu(site, lang)) for lang in site.languages},
        },
        "people": {handle: _person(site, handle) for handle in sorted(site.content.people)},
        "groups": dict(_groups(site)),
        "pages": {
            f"{kind}/{slug}": _page(site, kind, slug, documents)
            for (kind, slug), documents in site.library.versions.items()
            if kind in KINDS
        },
    }


def _menu(site: Site, lang: str) -> Iterator[dict[str, object]]:
    """What head and foot of every page lead to; the head has the sections of the site, and what the site is."""
    addresses = site.addresses
    sections = {"Blogs": addresses.blogs(lang), "Groups": addresses.groups(lang), "Search": addresses.search(lang)}
    for name, path in sections.items():
        yield {"title": site.text(name, lang), "url": site.absolute(path), "places": ["head"]}
    pages = site.library.pages[lang]
    for page in sorted(pages, key=lambda page: page.slug != "over"):
        places = ["head", "foot"] if page.slug == "over" else ["foot"]
        yield {"title": page.title, "url": site.settings.origin + page.url, "places": places}
    more = {
        "Style guide": addresses.style_guide(lang),
        "Report a weakness": "/.well-known/security.txt",
        "Sitemap": "/sitemap.xml",
    }
    for name, path in more.items():
        yield {"title": site.text(name, lang), "url": site.absolute(path), "places": ["foot"]}


def _person(site: Site, handle: str) -> dict[str, object]:
    views = {lang: site.library.people[lang][handle] for lang in site.languages}
    person = views[site.languages[0]]
    return {
        "name": {lang: view.name for lang, view in views.items()},
        "text": {lang: view.bio for lang, view in views.items()},
        "avatar": site.settings.origin + person.avatar if person.avatar else None,
        "links": list(person.links),
        "url": {lang: site.settings.origin + view.url for lang, view in views.items()},
    }


def _groups(site: Site) -> Iterator[tuple[str, dict[str, object]]]:
    for (kind, slug), documents in site.library.versions.items():
        if kind != "groups":
            continue
        texts = {lang: _group_fields(document) for lang, document in documents.items()}
        fields = next(iter(texts.values()))
        yield (
            fields.handle,
            {
                "page": f"groups/{slug}",
                "name": {lang: text.name for lang, text in texts.items()},
                "text": {lang: text.tagline for lang, text in texts.items()},
                "avatar": site.absolute(paving.path(fields.handle, "png", site.sheet.palette)),
                "owners": list(fields.owners),
                "members": list(fields.members),
            },
        )


def _group_fields(document: Document) -> GroupFields:
    assert isinstance(document.fields, GroupFields)  # noqa: S101  the kind says so
    return document.fields


def _page(site: Site, kind: str, slug: str, documents: Mapping[str, Document]) -> dict[str, object]:
    original = next(iter(documents.values()))  # in the first of the site's languages that there is
    page: dict[str, object] = {
        "kind": KINDS[kind],
        "was": list(getattr(original.fields, "was", ())),
        "group": None,
        "authors": [],
        "tags": {},
        "image": None,
        "date": None,
        "updated": None,
        "language": original.lang,
        "comments": "open",
        "minor": False,
        "federate": True,
        "translations": {lang: _translation(site, document) for lang, document in documents.items()},
    }
    if kind == "blogs":
        page |= _blog(site, slug, [_blog_fields(document) for document in documents.values()], list(documents))
    return page


def _blog_fields(document: Document) -> BlogFields:
    assert isinstance(document.fields, BlogFields)  # noqa: S101  the kind says so
    return document.fields


def _blog(site: Site, slug: str, texts: list[BlogFields], languages: list[str]) -> dict[str, object]:
    fields = texts[0]
    updates = [text.updated for text in texts if text.updated]
    images = {lang: site.library.images.get(("blogs", slug, lang)) for lang in languages}
    return {
        "group": f"groups/{fields.group}" if ("groups", fields.group) in site.library.versions else None,
        "authors": list(fields.authors),
        "tags": {lang: _tags(site, lang, text) for lang, text in zip(languages, texts, strict=True) if text.tags},
        "image": _image(site, images),
        "date": _moment(fields.date),
        "updated": _moment(max(updates)) if updates else None,
        "comments": fields.comments,
        "minor": any(text.minor for text in texts),
        "federate": fields.federate,
    }


def _tags(site: Site, lang: str, text: BlogFields) -> list[dict[str, str]]:
    return [{"title": name, "url": site.absolute(site.addresses.tag(tag_slug(name), lang))} for name in text.tags]


def _image(site: Site, images: Mapping[str, ImageView | None]) -> dict[str, object] | None:
    shown = {lang: image for lang, image in images.items() if image}
    if not shown:
        return None
    first = next(iter(shown.values()))
    return {"url": site.settings.origin + first.src, "alt": {lang: image.alt for lang, image in shown.items()}}


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def _translation(site: Site, document: Document) -> dict[str, object]:
    fields = document.fields
    if isinstance(fields, GroupFields):
        title, summary = fields.name, fields.tagline
    else:
        title, summary = fields.title, fields.summary
    body = site.library.bodies[document.kind, document.slug, document.lang].encode()
    return {
        "url": site.absolute(site.addresses.document(document.kind, document.slug, document.lang)),
        "title": title,
        "summary": summary,
        # Of the source, not of the HTML: another renderer or another address of the site is no edit.
        "hash": digest_of("\0".join((title, summary, document.body)).encode()),
        "body": site.absolute(site.addresses.body(digest_of(body))),
    }


def committed_at(folder: Path) -> int:
    """Committer time of HEAD in seconds; 0 when the folder is in no repository or git is not there."""
    try:
        answer = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), "log", "-1", "--format=%ct"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(answer.stdout.strip() or 0)


def _write(pelican: Pelican) -> None:
    site: Site = pelican.settings["PLEIN_SITE"]
    with site.stopwatch.stage("manifest"):
        output = Path(pelican.output_path)
        sheet = stylesheet.url(site.settings.url, site.sheet)
        written = manifest(site, committed=committed_at(site.root), sheet=sheet)
        text = json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        write_atomically(output / NAME, text.encode())


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
    signals.finalized.connect(_write)
