"""Views of an imagined site for tests of the templates: every field filled, long Dutch compounds, both languages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from theme.plugins import languages
from theme.plugins.house_style import PAIRS
from theme.plugins.stylesheet import THEME
from theme.plugins.views import (
    Alternate,
    BlogView,
    GroupView,
    HeadingView,
    ImageView,
    LanguageLink,
    PageLink,
    Pager,
    PageView,
    PersonView,
    SiteView,
    TagView,
)

DAY = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
TEMPLATES = (
    "front.html",
    "blogs.html",
    "groups.html",
    "blog.html",
    "group.html",
    "author.html",
    "tag.html",
    "page.html",
    "search.html",
    "style_guide.html",
    "404.html",
    "redirect.html",
)
HTML = Markup(
    '<p>Eerst <a href="https://voorbeeld.example/">een link</a> en <code>code</code>.</p>'
    '<h2 id="een">Een</h2><blockquote><p>Gezegd.</p></blockquote><h2 id="twee">Twee</h2><ul><li>punt</li></ul>'
    '<h2 id="drie">Drie</h2><p>Slot.</p>'
)
CHAPTERS = (HeadingView("een", "Een", 2), HeadingView("twee", "Twee", 2), HeadingView("drie", "Drie", 2))


def home(lang: str, base: str = "") -> str:
    return f"{base}/" if lang == "nl" else f"{base}/{lang}/"


def a_site(*, base: str = "") -> SiteView:
    return SiteView(
        name="Plein",
        url=f"https://plein.example{base}",
        base=base,
        languages=("nl", "en"),
        service=base,
        repository="https://git.example/plein/plein",
        contact="mailto:redactie@plein.example",
        menu={
            "nl": (("Over Plein", f"{base}/over/"),),
            "en": (("About Plein", f"{base}/en/over/"),),
        },
    )


def a_person(handle: str, name: str, lang: str, base: str = "") -> PersonView:
    return PersonView(
        handle=handle,
        name=name,
        url=f"{home(lang, base)}authors/{handle}/",
        initials="".join(word[0].upper() for word in name.split()[:2]),
        avatar=None,
        bio="Tests <everything> & more",
        links=("https://voorbeeld.example/over-ons",),
    )


def two_authors(lang: str, base: str = "") -> tuple[PersonView, PersonView]:
    return (
        a_person("redactie", "Redactie", lang, base),
        a_person("werkgroep", "Werkgroep Toegankelijkheid", lang, base),
    )


def a_group(lang: str, base: str = "") -> GroupView:
    return GroupView(
        key="groups/toegankelijk",
        slug="toegankelijk",
        handle="toegankelijk",
        name="Toegankelijk bouwen" if lang == "nl" else "Building for everyone",
        tagline="Sites waar niemand buiten staat.",
        lang=lang,
        url=f"{home(lang, base)}groups/toegankelijk/",
        html=HTML,
        owners=(
            a_person("redactie", "Redactie", lang, base),
            a_person("werkgroep", "Werkgroep Toegankelijkheid", lang, base),
        ),
        members=(a_person("redactie", "Redactie", lang, base), a_person("beheer", "Beheer", lang, base)),
        blog_count=1,
        feed=f"https://plein.example{home(lang, base)}groups/toegankelijk/atom.xml",
        edit_url="https://git.example/plein/plein/_edit/main/content/groups/toegankelijk.nl.md",
        other_language_only=False,
    )


def a_blog(lang: str, base: str = "") -> BlogView:
    return BlogView(
        key="blogs/drempels",
        slug="drempels",
        lang=lang,
        title='Toegankelijkheidsverklaringen & <script>"drempels"</script>',
        summary="Zestig bezoekers probeerden onze nieuwe site.",
        date=DAY,
        updated=DAY,
        authors=(
            a_person("redactie", "Redactie", lang, base),
            a_person("werkgroep", "Werkgroep Toegankelijkheid", lang, base),
        ),
        group=a_group(lang, base),
        tags=(TagView("onderzoek", "onderzoek", f"{home(lang, base)}tags/onderzoek/"),),
        image=ImageView(f"{base}/blogs/drempels/plein.svg", "Een plein", 1200, 420),
        html=HTML,
        toc=CHAPTERS,
        url=f"{home(lang, base)}blogs/drempels/",
        comments_open=True,
        visibility="public",
        edit_url="https://git.example/plein/plein/_edit/main/content/blogs/drempels.nl.md",
        other_language_only=False,
    )


def blogs_of(lang: str, base: str = "") -> tuple[BlogView, ...]:
    """Three posts; the second exists in the other language only, the third has no picture and no group."""
    other = "en" if lang == "nl" else "nl"
    return (
        a_blog(lang, base),
        replace(a_blog(other, base), key="blogs/elders", other_language_only=True),
        replace(
            a_blog(lang, base), key="blogs/kaal", image=None, group=None, updated=None, tags=(), toc=(), edit_url=None
        ),
    )


def a_pager(lang: str, base: str = "") -> Pager:
    first, second = f"{home(lang, base)}blogs/", f"{home(lang, base)}blogs/page/2/"
    return Pager(2, (PageLink(1, first, False), PageLink(2, second, True)), previous=first, next=None)


def a_context(template: str, lang: str, *, translated: bool = True, base: str = "") -> dict[str, object]:
    """Everything that the build gives to a template."""
    other = "en" if lang == "nl" else "nl"
    blogs = blogs_of(lang, base)
    section = template.removesuffix(".html")
    return {
        "site": a_site(base=base),
        "lang": lang,
        "canonical": None if template == "404.html" else f"https://plein.example{home(lang, base)}blogs/drempels/",
        "page_lang_urls": (LanguageLink(other, home(other, base), translated),),
        "alternates": (Alternate(lang, f"https://plein.example{home(lang, base)}"),),
        "section": {"blog": "blogs", "group": "groups"}.get(section, section),
        "feed": f"https://plein.example{base}/feeds/atom.xml",
        "feed_title": "Plein",
        "stylesheet": f"{base}/theme/plein.css",
        "structured": "",
        "share_image": None,
        "report_url": "https://git.example/plein/issues/new?title=x",
        "related": blogs,
        "index": f"{base}/pagefind/",
        "script": f"{base}/theme/search.js",
        "description": "Een & ander",
        "title": a_blog(lang).title,
        "newest": blogs,
        "groups": (a_group(lang, base), replace(a_group(other, base), other_language_only=True)),
        "blogs": blogs,
        "pager": a_pager(lang, base),
        "blog": a_blog(lang, base),
        "group": a_group(lang, base),
        "person": a_person("redactie", "Redactie", lang, base),
        "tag": TagView("onderzoek", "onderzoek", f"{home(lang, base)}tags/onderzoek/"),
        "page": PageView("over", lang, "Over", "Wie wij zijn", HTML, CHAPTERS, f"{home(lang, base)}over/", None),
        "target": "https://plein.example/blogs/drempels/",
        "style_guide_css": f"{base}/theme/style-guide.css",
        "pairs": PAIRS,
    }


@cache
def an_environment() -> Environment:
    """Jinja as the build sets it up, but strict: a name that no view has is an error."""
    environment = Environment(
        loader=FileSystemLoader(THEME / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
    )
    languages.equip(environment, THEME / "locale", ("nl", "en"))
    return environment


def render(template: str, lang: str, *, translated: bool = True, base: str = "", **changed: object) -> str:
    context: Mapping[str, object] = a_context(template, lang, translated=translated, base=base) | changed
    return an_environment().get_template(template).render(context)
