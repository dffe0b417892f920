"""Which blogs are named as related: alike in words, topics or group, in reach of one language, the same every time."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from tests.site.page_samples import a_blog
from theme.plugins.related import related
from theme.plugins.views import BlogView, TagView

DAY = datetime(2026, 11, 1, tzinfo=UTC)
FILLER = "Dezelfde inleiding staat boven elke tekst van deze site."


def a_post(slug: str, text: str, *tags: str, lang: str = "nl", day: int = 0) -> BlogView:
    views = tuple(TagView(tag, tag, f"/tags/{tag}/") for tag in tags)
    html = Markup(f"<p>{FILLER} {text}</p>")  # noqa: S704
    sample = replace(a_blog("nl"), slug=slug, key=f"blogs/{slug}", lang=lang, title=slug, summary=FILLER, html=html)
    return replace(sample, tags=views, group=None, date=DAY - timedelta(days=day))


POSTS = (
    a_post("bomen", "De gemeente telt haar bomen en publiceert de boom als open data.", "data"),
    a_post("iepen", "Een iep is een boom die de gemeente zelden kapt, en toch tellen wij bomen.", "groen"),
    a_post("toetsenbord", "Wie geen muis gebruikt, ziet graag een duidelijke focus bij elke knop.", "toegankelijk"),
    a_post("muis", "Een dag zonder muis leert waar de focus verdwijnt en welke knop niets doet.", "toegankelijk"),
    a_post("trees", "The council counts trees; gemeente bomen boom are Dutch words.", lang="en"),
    a_post("open", "This text is about procurement.", "data", lang="en"),
)


def named(posts: tuple[BlogView, ...], slug: str) -> list[str]:
    return [blog.slug for blog in related(posts)[slug]]


def test_posts_with_the_same_rare_words_or_topics_are_related() -> None:
    assert named(POSTS, "muis")[0] == "toetsenbord"
    assert named(POSTS, "toetsenbord")[0] == "muis"
    assert "iepen" in named(POSTS, "bomen")


def test_words_of_another_language_make_nothing_alike_but_a_topic_does() -> None:
    assert "trees" not in named(POSTS, "bomen")
    assert "open" in named(POSTS, "bomen")


def test_what_every_post_says_relates_nothing_and_no_post_is_related_to_itself() -> None:
    strangers = (a_post("een", "aardbei"), a_post("twee", "fietspad"), a_post("drie", "begroting"))
    assert all(found == () for found in related(strangers).values())
    assert all(slug not in [blog.slug for blog in found] for slug, found in related(POSTS).items())


def test_the_answer_does_not_depend_on_the_run_and_is_short() -> None:
    again = related(POSTS)
    assert related(POSTS) == again
    assert all(len(found) <= 3 for found in again.values())


def test_posts_that_are_all_alike_cost_no_square_of_their_number() -> None:
    texts = (" ".join(f"{half}{chr(97 + n)}woord" for n in range(20)) for half in ("noord", "zuid"))
    samples = [a_post(half, text, "kaart") for half, text in zip(("n", "z"), texts, strict=True)]
    posts = tuple(replace(samples[n % 2], slug=f"p{n}") for n in range(2000))
    started = time.process_time()
    related(posts)
    assert time.process_time() - started < 2.5  # each with each would take ten times as long
