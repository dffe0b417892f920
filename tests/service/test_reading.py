"""What other servers write, in all the shapes in which they write it, becomes one value or a reason."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.federation import reading
from comments_service.federation.vocabulary import PUBLIC, Refusal, RemoteObject
from tests.service.test_reading_actors import ACTOR, ANNA, PEER, Json

OURS = "https://plein.example/ap/objects/1"
REL = "ugc nofollow noopener"


def a_note(**members: object) -> RemoteObject:
    return reading.remote_object({**NOTE, **members})


NOTE: Json = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": f"{PEER}/notes/1",
    "type": "Note",
    "attributedTo": ANNA,
    "inReplyTo": OURS,
    "to": [PUBLIC],
    "cc": [f"{ANNA}/followers"],
    "content": "<p>hoi</p>",
    "published": "2026-11-25T12:00:00Z",
}
LIKE: Json = {"id": f"{PEER}/likes/1", "type": "Like", "actor": ANNA, "object": OURS}


def test_a_note_is_read_whole() -> None:
    found = a_note(updated="2026-11-25T13:00:00+01:00", replies={"id": f"{PEER}/notes/1/replies"}, context=f"{PEER}/c")
    assert (found.uri, found.attributed_to, found.in_reply_to) == (f"{PEER}/notes/1", ANNA, OURS)
    assert (found.html, found.language, found.warning, found.quotes) == ("<p>hoi</p>", None, None, None)
    assert found.published == found.updated == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert (found.is_public, found.is_unlisted) == (True, False)
    assert found.recipients == frozenset({PUBLIC, f"{ANNA}/followers"})
    assert (found.replies, found.context) == (f"{PEER}/notes/1/replies", f"{PEER}/c")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"type": "Tombstone"}, "not-a-text"),
        ({"type": "Person"}, "not-a-text"),
        ({"type": "Create"}, "not-a-text"),
        ({"type": "x" * 100}, "not-a-text"),
        ({"id": None}, "bad-uri"),
        ({"id": "http://peer.example/notes/1"}, "not-https"),
        ({"attributedTo": None}, "no-author"),
        ({"attributedTo": []}, "no-author"),
        ({"attributedTo": "javascript:x"}, "no-author"),
        ({"attributedTo": "https://victim.example/users/a"}, "author-of-another-origin"),
        ({"attributedTo": "https://peer.example:444/users/anna"}, "author-of-another-origin"),
        ({"attributedTo": "https://peer.example.evil.example/users/anna"}, "author-of-another-origin"),
        ({"id": "https://victim.example/notes/1"}, "author-of-another-origin"),
        ({"inReplyTo": ""}, "bad-uri"),
        ({"inReplyTo": 7}, "bad-uri"),
        ({"inReplyTo": {"type": "Collection", "items": [OURS]}}, "bad-uri"),
        ({"inReplyTo": "http://invalid.example/"}, "not-https"),
    ],
)
def test_a_text_without_a_place_or_an_owner_is_refused(members: Json, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        a_note(**members)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (OURS, OURS),
        ([OURS], OURS),
        ([None, OURS, f"{PEER}/2"], OURS),
        ({"type": "Link", "href": OURS}, OURS),
        ({"type": "Note", "id": OURS, "content": "x"}, OURS),
        ("https://PLEIN.example:443/ap/objects/1", OURS),
        ("https://plein.example/blogs/drempel/?x=1#c-2", "https://plein.example/blogs/drempel/?x=1#c-2"),
        (None, None),
        ([], None),
        ([None], None),
    ],
)
def test_what_is_answered_may_be_written_in_many_ways(value: object, found: str | None) -> None:
    assert a_note(inReplyTo=value).in_reply_to == found


def test_a_text_that_leaves_out_what_it_answers_answers_nothing() -> None:
    assert (
        reading.remote_object({name: value for name, value in NOTE.items() if name != "inReplyTo"}).in_reply_to is None
    )


@pytest.mark.parametrize(
    ("to", "cc", "audience"),
    [
        (PUBLIC, None, "public"),
        ([ANNA, "as:Public"], [], "public"),
        ({"id": PUBLIC}, None, "public"),
        ("Public", None, "public"),
        (ANNA, "Public", "unlisted"),
        ([ANNA], [PUBLIC], "unlisted"),
        (f"{ANNA}/followers", None, "not public"),
        (None, None, "not public"),
        ("public", "AS:PUBLIC", "not public"),
        (PUBLIC + "/", PUBLIC + " ", "not public"),
        (PUBLIC.replace("https", "http"), f"{PEER}/?{PUBLIC}", "not public"),
        ([[PUBLIC]], {"href": PUBLIC}, "not public"),
        ({"to": PUBLIC}, {"id": [PUBLIC]}, "not public"),
    ],
)
def test_only_the_public_collection_itself_makes_something_public(to: object, cc: object, audience: str) -> None:
    found = a_note(to=to, cc=cc, audience=PUBLIC, bto=[PUBLIC])
    assert (
        "unlisted" if found.is_public and found.is_unlisted else "public" if found.is_public else "not public"
    ) == audience


@pytest.mark.parametrize(
    ("members", "html", "language"),
    [
        ({"contentMap": {"nl": "<p>hoi</p>"}}, "<p>hoi</p>", "nl"),
        ({"contentMap": {"en": "hi", "NL-be": "<p>hoi</p>"}}, "<p>hoi</p>", "nl"),
        ({"contentMap": {"de": "hallo"}}, "<p>hoi</p>", "de"),
        ({"contentMap": {"de": "hallo", "en": "hi"}}, "<p>hoi</p>", None),
        ({"content": None, "contentMap": {"en": "hi", "de": "hallo"}}, "hi", "en"),
        ({"content": None, "contentMap": {"fr": 1, "en": "hi"}}, "hi", "en"),
        ({"content": None, "contentMap": [1]}, "", None),
        ({"content": ["<p>hoi</p>"], "contentMap": {"und": "<p>hoi</p>"}}, "<p>hoi</p>", None),
        ({"contentMap": {"x" * 50: "<p>hoi</p>", "fr": 1}}, "<p>hoi</p>", None),
        ({"@context": ["https://www.w3.org/ns/activitystreams", {"@language": "fy"}]}, "<p>hoi</p>", "fy"),
        ({"content": "a <b>\n\nc", "mediaType": "text/plain"}, "<p>a &lt;b&gt;</p><p>c</p>", None),
        ({"content": "a\n\n \n\nc\n\n", "mediaType": "text/markdown"}, "<p>a</p><p>c</p>", None),
        ({"content": {"a": 1}}, "", None),
    ],
)
def test_text_and_language_go_together(members: Json, html: str, language: str | None) -> None:
    found = a_note(**members)
    assert (found.html, found.language) == (html, language)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-25T12:00:00Z", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("2026-11-25t12:00:00z", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("2026-11-25T13:00:00.123456789+0100", datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)),
        (" 2026-11-25 12:00 ", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 25, tzinfo=UTC)),
        (["2026-11-25T12:00:00Z"], datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-13-45T12:00:00Z", None),
        ("yesterday", None),
        ("2" * 5_000, None),
        (1_764_072_000, None),
        ({"@value": "2026-11-25T12:00:00Z"}, None),
        (None, None),
    ],
)
def test_odd_dates_are_dates_or_none(said: object, moment: datetime | None) -> None:
    assert a_note(published=said).published == moment


PROFILED = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
HTML_LINK = {"type": "Link", "mediaType": "text/html", "href": f"{PEER}/@anna/1"}
VIDEO_LINK = {"type": "Link", "mimeType": "video/mp4", "href": f"{PEER}/1.mp4"}


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (f"{PEER}/@anna/1", f"{PEER}/@anna/1"),
        ([f"{PEER}/@anna/1", f"{PEER}/other"], f"{PEER}/@anna/1"),
        ([VIDEO_LINK, HTML_LINK], f"{PEER}/@anna/1"),
        ([f"{PEER}/other", HTML_LINK], f"{PEER}/@anna/1"),
        ([VIDEO_LINK, f"{PEER}/@anna/1"], f"{PEER}/@anna/1"),
        ([{"mimeType": "text/html", "href": f"{PEER}/@anna/1"}, VIDEO_LINK], f"{PEER}/@anna/1"),
        (VIDEO_LINK, f"{PEER}/1.mp4"),
        ({"href": f"{PEER}/@anna/1"}, f"{PEER}/@anna/1"),
        (["javascript:alert(1)", {"href": 1}, HTML_LINK], f"{PEER}/@anna/1"),
        ("javascript:alert(1)", None),
        ({"mediaType": ["text/html"], "href": 3}, None),
    ],
)
def test_people_are_led_to_the_page_among_several_links(url: object, page: str | None) -> None:
    assert a_note(url=url).url == page


@pytest.mark.parametrize(
    ("members", "quoted"),
    [
        *(({term: OURS}, OURS) for term in ("quote", "quoteUri", "quoteUrl", "_misskey_quote")),
        ({"quote": {"id": OURS}}, OURS),
        ({"quoteUrl": "nothing", "_misskey_quote": OURS}, OURS),
        ({"tag": {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": OURS}}, OURS),
        (
            {"tag": [{"type": "Link", "mediaType": PROFILED}]},
            None,
        ),
        ({"tag": {"type": "Link", "mediaType": PROFILED, "href": OURS}}, OURS),
        ({"tag": {"type": "Link", "mediaType": "text/html", "href": OURS}}, None),
        ({"tag": [{"type": "Mention", "rel": "_misskey_quote", "href": OURS}]}, None),
        ({"quote": True}, None),
    ],
)
def test_a_quote_is_seen_in_every_dialect(members: Json, quoted: str | None) -> None:
    assert a_note(**members).quotes == quoted


@pytest.mark.parametrize(
    ("members", "warning"),
    [
        ({"summary": "pas <b>op</b>"}, "pas op"),
        ({"summary": ["pas op"]}, "pas op"),
        ({"summary": None, "summaryMap": {"nl": "pas op"}}, "pas op"),
        ({"summary": "  "}, None),
        ({"sensitive": True}, None),
        ({"type": "Question", "summary": "pas op"}, "pas op"),
        ({"type": "Article", "summary": "uittreksel"}, None),
        ({"type": "Article", "summary": "pas op", "sensitive": True}, "pas op"),
    ],
)
def test_the_summary_of_a_note_or_poll_is_a_warning(members: Json, warning: str | None) -> None:
    assert a_note(**members).warning == warning


@pytest.mark.parametrize(
    ("members", "html"),
    [
        ({"type": "Note", "name": "Topic"}, "<p>hoi</p>"),
        ({"type": "Article", "name": "A <i>b</i> &amp; c"}, "<p><strong>A b &amp; c</strong></p><p>hoi</p>"),
        ({"type": ["Object", "Page"], "nameMap": {"nl": "T"}}, "<p><strong>T</strong></p><p>hoi</p>"),
        (
            {"attachment": {"type": "Image", "url": f"{PEER}/a.png", "name": "een <kat>"}},
            f'<p>hoi</p><p><a href="{PEER}/a.png" rel="{REL}">een</a></p>',
        ),
        (
            {"attachment": [{"url": [{"href": f"{PEER}/a&b.png"}]}, {"type": "Link", "href": f"{PEER}/c"}, "x", None]},
            f'<p>hoi</p><p><a href="{PEER}/a&amp;b.png" rel="{REL}">{PEER}/a&amp;b.png</a></p>'
            f'<p><a href="{PEER}/c" rel="{REL}">{PEER}/c</a></p>',
        ),
        ({"attachment": [{"type": "PropertyValue", "url": f"{PEER}/x"}, {"url": "javascript:x"}]}, "<p>hoi</p>"),
    ],
)
def test_titles_and_attachments_become_part_of_the_text(members: Json, html: str) -> None:
    assert a_note(**members).html == html


def test_sixteen_attachments_are_shown_and_a_thousand_recipients_read() -> None:
    many: Json = {
        "attachment": [{"url": f"{PEER}/{number}.png"} for number in range(100)],
        "cc": [f"{PEER}/{number}" for number in range(3_000)],
    }
    found = a_note(**many)
    assert found.html.count("<a ") == 16
    assert len(found.recipients - {PUBLIC}) == 1_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": None},
        {"type": 1},
        {"type": "a b"},
        {"type": "x" * 41},
        {"actor": None},
        {"actor": {"id": 1}},
        {"actor": "x"},
    ],
)
def test_what_nobody_does_is_no_activity(wrong: Json) -> None:
    with pytest.raises(Refusal, match=r"not-an-activity|bad-uri"):
        reading.activity({**LIKE, **wrong})


@pytest.mark.parametrize(
    ("value", "uri", "embedded"),
    [
        (OURS, OURS, {}),
        ([OURS], OURS, {}),
        ({"id": OURS, "type": "Note"}, OURS, {"id": OURS, "type": "Note"}),
        ([{"id": OURS}], OURS, {"id": OURS}),
        ({"type": "Note"}, None, {"type": "Note"}),
        (None, None, {}),
    ],
)
def test_an_activity_carries_its_object_or_its_id(value: object, uri: str | None, embedded: Json) -> None:
    found = reading.activity({**LIKE, "object": value, "actor": [{"id": ANNA, "type": "Person"}], "id": None})
    assert (found.kind, found.id, found.actor) == ("Like", None, ANNA)
    assert (found.object_uri, found.object) == (uri, embedded)


@pytest.mark.parametrize("name", ["target", "instrument"])
def test_an_activity_names_where_somebody_moved_or_what_quotes_and_says_why(name: str) -> None:
    found = reading.activity({**LIKE, name: {"id": f"{PEER}/2"}, "content": ["Reclame."]})
    assert (found.target, found.content) == (f"{PEER}/2", "Reclame.")
    assert reading.activity({**LIKE, "content": ""}).content is None


WORDS = st.sampled_from(
    [
        PEER,
        ANNA,
        OURS,
        PUBLIC,
        "as:Public",
        "Note",
        "Person",
        "Like",
        "Mention",
        "Link",
        "",
        "x",
        "2026-11-25",
        "\x00",
        "<b>",
    ]
)
NAMES = st.sampled_from(
    sorted(
        {
            *ACTOR,
            *NOTE,
            *LIKE,
            "tag",
            "attachment",
            "summary",
            "contentMap",
            "nameMap",
            "quote",
            "href",
            "mediaType",
            "rel",
        }
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("whole", [ACTOR, NOTE, LIKE], ids=["actor", "note", "activity"])
@given(members=st.dictionaries(NAMES, JSON, max_size=4))
def test_any_members_are_read_or_refused(whole: Json, members: Json) -> None:
    document = {**whole, **members}
    read = {"Person": reading.actor, "Note": reading.remote_object, "Like": reading.activity}[str(whole["type"])]
    with suppress(Refusal):
        assert repr(read(document))
