"""A whole site in both languages, built for real: which pages there are, what stands on them, what must not."""

import re
from pathlib import Path

import pytest

from tests.site.building import CLOCK, GARDEN, PICTURE, ROOT, Built, a_blog, build, write_content
from theme.plugins.slugs import RESERVED_PAGES

MARKER = "ZEVENSLAPER-GEHEIM"
SECRETS = {
    "blogs/geheim-overleg.nl.md": a_blog(
        f"Titel {MARKER}", text=f"Tekst {MARKER}", more=f"visibility: members\ntags: [{MARKER.lower()}]\n"
    ),
    "blogs/geheim-overleg/geheime-plaat.svg": PICTURE.replace("<rect", f"<title>{MARKER}</title><rect"),
    "blogs/straks-pas.nl.md": a_blog(f"Later {MARKER}", date="2031-01-01", text=f"Tekst {MARKER}"),
    "blogs/straks-pas/latere-plaat.svg": PICTURE.replace("<rect", f"<title>{MARKER}</title><rect"),
}


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("garden")
    built = build(write_content(folder / "content", {**GARDEN, **SECRETS}), folder / "output")
    assert built.status == 0, built.said
    return built


@pytest.fixture(scope="module")
def in_subpath(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("subpath")
    content = write_content(folder / "content", GARDEN)
    built = build(content, folder / "output", url="https://host.example/plein/")
    assert built.status == 0, built.said
    return built


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/blogs/",
        "/blogs/eerste/",
        "/groups/",
        "/groups/tuin/",
        "/authors/redactie/",
        "/tags/open-source/",
        "/over/",
        "/404.html",
        "/feeds/atom.xml",
        "/groups/tuin/atom.xml",
        "/authors/redactie/atom.xml",
    ],
)
def test_every_kind_of_page_stands_in_both_languages(garden: Built, path: str) -> None:
    assert garden.has(path)
    assert garden.has("/en" + path)


def test_a_page_says_its_language(garden: Built) -> None:
    assert '<meta name="description" content="Blogs en gesprekken' in garden.text("/")
    assert '<meta name="description" content="Blogs and conversations' in garden.text("/en/")
    assert '<html lang="nl">' in garden.text("/blogs/eerste/")
    assert '<html lang="en">' in garden.text("/en/blogs/eerste/")


def test_a_title_is_shown_as_typed(garden: Built) -> None:
    page = garden.text("/blogs/eerste/")
    assert re.search(r"<h1[^>]*>Een &lt;plein&gt; zonder &#34;drempels&#34; &amp; meer</h1>", page)
    assert "<plein>" not in page
    assert "Wat &lt;wij&gt; leerden &amp; u kunt gebruiken." in garden.text("/")
    assert "Wij lezen &lt;alles&gt; &amp; meer." in garden.text("/authors/redactie/")


def test_dates_and_plurals_are_in_the_language_of_the_page(garden: Built) -> None:
    assert ">1 maart 2026</time>" in garden.text("/blogs/eerste/")
    assert ">1 March 2026</time>" in garden.text("/en/blogs/eerste/")
    assert ">1 juni 2026</time>" in garden.text("/blogs/"), "an English post in a Dutch list has a Dutch date"
    assert "2 leden" in garden.text("/groups/")
    assert "2 members" in garden.text("/en/groups/")
    assert "1 blog<" in garden.text("/groups/bewaren-en-meer/")


def test_a_post_in_one_language_is_listed_in_the_other_with_its_language_and_a_label(garden: Built) -> None:
    lists = ("/", "/blogs/", "/groups/bewaren-en-meer/", "/authors/redactie/", "/tags/open-source/")
    for path in lists:
        listed = re.search(r'<a [^>]*href="/en/blogs/only-english/"[^>]*>Only in English</a>', garden.text(path))
        assert listed, path
        assert 'lang="en"' in listed[0]
        assert "Alleen in het Engels" in garden.text(path)
    assert re.search(r'<a [^>]*href="/blogs/tweede/" lang="nl"', garden.text("/en/blogs/"))
    assert "Only in Dutch" in garden.text("/en/blogs/")


def test_a_group_in_one_language_is_listed_in_the_other(garden: Built) -> None:
    assert re.search(r'href="/groups/bewaren-en-meer/" lang="nl"', garden.text("/en/groups/"))


def test_the_language_switch_leads_to_the_same_page_or_says_that_there_is_none(garden: Built) -> None:
    assert re.search(r'<a href="/en/blogs/eerste/" lang="en" hreflang="en">English</a>', garden.text("/blogs/eerste/"))
    assert re.search(
        r'<a href="/blogs/eerste/" lang="nl" hreflang="nl">Nederlands</a>', garden.text("/en/blogs/eerste/")
    )
    alone = garden.text("/blogs/tweede/")
    assert re.search(r'<a href="/en/" lang="en" hreflang="en">English \(front page\)</a>', alone)
    assert "Alleen in het Nederlands" in alone


def test_hreflang_leads_both_ways_and_has_a_default(garden: Built) -> None:
    expected = {
        "nl": "https://plein.example/blogs/eerste/",
        "en": "https://plein.example/en/blogs/eerste/",
        "x-default": "https://plein.example/blogs/eerste/",
    }
    for path in ("/blogs/eerste/", "/en/blogs/eerste/"):
        found = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', garden.text(path))
        assert dict(found) == expected
        assert f'<link rel="canonical" href="https://plein.example{path}">' in garden.text(path)
    assert "hreflang=" not in re.sub(r"<a [^>]*>", "", garden.text("/blogs/tweede/"))


def test_a_page_names_where_other_servers_read_it(garden: Built) -> None:
    for lang, path in (("nl", "/blogs/eerste/"), ("en", "/en/blogs/eerste/")):
        address = f"https://plein.example/ap/pages/blogs/eerste?lang={lang}"
        assert f'<link rel="alternate" type="application/activity+json" href="{address}">' in garden.text(path)


def test_the_sitemap_has_every_page_once_with_its_translations(garden: Built) -> None:
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    entries = {
        entry.findtext("s:loc", "", names): {
            link.get("hreflang"): link.get("href") for link in entry.findall("x:link", names)
        }
        for entry in garden.xml("/sitemap.xml").findall("s:url", names)
    }
    assert entries["https://plein.example/en/blogs/eerste/"] == entries["https://plein.example/blogs/eerste/"]
    assert entries["https://plein.example/blogs/eerste/"]["en"] == "https://plein.example/en/blogs/eerste/"
    assert entries["https://plein.example/blogs/eerste/"]["x-default"] == "https://plein.example/blogs/eerste/"
    assert entries["https://plein.example/blogs/tweede/"] == {}
    assert not [url for url in entries if "404" in url or "/oud" in url]
    pages = {
        "https://plein.example/" + name.removesuffix("index.html")
        for name, content in garden.files().items()
        if name.endswith("index.html") and b'name="robots" content="noindex' not in content
    }
    assert set(entries) == pages


def test_an_earlier_slug_leads_to_the_page(garden: Built) -> None:
    for earlier in ("oudste", "oud"):
        assert 'content="0; url=/blogs/eerste/"' in garden.text(f"/blogs/{earlier}/")
        assert 'content="0; url=/en/blogs/eerste/"' in garden.text(f"/en/blogs/{earlier}/")
    assert '<link rel="canonical" href="https://plein.example/blogs/eerste/">' in garden.text("/blogs/oud/")
    assert "/en/blogs/oud/ /en/blogs/eerste/ 301\n" in garden.text("/_redirects")


def test_a_page_is_found_by_its_name_in_another_language(garden: Built) -> None:
    for mistaken, right in (
        ("/search/", "/zoeken/"),
        ("/en/zoeken/", "/en/search/"),
        ("/accessibility/", "/toegankelijkheid/"),
        ("/en/toegankelijkheid/", "/en/accessibility/"),
        ("/style-guide/", "/stijlgids/"),
        ("/en/stijlgids/", "/en/style-guide/"),
    ):
        assert f'content="0; url={right}"' in garden.text(mistaken)
        assert f"{mistaken} {right} 301\n" in garden.text("/_redirects")


def test_the_address_of_a_translation_that_is_not_there_leads_to_the_text_that_is(garden: Built) -> None:
    for mistaken, right, said in (
        ("/en/blogs/tweede/", "/blogs/tweede/", "Only in Dutch"),
        ("/blogs/only-english/", "/en/blogs/only-english/", "Alleen in het Engels"),
        ("/en/groups/bewaren-en-meer/", "/groups/bewaren-en-meer/", "Only in Dutch"),
    ):
        assert f'content="0; url={right}"' in garden.text(mistaken)
        assert f'<h1 class="nl-heading nl-heading--level-1">{said}</h1>' in garden.text(mistaken)
        assert mistaken not in garden.text("/_redirects"), "it may be translated tomorrow"


def test_every_page_has_a_description_and_in_its_language_a_title_of_its_own(garden: Built) -> None:
    titles: list[tuple[str, str]] = []
    for name, content in garden.files().items():
        text = content.decode() if name.endswith("index.html") else ""
        if text and 'content="noindex"' not in text:
            assert re.search(r'<meta name="description" content="[^"]{4,320}">', text), name
            titles.append((name[:3] if name.startswith("en/") else "", text.partition("<title>")[2].partition("<")[0]))
    assert len(titles) == len(set(titles)) > 20


def test_no_text_can_take_an_address_of_the_site_itself(garden: Built) -> None:
    names = [name.removeprefix("en/").split("/") for name in garden.files()]
    assert {first for first, *rest in names if rest} - RESERVED_PAGES == {".well-known", "over"}


def test_links_between_files_become_links_between_pages(garden: Built) -> None:
    assert '<a href="/groups/tuin/">de groep</a>' in garden.text("/blogs/eerste/")
    assert '<a href="/en/groups/tuin/">the group</a>' in garden.text("/en/blogs/eerste/")
    assert '<a href="/blogs/eerste/#wat-wij-leerden">' in garden.text("/blogs/tweede/")
    assert 'href="https://elders.example/a?b=1&amp;c=2"' in garden.text("/blogs/eerste/")
    assert re.search(r'<img [^>]*src="/blogs/eerste/schets.svg"', garden.text("/blogs/eerste/"))


def test_a_picture_keeps_its_place(garden: Built) -> None:
    page = garden.text("/blogs/eerste/")
    assert re.search(r'src="/blogs/eerste/plein.svg" width="1200" height="420"', page)
    assert re.search(r'<img [^>]*schets.svg"[^>]* width="600" height="420"', page)


def test_nothing_of_a_hidden_post_is_anywhere(garden: Built) -> None:
    """Members-only and not due: no text, title, tag, slug or picture in any file, and no file named after them."""
    for name, content in garden.files().items():
        for word in (MARKER, MARKER.lower(), "geheim-overleg", "straks-pas", "geheime-plaat", "latere-plaat"):
            assert word not in name
            assert word.encode() not in content, f"{word} in {name}"


def test_a_picture_that_no_text_shows_is_not_copied(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {**GARDEN, "blogs/eerste/ongebruikt.svg": PICTURE})
    built = build(content, tmp_path / "output")
    assert built.has("/blogs/eerste/plein.svg")
    assert not built.has("/blogs/eerste/ongebruikt.svg")


def test_a_post_appears_when_it_is_due(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {**GARDEN, **SECRETS})
    built = build(content, tmp_path / "output", clock="1924992000")
    assert built.has("/blogs/straks-pas/")
    assert not built.has("/blogs/geheim-overleg/")


def test_two_builds_are_the_same_byte_for_byte_and_the_clock_is_told_to_nobody(garden: Built, tmp_path: Path) -> None:
    """Only security.txt must say a moment, the first day of a month."""
    content = write_content(tmp_path / "content", {**GARDEN, **SECRETS})
    later = build(content, tmp_path / "elders" / "output", clock=str(int(CLOCK) + 86_400 * 300)).files()
    expected = garden.files()
    assert later.pop(".well-known/security.txt") != expected.pop(".well-known/security.txt")
    assert later == expected


def test_nothing_of_this_machine_is_in_the_output(garden: Built) -> None:
    for name, content in garden.files().items():
        assert str(garden.folder.parent).encode() not in content, name
        assert str(Path.cwd()).encode() not in content, name


def test_the_site_works_in_a_subpath(in_subpath: Built) -> None:
    for name, content in in_subpath.files().items():
        if name.endswith(".html") and not name.startswith("bodies/"):
            for link in re.findall(r'(?:href|src|url)="(/[^"]*)"', content.decode()):
                assert link.startswith("/plein/"), f"{link} in {name}"
    assert '<link rel="canonical" href="https://host.example/plein/en/blogs/eerste/">' in in_subpath.text(
        "/en/blogs/eerste/"
    )
    assert "/plein/blogs/oud/ /plein/blogs/eerste/ 301\n" in in_subpath.text("/_redirects")


def test_a_long_list_is_cut_into_pages_that_have_translations(tmp_path: Path) -> None:
    posts = {f"blogs/stuk-{n}.nl.md": a_blog(f"Stuk {n}", date=f"2026-01-{n:02}") for n in range(1, 24)}
    built = build(write_content(tmp_path / "content", {**GARDEN, **posts}), tmp_path / "output")
    assert built.status == 0, built.said
    for prefix in ("", "/en"):
        listed = [
            slug
            for path in (f"{prefix}/blogs/", f"{prefix}/blogs/page/2/", f"{prefix}/blogs/page/3/")
            for slug in re.findall(r'class="title-link" href="[^"]*/blogs/([^"]+)/"', built.text(path))
        ]
        assert listed == ["only-english", "tweede", "eerste", *(f"stuk-{n}" for n in range(23, 0, -1))]
        assert not built.has(f"{prefix}/blogs/page/4/")
    assert 'hreflang="en" href="https://plein.example/en/blogs/page/2/"' in built.text("/blogs/page/2/")
    assert re.search(r'href="/blogs/" rel="prev"', built.text("/blogs/page/2/"))
    assert "<title>Blogs, pagina 2 van 3 – Plein</title>" in built.text("/blogs/page/2/")


def test_a_content_error_stops_the_build_and_leaves_the_last_output_alone(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", GARDEN)
    before = build(content, tmp_path / "output").files()
    write_content(
        content,
        {
            "blogs/een-fout.nl.md": a_blog("Fout").replace("tuin", "bestaat-niet"),
            "blogs/nog-een.nl.md": a_blog("Fout", text="[dood](nergens.nl.md)"),
        },
    )
    failed = build(content, tmp_path / "output")
    assert failed.status == 1
    assert "content/blogs/een-fout.nl.md:" in failed.said
    assert "content/blogs/nog-een.nl.md:" in failed.said
    assert "Traceback" not in failed.said
    assert failed.files() == before


def test_the_build_speaks_dutch_to_who_works_in_dutch(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {**GARDEN, "blogs/f.nl.md": a_blog("F", text="[x](weg.nl.md)")})
    dutch = build(content, tmp_path / "output", environ={"LC_ALL": "nl_NL.UTF-8"})
    english = build(content, tmp_path / "output", environ={"LC_ALL": "C.UTF-8"})
    assert "Er zit 1 fout in de inhoud. Er is niets gebouwd." in dutch.said
    assert "The content has 1 error. Nothing was built." in english.said


def test_a_plugin_that_cannot_start_stops_the_build(tmp_path: Path) -> None:
    """Pelican alone would log it and leave out its pages."""
    settings = tmp_path / "broken.py"
    lines = [
        "import sys",
        f"sys.path.insert(0, {str(ROOT)!r})",
        "from pelicanconf import *",
        "import theme.plugins.tags",
    ]
    lines += [f"THEME = {str(ROOT / 'theme')!r}", "del theme.plugins.tags.register"]
    settings.write_text("\n".join(lines), encoding="utf-8")
    built = build(write_content(tmp_path / "content", GARDEN), tmp_path / "output", settings=str(settings))
    assert built.status == 1
    assert "theme.plugins.tags" in built.said
    assert "Nothing was built." in built.said
    assert not built.folder.exists()


def test_a_wrong_clock_is_named(tmp_path: Path) -> None:
    built = build(write_content(tmp_path / "content", GARDEN), tmp_path / "output", clock="yesterday")
    assert built.status == 1
    assert "SOURCE_DATE_EPOCH" in built.said
    assert "Traceback" not in built.said


def test_a_folder_with_other_things_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"x")
    content = write_content(tmp_path / "elders" / "content", GARDEN)
    built = build(content, tmp_path)
    assert built.status != 0
    assert (tmp_path / "foto.jpg").exists()


def test_what_is_no_longer_published_is_gone_from_the_output(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {**GARDEN, "blogs/weg.nl.md": a_blog("Weg")})
    assert build(content, tmp_path / "output").has("/blogs/weg/")
    (content / "blogs" / "weg.nl.md").unlink()
    assert not build(content, tmp_path / "output").has("/blogs/weg/")


def test_a_build_ends_with_a_true_count(garden: Built) -> None:
    assert "Processed 4 articles" in garden.said
    assert "Traceback" not in garden.said
    assert "WARNING" not in garden.said


def test_an_empty_site_has_its_lists(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", {"people.yml": "redactie:\n  name: Redactie\n"})
    built = build(content, tmp_path / "output")
    assert built.status == 0, built.said
    assert built.has("/blogs/")
    assert built.has("/en/groups/")


def test_production_warns_about_an_address_that_nobody_can_reach(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content", GARDEN)
    built = build(content, tmp_path / "output", settings="publishconf.py", url="http://127.0.0.1:8000")
    assert built.status == 0
    assert "nobody can reach" in built.said


@pytest.mark.parametrize("url", ["plein.example", "https://plein.example/?a", "ftp://plein.example", "https://"])
def test_a_wrong_address_is_named_and_nothing_is_built(tmp_path: Path, url: str) -> None:
    built = build(write_content(tmp_path / "content", GARDEN), tmp_path / "output", url=url)
    assert built.status == 1
    assert "site.url" in built.said
    assert "Traceback" not in built.said
    assert not built.folder.exists()
