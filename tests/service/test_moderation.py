"""What moderators decide: about comments, reports, servers and people; lists of Mastodon; handles that two want."""

import json

import pytest

from comments_service import fates, moderation, servers
from comments_service.errors import Invalid, NotFound
from comments_service.federation import actors
from comments_service.manifest import parse_manifest
from comments_service.model import CommentState
from comments_service.store import comments as comment_rows
from comments_service.store import followers, own_actors
from comments_service.store import moderation as rows
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, Json, a_comment, a_page, an_account, manifest_json, page_json
from tests.service.strangers import a_reply, a_report, a_stranger

PAGE = "blogs/drempels"


def state_of(tx: Transaction, comment_id: str) -> str:
    row = comment_rows.raw(tx, comment_id)
    assert row is not None
    return str(row["state"])


def decide(tx: Transaction, who: str, policy: str | None, *, is_sweep: bool = False) -> int:
    return moderation.decide(tx, who, policy, "Reclame", "Beheer", is_sweep=is_sweep, now=NOW)


def test_what_waits_names_its_author_and_why(tx: Transaction) -> None:
    a_page(tx, PAGE)
    comment_id = a_reply(tx, a_stranger(tx))
    (case,) = moderation.cases(tx, SITE, CommentState.HELD)
    assert (case.comment.id, case.why, case.actor_uri) == (comment_id, "first", "https://social.example/users/mies")
    assert case.comment.author is not None
    assert case.comment.author.handle == "mies@social.example"
    moderation.move(tx, "hide", comment_id, "Beheer", now=NOW)
    assert [case.comment.id for case in moderation.cases(tx, SITE, CommentState.HIDDEN)] == [comment_id]
    assert moderation.cases(tx, SITE, CommentState.HELD) == [] == moderation.cases(tx, "other", CommentState.HIDDEN)


def test_a_private_comment_is_no_case(tx: Transaction) -> None:
    a_page(tx, PAGE)
    comment_id = a_reply(tx, a_stranger(tx))
    comment_rows.change(tx, comment_id, state=CommentState.PRIVATE.value)
    a_report(tx, comment_id)
    assert moderation.cases(tx, SITE, CommentState.HELD) == [] == moderation.cases(tx, SITE, CommentState.HIDDEN)
    assert moderation.reports(tx, SITE)[0].case is None
    with pytest.raises(NotFound):
        moderation.case(tx, SITE, comment_id)


def test_a_case_and_a_report_are_of_one_site(tx: Transaction) -> None:
    comment = a_comment(tx, a_page(tx, PAGE), an_account(tx))
    report_id = a_report(tx, comment.id)
    assert moderation.case(tx, SITE, comment.id).comment.text == comment.text
    for site_id, comment_id in (("other", comment.id), (SITE, "x' OR 1=1")):
        with pytest.raises(NotFound):
            moderation.case(tx, site_id, comment_id)
    with pytest.raises(NotFound):
        moderation.close_report(tx, "other", report_id, now=NOW)
    moderation.close_report(tx, SITE, report_id, now=NOW)
    assert moderation.reports(tx, SITE) == []


def test_who_reports_the_same_again_and_again_fills_no_list(tx: Transaction) -> None:
    comment = a_comment(tx, a_page(tx, PAGE), an_account(tx))
    for content in ("Een", "Twee", "Drie"):
        a_report(tx, comment.id, content)
        a_report(tx, None, content)
    a_report(tx, None, content, site="other")
    assert [report.content for report in moderation.reports(tx, SITE)] == ["Drie", "Drie"]


@pytest.mark.parametrize("who", ["social.example", "https://social.example/", "SOCIAL.example.", "example"])
def test_a_block_of_a_server_hides_what_waits_and_counts_for_its_people(tx: Transaction, who: str) -> None:
    a_page(tx, PAGE)
    mies = a_stranger(tx, server="social.example" if who != "example" else "example")
    shown, held = a_reply(tx, mies, is_held=False), a_reply(tx, a_stranger(tx, "bo", "sub.social.example"), "Wacht")
    number = decide(tx, who, "block")
    assert number == (0 if who == "example" else 1)
    assert state_of(tx, shown) == "shown"
    assert state_of(tx, held) == ("held" if who == "example" else "hidden")
    assert decide(tx, who, "block", is_sweep=True) == 1
    assert state_of(tx, shown) == "hidden"


def test_only_a_block_hides(tx: Transaction) -> None:
    a_page(tx, PAGE)
    comment_id = a_reply(tx, a_stranger(tx))
    for policy in ("limit", "hold", "allow", None):
        assert decide(tx, "social.example", policy, is_sweep=True) == 0
    assert state_of(tx, comment_id) == "held"


@pytest.mark.parametrize("who", ["@mies@social.example", "Mies@Social.Example", "https://social.example/users/mies"])
def test_a_block_of_a_person_leaves_their_neighbours_alone(tx: Transaction, who: str) -> None:
    a_page(tx, PAGE)
    mies, bo = a_stranger(tx), a_stranger(tx, "bo")
    of_mies, of_bo = a_reply(tx, mies), a_reply(tx, bo)
    assert decide(tx, who, "block") == 1
    assert (state_of(tx, of_mies), state_of(tx, of_bo)) == ("hidden", "held")
    assert servers.policy_of(tx, "social.example", "https://social.example/users/mies") == "block"
    assert servers.policy_of(tx, "social.example", "https://social.example/users/bo") is None
    assert [person.handle for person in servers.people(tx)] == ["mies@social.example"]


@pytest.mark.parametrize(
    ("who", "policy", "field"),
    [
        ("@nobody@social.example", "block", "who"),
        ("https://social.example/users/nobody", "block", "who"),
        ("", "block", "host"),
        ("<script>", "block", "host"),
        ("http://[", "block", "host"),
        ("a..example", "block", "host"),
        (".", "block", "host"),
        ("a.example:x", "block", "host"),
        ("a" * 300, "block", "host"),
        ("social.example", "destroy", "policy"),
        ("@mies@social.example", "destroy", "policy"),
    ],
)
def test_a_decision_that_cannot_be_taken_changes_nothing(tx: Transaction, who: str, policy: str, field: str) -> None:
    a_stranger(tx)
    with pytest.raises(Invalid) as caught:
        decide(tx, who, policy)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert servers.decided(tx) == [] == servers.people(tx)


LIST = (
    "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n"
    'Spam.example,suspend,FALSE,FALSE,"Reclame, veel",FALSE\r\n'
    "loud.example,silence,FALSE,FALSE,,FALSE\r\n"
    "fine.example,noop,FALSE,FALSE,,FALSE\r\n"
    "spam.example,suspend,FALSE,FALSE,Tweede,FALSE\r\n"
    "known.example,suspend,FALSE,FALSE,,FALSE\r\n"
)


def test_a_list_of_mastodon_is_taken_in_and_what_was_decided_here_stays(tx: Transaction) -> None:
    servers.decide(tx, "known.example", "allow", "Van ons")
    actor_id = a_stranger(tx, server="sub.spam.example")
    own_actors.add(tx, id="own", site_id=SITE, kind="site", subject="", handle="plein", profile="{}", now=NOW)
    followers.add(tx, "own", actor_id, None, now=NOW)
    assert servers.import_list(tx, servers.read_list("\ufeff" + LIST)) == 2
    assert [(one.host, one.policy, one.reason) for one in servers.decided(tx)] == [
        ("known.example", "allow", "Van ons"),
        ("loud.example", "limit", ""),
        ("spam.example", "block", "Reclame, veel"),
    ]
    assert followers.servers(tx) == []
    assert [one.host for one in servers.decided(tx, after="known.example", limit=1)] == ["loud.example"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "columns"),
        ("spam.example\n", "columns"),
        ("\0\0\0", "columns"),
        ("#domain\n\nspam.example,x,y,z,too,many\n<b>,suspend\n", "4"),
        ("#domain,#severity\nspam.example,destroy\n", "2"),
        ("#domain\n*.example\n", "2"),
        ("#domain\n" + "x" * 254 + "\n", "2"),
        ("#domain\n" + "x" * 200_000 + "\n", "2"),
        ('#domain,#public_comment\nspam.example,"' + "x" * 200_000 + '"\n', "2"),
        ("#domain\n\ud800\n", "2"),
        ("#domain\nspam.exa\0mple\n", "2"),
        ("#domain\n=cmd|'/c calc'!A1\n", "2"),
        ("#domain\n" + "a.example\n" * 11, "10"),
    ],
)
def test_a_hostile_list_is_refused_whole_with_its_line(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "MOST_LISTED", 10)
    with pytest.raises(Invalid) as caught:
        servers.read_list(content)
    (fault,) = caught.value.faults
    assert fault.field == "list"
    assert said in fault.message_id % fault.values


def test_reasons_of_a_list_are_bounded_plain_text() -> None:
    content = '#domain,#public_comment\nspam.example,"a\u202eb\x07' + "c" * 1_000 + '"\n'
    assert servers.read_list(content) == [servers.Server("spam.example", "block", ("ab" + "c" * 1_000)[:500])]


def test_a_handle_that_two_want_is_noted_until_it_is_mended(tx: Transaction) -> None:
    def take_in(serial: int, author: str) -> list[tuple[object, ...]]:
        person: Json = {"name": {"nl": "Ans"}, "text": {}, "url": {}, "links": []}
        group: Json = {"name": {"nl": "Buurt"}, "text": {}, "page": "groups/buurt", "owners": [], "members": []}
        told = manifest_json(serial, {"groups/buurt": page_json("groups/buurt")})
        told |= {"people": {author: person}, "groups": {"buurt": group}}
        actors.take_in(tx, SITE, parse_manifest(json.dumps(told).encode()), now=NOW)
        return [(row["handle"], row["kind"], row["subject"], row["holder"]) for row in rows.clashes(tx, SITE)]

    a_page(tx, "groups/buurt")
    assert take_in(1, "ans") == []
    assert take_in(2, "buurt") == [("buurt", "author", "buurt", "group")]
    assert take_in(2, "buurt") == [("buurt", "author", "buurt", "group")]
    assert take_in(3, "ans") == []


def test_what_a_moderator_does_is_the_fate_of_a_reply(tx: Transaction) -> None:
    a_page(tx, PAGE)
    comment_id = a_reply(tx, a_stranger(tx))
    uri = str((comment_rows.raw(tx, comment_id) or {})["origin_uri"])

    def fate() -> tuple[str, str]:
        found = fates.find(tx, SITE, uri)
        assert found is not None
        return found.fate, found.reason

    assert fate() == ("held", "first")
    moderation.move(tx, "restore", comment_id, "Beheer", now=NOW)
    assert fate() == ("shown", "")
    moderation.move(tx, "hide", comment_id, "Beheer", now=NOW)
    assert fate() == ("refused", "hidden")
    moderation.move(tx, "remove", comment_id, "Beheer", now=NOW)
    assert fate() == ("gone", "removed")
