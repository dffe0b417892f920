"""The pages of moderators: who may open them, what they show and do, and "where is my reply?"."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from comments_service import accounts, servers
from comments_service.store import comments as comment_rows
from comments_service.store import moderation as rows
from comments_service.web import addresses, moderating
from tests.service.builders import NOW, SITE
from tests.service.moderated import a_moderated_service, held, said, see, send, state_of, writing
from tests.service.running import OWN_PAGE, Service, a_service
from tests.service.strangers import a_delivery, a_reply, a_report, a_stranger
from tests.service.test_moderation import LIST

PAGES = ("/moderation", "/moderation/servers", "/moderation/deliveries", "/moderation/replies")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_moderated_service(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in moderating.TABLE])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_nobody_but_a_moderator_sees_or_does_anything(service: Service, method: str, path: str, prefix: str) -> None:
    jar = dict(service.client.cookies)
    service.client.cookies.clear()
    try:
        stranger = service.client.request(method, prefix + path, headers=OWN_PAGE, follow_redirects=False)
        assert stranger.status_code == (303 if method == "GET" else 401)
        if "member" not in MEMBER:
            service.log_in("lid@example.org", "Lid")
            MEMBER["member"] = dict(service.client.cookies)
        service.client.cookies.update(MEMBER["member"])
        refused = service.client.request(method, prefix + path, headers=OWN_PAGE, follow_redirects=False)
        assert refused.status_code == 403
        assert "moderator" in said(refused.text)
    finally:
        service.client.cookies.clear()
        service.client.cookies.update(jar)


MEMBER: dict[str, dict[str, str]] = {}


def test_a_banned_moderator_may_nothing(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        with writing(service) as tx:
            account = accounts.make_administrator(tx, "anna@example.org", now=NOW)
            tx.run("UPDATE account SET is_banned = 1 WHERE id = :id", {"id": account.id})
        service.log_in()
        assert service.client.get("/moderation").status_code == 403


def test_a_form_of_another_site_does_nothing(service: Service) -> None:
    comment_id = held(service)
    values = {"comment": comment_id, "action": "restore"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        assert service.client.post("/moderation", data=values, headers=headers).status_code == 403
    assert state_of(service, comment_id) == "held"


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_what_waits_is_shown_with_who_and_why_and_a_button_shows_it(service: Service, prefix: str) -> None:
    comment_id = held(service, f"Nog <b>niet</b> gezien{prefix}.")
    page = service.client.get(f"{prefix}/moderation").text
    assert f"Nog <b>niet</b> gezien{prefix}." not in service.client.get(f"{prefix}/threads/blogs/drempels").text
    assert re.search(r"mies\d+@social\.example", page)
    assert ("It is the first comment" if prefix else "Het is de eerste reactie van deze persoon.") in page
    status, after = send(service, f"{prefix}/moderation", comment=comment_id, action="restore")
    assert (status, state_of(service, comment_id)) == (200, "shown")
    assert ("The comment is shown." if prefix else "De reactie is te zien.") in after
    assert "Nog" in see(service, f"{prefix}/threads/blogs/drempels")


def test_hidden_comments_can_be_shown_again_and_removed_for_good(service: Service) -> None:
    comment_id = held(service, "Heen en weer.")
    for action, state in (("hide", "hidden"), ("restore", "shown"), ("hide", "hidden"), ("remove", "removed")):
        assert send(service, "/moderation", comment=comment_id, action=action)[0] == 200
        assert state_of(service, comment_id) == state
    assert "Heen en weer." not in see(service, "/moderation")
    with writing(service) as tx:
        assert [
            row["action"] for row in tx.all("SELECT * FROM moderation_log WHERE comment_id = :id", {"id": comment_id})
        ] == ["hide", "restore", "hide", "remove"]


def test_who_comes_second_is_told_so_and_changes_nothing(service: Service) -> None:
    comment_id = held(service)
    send(service, "/moderation", comment=comment_id, action="remove")
    status, after = send(service, "/moderation", comment=comment_id, action="restore")
    assert (status, state_of(service, comment_id)) == (400, "removed")
    assert "Iemand was u voor" in after


@pytest.mark.parametrize("values", [{"x": "y"}, {"action": "erase"}, {"action": "restore", "comment": "' OR 1=1 --"}])
def test_a_form_that_nobody_could_press_is_refused(service: Service, values: dict[str, str]) -> None:
    assert send(service, "/moderation", **values)[0] in (400, 404)


def test_a_comment_of_another_site_is_not_moved(service: Service) -> None:
    comment_id = held(service)
    with closing(sqlite3.connect(service.settings.service.database)) as connection, connection:
        connection.execute("UPDATE comment SET site_id = 'other' WHERE id = ?", [comment_id])
    assert send(service, "/moderation", comment=comment_id, action="restore")[0] == 404
    assert state_of(service, comment_id) == "held"


def test_the_thread_leads_a_moderator_to_any_comment(service: Service) -> None:
    comment_id = held(service, "Van een ander.")
    send(service, "/moderation", comment=comment_id, action="restore")
    link = f"/moderation?comment={comment_id}"
    assert link in service.client.get("/threads/blogs/drempels").text
    page = see(service, link)
    assert "Deze reactie" in page
    assert "Van een ander." in page
    assert send(service, "/moderation", comment=comment_id, action="hide")[0] == 200
    assert service.client.get("/moderation?comment=01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404


def test_private_replies_are_in_no_list(service: Service) -> None:
    comment_id = held(service, "Alleen voor Anna.")
    with writing(service) as tx:
        comment_rows.change(tx, comment_id, state="private")
        a_report(tx, comment_id, "Ik meld dit.")
    assert "Alleen voor Anna." not in see(service, "/moderation")
    assert service.client.get(f"/moderation?comment={comment_id}").status_code == 404


def test_a_report_is_shown_as_plain_text_until_it_is_done(service: Service) -> None:
    comment_id = held(service, "Gemelde tekst.")
    with writing(service) as tx:
        report_id = a_report(tx, comment_id, "<script>alert(1)</script> reclame")
        a_report(tx, None, "Van een andere plek", site="other")
    raw = service.client.get("/moderation").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; reclame" in raw
    assert "Van een andere plek" not in raw
    assert raw.count("Gemelde tekst.") == 2  # it waits, too
    assert "De melding is klaar." in send(service, "/moderation/reports", report=report_id)[1]
    assert "alert(1)" not in see(service, "/moderation")
    assert send(service, "/moderation/reports", report=report_id)[0] == 404


def test_handles_that_two_want_are_named(service: Service) -> None:
    with writing(service) as tx:
        rows.keep_clashes(tx, SITE, [("plein", "group", "groups/plein")])
    assert "@plein : een groep vraagt de naam (groups/plein), de site heeft die" in see(service, "/moderation")
    assert "a group wants it (groups/plein), the site has it" in see(service, "/en/moderation")


def test_a_comment_on_a_page_that_was_taken_back_can_still_be_judged(service: Service) -> None:
    comment_id = held(service, "Op een pagina die weg is.")
    with writing(service) as tx:
        tx.run("UPDATE page SET state = 'withdrawn' WHERE key = 'blogs/drempels'")
    try:
        assert "Op een pagina die weg is." in see(service, "/moderation")
        assert send(service, "/moderation", comment=comment_id, action="remove")[0] == 200
    finally:
        with writing(service) as tx:
            tx.run("UPDATE page SET state = 'live' WHERE key = 'blogs/drempels'")


def test_a_server_is_blocked_with_what_waits_of_it(service: Service) -> None:
    comment_id = held(service)
    status, after = send(service, "/moderation/servers", who="social.example", policy="block", reason="Veel reclame")
    assert status == 200
    assert "Het besluit geldt vanaf nu." in after
    assert "verborgen" in after
    assert "social.example geblokkeerd" in after
    assert "Veel reclame" in after
    assert state_of(service, comment_id) == "hidden"
    send(service, "/moderation/servers", who="social.example", policy="")
    assert "social.example geblokkeerd" not in see(service, "/moderation/servers")


def test_a_person_is_decided_about_from_what_they_wrote(service: Service) -> None:
    with writing(service) as tx:
        a_reply(tx, a_stranger(tx, "bo"), "Van Bo.")
    page = service.client.get("/moderation").text
    assert 'href="/moderation/servers?who=https%3A//social.example/users/bo"' in page
    assert (
        'value="https://social.example/users/bo"'
        in service.client.get("/moderation/servers?who=https%3A//social.example/users/bo").text
    )
    after = send(service, "/moderation/servers", who="https://social.example/users/bo", policy="hold")[1]
    assert "Bo vastgehouden" in after


@pytest.mark.parametrize(
    ("who", "policy", "complaint"),
    [
        ("", "block", "Noem een server of een persoon."),
        ("niet goed", "block", "Schrijf de naam van een server"),
        ("@niemand@social.example", "block", "Niemand met deze naam"),
        ("loud.example", "wissen", "Kies allow"),
        ("x\x00y", "block", "tekens"),
    ],
)
def test_a_wrong_decision_is_shown_again_with_what_was_typed(
    service: Service, who: str, policy: str, complaint: str
) -> None:
    values = {"who": who, "policy": policy, "reason": "Omdat <het> zo is"}
    answer = service.client.post("/moderation/servers", data=values, headers=OWN_PAGE)
    assert answer.status_code == 400
    assert complaint in answer.text
    assert 'value="Omdat &lt;het&gt; zo is"' in answer.text


def test_a_list_of_mastodon_comes_in_as_a_file(service: Service) -> None:
    def upload(content: bytes) -> tuple[int, str]:
        files = {"list": ("list.csv", content, "text/csv")}
        answer = service.client.post("/moderation/list", files=files, headers=OWN_PAGE, follow_redirects=True)
        return answer.status_code, said(answer.text)

    assert "3 servers waren nieuw." in upload(LIST.encode())[1]
    status, again = upload(LIST.encode())
    assert status == 200
    assert "0 servers waren nieuw." in again
    assert "spam.example geblokkeerd" in again
    for content in (b"", b"\xff\xfe\x00", b"#domain\n<b>\n", LIST.encode("utf-16")):
        assert upload(content)[0] == 400
    assert upload(b"#domain\n" + b"x" * 300_000)[0] == 413
    for wrong in ({"data": {"list": "text"}}, {"content": b"--x", "headers": OWN_PAGE | {"Content-Type": "x/y"}}):
        assert service.client.post("/moderation/list", **({"headers": OWN_PAGE} | wrong)).status_code == 400


def test_a_file_field_has_no_value_and_a_fault_stands_beside_it(service: Service) -> None:
    files = {"list": ("list.csv", b"x", "text/csv")}
    page = service.client.post("/en/moderation/list", files=files, headers=OWN_PAGE).text
    field = re.search(r'<input[^>]* id="list"[^>]*>', page)
    assert field
    assert 'type="file"' in field[0]
    assert " value=" not in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert "The first line must name the columns" in page


def test_many_servers_come_in_pages(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moderating, "MOST_SERVERS", 2)
    with writing(service) as tx:
        for name in ("a", "b", "c"):
            servers.decide(tx, f"{name}.many.example", "limit")
    first = service.client.get("/moderation/servers").text
    assert "c.many.example" not in first
    found = re.search(r'href="(/moderation/servers\?after=[^"#]+)', first)
    assert found
    assert "c.many.example" in see(service, found[1])


def test_deliveries_that_wait_say_why_and_when(service: Service) -> None:
    with writing(service) as tx:
        own = tx.one("SELECT id FROM own_actor WHERE kind = 'site'") or {}
        for is_lost in (False, True):
            a_delivery(tx, str(own["id"]), "slow.example", error="503 <b>", is_lost=is_lost)
    page = see(service, "/moderation/deliveries")
    assert "slow.example 2 berichten 1 opgegeven volgende poging: 1 januari 2099" in page
    assert "503 <b>" in page
    assert "next try: 1 January 2099" in see(service, "/en/moderation/deliveries")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_moderators_is_kept_or_found_by_search_engines(service: Service, path: str) -> None:
    answer = service.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert re.search(rf'href="{path}" aria-current="page"', answer.text)
    assert re.search(rf'href="/en{path}" lang="en"', answer.text)


def test_a_log_in_leads_back_to_a_service_on_a_host_of_its_own() -> None:
    where = addresses.Addresses("https://plein.example", "https://comments.example", ("nl", "en"))
    for path in ("/moderation", "/en/moderation/servers?who=x"):
        assert where.way_back(path) == f"https://comments.example{path}"


def test_a_log_in_leads_back_to_moderation(service: Service) -> None:
    jar = dict(service.client.cookies)
    service.client.cookies.clear()
    try:
        answer = service.client.get("/moderation/servers", follow_redirects=False)
        assert answer.headers["location"] == "/log-in?returnTo=%2Fmoderation%2Fservers"
    finally:
        service.client.cookies.update(jar)
