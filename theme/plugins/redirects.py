"""From old and mistaken addresses to the right page: small pages for any host, `_redirects` for who can read it.

Old is every earlier slug (`was:`), mistaken the name of a page in another language: /en/toegankelijkheid/.
"""

from collections.abc import Iterator

from theme.plugins.addresses import WORDS
from theme.plugins.catalogue import N_
from theme.plugins.output import OutputFile, OutputPage, files_wanted, pages_wanted
from theme.plugins.site import Site


def moves(site: Site) -> Iterator[tuple[str, str, str]]:
    """Language, old path and new path of every page that was renamed or has a name in another language."""
    for (kind, slug), documents in site.library.versions.items():
        for lang, document in documents.items():
            for earlier in getattr(document.fields, "was", ()):
                yield lang, site.addresses.document(kind, earlier, lang), site.addresses.document(kind, slug, lang)
    yield from _in_other_words(site)


def _in_other_words(site: Site) -> Iterator[tuple[str, str, str]]:
    """Who changes the language in the address bar finds the page by either of its names."""
    for name, words in WORDS.items():
        for lang in site.languages:
            right = site.addresses.page(words[lang], lang)
            if name == "accessibility" and site.link(right) not in {page.url for page in site.library.pages[lang]}:
                continue
            for word in words.values():
                if word != words[lang]:
                    yield lang, site.addresses.page(word, lang), right


def only_elsewhere(site: Site) -> Iterator[tuple[str, str, str]]:
    """Language, path and the path in another language, of every page that is not written in the first one (yet)."""
    for (kind, slug), documents in site.library.versions.items():
        for lang in site.languages:
            if lang not in documents:
                right = site.addresses.document(kind, slug, next(iter(documents)))
                yield lang, site.addresses.document(kind, slug, lang), right


ONLY_IN = {"nl": N_("Only in Dutch"), "en": N_("Only in English")}


def pages(site: Site) -> Iterator[OutputPage]:
    for lang, old, new in moves(site):
        yield _page(site, lang, old, new, N_("This page has moved"))
    for lang, old, new in only_elsewhere(site):
        other = next(other for other in site.languages if other != lang)
        yield _page(site, lang, old, new, ONLY_IN[other])


def _page(site: Site, lang: str, old: str, new: str, title: str) -> OutputPage:
    return OutputPage(
        path=old,
        lang=lang,
        template="redirect",
        section="redirect",
        title=site.text(title, lang),
        description="",
        versions={},
        context={"target": site.link(new), "canonical": site.absolute(new)},
    )


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    """One move a line: old path, new path, 301. A group's feed moves with it, which no HTML page can say."""
    lines = []
    for _, old, new in moves(site):
        lines.append(f"{site.link(old)} {site.link(new)} 301\n")
        if "/groups/" in old:
            feeds = site.addresses.feed_of(old), site.addresses.feed_of(new)
            lines.append(f"{site.link(feeds[0])} {site.link(feeds[1])} 301\n")
    yield OutputFile("/_redirects", "".join(lines).encode())


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
    files_wanted.connect(files)
