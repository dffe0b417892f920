"""Mentions: by the exact name of someone in the thread, in running text alone, and never slow."""

import time
from datetime import timedelta

import pytest

from comments_service import comments, mentions, threads
from comments_service.markup import render
from comments_service.model import Author
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, a_comment, a_page, an_account, post

ANNA = Author("A", "Anna", url="/people/A")
PEOPLE = [ANNA, Author("J", "Anna Jansen", url="/people/J"), Author("X", "<b>&", url='/people/"X')]


def linked(text: str) -> tuple[str, tuple[str, ...]]:
    return mentions.link(render(text), PEOPLE)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Dag @Anna, mooi.", ("A",)),
        ("Dag @Anna Jansen!", ("J",)),
        ("@Anna en @Anna Jansen en @Anna", ("A", "J")),
        ("**@Anna**", ("A",)),
        ("@<b>&", ("X",)),
        ("@Annabel", ()),
        ("mail anna@Anna", ()),
        ("@@Anna", ()),
        ("`@Anna`", ()),
        ("```\n@Anna\n```", ()),
        ("[@Anna](https://x.example/)", ()),
        ("https://x.example/@Anna", ()),
        ("@anna", ()),
        ("", ()),
    ],
)
def test_who_is_mentioned(text: str, ids: tuple[str, ...]) -> None:
    html, mentioned = linked(text)
    assert mentioned == ids
    assert html.count('class="mention"') == len(ids) + (text.count("@Anna") == 3)


def test_a_mention_is_a_link_that_holds_the_name_as_text() -> None:
    assert linked("@<b>&")[0] == '<p><a class="mention" href="/people/&quot;X">@&lt;b&gt;&amp;</a></p>'


def test_a_comment_keeps_whom_it_mentions_until_an_edit_leaves_them_out(tx: Transaction) -> None:
    page, anna, bert = a_page(tx), an_account(tx), an_account(tx, "Bert")
    a_comment(tx, page, anna)
    people = mentions.with_addresses(threads.people(tx, page), "/sub")
    draft = comments.prepare("Dag @Anna", "nl", people=people)
    posted = post(tx, bert, page, draft, None, now=NOW)
    assert f'href="/sub/people/{anna.id}"' in posted.html
    assert tx.all("SELECT * FROM mention") == [{"comment_id": posted.id, "account_id": anna.id}]
    window = timedelta(days=7)
    comments.edit(tx, bert, posted.id, comments.prepare("Dag allemaal", "nl", people=people), window=window, now=NOW)
    assert tx.all("SELECT * FROM mention") == []


def test_people_of_a_thread_are_found_by_the_start_of_a_word_of_their_name(tx: Transaction) -> None:
    page = a_page(tx)
    for name in ("Zoë de Vries", "Anna", "Zo van Dam"):
        a_comment(tx, page, an_account(tx, name))
    an_account(tx, "Zorro")  # wrote nothing here
    assert {person.name for person in threads.people(tx, page, "ZOE")} == {"Zoë de Vries"}
    assert {person.name for person in threads.people(tx, page, "zo")} == {"Zoë de Vries", "Zo van Dam"}
    assert {person.name for person in threads.people(tx, page, "vri")} == {"Zoë de Vries"}
    assert len(threads.people(tx, page)) == 3
    assert threads.people(tx, page, "rro") == []


def test_who_wrote_nothing_that_is_shown_is_not_among_the_people(tx: Transaction) -> None:
    page, anna = a_page(tx), an_account(tx)
    comment = a_comment(tx, page, anna)
    comments.delete(tx, anna, comment.id, now=NOW)
    assert threads.people(tx, page) == []


def test_five_thousand_signs_among_five_hundred_people_are_quick() -> None:
    people = [Author(str(number), f"Naam {number}", url="/x") for number in range(500)]
    html = render("@Naam @Naam " * 400)
    before = time.thread_time()
    mentions.link(html, people)
    mentions.link(render("@" * 5000), people)
    assert time.thread_time() - before < 0.5


def test_other_people_with_each_comment_cost_nothing_much() -> None:
    """The most talkative of a thread change all the time, so nothing may be prepared for them that takes long."""
    names = [f"Naam Achternaam {number}" for number in range(600)]
    before = time.thread_time()
    for turn in range(100):
        people = [Author(name, name, url="/x") for name in names[turn : turn + 500]]
        assert mentions.link(render(f"Dag @{names[turn]}"), people)[1] == (names[turn],)
    assert time.thread_time() - before < 0.5
