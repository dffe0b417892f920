"""sitemap.xml (sitemaps.org 0.9): every page with an address of its own and its translations; and robots.txt."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.site import Site

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:
    listed = sorted((page for page in pages if page.lang in page.versions), key=lambda page: page.path)
    yield OutputFile("/robots.txt", robots(site).encode())
    yield OutputFile("/sitemap.xml", (HEAD + "".join(_entry(site, page) for page in listed) + "</urlset>\n").encode())


def robots(site: Site) -> str:
    """RFC 9309. Bodies are the texts of pages once more, for other servers; the rest answers no search."""
    hidden = "".join(f"Disallow: {site.link(path)}\n" for path in ("/bodies/", "/api/", "/log-in", "/account"))
    return f"User-agent: *\n{hidden}\nSitemap: {site.absolute('/sitemap.xml')}\n"


def _entry(site: Site, page: OutputPage) -> str:
    lines = [f"<loc>{escape(site.absolute(page.path))}</loc>"]
    if page.updated:  # lists have none: the moment of the build says nothing about their text
        lines.append(f"<lastmod>{page.updated.isoformat()}</lastmod>")
    lines += [
        f'<xhtml:link rel="alternate" hreflang="{alternate.lang}" href={quoteattr(alternate.url)}/>'
        for alternate in site.alternates(page.versions)
    ]
    return "<url>\n" + "".join(f"  {line}\n" for line in lines) + "</url>\n"


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
