"""A site with a moderator who is logged in, and what happens to it beside the service."""

import html
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from comments_service import accounts
from comments_service.model import Role
from comments_service.settings import FederationSettings
from comments_service.store import accounts as account_rows
from comments_service.store import comments as comment_rows
from comments_service.store import sqlite
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW
from tests.service.running import OWN_PAGE, Service, a_service
from tests.service.strangers import a_reply, a_stranger


@contextmanager
def a_moderated_service(folder: Path) -> Iterator[Service]:
    federation = FederationSettings(intranet=["127.0.0.0/8"], hold_first=False)
    with a_service(folder, federation=federation) as running:
        with writing(running) as tx:
            account = accounts.find_or_add(tx, "beheer@example.org", "nl", now=NOW)
            account_rows.change(tx, account.id, role=Role.MODERATOR.value, name="Beheer")
        running.log_in("beheer@example.org")
        yield running


@contextmanager
def writing(service: Service) -> Iterator[Transaction]:
    """Write beside the service, as a command does."""
    with closing(sqlite.connect(service.settings.service.database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield sqlite.SqliteTransaction(connection)
        connection.commit()


NAMES = count(1)


def held(service: Service, text: str = "Wacht op u.") -> str:
    """Let somebody new write something, which waits for a moderator."""
    with writing(service) as tx:
        return a_reply(tx, a_stranger(tx, f"mies{next(NAMES)}"), text)


def state_of(service: Service, comment_id: str) -> str:
    with writing(service) as tx:
        return str((comment_rows.raw(tx, comment_id) or {})["state"])


def send(service: Service, path: str, **values: str) -> tuple[int, str]:
    """Send a form and return what the page says that it leads to."""
    answer = service.client.post(path, data=values, headers=OWN_PAGE, follow_redirects=True)
    return answer.status_code, said(answer.text)


def see(service: Service, path: str) -> str:
    answer = service.client.get(path)
    assert answer.status_code == 200, answer.text
    return said(answer.text)


def said(page: str) -> str:
    """The text of the main part of a page."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())
