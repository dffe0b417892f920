"""The style guide: a page per language that shows every component in every state, for whoever tries a house style."""

import hashlib
from collections.abc import Iterator

from theme.plugins.house_style import PAIRS
from theme.plugins.output import OutputFile, OutputPage, files_wanted, pages_wanted
from theme.plugins.site import Site
from theme.plugins.stylesheet import squeeze
from theme.plugins.views import PageLink, Pager


def pages(site: Site) -> Iterator[OutputPage]:
    """It is no page of the site for a reader: it has no canonical address, and stands in no list."""
    for lang in site.languages:
        paths = {other: site.addresses.style_guide(other) for other in site.languages}
        yield OutputPage(
            path=paths[lang],
            lang=lang,
            template="style_guide",
            section="style-guide",
            title=site.text("Style guide", lang),
            description=site.text("Every part of this site, in every state.", lang),
            versions={},
            context={
                "page_lang_urls": site.language_links(lang, paths),
                "style_guide_css": site.link(_stylesheet(site).path),
                "pairs": PAIRS,
                "pager": Pager(
                    2, tuple(PageLink(n, "#page-lists", n == 2) for n in (1, 2, 3)), "#page-lists", "#page-lists"
                ),
                # a town plan shows what a house style makes of drawings
                "blogs": sorted(site.library.blogs[lang], key=lambda blog: not blog.is_drawn or blog.lang != lang)[:2],
                "groups": site.library.groups[lang][:2],
            },
        )


def files(site: Site, **_others: object) -> Iterator[OutputFile]:
    yield _stylesheet(site)


def _stylesheet(site: Site) -> OutputFile:
    """What shows states that nobody is in, and each ground with what stands on it."""
    css = (site.theme / "static" / "style-guide.css").read_text(encoding="utf-8")
    for front, ground, _ in PAIRS:
        css += f".pair--{front}-{ground} {{ background: var(--{ground}); color: var(--{front}); }}\n"
    text = squeeze(css)
    return OutputFile(f"/theme/style-guide.{hashlib.sha256(text.encode()).hexdigest()[:12]}.css", text.encode())


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
    files_wanted.connect(files)
