"""Reports: readers tell moderators what is wrong with a comment, by the API and by plain forms."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service import comments, moderation, reports
from comments_service.errors import Forbidden, NotFound
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, a_comment, a_page, an_account, forget_old
from tests.service.moderated import a_moderated_service, said, see, writing
from tests.service.moderated import send as send_form
from tests.service.running import OWN_PAGE, Service, a_service
from tests.service.strangers import a_report
from tests.service.test_web_pages import both_languages, send

THREAD = "/threads/blogs/drempels"


def test_of_one_account_about_one_comment_the_last_word_counts(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    one, other = a_comment(tx, page, anna), a_comment(tx, page, anna)
    for reason in ("Reclame.", "Reclame voor wasmiddel."):
        reports.report(tx, bert, one.id, reason, now=NOW)
    reports.report(tx, bert, other.id, "Ook hier.", now=NOW)
    reports.report(tx, an_account(tx, "Cor"), one.id, "Hij heeft gelijk.", now=NOW)
    a_report(tx, one.id, "Van elders.")
    found = [(report.who, report.content) for report in moderation.reports(tx, SITE)]
    assert sorted(found) == [
        ("Bert", "Ook hier."),
        ("Bert", "Reclame voor wasmiddel."),
        ("Cor", "Hij heeft gelijk."),
        ("https://social.example/users/klager", "Van elders."),
    ]


@pytest.mark.parametrize("action", ["hide", "remove", None])
def test_what_a_moderator_decided_stays_decided(tx: Transaction, action: str | None) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    comment = a_comment(tx, page, anna)
    reports.report(tx, bert, comment.id, "Reclame.", now=NOW)
    if action is not None:
        a_report(tx, comment.id)  # the same decision answers it
        moderation.move(tx, action, comment.id, "Beheer", now=NOW)
    else:
        moderation.close_report(tx, SITE, moderation.reports(tx, SITE)[0].id, now=NOW)
        reports.report(tx, bert, comment.id, "Toch reclame.", now=NOW)
    assert moderation.reports(tx, SITE) == []
    forget_old(tx, now=NOW + timedelta(days=29))
    assert tx.all("SELECT * FROM report")
    forget_old(tx, now=NOW + timedelta(days=31))
    assert tx.all("SELECT * FROM report") == []


def test_what_nobody_decided_is_not_forgotten(tx: Transaction) -> None:
    comment = a_comment(tx, a_page(tx), an_account(tx))
    reports.report(tx, an_account(tx, "Bert"), comment.id, "Reclame.", now=NOW)
    forget_old(tx, now=NOW + timedelta(days=1000))
    assert len(moderation.reports(tx, SITE)) == 1


def test_who_may_not_report_and_what_cannot_be_reported(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    bad = an_account(tx, "Bad", banned=True)
    comment = a_comment(tx, page, anna)
    with pytest.raises(Forbidden, match="own-comment"):
        reports.report(tx, anna, comment.id, "Oei.", now=NOW)
    with pytest.raises(Forbidden, match="banned"):
        reports.report(tx, bad, comment.id, "Oei.", now=NOW)
    a_comment(tx, page, bert, answers=comment)
    comments.delete(tx, anna, comment.id, now=NOW)  # a stub stays
    with pytest.raises(NotFound):
        reports.report(tx, bert, comment.id, "Oei.", now=NOW)
    assert moderation.reports(tx, SITE) == []


def report(service: Service, comment_id: object, reason: object = "Reclame.") -> tuple[int, str]:
    answer = service.client.post(f"/api/v1/comments/{comment_id}/reports", json={"reason": reason}, headers=OWN_PAGE)
    return answer.status_code, "" if answer.status_code == 204 else answer.json()["type"].rpartition("/")[2]


def test_the_api_takes_a_report_of_who_is_logged_in_and_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    with a_moderated_service(tmp_path) as service:
        comment = service.comment("Koop nu.")
        assert report(service, comment["id"]) == (403, "own-comment")
        service.log_in("bert@example.org", name="Bert")
        for reason in ("", "  ", "x" * 1001, 5, None, "a\x00b"):
            assert report(service, comment["id"], reason) == (400, "invalid"), reason
        assert report(service, "01ARZ3NDEKTSV4RRFFQ69G5FAV") == (404, "comment-gone")
        assert report(service, comment["id"], "<script>alert(1)</script> reclame") == (204, "")
        service.client.cookies.clear()
        assert report(service, comment["id"]) == (401, "unauthorized")
        service.log_in("beheer@example.org")
        raw = service.client.get("/moderation").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; reclame" in raw
        assert "van Bert" in said(raw)
        assert (
            "De reactie is verborgen."
            in send_form(service, "/moderation", comment=str(comment["id"]), action="hide")[1]
        )
        assert "Er is niets gemeld." in see(service, "/moderation")


def test_nobody_reports_all_day(tmp_path: Path) -> None:
    with a_service(tmp_path, limits="on") as service:
        service.log_in(name="Anna")
        comment = service.comment()
        service.log_in("bert@example.org", name="Bert")
        assert [report(service, comment["id"])[0] for _ in range(11)] == [204] * 10 + [429]


@both_languages
def test_a_comment_is_reported_without_javascript(tmp_path: Path, prefix: str) -> None:
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        comment = str(service.comment("Koop nu.")["id"])
        link = f"report={comment}"
        assert link not in service.client.get(f"{prefix}{THREAD}").text  # one's own
        service.client.cookies.clear()
        assert link not in service.client.get(f"{prefix}{THREAD}").text
        service.log_in("bert@example.org", name="Bert")
        listed = service.client.get(f"{prefix}{THREAD}").text
        path = re.search(rf'href="([^"]*{link}[^"]*)"', listed)
        assert path
        page = service.client.get(path[1].replace("&amp;", "&")).text
        refused = send(service, page, "/report", text=" ")
        assert refused.status_code == 400
        assert ("Say what is wrong" if prefix else "Schrijf wat er mis is") in said(refused.text)
        assert 'href="#reason"' in refused.text
        done = send(service, refused.text, "/report", text="Dit is reclame.")
        assert done.status_code == 303
        thanks = service.client.get(done.headers["location"]).text
        assert ("Thank you. A moderator" if prefix else "Dank u wel. Een moderator") in said(thanks)


def test_a_report_of_what_is_gone_meanwhile_never_stands_in_the_form_for_everyone(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        service.log_in(name="Anna")
        comment = str(service.comment("Koop nu.")["id"])
        service.log_in("bert@example.org", name="Bert")
        page = service.client.get(f"{THREAD}?report={comment}").text
        with writing(service) as tx:
            moderation.move(tx, "remove", comment, "Beheer", now=NOW)
        answer = send(service, page, "/report", text="Vertrouwelijk.")
        assert answer.status_code == 404
        assert "Vertrouwelijk." not in answer.text
