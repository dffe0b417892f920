"""“Where is my reply?”: what became of one from another server, or which check it would be the first to fail."""

from collections.abc import Iterator

import pytest

from comments_service import servers
from comments_service.store import fates as fate_rows
from tests.peers.recording import Peer
from tests.service.builders import NOW
from tests.service.moderated import a_moderated_service, see, send, writing
from tests.service.running import SITE as URL
from tests.service.running import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_moderated_service(tmp_path_factory.mktemp("site")) as running:
        yield running


def ask(service: Service, url: str, prefix: str = "") -> str:
    status, page = send(service, f"{prefix}/moderation/replies", url=url)
    assert status == 200, page
    return page


def test_the_fate_of_a_known_reply_is_found_by_its_id_and_its_page(service: Service) -> None:
    with writing(service) as tx:
        for uri, fate, reason in (
            ("https://a.example/1", "refused", "no-such-page"),
            ("https://a.example/2", "private", ""),
        ):
            fate_rows.decide(tx, "plein", uri, f"{uri}.html", fate, reason, now=NOW)
    assert "Het is geweigerd. De pagina waarop het antwoordt, is er niet." in ask(service, "https://a.example/1")
    assert "It was refused. The page that it answers is not there." in ask(service, " https://a.example/1.html", "/en")
    assert "Het is privé" in ask(service, "https://a.example/2.html")


def test_a_reply_that_never_came_is_fetched_and_the_first_check_that_it_fails_is_named(service: Service) -> None:
    post = f"{URL}/blogs/drempels/"
    with Peer().serving() as peer:
        mies = peer.person("mies")
        assert "Het is te zien." in ask(service, str(peer.note(mies, "Kwam nooit aan.", post)["id"]))
        assert "Kwam nooit aan." in see(service, "/threads/blogs/drempels")
        alone = peer.note(mies, "Los.")
        assert "Het antwoordt op niets van deze site." in ask(service, str(alone["id"]))
        nearly = peer.note(mies, "Alleen voor wie mij volgt.", post, to=[f"{mies}/followers"], cc=[])
        assert "Het is privé" in ask(service, str(nearly["id"]))
        assert "Alleen voor wie mij volgt." not in see(service, "/moderation")
        peer.documents["/notes/page"] = {"type": "Note"}
        assert "Op dit adres staat niets meer." in ask(service, f"{peer.url}/notes/none")
        assert "Dit is geen heel adres" in ask(service, "javascript:alert(1)")
        assert "Dit is geen heel adres" in ask(service, f"{peer.url}/notes/page")
        with writing(service) as tx:
            servers.decide(tx, peer.host, "block")
        assert "hier geblokkeerd" in ask(service, f"{peer.url}/notes/other")


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://[::1]/x", "http://10.0.0.1/", "file:///etc"])
def test_asking_for_an_address_inside_leads_nowhere(service: Service, url: str) -> None:
    page = ask(service, url)
    assert "Dit is geen heel adres" in page or "niet te bereiken" in page


def test_what_was_written_here_did_not_come_from_elsewhere(service: Service) -> None:
    with writing(service) as tx:
        base = tx.one("SELECT url FROM federation_base") or {}
    assert "kwam niet van elders" in ask(service, str(base["url"]) + "/ap/objects/01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_nothing_pasted_is_said(service: Service) -> None:
    status, page = send(service, "/moderation/replies", url=" ")
    assert status == 400
    assert "Plak het adres van het antwoord." in page
