"""Accounts: names are public and never a mail address."""

import pytest

from comments_service import accounts, threads
from comments_service.errors import Invalid, NotFound
from comments_service.model import Role
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, a_comment, a_page, an_account


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna   de  Vries ", "Anna de Vries"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("redactie", "redactie"),
        ("\u674e\u96f7", "\u674e\u96f7"),
        ("\U0001f600", "\U0001f600"),
        ("@anna", "@anna"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_kept_in_one_form(tx: Transaction, typed: str, kept: str) -> None:
    account = accounts.rename(tx, an_account(tx, None), typed)
    assert account.name == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "\u200b",
        "\u0301",
        "\u3164\u2800",
        "x" * 81,
        "Anna\u202egro",
        "Anna\x00",
        "Anna\u2066",
        "anna@example.org",
        "nobody@example.org",
        "ik ben NOBODY@Example.org echt",
        "anna\uff20example.org",
        "a@b",
    ],
)
def test_a_name_that_cannot_be_shown_or_is_an_address_is_refused(tx: Transaction, typed: str) -> None:
    account = an_account(tx, None)
    with pytest.raises(Invalid) as error:
        accounts.rename(tx, account, typed)
    assert [fault.field for fault in error.value.faults] == ["name"]
    assert accounts.by_id(tx, account.id).name is None


def test_another_name_shows_with_earlier_comments_at_once(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    a_comment(tx, page, anna)
    before = threads.version(tx, page)
    accounts.rename(tx, anna, "Ans")
    found = threads.read_page(tx, page)
    author = found.branches[0].root.author
    assert author is not None
    assert author.name == "Ans"
    assert found.version > before


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("a+b@bücher.example", "a+b@xn--bcher-kva.example"),
        ("a@localhost", "a@localhost"),
    ],
)
def test_a_mail_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert accounts.email_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "@b",
        "a@",
        "a b@c",
        "a@b c",
        "a@b\nBcc: x@y",
        "a@b,c@d",
        "<a@b>",
        '"a"@b',
        "a@b@c",
        "a@" + "b" * 64,
        "a" * 65 + "@b",
        "a@-\x00b",
    ],
)
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as error:
        accounts.email_address(typed)
    assert [fault.field for fault in error.value.faults] == ["email"]


def test_language_and_role_can_be_set(tx: Transaction) -> None:
    anna = an_account(tx)
    assert accounts.set_language(tx, anna, "en").language == "en"
    assert accounts.make_administrator(tx, "ANNA@example.org", now=NOW).id == anna.id
    assert accounts.by_id(tx, anna.id).role is Role.ADMINISTRATOR
    with pytest.raises(NotFound):
        accounts.by_id(tx, "nobody")
