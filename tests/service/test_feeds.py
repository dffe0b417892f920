"""Atom feeds of comments: in full, absolute, per thread, site and language, the same bytes until something changes."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import atom
from tests.service.running import OWN_PAGE, SITE, Service, a_manifest, a_service

ATOM = {"a": "http://www.w3.org/2005/Atom", "t": "http://purl.org/syndication/thread/1.0"}
THREAD = "/threads/blogs/drempels/atom.xml"
SITE_FEED = "/comments/atom.xml"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_service(tmp_path) as running:
        yield running


def feed(service: Service, path: str) -> ElementTree.Element:
    answer = service.client.get(service.path + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert atom.faults(answer.content) == []
    return ElementTree.fromstring(answer.content)  # noqa: S314  # what we made ourselves


def texts(of: ElementTree.Element, path: str) -> list[str]:
    return [element.text or "" for element in of.findall(path, ATOM)]


def entries(service: Service, path: str) -> list[str]:
    return [re.sub("<[^>]*>", "", content).strip() for content in texts(feed(service, path), "a:entry/a:content")]


def test_an_entry_is_a_comment_in_full_with_what_it_answers(service: Service) -> None:
    service.log_in(name="Anna & <b>")
    root = service.comment("Een *goed* stuk & een [link](https://example.org/?a=1&b=2).")
    reply = service.comment("Een antwoord.", inReplyTo=str(root["id"]))
    found = feed(service, THREAD)
    assert texts(found, "a:title") == ["Reacties: Een plein zonder drempels"]
    assert texts(found, "a:id") == ["tag:testserver,2026:plein/feeds/blogs/drempels/comments/all"]
    assert [link.get("href") for link in found.findall("a:link", ATOM)] == [SITE + THREAD, f"{SITE}/blogs/drempels/"]
    second, first = found.findall("a:entry", ATOM)
    assert texts(first, "a:content") == [root["html"]]
    assert texts(first, "a:id") == [f"tag:testserver,2026:plein/comments/{root['id']}"]
    assert texts(first, "a:title") == ["Anna & <b> bij “Een plein zonder drempels”"]
    assert texts(first, "a:author/a:name") == ["Anna & <b>"]
    assert texts(first, "a:published") == texts(first, "a:updated") == [root["createdAt"]]
    assert [link.get("href") for link in first.findall("a:link", ATOM)] == [f"{SITE}/blogs/drempels/#c-{root['id']}"]
    answers = [entry.find("t:in-reply-to", ATOM) for entry in (first, second)]
    assert [dict(answer.attrib) for answer in answers if answer is not None] == [
        {"ref": "tag:testserver,2026:plein/blogs/drempels/nl", "href": f"{SITE}/blogs/drempels/", "type": "text/html"},
        {
            "ref": f"tag:testserver,2026:plein/comments/{root['id']}",
            "href": f"{SITE}/blogs/drempels/#c-{root['id']}",
            "type": "text/html",
        },
    ]
    assert str(reply["id"]) in texts(second, "a:id")[0]
    person = texts(first, "a:author/a:uri")[0]
    assert person.startswith(f"{SITE}/people/")
    assert "Een antwoord." in service.client.get(person).text
    assert "example.org" not in "".join(texts(found, ".//a:email"))


def test_a_feed_holds_all_languages_or_one(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Nederlands.", lang="nl")
    service.comment("English.", lang="en", page="groups/bouwers")
    assert entries(service, SITE_FEED) == ["English.", "Nederlands."]
    assert entries(service, f"{SITE_FEED}?lang=nl") == ["Nederlands."]
    assert entries(service, f"/en{SITE_FEED}") == ["English."]
    assert entries(service, THREAD) == ["Nederlands."]
    assert entries(service, f"/en{THREAD}") == []
    english = feed(service, f"/en{SITE_FEED}")
    assert texts(english, "a:title") == ["Comments: Plein (English)"]
    assert texts(english, "a:id") == ["tag:testserver,2026:plein/feeds/comments/en"]
    assert english.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    own = [link.get("href") for link in feed(service, f"{SITE_FEED}?lang=en").findall("a:link", ATOM)]
    assert own[0] == f"{SITE}{SITE_FEED}?lang=en"
    assert service.client.get(f"{SITE_FEED}?lang=x-x").status_code == 400
    assert service.client.get("/threads/blogs/weg/atom.xml").status_code == 404


def test_a_language_that_the_site_itself_has_not_is_read_filtered_and_fed_too(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Nederlands.")
    service.comment("Deutsch.", lang="en")
    with closing(sqlite3.connect(service.settings.service.database)) as database, database:
        for table in ("comment", "thread_language"):  # so are answers that come from other servers
            database.execute(f"UPDATE {table} SET lang = 'de' WHERE lang = 'en'")  # noqa: S608
    thread = service.client.get("/api/v1/threads/blogs/drempels?lang=de").json()
    assert [item["lang"] for item in thread["items"]] == ["de"]
    page = service.client.get("/threads/blogs/drempels").text
    assert '<option value="de">Duits (1)</option>' in page
    assert f"{THREAD}?lang=de" in page
    assert entries(service, f"{THREAD}?lang=de") == ["Deutsch."]
    for everything in (THREAD, f"{SITE_FEED}?lang=all"):
        assert entries(service, everything) == ["Deutsch.", "Nederlands."]


@pytest.mark.parametrize("path", [THREAD, SITE_FEED])
def test_a_feed_keeps_its_bytes_until_something_changes(service: Service, path: str) -> None:
    empty = service.client.get(path)
    assert empty.headers["access-control-allow-origin"] == "*"
    assert "<updated>1970-01-01T00:00:00.000Z</updated>" in empty.text
    service.log_in(name="Anna")
    comment = service.comment("Eén.")
    one = service.client.get(path)
    assert "Eén." in one.text
    assert service.client.get(path, headers={"If-None-Match": one.headers["etag"]}).status_code == 304
    service.client.patch(f"/api/v1/comments/{comment['id']}", json={"text": "Anders."}, headers=OWN_PAGE)
    edited = service.client.get(path, headers={"If-None-Match": one.headers["etag"]})
    assert edited.status_code == 200
    assert "Anders." in edited.text
    published, updated = (texts(feed(service, path), f"a:entry/a:{name}")[0] for name in ("published", "updated"))
    assert published < updated
    service.client.delete(f"/api/v1/comments/{comment['id']}", headers=OWN_PAGE)
    assert entries(service, path) == []


def test_a_feed_is_well_formed_whatever_somebody_writes(service: Service) -> None:
    service.log_in(name="]]> \ufffe &amp; <script>")
    service.comment('<script>alert(1)</script> ]]> \uffff &nbsp; "quoted" <a class="mention" href="/x">')
    assert "&lt;script&gt;" in texts(feed(service, THREAD), "a:entry/a:content")[0]
    assert texts(feed(service, SITE_FEED), "a:entry/a:author/a:name") == ["]]>  &amp; <script>"]


def test_a_mention_leads_to_a_whole_address(service: Service) -> None:
    service.log_in(name="Anna")
    service.comment("Eén.")
    service.comment("@Anna: twee.")
    assert f'<a class="mention" href="{SITE}/people/' in texts(feed(service, THREAD), "a:entry/a:content")[0]


def test_a_feed_holds_the_newest_fifty(service: Service) -> None:
    service.log_in(name="Anna")
    for number in range(52):
        page, lang = ("groups/bouwers", "en") if number % 2 else ("blogs/drempels", "nl")
        service.comment(f"{number}", page=page, lang=lang)
    assert entries(service, SITE_FEED) == [f"{number}" for number in range(51, 1, -1)]
    assert entries(service, f"{SITE_FEED}?lang=en") == [f"{number}" for number in range(51, 0, -2)]


def test_addresses_are_absolute_under_a_subpath_on_a_host_of_its_own(tmp_path: Path) -> None:
    site = f"{SITE}/sub"
    (tmp_path / "plein.json").write_bytes(a_manifest(site))
    with a_service(tmp_path, site=site) as running:
        running.log_in(name="Anna")
        running.comment()
        text = running.client.get(f"/sub{THREAD}").text
    addresses = re.findall(r'(?:href="|<uri>)([^"<]+)', text)
    assert len(addresses) == 5
    assert all(address.startswith(f"{site}/") for address in addresses)
