"""Following people and groups of other servers, and the news of them: for who follows, and for nobody else."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx2
import pytest

from comments_service import interactions, votes
from comments_service.errors import Invalid
from comments_service.federation.interactions import MOST_NEWS
from comments_service.federation.vocabulary import PUBLIC
from comments_service.store import followers as follower_rows
from comments_service.store import interactions as interaction_rows
from comments_service.store.protocol import Transaction, utc_text
from tests.service.builders import NOW, a_page, an_account
from tests.service.interacting import WISHES, act, came, done, follow, forget, own, who_agreed
from tests.service.strangers import a_reply, a_stranger
from tests.service.test_elsewhere import PATH, Reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with who_agreed(tmp_path_factory.mktemp("news")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_before(reader: Reader) -> Iterator[None]:
    yield
    forget(reader)


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


def test_who_did_not_agree_that_words_travel_likes_nobody_elsewhere(tx: Transaction) -> None:
    page, account = a_page(tx), an_account(tx)
    comment_id = a_reply(tx, a_stranger(tx), page=page.key, is_held=False)
    assert votes.vote(tx, account, comment_id, 1, now=NOW).votes == 1
    assert tx.one("SELECT 1 FROM interaction") is None
    tx.run("UPDATE account SET federates = 1")
    for value in (None, 1):
        votes.vote(tx, account, comment_id, value, now=NOW)
    assert tx.one("SELECT 1 FROM interaction") is not None


def test_of_a_server_that_is_blocked_no_news_is_left_whoever_announced_it(tx: Transaction) -> None:
    account, group, far = an_account(tx), an_actor(tx, "groep"), a_stranger(tx, server="spam.example")
    interactions.do(tx, account, "plein", "Follow", "https://a.example/groep", group, now=NOW)
    keep(tx, group, 0)
    keep(tx, group, 1, author=far)
    follower_rows.drop_server(tx, "spam.example")
    assert [one.line for one in interactions.overview(tx, account, "plein").news] == ["000"]


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


def keep(tx: Transaction, who: str, number: int, *, author: str = "") -> None:
    interaction_rows.keep_news(
        tx,
        most=MOST_NEWS,
        site_id="plein",
        actor_id=who,
        uri=f"https://a.example/{who}/{number}",
        url="",
        author_id=author or who,
        line=f"{number:03}",
        lang=None,
        published_at=utc_text(NOW + timedelta(seconds=number)),
    )


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
