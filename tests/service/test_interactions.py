"""What people of ours do on other servers: like, boost, follow, block and quote; the undoing of each; and the news."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx2
import pytest

from comments_service import interactions
from comments_service.errors import Invalid
from comments_service.federation.interactions import MOST_NEWS
from comments_service.federation.vocabulary import PUBLIC
from comments_service.store import interactions as interaction_rows
from comments_service.store.protocol import Transaction, utc_text
from tests.peers.recording import Json
from tests.service.builders import NOW, an_account
from tests.service.forging import Scene, a_scene
from tests.service.running import OWN_PAGE, wait_until
from tests.service.test_elsewhere import PATH, Reader

WISHES = "SELECT kind, answer FROM interaction WHERE is_wanted = 1 ORDER BY kind"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with (
        a_scene(tmp_path_factory.mktemp("interactions")) as scene,
        httpx2.Client(base_url=scene.url, headers=OWN_PAGE, timeout=10) as browser,
    ):
        made = Reader(scene, browser)
        made.log_in()
        agreed = {"name": "Anna", "handle": "anna", "federation": "on"}
        assert browser.patch("/api/v1/me", json=agreed).status_code == 200
        yield made


@pytest.fixture(autouse=True)
def nothing_before(reader: Reader) -> Iterator[None]:
    yield
    waiting = "SELECT 1 FROM interaction WHERE is_wanted = 0 UNION ALL SELECT 1 FROM delivery WHERE failed_at IS NULL"
    wait_until(lambda: not reader.scene.rows(waiting))
    reader.scene.rows("DELETE FROM interaction")
    reader.scene.rows("DELETE FROM news")
    reader.scene.peer.inbox.clear()


def act(reader: Reader, uri: object, **form: str) -> httpx2.Response:
    return reader.browser.post(PATH, data={"uri": str(uri), **form})


def done(reader: Reader, uri: object, **form: str) -> None:
    answer = act(reader, uri, **form)
    assert answer.status_code == 303, answer.text


def came(scene: Scene, kind: str, number: int = 1) -> Json:
    """The activity of a kind that came last, once so many came."""
    wait_until(lambda: len(scene.peer.of_kind(kind)) >= number)
    assert len(scene.peer.of_kind(kind)) == number
    return scene.peer.of_kind(kind)[-1]


def own(scene: Scene) -> str:
    ((actor_id,),) = scene.rows("SELECT id FROM own_actor WHERE kind = 'commenter' ORDER BY generation DESC LIMIT 1")
    return f"{scene.url}/ap/actors/{actor_id}"


def follow(reader: Reader, who: str, answer: str = "Accept") -> Json:
    """Let Anna follow somebody of the peer, and take in what they say of that."""
    done(reader, who, do="Follow")
    scene = reader.scene
    told = came(scene, "Follow", len(scene.peer.of_kind("Follow")) or 1)
    if answer:
        assert scene.send(scene.peer.activity(who, answer, told)) == 202
        scene.fate("")
    return told


@pytest.mark.parametrize(("kind", "undo_text"), [("Like", "Toch niet leuk vinden"), ("Announce", "Niet meer delen")])
def test_what_stands_elsewhere_is_liked_and_boosted_once_and_that_is_undone(
    reader: Reader, kind: str, undo_text: str
) -> None:
    scene = reader.scene
    post = scene.peer.note(scene.mies, "Over bruggen.")
    for _ in range(2):
        done(reader, post["id"], do=kind)
    told = came(scene, kind)
    assert (told["actor"], told["object"]) == (own(scene), post["id"])
    everyone = kind == "Announce"
    assert (PUBLIC in told["to"], scene.mies in [*told["to"], *told.get("cc", [])]) == (everyone, True)
    assert undo_text in reader.look(str(post["id"])).text
    for _ in range(2):
        done(reader, post["id"], undo=kind)
    undo = came(scene, "Undo")
    assert (undo["actor"], undo["to"]) == (told["actor"], told["to"])
    assert undo["object"] == {name: value for name, value in told.items() if name != "@context"}
    assert undo_text not in reader.look(str(post["id"])).text
    assert scene.rows("SELECT 1 FROM interaction") == []
    done(reader, post["id"], do=kind)
    assert came(scene, kind, 2)["id"] != told["id"]


def test_a_boost_goes_to_who_follows_anna_too(reader: Reader) -> None:
    scene = reader.scene
    fan = scene.victim.person("fan")
    scene.victim.follow(scene.inbox, fan, own(scene))
    wait_until(lambda: bool(scene.victim.of_kind("Accept")))
    post = scene.peer.note(scene.mies, "Voor velen.")
    done(reader, post["id"], do="Announce")
    wait_until(lambda: scene.victim.boosts == {(own(scene), post["id"])})
    outbox = httpx2.get(f"{own(scene)}/outbox?before=~").json()["orderedItems"]
    assert (outbox[0]["type"], outbox[0]["object"]) == ("Announce", post["id"])
    done(reader, post["id"], undo="Announce")
    wait_until(lambda: not scene.victim.boosts)


def test_a_vote_for_a_comment_from_elsewhere_is_a_like_for_its_author(reader: Reader) -> None:
    scene = reader.scene
    note = scene.note()
    assert scene.create(note) == 202
    assert scene.fate(note["id"]) == "shown"
    ((comment_id,),) = scene.rows("SELECT id FROM comment WHERE origin_uri = ?", note["id"])

    def vote(value: int) -> None:
        answer = reader.browser.put(f"/api/v1/comments/{comment_id}/vote", json={"value": value})
        assert answer.status_code == 200, answer.text

    vote(1)
    assert came(scene, "Like")["object"] == note["id"]
    vote(-1)
    assert came(scene, "Undo")["object"]["type"] == "Like"
    vote(1)
    came(scene, "Like", 2)
    assert reader.browser.delete(f"/api/v1/comments/{comment_id}/vote").status_code in (200, 204)
    came(scene, "Undo", 2)
    assert reader.browser.patch("/api/v1/me", json={"federation": "off"}).status_code == 200
    try:
        vote(1)
        assert scene.rows("SELECT 1 FROM interaction") == []  # who did not agree tells nobody
    finally:
        reader.browser.patch("/api/v1/me", json={"federation": "on"})
        reader.browser.delete(f"/api/v1/comments/{comment_id}/vote")


@pytest.mark.parametrize(("answer", "said"), [("", "nog geen antwoord"), ("Accept", "U volgt"), ("Reject", "wil niet")])
def test_somebody_is_followed_by_handle_address_or_page_and_says_yes_or_no(
    reader: Reader, answer: str, said: str
) -> None:
    scene = reader.scene
    who = scene.peer.person(f"gevolgd{answer.lower()}")
    name = who.rpartition("/")[2]
    link = f'<link rel="alternate" type="application/activity+json" href="{who}">'
    scene.peer.pages[f"/@{name}"] = f"<!doctype html><title>{name}</title>{link}"
    for address in (f"@{name}@{scene.peer.host}", who, f"{scene.peer.url}/@{name}"):
        shown = reader.look(address).text
        assert f'<h1 dir="auto">{name.title()}</h1>' in shown
        assert f"{name}@{scene.peer.host}" in shown
    told = follow(reader, who, answer)
    assert (told["object"], told["to"]) == (who, [who])
    assert said in reader.look(who).text
    total = httpx2.get(f"{own(scene)}/following").json()["totalItems"]
    assert total == int(answer == "Accept")
    done(reader, who, undo="Follow", back="yes")
    assert came(scene, "Undo")["object"]["id"] == told["id"]
    assert httpx2.get(f"{own(scene)}/following").json()["totalItems"] == 0


def test_only_who_was_asked_can_answer(reader: Reader) -> None:
    scene = reader.scene
    who = scene.peer.person("gevraagd")
    told = follow(reader, who, "")
    assert scene.send(scene.peer.activity(scene.eve, "Accept", told)) == 202
    scene.fate("")
    assert scene.rows(WISHES) == [("Follow", None)]


def test_what_those_whom_anna_follows_post_is_news_for_her_alone(reader: Reader) -> None:
    scene = reader.scene
    who = scene.peer.person("schrijver")
    before = scene.peer.note(who, "Van voor die tijd.")
    scene.create(before)
    follow(reader, who)
    post = scene.peer.note(who, "<b>Nieuws</b><script>alert(1)</script> van vandaag.", published=utc_text(NOW))
    other = scene.peer.note(who, "Voor vrienden.", to=[f"{who}/followers"], cc=[])
    answer = scene.peer.note(who, "Een antwoord.", scene.peer.note(scene.mies, "Van een ander.")["id"])
    warned = scene.peer.note(who, "Het monster.", summary="Spoiler")
    stranger = scene.peer.note(scene.eve, "Van een ander.")
    for note in (post, other, answer, warned, stranger):
        scene.create(note)
    scene.fate("")
    shown = reader.browser.get(PATH).text
    assert re.findall(r'rel="nofollow noopener">([^<]*)</a></p>', shown) == ["Spoiler", "Nieuws van vandaag."]
    assert "alert" not in shown
    assert f"{PATH}?uri={quote(str(post['id']))}" in shown
    assert reader.look(str(post["id"])).status_code == 200
    assert "van vandaag" not in reader.browser.get("/comments/atom.xml?lang=all").text
    scene.send(scene.peer.activity(who, "Update", {**post, "content": "<p>Verbeterd.</p>"}, to=[PUBLIC]))
    scene.send(scene.peer.activity(scene.eve, "Delete", post["id"]))  # is not hers
    scene.fate("")
    assert "Verbeterd." in reader.browser.get(PATH).text
    scene.send(scene.peer.activity(who, "Delete", post["id"]))
    scene.fate("")
    assert "Verbeterd." not in reader.browser.get(PATH).text
    done(reader, who, undo="Follow", back="yes")
    assert scene.rows("SELECT 1 FROM news") == []


def test_a_group_that_is_followed_announces_posts_and_people_who_boost_do_not(reader: Reader) -> None:
    scene = reader.scene
    group, person = scene.peer.person("groep", type="Group"), scene.peer.person("deler")
    posts = [scene.victim.note(scene.vera, f"Nummer {number}.") for number in range(3)]
    answer = scene.victim.note(scene.vera, "Een antwoord.", posts[0]["id"])
    secret = scene.victim.note(scene.vera, "Geheim.", to=[scene.vera], cc=[])
    for who in (group, person):
        follow(reader, who)
    bad = scene.victim.note(scene.victim.person("bot"), "Reclame.")
    assert reader.look(str(bad["id"])).status_code == 200
    scene.rows("UPDATE actor SET policy = 'block' WHERE uri = ?", bad["attributedTo"])
    scene.victim.asked.clear()
    told = [
        (group, posts[0]),
        (group, answer),
        (group, secret),
        (person, posts[1]),
        (scene.eve, posts[2]),
        (group, bad),
    ]
    for who, note in told:
        assert scene.send(scene.peer.activity(who, "Announce", note["id"], to=[PUBLIC])) == 202
    scene.fate("")
    assert scene.rows("SELECT line FROM news") == [("Nummer 0.",)]
    assert not {str(one["id"]).removeprefix(scene.victim.url) for one in posts[1:]} & set(scene.victim.asked)
    shown = reader.browser.get(PATH).text
    assert "via Groep" in shown
    assert f"vera@{scene.victim.host}" in shown
    assert not any(one["id"] in shown for one in posts[1:])
    assert set(scene.reached) <= scene.allowed
    done(reader, scene.vera, do="Block")
    assert "Nummer 0." not in reader.browser.get(PATH).text
    reader.scene.victim.inbox.clear()


def test_of_each_who_is_followed_the_newest_posts_are_kept(tx: Transaction) -> None:
    account = an_account(tx)
    people = [an_actor(tx, name) for name in ("mies", "eve")]
    for who in people:
        interactions.do(tx, account, "plein", "Follow", f"https://a.example/{who}", who, now=NOW)
    for number in range(MOST_NEWS + 5):
        keep(tx, people[0], number)
    keep(tx, people[1], 0)
    kept = tx.all("SELECT actor_id, count(*) AS number, min(line) AS first FROM news GROUP BY actor_id ORDER BY 1")
    assert [(row["actor_id"], row["number"], row["first"]) for row in kept] == [
        ("eve", 1, "000"),
        ("mies", MOST_NEWS, "005"),
    ]
    assert [one.line for one in interactions.overview(tx, account, "plein").news][:2] == ["104", "103"]
    for who in people:
        interactions.undo(tx, account.id, "plein", "Follow", f"https://a.example/{who}", now=NOW)
        tx.run("DELETE FROM interaction WHERE is_wanted = 0")
    assert tx.one("SELECT 1 FROM news") is None


def test_nobody_follows_without_end(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "MOST_FOLLOWED", 1)
    account, who = an_account(tx), an_actor(tx, "mies")
    for number in range(2):
        if number:
            with pytest.raises(Invalid, match="very many"):
                interactions.do(tx, account, "plein", "Follow", "https://a.example/1", who, now=NOW)
        else:
            interactions.do(tx, account, "plein", "Follow", "https://a.example/0", who, now=NOW)


def an_actor(tx: Transaction, name: str) -> str:
    tx.run(
        "INSERT INTO actor (id, uri, server, kind, name, url, inbox, first_seen_at, fetched_at) "
        "VALUES (:name, 'https://a.example/' || :name, 'a.example', 'Person', :name, '', '', '', '')",
        {"name": name},
    )
    return name


def keep(tx: Transaction, who: str, number: int) -> None:
    interaction_rows.keep_news(
        tx,
        most=MOST_NEWS,
        site_id="plein",
        actor_id=who,
        uri=f"https://a.example/{who}/{number}",
        url="",
        author_id=who,
        line=f"{number:03}",
        lang=None,
        published_at=utc_text(NOW + timedelta(seconds=number)),
    )


def test_who_is_blocked_can_neither_follow_anna_nor_answer_her_and_hears_of_it(reader: Reader) -> None:
    scene = reader.scene
    pest = scene.peer.person("pest")
    mine = reader.comment("blogs/drempels", "Van Anna.")
    ((object_id,),) = wait_for(scene, "SELECT object_id FROM comment WHERE id = ? AND object_id IS NOT NULL", mine)
    note = f"{scene.url}/ap/objects/{object_id}"
    scene.peer.follow(scene.inbox, pest, own(scene))
    came(scene, "Accept")
    follow(reader, pest)
    done(reader, pest, do="Block")
    block = came(scene, "Block")
    assert (block["object"], block["actor"]) == (pest, own(scene))
    assert came(scene, "Undo")["object"]["type"] == "Follow"
    assert scene.rows("SELECT 1 FROM follower JOIN actor ON actor.id = actor_id WHERE uri = ?", pest) == []
    scene.peer.follow(scene.inbox, pest, own(scene))
    came(scene, "Reject")
    answers = [scene.peer.note(pest, "Pesterij.", note), scene.peer.note(scene.mies, "Gewoon.", note)]
    answers.append(scene.peer.note(pest, "Niet aan Anna.", scene.post))
    for one in answers:
        scene.create(one)
    assert [scene.fate(one["id"]) for one in answers] == ["blocked-by-reader", "shown", "shown"]
    assert "Niet meer blokkeren" in reader.look(pest).text
    assert ">Volgen</button>" not in reader.look(pest).text
    done(reader, pest, undo="Block")
    assert came(scene, "Undo", 2)["object"]["id"] == block["id"]
    later = scene.peer.note(pest, "Weer goed.", note)
    scene.create(later)
    assert scene.fate(later["id"]) == "shown"


def wait_for(scene: Scene, query: str, *values: object) -> list[tuple[object, ...]]:
    wait_until(lambda: bool(scene.rows(query, *values)))
    return scene.rows(query, *values)


def test_a_paragraph_that_is_only_a_link_quotes_once_its_author_agrees(reader: Reader) -> None:
    scene = reader.scene
    quoted = scene.note()
    scene.create(quoted)
    assert scene.fate(quoted["id"]) == "shown"
    text = f"Kijk:\n\n{quoted['id']}"
    mine = reader.browser.post(
        "/api/v1/threads/blogs/drempels/comments", json={"text": text}, headers={"Idempotency-Key": "quoting-1"}
    ).json()["id"]
    request = came(scene, "QuoteRequest")
    ((object_id,),) = wait_for(scene, "SELECT object_id FROM comment WHERE id = ? AND object_id IS NOT NULL", mine)
    note = f"{scene.url}/ap/objects/{object_id}"
    assert (request["object"], request["instrument"], request["to"]) == (quoted["id"], note, [scene.mies])
    shown = httpx2.get(note).json()
    assert [shown[name] for name in ("quote", "quoteUrl", "_misskey_quote")] == [quoted["id"]] * 3
    assert "quoteAuthorization" not in shown
    stamp = f"{scene.peer.url}/stamps/1"
    hidden = scene.note()
    scene.create(hidden)
    scene.fate("")
    scene.rows("UPDATE comment SET state = 'hidden' WHERE origin_uri = ?", hidden["id"])
    unquoted = reader.browser.post(
        "/api/v1/threads/blogs/drempels/comments", json={"text": hidden["id"]}, headers={"Idempotency-Key": "quoting-2"}
    ).json()["id"]
    wait_for(scene, "SELECT 1 FROM comment WHERE id = ? AND object_id IS NOT NULL", unquoted)
    assert scene.rows("SELECT 1 FROM interaction WHERE comment_id = ?", unquoted) == []

    def answers(kind: str, who: str = scene.mies, **fields: object) -> None:
        assert scene.send(scene.peer.activity(who, kind, request, **fields)) == 202
        scene.fate("")

    answers("Accept", scene.eve, result=stamp)
    answers("Accept", result="https://elsewhere.example/stamps/1")
    answers("Accept")
    assert scene.rows(WISHES) == [("QuoteRequest", None)]
    answers("Accept", result=stamp)
    assert came(scene, "Update")["object"]["quoteAuthorization"] == stamp
    answers("Accept", result=f"{stamp}0")  # is no reason to tell everybody again
    assert scene.rows(WISHES) == [("QuoteRequest", stamp)]
    scene.send(scene.peer.activity(scene.eve, "Delete", stamp))
    scene.fate("")
    scene.send(scene.peer.activity(scene.mies, "Delete", stamp))
    update = came(scene, "Update", 2)
    assert not {"quote", "quoteUrl", "quoteAuthorization"} & set(update["object"])
    answers("Accept", result=stamp)
    assert scene.rows(WISHES) == [("QuoteRequest", "rejected")]
    assert reader.browser.patch(f"/api/v1/comments/{mine}", json={"text": "Niets meer."}).status_code == 200
    came(scene, "Update", 3)
    assert scene.rows("SELECT 1 FROM interaction") == []
    assert reader.browser.delete(f"/api/v1/comments/{mine}").status_code == 204
    came(scene, "Delete")


@pytest.mark.parametrize("federation", ["off", "take-back"])
def test_who_stops_follows_nobody_and_who_takes_everything_back_leaves_nothing(reader: Reader, federation: str) -> None:
    scene = reader.scene
    post = scene.peer.note(scene.mies, "Over sluizen.")
    who = scene.peer.person(f"tot-{federation}")
    done(reader, post["id"], do="Like")
    follow(reader, who)
    gone = own(scene)
    try:
        assert reader.browser.patch("/api/v1/me", json={"federation": federation}).status_code == 200
        if federation == "off":
            assert came(scene, "Undo")["object"]["type"] == "Follow"
            assert scene.rows(WISHES) == [("Like", None)]  # as the account page says: what was sent stays
            assert act(reader, post["id"], do="Announce").status_code == 200
            done(reader, post["id"], undo="Like")
            came(scene, "Undo", 2)
        else:
            wait_until(lambda: any(one["object"] == gone for one in scene.peer.of_kind("Delete")))
            assert scene.rows("SELECT 1 FROM interaction") == []
            assert not scene.peer.of_kind("Undo")
    finally:
        reader.browser.patch("/api/v1/me", json={"federation": "on", "handle": "anna"})


def test_what_is_not_for_everyone_or_no_such_thing_is_not_liked_or_followed(reader: Reader) -> None:
    scene = reader.scene
    private = scene.peer.note(scene.mies, "Alleen voor volgers.", to=[f"{scene.mies}/followers"], cc=[])
    post = scene.peer.note(scene.mies, "Over kades.")
    cases = [(private["id"], "Like"), (private["id"], "Announce"), (scene.mies, "Like"), (post["id"], "Follow")]
    for uri, kind in cases:
        assert act(reader, uri, do=kind).status_code == 400, (uri, kind)
    for uri in (own(scene), f"@anna@{scene.url.partition('//')[2]}"):
        assert "Dit is van deze site zelf." in act(reader, uri, do="Block").text
    assert act(reader, post["id"], do="Flag").status_code == 303  # is no such thing: the thread is kept
    assert act(reader, post["id"], undo="Flag").status_code == 303  # and that too
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert reader.browser.post(PATH, data={"uri": post["id"], "do": "Like"}, headers=cross).status_code == 403
    assert scene.rows("SELECT 1 FROM interaction") == []


def test_a_server_that_is_blocked_is_followed_no_more(reader: Reader) -> None:
    scene = reader.scene
    follow(reader, scene.mies)
    scene.create(scene.peer.note(scene.mies, "Nog net."))
    scene.fate("")
    assert "Nog net." in reader.browser.get(PATH).text
    with sqlite3.connect(scene.database) as database:
        database.execute("UPDATE account SET role = 'administrator'")
    try:
        reader.log_in()
        form = {"who": scene.peer.host, "policy": "block"}
        assert reader.browser.post("/moderation/servers", data=form).status_code == 303
        assert "Nog net." not in reader.browser.get(PATH).text
        assert act(reader, scene.mies, do="Follow").status_code == 400
        assert scene.rows("SELECT 1 FROM interaction") == []
    finally:
        reader.browser.post("/moderation/servers", data={**form, "policy": ""})


def test_who_is_gone_or_blocks_us_is_followed_no_more(reader: Reader) -> None:
    scene = reader.scene
    for kind in ("Block", "Delete"):
        who = scene.peer.person(f"weg-{kind.lower()}")
        follow(reader, who)
        scene.create(scene.peer.note(who, "Vaarwel."))
        scene.send(scene.peer.activity(who, kind, own(scene) if kind == "Block" else who))
        scene.fate("")
        assert scene.rows("SELECT 1 FROM interaction") == []
