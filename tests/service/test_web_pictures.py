"""Pictures that a moderator allowed: fetched with care, served from our origin as nothing but pictures."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from comments_service import received
from comments_service.store import received as received_rows
from tests.peers.recording import Peer
from tests.service.builders import NOW
from tests.service.moderated import a_moderated_service, see, send, writing
from tests.service.running import SITE as URL
from tests.service.running import Service, answering, wait_until
from tests.service.test_pictures import an_image

ANSWER = tuple[int, dict[str, str], bytes]


@dataclass
class Files:
    """A server of files, such as one where an instance keeps its media."""

    url: str = ""
    answers: dict[str, ANSWER] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, content: bytes = b"", status: int = 200, **headers: str) -> str:
        self.answers[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
        return self.url + path


@contextmanager
def serving_files(address: str = "127.0.0.6") -> Iterator[Files]:
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, content = files.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Type": "image/png", **headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler, address) as port:
        files.url = f"http://{address}:{port}"
        yield files


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with serving_files() as running:
        yield running


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer().serving() as running:
        running.person("mies")
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_moderated_service(tmp_path_factory.mktemp("site")) as running:
        yield running


def a_comment(service: Service, peer: Peer, text: str, *pictures: str, **fields: object) -> str:
    """Let a note with pictures be looked up; return the id of the comment that it is here."""
    attached = [{"type": "Document", "mediaType": "image/png", "url": url, "name": "Een kat"} for url in pictures]
    said = {"attachment": attached, **fields}
    note = peer.note(f"{peer.url}/users/mies", text, f"{URL}/blogs/drempels/", **said)
    send(service, "/moderation/replies", url=str(note["id"]))
    with writing(service) as tx:
        row = received_rows.find(tx, "plein", str(note["id"]))
    assert row is not None
    return str(row["id"])


def html_of(service: Service, comment_id: str) -> str:
    return str(service.client.get(f"/api/v1/comments/{comment_id}").json()["html"])


def act(service: Service, action: str, comment_id: str) -> str:
    status, page = send(service, "/moderation", comment=comment_id, action=action)
    assert status == 200, page
    return page


def addresses(html: str) -> list[str]:
    return re.findall(r'<img src="http://testserver(/embed/pictures/[0-9a-f]{64}\.webp)"', html)


def shown(service: Service, comment_id: str, number: int = 1) -> list[str]:
    """Allow the pictures of a comment; return their addresses once they are there."""
    act(service, "show-pictures", comment_id)
    wait_until(lambda: len(addresses(html_of(service, comment_id))) == number)
    return addresses(html_of(service, comment_id))


def test_a_moderator_shows_the_pictures_of_a_comment_and_takes_them_away(
    service: Service, peer: Peer, files: Files
) -> None:
    cat, plein = files.put("/cat.png", an_image()), files.put("/plein.png", an_image("PNG", (64, 64)))
    tag = [{"type": "Emoji", "name": ":plein:", "icon": {"type": "Image", "url": plein}}]
    comment_id = a_comment(service, peer, "Kijk :plein:", cat, tag=tag)
    thread = "/threads/blogs/drempels"
    before = html_of(service, comment_id)
    assert f'<a href="{cat}"' in before
    assert "<img" not in before + service.client.get(thread).text
    assert not files.asked
    page = see(service, f"/moderation?comment={comment_id}")
    assert "De 2 afbeeldingen tonen" in page
    assert "Show its 2 pictures" in see(service, f"/en/moderation?comment={comment_id}")
    picture, emoji = sorted(shown(service, comment_id, 2), key=html_of(service, comment_id).index, reverse=True)
    after = html_of(service, comment_id)
    assert 'alt="Een kat" width="40" height="30" loading="lazy"></a>' in after
    assert 'alt=":plein:" width="22" height="22" loading="lazy" class="emoji">' in after
    assert after in service.client.get(thread).text
    assert picture in service.client.get(f"{thread}/atom.xml").text
    assert picture in service.client.get(f"/api/v1{thread}").text
    assert "Geen afbeeldingen tonen" in see(service, f"/moderation?comment={comment_id}")
    assert [name for _, headers in files.asked for name in headers if name in ("signature", "cookie", "referer")] == []
    for address in (picture, emoji):
        assert service.client.get(address).status_code == 200
    act(service, "hide-pictures", comment_id)
    assert html_of(service, comment_id) == before
    for address in (picture, emoji):
        assert service.client.get(address).status_code == 404


def test_a_picture_is_served_as_a_picture_and_nothing_else(service: Service, peer: Peer, files: Files) -> None:
    comment_id = a_comment(service, peer, "Kat", files.put("/served.png", an_image()))
    (address,) = shown(service, comment_id)
    answer = service.client.get(address, headers={"Accept": "application/activity+json"})
    assert answer.status_code == 200
    assert answer.content[:4] + answer.content[8:12] == b"RIFFWEBP"
    told = {name: answer.headers[name] for name in sorted(answer.headers) if name not in ("etag", "content-length")}
    assert told == {
        "cache-control": "public, max-age=86400, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "image/webp",
        "cross-origin-resource-policy": "cross-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    again = service.client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("x.webp", "0" * 64 + ".webp", address[-69:-5] + ".html", address[-69:-5]):
        assert service.client.get(f"/embed/pictures/{wrong}").status_code == 404
    with writing(service) as tx:
        tx.run("UPDATE page SET state = 'withdrawn' WHERE key = 'blogs/drempels'")
    assert service.client.get(address).status_code == 404  # nobody reads the comment
    with writing(service) as tx:
        tx.run("UPDATE page SET state = 'live' WHERE key = 'blogs/drempels'")
    for action, status in (("hide", 404), ("restore", 200), ("remove", 404)):
        act(service, action, comment_id)
        wait_until(lambda: service.client.get(address).status_code == status)  # noqa: B023


def test_a_delete_from_elsewhere_takes_the_bytes_along(service: Service, peer: Peer, files: Files) -> None:
    comment_id = a_comment(service, peer, "Kat", files.put("/deleted.png", an_image("PNG", (41, 41))))
    (address,) = shown(service, comment_id)
    with writing(service) as tx:
        row = tx.one("SELECT * FROM comment WHERE id = :id", {"id": comment_id})
        assert row is not None
        received.take_back(tx, row, now=NOW)
        assert tx.one("SELECT * FROM picture WHERE comment_id = :id", {"id": comment_id}) is None
    assert service.client.get(address).status_code == 404


def test_what_cannot_be_fetched_or_is_no_picture_stays_a_link(service: Service, peer: Peer, files: Files) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    wrong = [
        files.put("/page.png", b"<html><script>alert(1)</script>"),
        files.put("/drawing.png", svg, Content_Type="image/svg+xml"),
        files.put("/none.png", status=404),
        "ftp://files.example/x.png",
    ]
    good = files.put("/good.png", an_image())
    comment_id = a_comment(service, peer, "Veel", *wrong, files.put("/moved.png", status=302, Location=good))
    (address,) = shown(service, comment_id)
    html = html_of(service, comment_id)
    assert html.count("<img") == 1
    assert html.count("<a href") == len(wrong)
    assert service.client.get(address).status_code == 200
    assert "tonen" in see(service, f"/moderation?comment={comment_id}")


@pytest.mark.parametrize("inside", ["http://10.0.0.1/x.png", "http://[::1]/x.png", "https://localhost/x.png"])
def test_no_picture_leads_inside(service: Service, peer: Peer, files: Files, inside: str) -> None:
    name = re.sub(r"\W", "", inside)
    comment_id = a_comment(service, peer, "Kat", inside, files.put(f"/{name}.png", status=302, Location=inside))
    act(service, "show-pictures", comment_id)

    def failure() -> str:
        with writing(service) as tx:
            row = tx.one("SELECT last_error FROM job WHERE ids LIKE :id", {"id": f"%{comment_id}%"})
        return str(row["last_error"]) if row else ""

    wait_until(lambda: "cannot be fetched" in failure())
    assert "<img" not in html_of(service, comment_id)


def test_a_picture_of_more_than_two_megabytes_is_not_read(service: Service, peer: Peer, files: Files) -> None:
    large = files.put("/large.png", an_image() + b"\0" * 2_000_000)
    comment_id = a_comment(service, peer, "Groot", large, files.put("/small.png", an_image("PNG", (9, 9))))
    shown(service, comment_id, 1)
    assert 'width="9"' in html_of(service, comment_id)


def test_five_thousand_emoji_cost_little(service: Service, peer: Peer, files: Files) -> None:
    content = an_image("PNG", (64, 64))
    names = [f"kat{number}" for number in range(5_000)]
    urls = [files.put(f"/{name}.png", content) for name in names]
    tags = [{"type": "Emoji", "name": f":{name}:", "icon": {"url": url}} for name, url in zip(names, urls, strict=True)]
    comment_id = a_comment(service, peer, "".join(f":{name}:" for name in names), tag=tags)
    with writing(service) as tx:
        named = tx.one("SELECT count(*) AS number FROM picture WHERE comment_id = :id", {"id": comment_id})
    assert named == {"number": 40}
    comment_id = a_comment(service, peer, ":kat1:" * 5_000, tag=tags[:2])
    shown(service, comment_id, 100)
    assert len(json.dumps(html_of(service, comment_id))) < 100_000


def test_a_person_shows_pictures_from_now_on(service: Service, peer: Peer, files: Files) -> None:
    who = f"{peer.url}/users/mies"
    page = send(service, "/moderation/servers", who=who, policy="pictures")[1]
    assert "Mies toegelaten met afbeeldingen" in page
    comment_id = a_comment(service, peer, "Kat", files.put("/trusted.png", an_image()))
    wait_until(lambda: "<img" in html_of(service, comment_id))
    send(service, "/moderation/servers", who=who, policy="block")
    assert "<img" not in html_of(service, comment_id)
