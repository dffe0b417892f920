"""Answering what stands on another server: a look keeps nothing, an answer its thread, and strangers gain nothing."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from comments_service.federation.vocabulary import PUBLIC
from tests.peers.recording import Json
from tests.service.forging import Scene, a_scene
from tests.service.running import OWN_PAGE, a_service, link_token, wait_until

PATH = "/authorize_interaction"
THREADS = "SELECT count(*) FROM page WHERE kind = 'elsewhere'"
NOTHING = "Op dit adres staat niets waarop u kunt antwoorden."


@dataclass
class Reader:
    """Anna, who agreed that her comments travel, in a browser without JavaScript."""

    scene: Scene
    browser: httpx2.Client

    def log_in(self) -> None:
        before = len(self.browser.get("/dev/mail.json").json())
        self.browser.post("/api/v1/log-in-links", json={"email": "anna@example.org"})
        wait_until(lambda: len(self.browser.get("/dev/mail.json").json()) > before)
        mail = self.browser.get("/dev/mail.json").json()[-1]
        self.browser.post("/log-in/link", data={"token": link_token(mail["text"])})

    def look(self, uri: str, language: str = "") -> httpx2.Response:
        return self.browser.get(f"{language}{PATH}", params={"uri": uri})

    def keep(self, uri: str) -> httpx2.Response:
        return self.browser.post(PATH, data={"uri": uri})

    def kept(self, uri: str) -> str:
        """Keep a thread, and return its key."""
        answer = self.keep(uri)
        assert answer.status_code == 303, answer.text
        return re.sub(r"^/threads/|[?#].*$", "", answer.headers["Location"])

    def comment(self, key: str, text: str) -> str:
        answer = self.browser.post(
            f"/api/v1/threads/{key}/comments", json={"text": text}, headers={"Idempotency-Key": f"key-{key[-9:]}"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with (
        a_scene(tmp_path_factory.mktemp("elsewhere")) as scene,
        httpx2.Client(base_url=scene.url, headers=OWN_PAGE, timeout=10) as browser,
    ):
        made = Reader(scene, browser)
        made.log_in()
        agreed = {"name": "Anna", "handle": "anna", "federation": "on"}
        assert browser.patch("/api/v1/me", json=agreed).status_code == 200
        yield made


def opening(scene: Scene, text: str = "Over fietsen.", **fields: Any) -> Json:
    return scene.peer.note(scene.mies, text, **fields)


def test_a_look_shows_who_wrote_what_in_both_languages_and_keeps_nothing(reader: Reader) -> None:
    before = reader.scene.rows(THREADS)
    post = opening(
        reader.scene, '<b onclick="x()">Vet</b><script>alert(1)</script> & <img src=x onerror=y alt="plaat">'
    )
    for language, heading in (("", "Antwoorden op een andere server"), ("/en", "Answer on another server")):
        answer = reader.look(str(post["id"]), language)
        assert answer.status_code == 200
        assert f"<h1>{heading}</h1>" in answer.text
        assert "Vet & plaat" in unescape(re.sub(r"<[^>]*>", "", answer.text))
        assert f"mies@{reader.scene.peer.host}" in answer.text
        for bad in ("onclick", "alert(1)", "onerror", "<img"):
            assert bad not in answer.text
        assert '<meta name="robots" content="noindex">' in answer.text
    assert reader.scene.rows(THREADS) == before


def test_who_is_logged_out_comes_back_after_the_log_in(reader: Reader) -> None:
    with httpx2.Client(base_url=reader.scene.url, headers=OWN_PAGE) as stranger:
        answer = stranger.get(PATH, params={"uri": "https://a.example/1"})
        assert answer.status_code == 303
        assert answer.headers["Location"] == (
            "/log-in?returnTo=%2Fauthorize_interaction%3Furi%3Dhttps%253A%252F%252Fa.example%252F1"
        )
        assert stranger.post(PATH, data={"uri": "https://a.example/1"}).status_code == 401


def test_a_form_of_another_site_keeps_nothing(reader: Reader) -> None:
    post, before = opening(reader.scene), reader.scene.rows(THREADS)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}):
        answer = reader.browser.post(PATH, data={"uri": str(post["id"])}, headers=headers)
        assert answer.status_code == 403
    assert reader.scene.rows(THREADS) == before


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "Adres van een bericht of reactie"),
        ("acct:mies@127.0.0.1:9", "Die server antwoordt nu niet."),
        ("@mies@127.0.0.2", "Die server antwoordt nu niet."),
        ("javascript:alert(1)", NOTHING),
        ("https://mies:geheim@a.example/1", NOTHING),
        ("http://127.0.0.1:9/notes/1", "Die server antwoordt nu niet."),
        ("http://169.254.169.254/latest/meta-data/", "Die server antwoordt nu niet."),
        ("http://[::1]/", "Die server antwoordt nu niet."),
    ],
)
def test_what_is_no_address_of_a_text_is_said_so_and_nothing_private_is_reached(
    reader: Reader, uri: str, said: str
) -> None:
    before = reader.scene.rows(THREADS)
    for answer in (reader.look(uri), reader.keep(uri)):
        assert said in answer.text
        assert answer.status_code == (200 if not uri and answer.request.method == "GET" else 400)
    assert set(reader.scene.reached) <= reader.scene.allowed
    assert reader.scene.rows(THREADS) == before


def test_what_is_not_for_everyone_is_neither_shown_nor_kept(reader: Reader) -> None:
    scene = reader.scene
    own = opening(scene, "Alleen voor volgers.", to=[f"{scene.mies}/followers"], cc=[])
    below = scene.peer.note(scene.mies, "Openbaar eronder.", str(own["id"]))
    for uri in (str(own["id"]), str(below["id"])):
        answer = reader.keep(uri)
        assert answer.status_code == 400
        assert "Dit is niet voor iedereen" in answer.text
    assert "Alleen voor volgers." not in reader.look(str(own["id"])).text
    assert "Alleen voor volgers." not in json.dumps(scene.rows("SELECT titles FROM page"))


def test_an_actor_a_tombstone_and_another_ones_text_are_no_threads(reader: Reader) -> None:
    scene, before = reader.scene, reader.scene.rows(THREADS)
    gone = {"id": f"{scene.peer.url}/notes/gone", "type": "Tombstone"}
    stolen = {**opening(scene), "id": f"{scene.peer.url}/notes/stolen", "attributedTo": scene.vera}
    scene.peer.documents |= {"/notes/gone": gone, "/notes/stolen": stolen}
    for uri in (str(gone["id"]), str(stolen["id"])):
        assert reader.look(uri).status_code == 400
    for uri in (scene.mies, str(gone["id"]), str(stolen["id"])):
        assert reader.keep(uri).status_code == 400
    assert scene.rows(THREADS) == before


def test_a_circle_and_an_endless_chain_of_answers_come_to_an_end(reader: Reader) -> None:
    scene, before = reader.scene, reader.scene.rows(THREADS)
    first = scene.peer.note(scene.mies, "Eerst.", f"{scene.peer.url}/notes/last")
    last = scene.peer.note(scene.mies, "Laatst.", str(first["id"]))
    scene.peer.documents["/notes/last"] = {**last, "id": f"{scene.peer.url}/notes/last"}
    scene.peer.asked.clear()
    assert reader.keep(str(first["id"])).status_code == 400
    assert len(scene.peer.asked) < 25
    assert scene.rows(THREADS) == before


def test_what_stands_here_is_answered_where_it_stands(reader: Reader) -> None:
    comment_id = reader.comment("blogs/drempels", "Van hier.")
    page = f"{reader.scene.url}/en/blogs/oude-drempels/index.html"
    for uri, place in ((page, "#write"), (f"{page}#c-{comment_id}", f"?reply={comment_id}#c-{comment_id}")):
        for answer in (reader.look(uri), reader.keep(uri)):
            assert answer.status_code == 303
            assert answer.headers["Location"] == f"/threads/blogs/drempels{place}"


def test_an_answer_is_stored_once_and_goes_to_who_started_the_thread(reader: Reader) -> None:
    scene = reader.scene
    post = opening(scene, "Wie fietst er?")
    key = reader.kept(str(post["id"]))
    assert reader.kept(str(post["url"])) == key  # by its page for people too
    assert reader.look(str(post["id"])).status_code == 200  # to be liked, or answered
    path = str(post["id"]).removeprefix(scene.peer.url)
    kept = scene.peer.documents.pop(path)  # its server does not answer
    assert reader.look(str(post["id"])).headers["Location"] == f"/threads/{key}#write"
    scene.peer.documents[path] = kept
    comment_id = reader.comment(key, "Ik!")
    wait_until(lambda: any(one["type"] == "Create" for one in scene.peer.inbox))
    (note,) = [one["object"] for one in scene.peer.inbox if one["type"] == "Create"]
    assert (note["inReplyTo"], note["context"]) == (post["id"], post["id"])
    assert [tag["href"] for tag in note["tag"]] == [scene.mies]
    assert note["url"] == f"{scene.url}/threads/{key}#c-{comment_id}"
    page = reader.browser.get(f"/threads/{key}").text
    assert "Wie fietst er?" in page
    assert f'href="{post["url"]}" rel="nofollow noopener"' in page
    assert 'id="rating"' not in page


def test_a_page_for_people_names_what_can_be_answered(reader: Reader) -> None:
    scene = reader.scene
    post = opening(scene, "Over een pagina.")
    path = str(post["id"]).removeprefix(scene.peer.url)
    link = f'<link href="{path}" rel="x alternate" type="application/activity+json">'
    scene.peer.pages |= {
        "/@mies/fiets": f"<!doctype html><title>Fiets</title><link rel='alternate' href='/feed'>{link}",
        "/@mies/niets": "<!doctype html><title>Niets</title>",
        "/@mies/binnen": link.replace('href="', 'href="http://127.0.0.1:9'),
    }
    assert "Over een pagina." in reader.look(f"{scene.peer.url}/@mies/fiets").text
    assert reader.kept(f"{scene.peer.url}/@mies/fiets") == reader.kept(str(post["id"]))
    for path, said in (("/@mies/niets", NOTHING), ("/@mies/binnen", "Die server antwoordt nu niet.")):
        assert said in reader.look(scene.peer.url + path).text
    assert set(scene.reached) <= scene.allowed


def test_nobody_takes_the_address_of_another_server_for_their_own_text(reader: Reader) -> None:
    scene = reader.scene
    theirs = scene.victim.note(scene.vera, "Van Vera.")
    false = opening(scene, "Niet van Vera.", url=theirs["id"])
    key = reader.kept(str(false["id"]))
    below = scene.peer.note(scene.mies, "Ook niet van Vera.", str(false["id"]), url=f"{scene.victim.url}/notes/999")
    assert reader.kept(str(below["id"])) == key
    assert "Van Vera." in reader.look(str(theirs["id"])).text  # and no way to the false one
    answers = [
        scene.victim.note(scene.vera, "Bij mij.", uri) for uri in (str(theirs["id"]), f"{scene.victim.url}/notes/999")
    ]
    for answer in answers:
        assert scene.victim.create(scene.inbox, answer) == 202
        scene.fate("")
    assert not scene.rows("SELECT 1 FROM comment WHERE html = '<p>Bij mij.</p>'")


def test_what_comes_later_and_what_stood_there_before_comes_along(reader: Reader) -> None:
    scene = reader.scene
    post = opening(scene, "Over treinen.")
    earlier = scene.peer.note(scene.mies, "Van eerder.", str(post["id"]))
    replies = f"{post['id']}/replies"
    scene.peer.documents[replies.removeprefix(scene.peer.url)] = {
        "id": replies,
        "type": "OrderedCollection",
        "orderedItems": [earlier["id"], f"{scene.victim.url}/notes/unknown", "http://127.0.0.1:9/x", 7],
    }
    post |= {"replies": replies, "context": f"{scene.peer.url}/contexts/gone"}
    key = reader.kept(str(post["id"]))
    later = scene.peer.note(scene.mies, "Van later.", str(post["id"]))
    assert scene.create(later) == 202
    shown = "SELECT html FROM public_comment WHERE page_key = ? ORDER BY html"
    wait_until(lambda: scene.rows(shown, key) == [("<p>Van eerder.</p>",), ("<p>Van later.</p>",)])
    assert set(scene.reached) <= scene.allowed


def test_an_answer_to_a_comment_brings_everything_above_it(reader: Reader) -> None:
    scene = reader.scene
    post = opening(scene, "Over trams.")
    upper = scene.peer.note(scene.mies, "Boven.", str(post["id"]))
    lower = scene.peer.note(scene.mies, "Onder.", str(upper["id"]))
    answer = reader.keep(str(lower["id"]))
    match = re.fullmatch(r"/threads/(elsewhere/[0-9a-z]{26})\?reply=([0-9A-Z]{26})#c-\2", answer.headers["Location"])
    assert match, answer.text
    found = scene.rows("SELECT html, parent_id IS NULL FROM comment WHERE page_key = ? ORDER BY html", match[1])
    assert found == [("<p>Boven.</p>", 1), ("<p>Onder.</p>", 0)]
    assert reader.browser.get(answer.headers["Location"]).text.count("Onder.") == 1


def test_only_its_author_renames_or_withdraws_a_thread(reader: Reader) -> None:
    scene = reader.scene
    post = opening(scene, "Eerste naam.")
    key = reader.kept(str(post["id"]))
    titles = "SELECT titles FROM page WHERE key = ?"

    def name() -> str:
        scene.fate("")  # all that came was looked at
        return str(json.loads(scene.rows(titles, key)[0][0])["nl"])

    for author, title in ((scene.eve, "Eerste naam."), (scene.mies, "Tweede naam.")):
        edited = {**post, "content": "<p>Tweede naam.</p>", "attributedTo": author}
        edited.pop("contentMap")
        assert scene.send(scene.peer.activity(author, "Update", edited, to=[PUBLIC])) == 202
        assert name() == title
    for author, state in ((scene.eve, "live"), (scene.mies, "withdrawn")):
        assert scene.send(scene.peer.activity(author, "Delete", post["id"])) == 202
        scene.fate("")
        assert scene.rows("SELECT state FROM page WHERE key = ?", key) == [(state,)]
    assert reader.browser.get(f"/threads/{key}").status_code == 404
    assert reader.keep(str(post["id"])).status_code == 400


def test_who_did_not_agree_is_told_so_and_sends_nothing(reader: Reader) -> None:
    post = opening(reader.scene, "Voor later.")
    assert reader.browser.patch("/api/v1/me", json={"federation": "off"}).status_code == 200
    try:
        before = reader.scene.rows(THREADS)
        for answer in (reader.look(str(post["id"])), reader.keep(str(post["id"]))):
            assert answer.status_code == 200
            assert "Uw reacties blijven op deze site" in answer.text
            assert "Een antwoord schrijven" not in answer.text
        assert reader.scene.rows(THREADS) == before
    finally:
        assert reader.browser.patch("/api/v1/me", json={"federation": "on"}).status_code == 200


def test_who_is_banned_keeps_nothing(reader: Reader) -> None:
    post, before = opening(reader.scene), reader.scene.rows(THREADS)
    for banned, status in ((1, 403), (0, 400)):
        with sqlite3.connect(reader.scene.database) as database:
            database.execute("UPDATE account SET is_banned = ?", [banned])
        wait_until(lambda: reader.keep("").status_code == status)  # noqa: B023 - the service saw it
        if banned:
            assert reader.keep(str(post["id"])).status_code == 403
    assert reader.scene.rows(THREADS) == before


def test_a_thread_of_elsewhere_is_in_no_list_of_this_site(reader: Reader) -> None:
    key = reader.kept(str(opening(reader.scene, "Nergens genoemd.")["id"]))
    reader.comment(key, "Ook nergens genoemd.")
    assert "Ook nergens" in reader.browser.get(f"/api/v1/threads/{key}").text
    assert "nergens" not in reader.browser.get("/comments/atom.xml?lang=all").text.lower()
    token = (reader.scene.database.parent / "announce.token").read_text("ascii").strip()
    headers = {"Authorization": f"Bearer {token}"}
    told = reader.browser.post("/api/v1/announcements?force=true", headers=headers)
    assert told.status_code == 200, told.text
    assert "elsewhere" not in told.text  # no manifest misses it
    (anna,) = reader.scene.rows("SELECT id FROM account")
    assert "Ook nergens" in reader.browser.get(f"/people/{anna[0]}").text  # but with what she wrote
    assert f"/threads/{key}" in reader.browser.get(f"/people/{anna[0]}").text
    assert reader.browser.get(f"/threads/{key}").status_code == 200


@pytest.mark.parametrize(
    "block",
    ["UPDATE actor SET policy = 'block' WHERE uri = :uri", "INSERT INTO server (host, policy) VALUES (:host, 'block')"],
)
def test_who_is_blocked_cannot_be_answered(reader: Reader, block: str) -> None:
    scene = reader.scene
    post = scene.victim.note(scene.vera, "Geblokkeerd.")
    assert reader.look(str(post["id"])).status_code == (200 if "actor" in block else 400)
    with sqlite3.connect(scene.database) as database:
        database.execute(block, {"uri": scene.vera, "host": scene.victim.host})
    for answer in (reader.look(str(post["id"])), reader.keep(str(post["id"]))):
        assert answer.status_code == 400
        assert "Deze site heeft geen contact met die server." in answer.text


def test_nobody_makes_us_ask_other_servers_without_end(tmp_path: Path) -> None:
    with a_service(tmp_path, limits="on") as service:
        service.log_in()
        answers = [service.client.get(PATH, params={"uri": "acct:a@b"}).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]
