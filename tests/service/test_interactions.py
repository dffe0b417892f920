"""What people of ours do on other servers: like, boost, block and quote, and the undoing of each."""

from collections.abc import Iterator

import httpx2
import pytest

from comments_service.federation.vocabulary import PUBLIC
from tests.service.interacting import WISHES, act, came, done, follow, forget, own, wait_for, who_agreed
from tests.service.running import wait_until
from tests.service.test_elsewhere import PATH, Reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with who_agreed(tmp_path_factory.mktemp("interactions")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_before(reader: Reader) -> Iterator[None]:
    yield
    forget(reader)


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
    assert scene.rows(WISHES) == [("QuoteRequest", stamp)]
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
