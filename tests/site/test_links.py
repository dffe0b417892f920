"""No broken link in the output of the real content, at the root of a host and in a subpath."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.site.building import ROOT, Built, build

LATER = "1830000000"  # December 2027: every post of the sample content is due
SERVICE = re.compile(
    r"/(?:en/)?(?:ap/pages/|log-in|threads/|embed/|account|follow$)"
)  # answered by the comments service


@dataclass
class Page(HTMLParser):
    """The ids and links of one HTML file."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif name in ("href", "src") and value is not None:
                self.links.append(value)
            elif name == "srcset" and value:
                self.links += [candidate.split()[0] for candidate in value.split(",")]
            elif name == "content" and value and (found := re.match(r"\d+; url=(.*)", value)):
                self.links.append(found[1])
            elif name in ("aria-labelledby", "for") and value:
                self.links += [f"#{target}" for target in value.split()]


def read_page(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


@pytest.fixture(scope="module", params=["https://plein.example", "https://host.example/deep/plein"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, str]:
    url: str = request.param
    built = build(ROOT / "content", tmp_path_factory.mktemp("links") / "output", url=url, clock=LATER)
    assert built.status == 0, built.said
    return built, url


def html_files(built: Built) -> Iterator[tuple[str, Page]]:
    for path in sorted(built.folder.rglob("*.html")):
        name = path.relative_to(built.folder).as_posix()
        yield "/" + name.removesuffix("index.html"), read_page(path.read_text("utf-8"))


def test_every_link_of_every_page_leads_somewhere(site: tuple[Built, str]) -> None:
    built, url = site

    @cache
    def ids_of(path: str) -> frozenset[str]:
        return frozenset(read_page(built.text(path)).ids)

    dead = []
    seen = 0
    for path, page in html_files(built):
        for link in page.links:
            target, _, fragment = urljoin(url + path, link).partition("#")
            if not target.startswith(url + "/"):
                if not link.startswith(("https://", "http://", "mailto:", "tel:")):
                    dead.append((path, link))
                continue
            place = unquote(urlsplit(target).path).removeprefix(urlsplit(url).path)
            if SERVICE.match(place):
                continue
            seen += 1
            if not built.has(place) or (fragment and unquote(fragment) not in ids_of(place)):
                dead.append((path, link))
    assert dead == []
    assert seen > 1000


def test_feeds_sitemap_and_redirects_lead_to_pages(site: tuple[Built, str]) -> None:
    built, url = site
    base = urlsplit(url).path
    found = [
        link
        for path in sorted(built.folder.rglob("*.xml"))
        for link in re.findall(
            rf'(?:href="|<loc>|<uri>|<link>|&quot;)({re.escape(url)}/[^"<&]*)', path.read_text("utf-8")
        )
    ]
    assert len(found) > 200
    for link in found:
        assert built.has(unquote(urlsplit(link).path).removeprefix(base)), link
    for line in built.text("/_redirects").splitlines():
        old, new, status = line.split(" ")
        assert status == "301"
        assert built.has(new.removeprefix(base)), line
        assert built.has(old.removeprefix(base)) or old.endswith("/atom.xml"), line


def test_an_id_stands_once_on_a_page(site: tuple[Built, str]) -> None:
    built, _ = site
    for path, page in html_files(built):
        twice = {name for name in page.ids if page.ids.count(name) > 1}
        assert not twice, f"{twice} on {path}"


def test_every_page_names_its_languages_and_they_name_it_back(site: tuple[Built, str]) -> None:
    """Search engines heed language links only when both pages have them, each naming itself too."""
    built, url = site
    named: dict[str, dict[str, str]] = {}
    for path in sorted(built.folder.rglob("*.html")):
        text = path.read_text("utf-8")
        if re.search(r'<meta (?:name="robots" content="noindex|http-equiv="refresh")', text) or path.name == "404.html":
            continue
        pairs = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', text)
        place = "/" + path.relative_to(built.folder).as_posix().removesuffix("index.html")
        if place.startswith("/bodies/"):  # texts that the service sends on
            continue
        assert len(dict(pairs)) == len(pairs), place
        own = re.search(r'<html lang="([^"]+)"', text)
        canonical = re.search(r'<link rel="canonical" href="([^"]+)">', text)
        assert own, place
        assert canonical, place
        assert canonical[1] == url + place
        named[canonical[1]] = dict(pairs) or {own[1]: canonical[1]}
        assert named[canonical[1]][own[1]] == canonical[1], f"{place} does not name itself"
    for here, pairs_of in named.items():
        for there in pairs_of.values():
            assert unquote(there).startswith(url + "/")
            assert named[there] == pairs_of, f"{here} and {there} name different languages"
    assert sum(len(pairs_of) == 3 for pairs_of in named.values()) > 60
    assert all("x-default" in pairs_of for pairs_of in named.values() if len(pairs_of) > 1)


def test_no_style_attribute_survives_and_every_script_is_a_file_of_ours_or_data(site: tuple[Built, str]) -> None:
    """A strict Content-Security-Policy drops what stands in the page itself, so nothing may depend on it."""
    built, url = site
    base = urlsplit(url).path
    own = re.compile(rf'<script type="module" src="{re.escape(base)}/(?:embed|theme)/[\w./-]+\.js"></script>')
    for path in built.folder.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<[^>]* (?:style|on[a-z]+)=", text), path
        left = own.sub("", text)
        left = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", left)
        assert "<script" not in left, path


def test_the_real_site_says_nothing_of_this_machine(site: tuple[Built, str], tmp_path: Path) -> None:
    built, url = site
    again = build(ROOT / "content", tmp_path / "output", url=url, clock=LATER)
    assert again.files() == built.files()
    for name, content in built.files().items():
        assert str(ROOT).encode() not in content, name
