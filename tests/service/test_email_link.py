"""Log-in by mail: single use, fifteen minutes, five tries, limits, and nothing secret stored."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from comments_service.errors import Forbidden, Invalid, TooMany
from comments_service.login import email_link, hand_over, sessions
from comments_service.settings import Settings, SiteSettings
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, an_account, forget_old

KEYS = ["old-key", "new-key"]
SETTINGS = Settings(site=SiteSettings(id=SITE, name="Plein", url="https://plein.example"))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def ask(
    tx: Transaction, email: str = "anna@example.org", network: str = "192.0.2.7", *, now: object = NOW, on: bool = True
) -> str:
    settings = SETTINGS if on else SETTINGS.model_copy(update={"limits": "off"})
    return email_link.ask(tx, settings, email, network, "/blogs/drempel/", "en", now=now)  # type: ignore[arg-type]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_link_logs_in_once_and_makes_the_account(tx: Transaction) -> None:
    token = email_link.token(KEYS, ask(tx, " Anna@Example.org"))
    email_link.peek_link(tx, KEYS, token, now=NOW)  # a mail scanner looks: nothing is used up
    account, return_to = email_link.redeem_link(tx, KEYS, token, now=NOW)
    assert (account.email, account.name, account.language) == ("anna@example.org", None, "en")
    assert return_to == "/blogs/drempel/"
    with pytest.raises(Forbidden, match="link-used"):
        email_link.redeem_link(tx, KEYS, token, now=NOW)
    with pytest.raises(Forbidden, match="link-used"):
        email_link.peek_link(tx, KEYS, token, now=NOW)


def test_a_known_address_gets_its_own_account(tx: Transaction) -> None:
    anna = an_account(tx)
    account, _ = email_link.redeem_link(tx, KEYS, email_link.token(KEYS, ask(tx)), now=NOW)
    assert account == anna


def test_the_code_logs_in_the_browser_that_asked_once(tx: Transaction) -> None:
    request = ask(tx)
    signed, code = email_link.signed_request(KEYS, request), email_link.code(KEYS, request)
    assert email_link.redeem_code(tx, KEYS, signed, f" {code[:3]} {code[3:]} ", now=NOW) is not None
    with pytest.raises(Forbidden, match="link-used"):
        email_link.redeem_code(tx, KEYS, signed, code, now=NOW)
    with pytest.raises(Forbidden, match="link-used"):
        email_link.redeem_link(tx, KEYS, email_link.token(KEYS, request), now=NOW)


def test_the_code_of_one_request_does_not_fit_another(tx: Transaction) -> None:
    first, second = ask(tx), ask(tx)
    signed = email_link.signed_request(KEYS, second)
    assert email_link.redeem_code(tx, KEYS, signed, email_link.code(KEYS, first), now=NOW) is None


def test_after_five_wrong_codes_the_right_one_is_of_no_use_but_the_link_still_is(tx: Transaction) -> None:
    request = ask(tx)
    signed, code = email_link.signed_request(KEYS, request), email_link.code(KEYS, request)
    for typed in (wrong(code), "", "abc", "١٢٣٤٥٦", "9" * 500):
        assert email_link.redeem_code(tx, KEYS, signed, typed, now=NOW) is None
    with pytest.raises(Forbidden, match="code-tries"):
        email_link.redeem_code(tx, KEYS, signed, code, now=NOW)
    assert email_link.redeem_link(tx, KEYS, email_link.token(KEYS, request), now=NOW)


def test_link_and_code_end_after_fifteen_minutes(tx: Transaction) -> None:
    request = ask(tx)
    token, signed = email_link.token(KEYS, request), email_link.signed_request(KEYS, request)
    late = NOW + 15 * MINUTE
    calls: list[Callable[[], object]] = [
        lambda: email_link.redeem_link(tx, KEYS, token, now=late),
        lambda: email_link.peek_link(tx, KEYS, token, now=late),
        lambda: email_link.redeem_code(tx, KEYS, signed, email_link.code(KEYS, request), now=late),
    ]
    for call in calls:
        with pytest.raises(Forbidden, match="link-expired"):
            call()
    assert email_link.pending_mail(tx, request, now=late) is None
    assert email_link.redeem_link(tx, KEYS, token, now=late - MINUTE)


def test_what_the_asking_browser_holds_is_not_the_link(tx: Transaction) -> None:
    request = ask(tx)
    for forged in (
        email_link.signed_request(KEYS, request),
        request,
        email_link.token(["other-key"], request),
        email_link.token(KEYS, request) + "x",
        "",
        "\ud800.x",
        "é.é",
    ):
        with pytest.raises(Forbidden, match="link-wrong"):
            email_link.redeem_link(tx, KEYS, forged, now=NOW)
    with pytest.raises(Forbidden, match="link-wrong"):
        email_link.redeem_code(tx, KEYS, email_link.token(KEYS, request), email_link.code(KEYS, request), now=NOW)


def test_a_new_key_signs_and_an_old_one_still_verifies(tx: Transaction) -> None:
    request = ask(tx)
    assert email_link.token(KEYS, request) == email_link.token(["new-key"], request)
    before, code = email_link.signed_request(["old-key"], request), email_link.code(["old-key"], request)
    assert email_link.redeem_code(tx, KEYS, before, code, now=NOW)


def test_one_address_gets_five_mails_an_hour_from_wherever(tx: Transaction) -> None:
    for number in range(5):
        ask(tx, network=f"192.0.2.{number}", now=NOW + number * MINUTE)
    with pytest.raises(TooMany) as error:
        ask(tx, "ANNA@example.org", network="192.0.2.99", now=NOW + 5 * MINUTE)
    assert error.value.retry_after == 55 * 60
    assert ask(tx, network="192.0.2.99", now=NOW + HOUR)


@pytest.mark.parametrize("network", ["192.0.2.7", "2001:db8:1:2::/64"])
def test_one_network_gets_twenty_mails_an_hour_for_whomever(tx: Transaction, network: str) -> None:
    for number in range(20):
        ask(tx, f"a{number}@example.org", network)
    with pytest.raises(TooMany):
        ask(tx, "b@example.org", network)
    assert ask(tx, "b@example.org", "198.51.100.1")
    assert ask(tx, "c@example.org", network, on=False)


def test_neither_address_nor_code_nor_token_is_stored_and_the_salt_goes_with_the_day(tx: Transaction) -> None:
    request = ask(tx)
    everything = str([tx.all(f"SELECT * FROM {table}") for table in ("login_request", "job", "day_salt")])  # noqa: S608
    for secret in ("192.0.2.7", email_link.code(KEYS, request), email_link.token(KEYS, request)):
        assert secret not in everything
    first = tx.one("SELECT salt FROM day_salt")
    ask(tx, "b@example.org", now=NOW + timedelta(days=1))
    salts = tx.all("SELECT salt FROM day_salt")
    assert len(salts) == 1
    assert salts[0] != first


def test_the_mail_job_holds_ids_only_and_a_wrong_address_queues_nothing(tx: Transaction) -> None:
    with pytest.raises(Invalid):
        ask(tx, "nonsense")
    assert tx.one("SELECT 1 FROM job") is None
    request = ask(tx)
    assert tx.all("SELECT kind, ids FROM job") == [{"kind": email_link.MAIL_JOB, "ids": f'["{request}"]'}]
    mail = email_link.pending_mail(tx, request, now=NOW)
    assert mail is not None
    assert (mail.email, mail.lang) == ("anna@example.org", "en")


def test_a_session_is_found_by_its_token_until_it_ends(tx: Transaction) -> None:
    anna = an_account(tx)
    token = sessions.start(tx, SITE, anna.id, timedelta(days=90), now=NOW)
    found = sessions.find(tx, SITE, token, now=NOW)
    assert found is not None
    assert found[0] == anna
    assert token not in str(tx.all("SELECT * FROM session"))
    assert sessions.find(tx, "other", token, now=NOW) is None
    assert sessions.find(tx, SITE, token + "x", now=NOW) is None
    assert sessions.find(tx, SITE, "\ud800", now=NOW) is None
    assert sessions.find(tx, SITE, token, now=NOW + timedelta(days=90)) is None
    other = sessions.start(tx, SITE, anna.id, timedelta(days=90), now=NOW)
    assert not sessions.end(tx, "somebody else", found[1])
    assert sessions.end(tx, anna.id, found[1])
    assert not sessions.end(tx, anna.id, found[1])
    assert sessions.find(tx, SITE, token, now=NOW) is None
    assert sessions.find(tx, SITE, other, now=NOW) is not None


def test_what_is_over_is_forgotten_although_nobody_logs_in_any_more(tx: Transaction) -> None:
    anna = an_account(tx)
    ask(tx)
    sessions.start(tx, SITE, anna.id, timedelta(days=3), now=NOW)
    hand_over.issue(tx, SITE, anna.id, origin="https://other.example", challenge="x", now=NOW)
    tables = ("login_request", "day_salt", "hand_over", "session")
    left = {NOW: 4, NOW + 2 * MINUTE: 3, NOW + 25 * HOUR: 1, NOW + 72 * HOUR: 0}
    for now, number in left.items():
        forget_old(tx, now=now)
        assert sum(len(tx.all(f"SELECT * FROM {table}")) for table in tables) == number  # noqa: S608
