"""Links and pictures of a text: what each leads to, and whether a reader may go there."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from theme.plugins.addresses import Addresses
from theme.plugins.allowed_html import SCHEMES, scheme_of
from theme.plugins.drafts import Draft
from theme.plugins.fields import BlogFields
from theme.plugins.folder import ASSETS, IMAGES, KINDS, extension
from theme.plugins.front_matter import close_to
from theme.plugins.problems import Finding
from theme.plugins.slugs import slugify

_PELICAN = re.compile(r"\{(?:filename|static|attach)\}")


@dataclass(frozen=True)
class Reference:
    """What an address in a text stands for.

    `text`: another text; `target` is its path within the content folder. `file`: a picture or document, the same.
    `address`: a path of the site such as "/blogs/", to which the site's base is added.
    """

    kind: Literal["text", "file", "address"]
    target: str
    anchor: str = ""


class Resolver:
    """Knows every text, file and address of the site, and which of them are closed."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        files: Mapping[str, int],
        languages: Sequence[str],
        handles: Sequence[str],
        url: str = "",
    ) -> None:
        self.texts = {draft.name: draft for draft in drafts}
        self.files = files
        self._url = url
        self._languages = languages
        self.used: set[str] = set()
        self._pages = {draft.key: draft for draft in drafts}
        self._public = sorted(draft.name for draft in drafts if not draft.is_hidden)
        shown = [draft for draft in drafts if not draft.is_hidden]
        self._addresses = _addresses(shown, languages, handles)
        self._hidden_addresses = (
            _addresses([draft for draft in drafts if draft.is_hidden], languages, ()) - self._addresses
        )

    def resolve_all(self, draft: Draft) -> dict[str, Reference]:
        """Look at every link and picture of a text. Faults are noted in the draft."""
        references: dict[str, Reference] = {}
        told = {
            finding.values.get("target") or finding.values.get("value")
            for finding in draft.rendered.findings
            if finding.code in ("bad-scheme", "bad-link")
        }
        for link in draft.rendered.links:
            if link.href in told:
                continue
            found = self.link(draft, link.href)
            if isinstance(found, Reference):
                references[link.href] = found
            elif found is not None:
                draft.findings.append(Finding(found.code, link.line, link.column, found.values))
        for image in draft.rendered.images:
            found = self.image(draft, image.src)
            if isinstance(found, Reference):
                references[image.src] = found
            elif found is not None:
                draft.findings.append(Finding(found.code, image.line, image.column, found.values))
            if not (image.alt or "").strip():
                draft.findings.append(Finding("missing-alt", image.line, image.column))
        if isinstance(draft.fields, BlogFields) and draft.fields.image:
            found = self._file(draft, f"blogs/{draft.slug}/{draft.fields.image}", draft.fields.image)
            if isinstance(found, Finding):
                draft.add(found.code, "image", **found.values)
        return references

    def link(self, draft: Draft, href: str) -> Reference | Finding | None:
        address = _PELICAN.sub("", href, count=1)
        try:
            parts = urlsplit(address)
        except ValueError:
            return Finding("dead-link", values={"target": href})
        if scheme_of(href) in SCHEMES:
            return self._own(href, parts)
        if href.startswith("//"):
            return Finding("link-without-scheme")
        anchor = unquote(parts.fragment)
        if not parts.path:
            return self._anchor(draft, draft, anchor)
        if address.startswith("/") and address == href:
            return self._address(href, parts.path, anchor)
        name = _join(draft.name, unquote(parts.path))
        if name is None:
            return Finding("leaves-content", values={"target": href})
        if name in self.texts:
            return self._text(draft, self.texts[name], anchor)
        if extension(name) in ASSETS and name.partition("/")[0] in KINDS:
            return self._file(draft, name, href)
        kind, _, rest = name.partition("/")
        owner = self._pages.get((kind, rest.partition(".")[0]))
        if owner and not _may_lead_to(draft, owner):  # another language of a hidden page: its name is not repeated
            return Finding("hidden-link")
        return Finding("dead-link", values={"target": href, "guess": self._public_text_like(name, draft)})

    def _public_text_like(self, name: str, draft: Draft) -> str:
        """The path, from `draft`, of a public text with almost this slug, of the same folder and language at best."""
        slugs = {posixpath.basename(public).partition(".")[0] for public in self._public}
        slug = close_to(posixpath.basename(name).partition(".")[0], slugs)
        named = [public for public in self._public if posixpath.basename(public).startswith(f"{slug}.")] if slug else []
        best = close_to(name, named) or next(iter(named), "")
        return posixpath.relpath(best, posixpath.dirname(draft.name)) if best else ""

    def image(self, draft: Draft, src: str) -> Reference | Finding | None:
        if scheme_of(src) or src.startswith("//"):
            return Finding("external-image")
        if src.startswith("/"):
            near = posixpath.relpath(src.lstrip("/"), posixpath.dirname(draft.name))
            guess = near if src.lstrip("/") in self.files else ""
            return Finding("missing-image", values={"target": src, "guess": guess})
        name = _join(draft.name, unquote(_PELICAN.sub("", src, count=1).partition("#")[0].partition("?")[0]))
        if not src or name is None:
            return Finding("leaves-content" if src else "missing-image", values={"target": src})
        if extension(name) not in IMAGES:
            return Finding("image-kind", values={"value": src, "allowed": ", ".join(sorted(IMAGES))})
        return self._file(draft, name, src)

    def _file(self, draft: Draft, name: str, written: str) -> Reference | Finding:
        """A file beside a text; it is as public as the page in whose folder it lies."""
        kind, _, rest = name.partition("/")
        slug, _, inside = rest.partition("/")
        owner = self._pages.get((kind, slug))
        if owner and not _may_lead_to(draft, owner):
            return Finding("hidden-link")
        if owner is None or not inside or name not in self.files:
            near = [other for other in self.files if other.startswith(f"{draft.kind}/{draft.slug}/")]
            guess = close_to(name, near)
            if guess:
                guess = posixpath.relpath(guess, posixpath.dirname(draft.name))
            if owner is None and name in self.files and not guess:
                return Finding("image-elsewhere", values={"target": written})
            code = "missing-image" if extension(name) in IMAGES else "dead-link"
            return Finding(code, values={"target": written, "guess": guess})
        self.used.add(name)
        return Reference("file", name)

    def _text(self, draft: Draft, target: Draft, anchor: str) -> Reference | Finding | None:
        if not _may_lead_to(draft, target):
            return Finding("hidden-link")
        return self._anchor(draft, target, anchor)

    def _anchor(self, draft: Draft, target: Draft, anchor: str) -> Reference | Finding | None:
        if anchor and anchor not in target.rendered.ids:
            return Finding("dead-anchor", values={"name": anchor, "guess": close_to(anchor, target.rendered.ids)})
        return None if draft is target else Reference("text", target.name, anchor)

    def _own(self, href: str, parts: SplitResult) -> Finding | None:
        """A whole address of this very site must lead somewhere too; other addresses are the writer's affair."""
        site = urlsplit(self._url)
        if not site.netloc or parts.netloc.lower() != site.netloc.lower() or not parts.path.startswith(f"{site.path}/"):
            return None
        path = unquote(parts.path)[len(site.path) :].removesuffix("index.html").rstrip("/") + "/"
        found = self._address(href, path, "")
        kinds = "|".join(re.escape(lang) for lang in self._languages[1:])
        is_content = re.match(rf"(?:/(?:{kinds}))?/(?:blogs|groups|authors|tags)/(?!page/)[^/.]+/$", path)
        return found if isinstance(found, Finding) and (is_content or found.code == "hidden-link") else None

    def _address(self, href: str, path: str, anchor: str) -> Reference | Finding:
        if path in self._hidden_addresses:
            return Finding("hidden-link")
        if path not in self._addresses:
            guess = close_to(path, self._addresses)
            return Finding("dead-link", values={"target": href, "guess": guess})
        return Reference("address", path, anchor)


def _join(name: str, path: str) -> str | None:
    """A path as written in the text `name`, from the content folder; None when it leads out of it."""
    if "\\" in path or "\0" in path:
        return None
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(name), path)
    plain = posixpath.normpath(joined)
    return None if plain in ("..", ".") or plain.startswith("../") else plain


def _may_lead_to(source: Draft, target: Draft) -> bool:
    """Whether a reader of `source` can read `target`, now and once `source` is due."""
    if source.is_members or source.key == target.key:
        return True
    if target.is_members:
        return False
    if target.is_due:
        return True
    if source.is_due or not isinstance(source.fields, BlogFields) or not isinstance(target.fields, BlogFields):
        return False
    return target.fields.date <= source.fields.date


def _addresses(drafts: Sequence[Draft], languages: Sequence[str], handles: Sequence[str]) -> frozenset[str]:
    """Paths of the site that have no file of their own, or may be written as a path."""
    addresses = Addresses(tuple(languages))
    found: set[str] = {"/sitemap.xml"}
    for lang in languages:
        found |= {addresses.front(lang), addresses.blogs(lang), addresses.groups(lang), addresses.site_feed(lang)}
        for author in (addresses.author(handle, lang) for handle in handles):
            found |= {author, addresses.feed_of(author)}
    for draft in drafts:
        page = addresses.document(draft.kind, draft.slug, draft.lang)
        found |= {page, addresses.feed_of(page)} if draft.kind == "groups" else {page}
        if isinstance(draft.fields, BlogFields):
            found |= {addresses.tag(slugify(tag), draft.lang) for tag in draft.fields.tags}
    return frozenset(found)
