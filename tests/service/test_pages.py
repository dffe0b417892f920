"""Pages: which thread every URL reaches, and exactly what a manifest would send."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from comments_service import comments, pages, threads
from comments_service.errors import NotFound
from comments_service.pages import Asked, Event
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Transaction
from tests.service.builders import (
    NOW,
    SITE,
    SITE_URL,
    Json,
    a_comment,
    a_manifest,
    a_page,
    an_account,
    manifest_json,
    page_json,
)

BASELINE = {f"blogs/{name}": page_json(f"blogs/{name}") for name in "abcdefgh"} | {
    "groups/lab": page_json("groups/lab")
}
NEWS = page_json("blogs/nieuws", title="Nieuws")
REPORT = page_json("blogs/verslag", title="Nieuws", was=["nieuws"])
WITH_NEWS = BASELINE | {"blogs/nieuws": NEWS}
WITHOUT_A = {key: page for key, page in WITH_NEWS.items() if key not in ("blogs/a", "blogs/members")}
TWO_LANGUAGES = page_json("blogs/nieuws", title="Nieuws", languages=("nl", "en"))
EDITED = page_json("blogs/nieuws", title="Nieuws", text="Beter", languages=("nl", "en"))
MEMBERS = page_json("blogs/members", title="Leden")
PREVIEW = "https://preview.example"


@dataclass(frozen=True)
class Step:
    """One manifest, what it would send, and which thread URLs reach after it."""

    name: str
    serial: int
    pages: dict[str, Json]
    sends: tuple[Event, ...] = ()
    refused: str | None = None
    reaches: dict[str, str | None] = field(default_factory=dict)
    base: str = SITE_URL
    site: str = SITE
    force: bool = False


TEN_MANIFESTS = [
    Step("the first is a baseline", 10, BASELINE, reaches={"/blogs/a/": "blogs/a", "/blogs/nieuws/": None}),
    Step(
        "two new posts, an old one, one that does not federate, one of tomorrow",
        11,
        WITH_NEWS
        | {
            "blogs/members": MEMBERS,
            "blogs/old": page_json("blogs/old", days_old=31),
            "blogs/local": page_json("blogs/local", federate=False),
            "blogs/tomorrow": page_json("blogs/tomorrow", days_old=-1),
        },
        sends=(Event("Create", "blogs/nieuws"), Event("Create", "blogs/members")),
        reaches={"/blogs/nieuws/": "blogs/nieuws", "/blogs/members/": "blogs/members"},
    ),
    Step(
        "a rename",
        12,
        BASELINE | {"blogs/verslag": REPORT, "blogs/members": MEMBERS},
        reaches={"/blogs/nieuws/": "blogs/nieuws", "/blogs/verslag/": "blogs/nieuws", "/blogs/verslag": "blogs/nieuws"},
    ),
    Step(
        "the rename back",
        13,
        WITH_NEWS | {"blogs/members": MEMBERS},
        reaches={"/blogs/nieuws/": "blogs/nieuws", "/blogs/verslag/index.html": "blogs/nieuws"},
    ),
    Step(
        "one withdrawn, one turned members-only: out of sight, nothing sent yet",
        14,
        WITHOUT_A,
        reaches={"/blogs/a/": None, "/blogs/members/": None, "/blogs/nieuws/": "blogs/nieuws"},
    ),
    Step(
        "the second manifest without them; the baseline post was never sent",
        15,
        WITHOUT_A,
        sends=(Event("Delete", "blogs/members"),),
        reaches={"/blogs/a/": None, "/blogs/members/": None},
    ),
    Step(
        "a translation added",
        16,
        WITHOUT_A | {"blogs/nieuws": TWO_LANGUAGES},
        reaches={"/en/blogs/nieuws/": "blogs/nieuws", "/en/blogs/verslag/?x=1#c-2": "blogs/nieuws"},
    ),
    Step(
        "a text edited",
        17,
        WITHOUT_A | {"blogs/nieuws": EDITED},
        sends=(Event("Update", "blogs/nieuws"),),
    ),
    Step("half a build", 18, {"blogs/nieuws": EDITED, "blogs/b": BASELINE["blogs/b"]}, refused="loses-pages"),
    Step(
        "a preview",
        19,
        {key: page_json(key, base=PREVIEW) for key in [*BASELINE, "blogs/secret"]},
        base=PREVIEW,
        refused="other-site",
        reaches={"/blogs/nieuws/": "blogs/nieuws", "/blogs/secret/": None},
    ),
    Step(
        "a second site with the same keys",
        1,
        {"blogs/nieuws": page_json("blogs/nieuws", base="https://other.example")},
        base="https://other.example",
        site="other",
        reaches={"/blogs/nieuws/": "blogs/nieuws", "/blogs/b/": None},
    ),
    Step("an older serial", 16, WITHOUT_A, refused="older", reaches={"/blogs/nieuws/": "blogs/nieuws"}),
    Step("an empty one", 20, {}, refused="empty", reaches={"/blogs/b/": "blogs/b"}),
    Step(
        "the members-only post is public again: a new object",
        21,
        WITHOUT_A | {"blogs/nieuws": EDITED, "blogs/members": MEMBERS},
        sends=(Event("Create", "blogs/members"),),
        reaches={"/blogs/members/": "blogs/members"},
    ),
]


def test_ten_manifests_send_exactly_this_and_every_url_reaches_its_thread(tx: Transaction) -> None:
    stored: list[tuple[str, str]] = []
    for step in TEN_MANIFESTS:
        manifest = a_manifest(step.serial, step.pages, base=step.base)
        site_url = SITE_URL if step.site == SITE else step.base
        before = tx.all("SELECT * FROM page ORDER BY site_id, key")
        intake = pages.take_in(tx, step.site, manifest, Asked(step.force), site_url=site_url, now=NOW)
        assert intake.refused == step.refused, step.name
        assert intake.would_send == step.sends, step.name
        assert intake.taken == (step.refused is None), step.name
        if step.refused:
            assert tx.all("SELECT * FROM page ORDER BY site_id, key") == before, step.name
        for path, key in step.reaches.items():
            assert pages.key_of_url(tx, step.site, site_url + path) == key, (step.name, path)
        stored += [(event.activity, event.page_key) for event in step.sends]
    noted = tx.all("SELECT activity, page_key FROM announcement ORDER BY id")
    assert [(row["activity"], row["page_key"]) for row in noted] == stored
    generations = tx.all("SELECT activity, generation FROM announcement WHERE page_key = 'blogs/members' ORDER BY id")
    assert [tuple(row.values()) for row in generations] == [("Create", 1), ("Delete", 1), ("Create", 2)]


def take(tx: Transaction, serial: int, entries: dict[str, Json], **options: object) -> pages.Intake:
    asked = Asked(**options)  # type: ignore[arg-type]
    return pages.take_in(tx, SITE, a_manifest(serial, entries), asked, site_url=SITE_URL, now=NOW)


def test_a_post_of_tomorrow_is_sent_when_a_build_finds_it_due(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    entries = BASELINE | {"blogs/tomorrow": page_json("blogs/tomorrow", days_old=-1)}
    assert take(tx, 2, entries).would_send == ()
    later = pages.take_in(tx, SITE, a_manifest(3, entries), site_url=SITE_URL, now=NOW + timedelta(days=2))
    assert later.would_send == (Event("Create", "blogs/tomorrow"),)


def test_the_same_bytes_again_do_nothing_and_other_bytes_with_the_same_serial_are_work_in_progress(
    tx: Transaction,
) -> None:
    take(tx, 1, BASELINE)
    assert take(tx, 1, BASELINE) == pages.Intake(False)
    closed = BASELINE | {"blogs/a": page_json("blogs/a", comments="closed")}
    before = threads.version(tx, pages.find(tx, SITE, "blogs", "a"))
    assert take(tx, 1, closed).taken
    page = pages.find(tx, SITE, "blogs", "a")
    assert threads.closure(tx, page)[0] == "front-matter"
    assert threads.version(tx, page) == before + 1


def test_missing_twice_under_one_serial_withdraws_nothing(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    take(tx, 2, WITH_NEWS)
    for _ in range(3):
        assert take(tx, 3, BASELINE, force=True).would_send == ()
    assert take(tx, 4, BASELINE).would_send == (Event("Delete", "blogs/nieuws"),)


def test_a_missing_page_that_returns_keeps_its_thread_and_sends_nothing(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    take(tx, 2, WITH_NEWS)
    anna = an_account(tx)
    comment = a_comment(tx, pages.find(tx, SITE, "blogs", "nieuws"), anna)
    take(tx, 3, BASELINE)
    with pytest.raises(NotFound):
        comments.get(tx, comment.id)
    assert take(tx, 4, WITH_NEWS).would_send == ()
    assert comments.get(tx, comment.id).text == comment.text


def test_a_minor_edit_sends_nothing_and_the_next_real_one_does(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    take(tx, 2, WITH_NEWS)
    minor = page_json("blogs/nieuws", title="Nieuws", text="typo", minor=True)
    assert take(tx, 3, BASELINE | {"blogs/nieuws": minor}).would_send == ()
    real = page_json("blogs/nieuws", title="Nieuws", text="more")
    assert take(tx, 4, BASELINE | {"blogs/nieuws": real}).would_send == (Event("Update", "blogs/nieuws"),)


def test_a_baseline_post_that_was_away_is_no_news_when_it_returns(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    without = {key: page for key, page in BASELINE.items() if key != "blogs/a"}
    take(tx, 2, without)
    take(tx, 3, without)
    assert take(tx, 4, BASELINE).would_send == ()
    assert pages.find(tx, SITE, "blogs", "a").key == "blogs/a"


def test_a_mended_typo_in_a_post_that_was_never_sent_sends_nothing(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    assert take(tx, 2, BASELINE | {"blogs/a": page_json("blogs/a", text="typo")}).would_send == ()


def test_an_edited_group_makes_one_update_and_a_new_one_nothing(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    edited = page_json("groups/lab", text="more")
    entries = BASELINE | {"groups/lab": edited, "groups/new": page_json("groups/new")}
    assert take(tx, 2, entries).would_send == (Event("Update", "groups/lab"),)


def test_a_rename_with_another_text_sends_one_update(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    take(tx, 2, WITH_NEWS)
    renamed = page_json("blogs/verslag", title="Verslag", text="more", was=["nieuws"])
    assert take(tx, 3, BASELINE | {"blogs/verslag": renamed}).would_send == (Event("Update", "blogs/nieuws"),)


@pytest.mark.parametrize("was", [["a", "b-first"], ["b-first", "a"]])
def test_the_key_is_that_of_the_page_seen_first_whatever_the_order_of_was(tx: Transaction, was: list[str]) -> None:
    take(tx, 1, {"blogs/a": page_json("blogs/a")})
    take(tx, 2, {"blogs/a": page_json("blogs/a"), "blogs/b-first": page_json("blogs/b-first")})
    take(tx, 3, {"blogs/c": page_json("blogs/c", was=was)})
    assert pages.find(tx, SITE, "blogs", "c").key == "blogs/a"


def test_a_rename_without_was_is_held_and_named_until_was_comes(tx: Transaction) -> None:
    take(tx, 1, WITH_NEWS)
    silent = page_json("blogs/verslag", title="Nieuws", text="new words")
    for serial in (2, 3, 4):
        intake = take(tx, serial, BASELINE | {"blogs/verslag": silent})
        assert intake.held == (pages.Lookalike("blogs/nieuws", "blogs/verslag"),)
        assert intake.would_send == ()
        assert pages.key_of_url(tx, SITE, f"{SITE_URL}/blogs/verslag/") is None
    take(tx, 5, BASELINE | {"blogs/verslag": REPORT})
    assert pages.key_of_url(tx, SITE, f"{SITE_URL}/blogs/verslag/") == "blogs/nieuws"


def test_a_lookalike_is_a_new_page_once_the_old_one_is_withdrawn_by_hand(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    take(tx, 2, WITH_NEWS)
    entries = BASELINE | {"blogs/verslag": page_json("blogs/verslag", title="Nieuws")}
    assert take(tx, 3, entries).held
    intake = take(tx, 3, entries, withdraw=("blogs/nieuws",))
    assert set(intake.would_send) == {Event("Create", "blogs/verslag"), Event("Delete", "blogs/nieuws")}
    assert pages.find(tx, SITE, "blogs", "verslag").key == "blogs/verslag"


def test_a_page_that_is_still_there_is_not_withdrawn_by_hand(tx: Transaction) -> None:
    take(tx, 1, BASELINE)
    assert take(tx, 1, BASELINE, withdraw=("blogs/a",)).named == ("blogs/a",)
    assert pages.find(tx, SITE, "blogs", "a").key == "blogs/a"


def test_a_slug_of_somebody_elses_past_refuses_the_manifest(tx: Transaction) -> None:
    take(tx, 1, {"blogs/a": page_json("blogs/a")})
    take(tx, 2, {"blogs/b": page_json("blogs/b", was=["a"])})
    intake = take(tx, 3, {"blogs/b": page_json("blogs/b"), "blogs/a": page_json("blogs/a")})
    assert (intake.refused, intake.named) == ("slug-taken", ("blogs/a", "blogs/b"))


@pytest.mark.parametrize(("lost", "is_taken"), [(3, True), (4, False)])
def test_more_than_three_and_a_tenth_is_half_a_build_unless_forced(tx: Transaction, lost: int, is_taken: bool) -> None:
    entries = {f"blogs/n{number}": page_json(f"blogs/n{number}") for number in range(30)}
    take(tx, 1, entries)
    left = dict(list(entries.items())[lost:])
    assert take(tx, 2, left).taken == is_taken
    assert take(tx, 3, left, force=True).taken


def test_four_of_fifty_is_no_half_build(tx: Transaction) -> None:
    entries = {f"blogs/n{number}": page_json(f"blogs/n{number}") for number in range(50)}
    take(tx, 1, entries)
    assert take(tx, 2, dict(list(entries.items())[4:])).taken


def test_a_thread_keeps_its_comments_over_a_rename(tx: Transaction) -> None:
    page = a_page(tx, "blogs/drempel")
    comment = a_comment(tx, page, an_account(tx))
    take(tx, 2, {"blogs/stoep": page_json("blogs/stoep", was=["drempel"])})
    for slug in ("drempel", "stoep"):
        found = pages.find(tx, SITE, "blogs", slug)
        assert [branch.root.id for branch in threads.read_page(tx, found).branches] == [comment.id]


def test_sites_with_the_same_keys_have_threads_of_their_own(tx: Transaction) -> None:
    here, there = a_page(tx), a_page(tx, site_id="other")
    a_comment(tx, here, an_account(tx))
    assert threads.read_page(tx, here).comment_count == 1
    assert threads.read_page(tx, there).comment_count == 0
    assert threads.read_page(tx, there).branches == ()


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://plein.example/sub/blogs/drempel/", "blogs/drempel"),
        ("https://PLEIN.example/sub/blogs/drempel", "blogs/drempel"),
        ("http://plein.example/sub/en/blogs/drempel/index.html?utm=x#c-1", "blogs/drempel"),
        ("https://plein.example/sub//blogs/Drempel/", "blogs/drempel"),
        ("https://plein.example/sub/%62logs/drempel/", "blogs/drempel"),
        ("https://plein.example/blogs/drempel/", None),
        ("https://plein.example/sub/fr/blogs/drempel/", None),
        ("https://plein.example/sub/blogs/drempel/more/", None),
        ("https://other.example/sub/blogs/drempel/", None),
        ("https://plein.example:444/sub/blogs/drempel/", None),
        ("https://plein.example:x/sub/blogs/drempel/", None),
        ("https://[plein/sub/blogs/drempel/", None),
        ("", None),
    ],
)
def test_every_spelling_of_a_url_leads_to_the_same_thread(tx: Transaction, url: str, key: str | None) -> None:
    base = f"{SITE_URL}/sub"
    entries = {"blogs/drempel": page_json("blogs/drempel", languages=("nl", "en"), base=base)}
    assert pages.take_in(tx, SITE, a_manifest(1, entries, base=base), site_url=base, now=NOW).taken
    assert pages.key_of_url(tx, SITE, url) == key


@pytest.mark.parametrize("slug", ["drempel", "drempel/", "drempel/index.html", "Drempel"])
def test_a_page_is_found_by_any_spelling_of_its_slug(tx: Transaction, slug: str) -> None:
    page = a_page(tx)
    assert pages.find(tx, SITE, "blogs", slug) == page


@pytest.mark.parametrize("slug", ["drempe", "drempelindex.html", "drempel-2", "drempel/x"])
def test_a_slug_that_only_resembles_one_leads_nowhere(tx: Transaction, slug: str) -> None:
    a_page(tx)
    with pytest.raises(NotFound):
        pages.find(tx, SITE, "blogs", slug)


def test_the_site_is_known_from_its_last_manifest(tx: Transaction) -> None:
    assert page_rows.site(tx, SITE) is None
    a_page(tx)
    site = page_rows.site(tx, SITE)
    assert site is not None
    assert (site.url, site.languages) == (SITE_URL, ("nl", "en"))
    assert site.stylesheet == manifest_json(1, {})["site"]["stylesheet"]  # type: ignore[index]
