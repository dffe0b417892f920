"""The templates: every kind of page in both languages, safe, linked, translated."""

import re
from collections import Counter
from itertools import pairwise

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.site.page_samples import TEMPLATES, a_blog, a_context, an_environment, render
from theme.plugins import stylesheet

LANGUAGES = ("nl", "en")
PAGES = [(template, lang) for template in TEMPLATES for lang in LANGUAGES]
CATALOGUE = stylesheet.THEME / "locale" / "nl" / "LC_MESSAGES" / "theme.po"


def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="nl")


def attributes(page: str, name: str) -> list[str]:
    return re.findall(rf'\s{name}="([^"]*)"', page)


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_a_page_says_its_language_and_has_one_title(template: str, lang: str) -> None:
    for translated in (True, False):
        page = render(template, lang, translated=translated)
        assert page.startswith(f'<!doctype html>\n<html lang="{lang}">')
        assert page.count("<h1") == 1
        assert '<meta name="color-scheme" content="light dark">' in page
        assert len(re.findall(r"<title>[^<]+</title>", page)) == 1


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_a_page_needs_no_exception_from_a_strict_content_policy(template: str, lang: str) -> None:
    page = render(template, lang)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert re.fullmatch(
            r'<script type="module" src="/(embed/(account|plein)|theme/(search|voices|dates))\.js">', script
        )


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_what_a_writer_typed_is_shown_and_never_run(template: str, lang: str) -> None:
    page = render(template, lang)
    assert '<script>"drempels"' not in page
    assert "<everything>" not in page
    assert "&amp;lt;" not in page  # escaped once, not twice


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_every_id_is_unique_and_every_reference_inside_a_page_is_met(template: str, lang: str) -> None:
    page = render(template, lang)
    ids = attributes(page, "id")
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    wanted = [href[1:] for href in attributes(page, "href") if href.startswith("#")]
    wanted += attributes(page, "aria-labelledby")
    assert set(wanted) <= set(ids)


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_headings_go_down_one_level_at_a_time(template: str, lang: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[\s>]", render(template, lang))]
    assert levels[0] == 1 or template == "redirect.html"
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(("template", "lang"), PAGES)
def test_every_link_inside_the_site_stays_in_the_subpath(template: str, lang: str) -> None:
    page = render(template, lang, base="/sub")
    inside = [
        address for name in ("href", "src", "content") for address in attributes(page, name) if address.startswith("/")
    ]
    assert inside
    assert [address for address in inside if not address.startswith("/sub/")] == []
    if template != "redirect.html":
        assert f'class="brand" href="/sub/{"en/" if lang == "en" else ""}"' in page


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "redirect.html"])
def test_the_language_switch_leads_to_the_same_page_or_says_that_there_is_none(template: str) -> None:
    assert ">English</a>" in render(template, "nl")
    assert ">Nederlands</a>" in render(template, "en")
    assert ">English (front page)</a>" in render(template, "nl", translated=False)
    assert ">Nederlands (voorpagina)</a>" in render(template, "en", translated=False)


def test_a_blog_in_one_language_says_so() -> None:
    assert "Alleen in het Nederlands" in render("blog.html", "nl", translated=False)
    assert "Only in English" in render("blog.html", "en", translated=False)
    assert "This page in English" in render("blog.html", "nl")


@pytest.mark.parametrize(
    ("lang", "other", "label"), [("nl", "en", "Alleen in het Engels"), ("en", "nl", "Only in Dutch")]
)
@pytest.mark.parametrize("template", ["front.html", "blogs.html", "group.html", "author.html", "tag.html"])
def test_a_post_from_the_other_language_is_marked_in_lists(template: str, lang: str, other: str, label: str) -> None:
    page = render(template, lang)
    assert re.search(rf'<a class="title-link" href="[^"]*" lang="{other}" hreflang="{other}">', page)
    assert label in page


def test_a_blog_shows_what_is_known_about_it() -> None:
    page = render("blog.html", "nl")
    for part in (
        "Door <a",
        "in de groep <a",
        '<time datetime="2026-11-18T09:00:00+00:00">18 november 2026</time>',
        "Openbaar",
        'kind="comments"',
        'kind="rating"',
        'kind="views"',
        "Op deze pagina",
        'rel="tag"',
        "Bewerk deze pagina",
        '<span class="avatar" aria-hidden="true">WT</span>',
    ):
        assert part in page, part
    assert (
        page.index('kind="views"')
        < page.index('class="utrecht-rich-text"')
        < page.index("<plein-rating")
        < page.index("<plein-thread")
    )


@pytest.mark.parametrize(("lang", "start"), [("nl", ""), ("en", "/en")])
@pytest.mark.parametrize(("template", "key"), [("blog.html", "blogs/drempels"), ("group.html", "groups/toegankelijk")])
def test_without_scripts_rating_and_thread_are_links(template: str, key: str, lang: str, start: str) -> None:
    page = render(template, lang)
    assert re.search(rf'<plein-rating page="{key}" lang="{lang}"><p><a [^>]*href="{start}/threads/{key}#rating">', page)
    assert re.search(rf'<plein-thread page="{key}" lang="{lang}"><p><a [^>]*href="{start}/threads/{key}">', page)


def test_the_log_in_link_leads_back_to_the_page() -> None:
    assert 'href="/log-in?returnTo=/blogs/drempels/"' in render("blog.html", "nl")
    assert 'href="/en/log-in?returnTo=/en/blogs/drempels/"' in render("blog.html", "en")
    assert 'href="/sub/log-in?returnTo=/sub/blogs/drempels/"' in render("blog.html", "nl", base="/sub")


def test_a_short_blog_has_no_table_of_contents() -> None:
    blog = a_context("blogs.html", "nl")["blogs"]
    assert isinstance(blog, tuple)
    assert 'class="utrecht-table-of-contents"' not in render("blog.html", "nl", blog=blog[2])
    assert 'class="utrecht-table-of-contents"' in render("blog.html", "nl", blog=a_blog("nl"))


def test_empty_lists_say_so() -> None:
    assert "Er zijn nog geen blogs." in render("front.html", "nl", newest=(), groups=())
    assert "There are no groups yet." in render("groups.html", "en", groups=())
    assert "Deze groep heeft nog geen blogs." in render("group.html", "nl", blogs=())


def test_the_page_for_a_lost_reader_speaks_both_languages() -> None:
    assert "Deze pagina bestaat niet" in render("404.html", "en")
    assert "This page does not exist" in render("404.html", "nl")
    assert 'rel="canonical"' not in render("404.html", "nl")


def test_every_text_of_the_templates_is_translated() -> None:
    dutch = catalogue()
    options = {"**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}}
    texts = {
        message
        for _, _, message, _, _ in extract_from_dir(stylesheet.THEME / "templates", [("**.html", "jinja2")], options)
    }
    assert len(texts) > 50
    for text in texts:
        entry = dutch.get(text if isinstance(text, str) else text[0])
        assert entry is not None, f"{text!r} is not in {CATALOGUE.name}"
        strings = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert strings, f"{text!r} has no Dutch text"
        assert all(strings), f"{text!r} has no Dutch text"
        assert not entry.fuzzy


def test_dutch_texts_say_u_and_keep_their_places() -> None:
    for entry in catalogue():
        for text in [entry.string] if isinstance(entry.string, str) else list(entry.string or ()):
            assert not re.search(r"\b(je|jij|jou|jouw|jullie)\b", text, re.IGNORECASE), text
            source = entry.id if isinstance(entry.id, str) else entry.id[0]
            if entry.id:
                assert sorted(re.findall(r"%\(\w+\)[sd]", source)) == sorted(re.findall(r"%\(\w+\)[sd]", text)), text


def test_templates_ask_for_nothing_that_a_page_does_not_bring() -> None:
    environment = an_environment()
    assert environment.undefined.__name__ == "StrictUndefined"
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)
