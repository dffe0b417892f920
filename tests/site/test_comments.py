"""`inv build --with-comments`: the newest comments stand in the pages, from a running service and from an export."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from comments_service import comments, mentions, moderation, pages, threads, votes
from comments_service.__main__ import main
from comments_service.manifest import parse_manifest
from comments_service.store import schema, sqlite
from comments_service.store.sqlite import SqliteTransaction
from tests.service.builders import NOW, a_comment, an_account, post
from tests.service.running import free_port, wait_until
from tests.site.building import GARDEN, ROOT, Built, build, write_content
from theme.plugins.comments import clean

SITE = "https://plein.example"
PAGES = {"nl": "/blogs/eerste/", "en": "/en/blogs/eerste/"}
ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass
class Ground:
    """A small site, its database with comments, and the service that runs on it."""

    folder: Path
    url: str

    def build(self, name: str, source: str) -> Built:
        environ = {"PLEIN_COMMENTS": source, "LANG": "en_GB.UTF-8"}
        return build(self.folder / "content", self.folder / name, url=SITE, environ=environ)

    def export(self) -> str:
        target = self.folder / "comments.json"
        assert main(["--settings", str(self.folder / "plein.toml"), "export", str(target)]) == 0
        return str(target)

    def write(self, change: Any) -> None:
        connection = sqlite.connect(self.folder / "plein.db")
        schema.migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        change(SqliteTransaction(connection))
        connection.execute("COMMIT")
        connection.close()

    def get(self, path: str) -> str:
        with urlopen(self.url + path, timeout=60) as answer:
            text: str = answer.read().decode()
            return text


def talk(tx: SqliteTransaction) -> None:
    """A thread with all that can stand in one: two languages, depth, a vote, a mention, an edit, a removed root."""
    page = pages.find(tx, "plein", "blogs", "eerste")
    anna, bert = an_account(tx, "Anna"), an_account(tx, "Bert <b>")
    later = iter(NOW + timedelta(seconds=30 * n) for n in range(100))
    for n in range(11):
        a_comment(tx, page, anna, f"Oude reactie nummer {n}", now=next(later))
    gone = a_comment(tx, page, bert, "Dit gaat weg", now=next(later))
    a_comment(tx, page, anna, "Antwoord op wat weg is", answers=gone, now=next(later))
    moderation.move(tx, "remove", gone.id, "a-moderator", now=next(later))
    root = a_comment(tx, page, bert, "Nice **work** <script>alert(1)</script>", lang="en", now=next(later))
    deepest = root
    for n in range(5):
        deepest = a_comment(tx, page, anna, f"Dieper {n}", answers=deepest, now=next(later))
    votes.vote(tx, anna, root.id, 1, now=next(later))
    people = mentions.with_addresses(threads.people(tx, page), "")
    draft = comments.prepare("Dank @Anna, zie https://elders.example/", "nl", people=people)
    post(tx, bert, page, draft, None, now=next(later))
    edited = a_comment(tx, page, anna, "Voor de wijziging", now=next(later))
    comments.edit(
        tx, anna, edited.id, comments.prepare("Na de wijziging", "nl", None), now=next(later), window=timedelta(hours=1)
    )
    tx.run("UPDATE thread SET likes = 3, boosts = 1, quotes = 2")
    tx.run("UPDATE comment SET likes = 1, boosts = 2, quotes = 1, object_id = 'X' WHERE id = :id", {"id": root.id})
    tx.run(
        "INSERT INTO actor (id, uri, server, kind, name, handle, url, inbox, first_seen_at, fetched_at) VALUES "
        "('M', :uri, 'social.example', 'Person', 'Mies <i>', 'mies@social.example', :uri, :uri, '', '')",
        {"uri": "https://social.example/@mies"},
    )
    tx.run(
        "UPDATE comment SET account_id = NULL, actor_id = 'M', origin_uri = :uri WHERE text = 'Oude reactie nummer 10'",
        {"uri": "https://social.example/@mies/1"},
    )


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("ground")
    ground = Ground(folder, f"http://127.0.0.1:{free_port()}")
    write_content(folder / "content", GARDEN)
    plain = ground.build("plain", "")
    assert plain.status == 0, plain.said
    manifest = folder / "plain" / "plein.json"
    (folder / "plein.toml").write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "{SITE}"\n'
        f'[service]\ndatabase = "{folder / "plein.db"}"\nkeys_dir = "{folder}"\nmanifest = "{manifest}"\n',
        "utf-8",
    )
    ground.write(lambda tx: pages.take_in(tx, "plein", parse_manifest(manifest.read_bytes()), site_url=SITE, now=NOW))
    ground.write(talk)
    port = ground.url.rpartition(":")[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEIN_")}
    command = [sys.executable, "-m", "comments_service", "--settings", str(folder / "plein.toml"), "serve"]
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen([*command, "--port", port], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or answers(ground))
        yield ground
    finally:
        process.terminate()
        process.wait(60)


def answers(ground: Ground) -> bool:
    try:
        return bool(ground.get("/api/v1/counts?page=blogs/eerste"))
    except OSError:
        return False


@pytest.fixture(scope="module")
def baked(ground: Ground) -> Built:
    built = ground.build("baked", ground.url)
    assert built.status == 0, built.said
    return built


def thread_of(text: str) -> str:
    found = re.search(r"<plein-thread.*?</plein-thread>", text, re.DOTALL)
    assert found
    return found[0]


def articles(text: str) -> list[str]:
    return re.findall(r'<article class="comment".*?</article>', text, re.DOTALL)


@pytest.mark.parametrize(("lang", "line"), [("nl", "Alle 20 reacties lezen"), ("en", "Read all 20 comments")])
def test_the_newest_comments_stand_in_the_page(baked: Built, lang: str, line: str) -> None:
    thread = thread_of(baked.text(PAGES[lang]))
    assert line in thread
    assert thread.index("Na de wijziging") < thread.index("Dank") < thread.index("Nice <strong>work</strong>")
    assert "Oude reactie nummer 10" in thread
    assert "Oude reactie nummer 0<" not in thread  # ten roots, the newest
    assert re.search(r'data-baked="\d+" data-order="newest"', thread)
    base = "/en" if lang == "en" else ""
    assert f'href="{base}/threads/blogs/eerste"' in thread
    for names in (r'id="(c-[^"]+)"', r'<article [^>]*aria-label="([^"]+)"'):  # many were written in one minute
        assert len(found := re.findall(names, thread)) == len(set(found)) > 5


def test_words_are_in_the_language_of_the_page_and_comments_say_theirs(baked: Built) -> None:
    dutch, english = (thread_of(baked.text(path)) for path in PAGES.values())
    assert '<div class="comment__text" dir="auto" lang="en">' in dutch
    assert "Engels</span>" in dutch
    assert "Deze reactie is verwijderd." in dutch
    assert "25 november 2026, 10." in dutch  # in the zone of the site
    assert '<div class="comment__text" dir="auto">' in english
    assert '<div class="comment__text" dir="auto" lang="nl">' in english
    assert "Dutch</span>" in english
    assert "reply to" in english


@pytest.mark.parametrize("source", ["baked", "exported"])
def test_a_comment_says_where_it_came_from_and_what_people_elsewhere_did_with_it(
    ground: Ground, baked: Built, source: str
) -> None:
    thread = thread_of((baked if source == "baked" else ground.build("exported", ground.export())).text(PAGES["nl"]))
    assert '<p class="meta comment__when"><span>3 likes</span><span>1 boost</span><span>2 citaten</span></p>' in thread
    [here] = [one for one in articles(thread) if "Nice" in one]
    [came] = [one for one in articles(thread) if "nummer 10" in one]
    assert "<span>ook op andere servers</span>" in here
    assert "<span>1 like</span><span>2 boosts</span><span>1 citaat</span>" in here
    assert "Mies &lt;i&gt;" in came
    assert '<span class="nl-data-badge">mies@social.example</span>' in came
    assert '<a href="https://social.example/@mies/1" rel="ugc nofollow noopener">origineel</a>' in came
    assert came.count("/answer?comment=") == here.count("/answer?comment=") == 1


def test_nothing_of_a_stranger_is_markup(baked: Built) -> None:
    thread = thread_of(baked.text(PAGES["nl"]))
    assert "<script" not in thread
    assert "Bert &lt;b&gt;" in thread
    assert 'href="https://elders.example/" rel="ugc nofollow noopener"' in thread
    assert "Dit gaat weg" not in thread


def test_a_mention_and_a_name_lead_to_the_service(ground: Ground, baked: Built) -> None:
    thread = thread_of(baked.text(PAGES["nl"]))
    [mention] = re.findall(r'<a class="mention" href="([^"]+)" rel="ugc nofollow noopener">@Anna</a>', thread)
    assert mention.startswith(f"{ground.url}/people/")


def test_a_page_without_comments_is_as_it_was(ground: Ground, baked: Built) -> None:
    assert baked.text("/blogs/tweede/") == (ground.folder / "plain/blogs/tweede/index.html").read_text("utf-8")


def test_the_markup_is_that_of_the_service(ground: Ground, baked: Built) -> None:
    """But for the addresses: a permalink stays on the page, and rel stands on every link of a stranger."""

    def skeleton(article: str) -> str:
        bare = re.sub(r'\s(href|rel)="[^"]*"', "", article)
        bare = re.sub(
            r'<a class="quiet"[^>]*>(Reply|Beantwoorden)</a>', "", bare
        )  # there is one form for all below it there
        bare = re.sub(r'<div class="comment__foot">\s*</div>', "", bare)
        return re.sub(r"\s+", " ", re.sub(r">\s+|\s+<", lambda found: found[0].strip(), bare))

    for lang in PAGES:
        prefix = "/en" if lang == "en" else ""
        theirs = articles(ground.get(f"{prefix}/threads/blogs/eerste?order=newest&limit=10"))
        ours = articles(baked.text(PAGES[lang]))
        assert len(ours) > 10
        assert list(map(skeleton, ours)) == list(map(skeleton, theirs))


def test_an_export_gives_the_same_pages(ground: Ground, baked: Built) -> None:
    built = ground.build("from-export", ground.export())
    assert built.status == 0, built.said
    for path in PAGES.values():
        assert thread_of(built.text(path)).replace(SITE, ground.url) == thread_of(baked.text(path)).replace(
            SITE, ground.url
        )


def test_a_removed_comment_is_gone_with_the_next_build(ground: Ground) -> None:
    page: list[str] = []

    def write(tx: SqliteTransaction) -> None:
        found = pages.find(tx, "plein", "groups", "tuin")
        page.append(a_comment(tx, found, an_account(tx, "Anna"), "Straks weg").id)

    ground.write(write)
    assert "Straks weg" in ground.build("before", ground.export()).text("/groups/tuin/")
    ground.write(lambda tx: moderation.move(tx, "remove", page[0], "a-moderator", now=NOW))
    assert "Straks weg" not in ground.build("after", ground.export()).text("/groups/tuin/")


def test_without_an_answer_nothing_is_built(ground: Ground) -> None:
    source = f"http://127.0.0.1:{free_port()}"
    built = ground.build("down", source)
    assert built.status != 0
    assert f"The comments cannot be read from {source}" in built.said
    assert "Traceback" not in built.said
    assert not built.has("/")


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{}", "version"), ("no json", "JSON"), ('{"version": 2, "service": "x", "threads": []}', "version")],
)
def test_a_file_that_is_no_export_is_said(ground: Ground, content: str, reason: str) -> None:
    (ground.folder / "wrong.json").write_text(content, "utf-8")
    built = ground.build("wrong", str(ground.folder / "wrong.json"))
    assert built.status != 0
    assert reason in built.said
    assert "Traceback" not in built.said


PICTURE = (
    f'<img src="https://s.example/embed/pictures/{"0a" * 32}.webp" alt=":plein:" width="22" height="22" '
    'loading="lazy" class="emoji">'
)


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>a<script>b()</script></p>", "<p>a</p>"),
        ('<p onclick="x()" style="x" id="thread" class="row">a</p>', "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', '<a rel="ugc nofollow noopener">a</a>'),
        ('<a href="//evil.example/x">a</a>', '<a rel="ugc nofollow noopener">a</a>'),
        (
            '<a href="/people/1" class="mention nl-button">a</a>',
            '<a href="https://s.example/people/1" rel="ugc nofollow noopener">a</a>',
        ),
        ("</article></ol></plein-thread><p>a", "<p>a</p>"),
        ('<img src="https://evil.example/x.png"><h2>a</h2><form>b</form>', "ab"),
        (PICTURE, PICTURE),
        (PICTURE.replace("s.example", "s.example.evil.example"), ""),
        (PICTURE.replace('src="https://s.example/embed', 'src="https://s.example/x/../embed'), ""),
        (PICTURE.replace(".webp", ".webp?x"), ""),
        (PICTURE.replace(" class", " srcset=x onerror=x() style=x class"), PICTURE),
        (PICTURE.replace("emoji", "hero"), PICTURE.replace(' class="emoji"', "")),
    ],
)
def test_a_source_is_not_trusted(html: str, cleaned: str) -> None:
    assert clean(html, "https://s.example") == cleaned


def test_an_export_of_somebody_else_cannot_break_out(ground: Ground) -> None:
    export = json.loads(Path(ground.export()).read_text("utf-8"))
    root = export["threads"][0]["items"][-1]
    root["html"] = '</div></article><script>alert(1)</script><p style="position:fixed">Hoi'
    root["author"] = {"name": '"><script>alert(2)</script>', "url": "javascript:alert(3)"}
    (ground.folder / "forged.json").write_text(json.dumps(export), "utf-8")
    thread = thread_of(ground.build("forged", str(ground.folder / "forged.json")).text(PAGES["nl"]))
    assert "<script" not in thread
    assert "javascript:" not in thread
    assert "position" not in thread


def test_who_wants_no_copies_is_not_copied_and_what_is_warned_of_is_folded(ground: Ground) -> None:
    export = json.loads(Path(ground.export()).read_text("utf-8"))
    roots = export["threads"][0]["items"]
    roots[0] |= {"html": "<p>Geen kopie</p>", "author": {"name": "Zonder kopie"}, "indexable": False}
    roots[-1] |= {"html": "<p>Achter de vouw</p>", "warning": "Let <b>op"}
    (ground.folder / "shy.json").write_text(json.dumps(export), "utf-8")
    thread = thread_of(ground.build("shy", str(ground.folder / "shy.json")).text(PAGES["nl"]))
    assert "Geen kopie" not in thread
    assert "Zonder kopie" not in thread
    assert "<details><summary>Let &lt;b&gt;op</summary><p>Achter de vouw</p></details>" in thread
