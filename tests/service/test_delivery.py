"""Delivery: once to each inbox, in order, signed as the server likes it, with patience, and never after a 2xx."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service import servers
from comments_service.federation import delivery, outbox
from comments_service.federation.delivery import AT_ONCE, DELAYS, LEASE, OLD, rest, retry_after, retry_delay
from comments_service.federation.uris import Uris
from comments_service.store import deliveries as rows
from comments_service.store.protocol import utc_text
from tests.service.builders import NOW, forget_old
from tests.service.delivering import BASE, OWN, Office, Server, add_own, run

POST = {"type": "Article", "id": f"{BASE}/ap/objects/post"}
YOUNG, NOT_SENT = timedelta(), None


@pytest.mark.parametrize(
    ("attempt", "status", "age", "minutes"),
    [
        (1, 0, YOUNG, 1),
        (2, 503, YOUNG, 5),
        (9, 500, timedelta(days=4), 1440),
        (10, 500, timedelta(days=5), None),
        (1, 0, OLD + timedelta(1), None),
        *[(1, status, YOUNG, 1) for status in (401, 408, 425, 429)],
        *[(1, status, YOUNG, None) for status in (400, 403, 404, 410, 422, 451)],
    ],
)
def test_how_long_it_waits(attempt: int, status: int, age: timedelta, minutes: int | None) -> None:
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert retry_delay(attempt, status, age) == expected


def test_waiting_is_spread_and_asked_for() -> None:
    assert [retry_delay(3, 0, YOUNG, luck=luck) for luck in (0, 1)] == [DELAYS[2] * 0.75, DELAYS[2] * 1.25]
    assert retry_delay(1, 429, YOUNG, asked=timedelta(hours=3)) == timedelta(hours=3)
    assert retry_delay(1, 429, YOUNG, asked=timedelta(days=300)) == timedelta(days=1)
    assert sum(DELAYS, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(None, 0), ("120", 120), ("Wed, 25 Nov 2026 09:31:00 GMT", 60), ("Wed, 25 Nov 2026 09:00:00 GMT", 0), ("x", 0)],
)
def test_retry_after(said: str | None, seconds: int) -> None:
    assert retry_after(said, NOW) == timedelta(seconds=seconds)


def test_a_server_that_fails_rests_longer_each_time() -> None:
    assert [rest(failures) / timedelta(minutes=1) for failures in (1, 2, 3, 4, 8, 30)] == [0, 0, 0.5, 1, 16, 360]


def test_one_delivery_for_each_shared_inbox_and_over_few_connections(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        office.delivery.is_alone = True  # signs half of them in this thread
        shared = f"{office.server.url}/inbox"
        for number in range(30):
            await office.person(f"p{number}", shared_inbox=shared)
        for number in range(3):
            await office.person(f"alone{number}")
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        alone = [f"/users/alone{number}/inbox" for number in range(3)]
        assert sorted(office.server.paths()) == ["/inbox", *alone]
        for _, headers, activity in office.server.got:
            assert activity["actor"] == f"{BASE}/ap/actors/{OWN}"
            assert f'keyId="{BASE}/ap/actors/{OWN}#main-key",algorithm="rsa-sha256"' in headers["signature"]
            assert headers["content-type"] == "application/activity+json"
        assert office.server.connections <= delivery.PER_SERVER
        await office.steps()
        assert len(office.server.got) == 4
        assert await office.rows("SELECT count(*) FROM delivered") == [(4,)]

    run(tmp_path, do)


def test_what_was_tried_and_never_finished_is_tried_again_when_its_lease_ends(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.person("mies")
        await office.queue("Create", POST, to_followers=True)
        claimed = await office.delivery._claim(AT_ONCE)  # and then the process dies
        office.delivery._busy.clear()
        assert await office.rows("SELECT attempts FROM delivery") == [(1,)]
        assert not await office.delivery.step()
        office.now += LEASE
        await office.steps()
        assert [activity["id"] for _, _, activity in office.server.got] == [
            Uris(BASE).activity(str(claimed[0]["activity_id"]))
        ]

    run(tmp_path, do)


def test_a_refusal_ends_a_delivery_with_its_reason_and_a_failure_does_not(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        for name, statuses in (("no", [403]), ("later", [503, 202]), ("never", [500] * 10)):
            await office.person(name)
            office.server.script[f"/users/{name}/inbox"] += statuses
        await office.queue("Create", POST, to_followers=True)
        for _ in range(20):
            await office.steps()
            office.now += timedelta(hours=30)
        assert await office.rows("SELECT inbox, attempts, last_error FROM delivery ORDER BY inbox") == [
            (f"{office.server.url}/users/never/inbox", 7, "500 "),  # a week has passed
            (f"{office.server.url}/users/no/inbox", 1, "403 "),
        ]
        assert await office.rows("SELECT inbox FROM delivered") == [(f"{office.server.url}/users/later/inbox",)]

    run(tmp_path, do)


def test_an_inbox_that_is_no_address_holds_up_none_of_its_batch(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        mies = await office.person("mies")
        bad = "http://[::1"
        await office.queue("Create", POST, inboxes=[str(mies["inbox"])])
        copied = "SELECT activity_id, :bad, site_id, 'x', 0, due_at, NULL, NULL FROM delivery"
        await office.store.write(lambda tx: tx.run(f"INSERT INTO delivery {copied}", {"bad": bad}))
        await office.steps()
        assert office.server.paths() == ["/users/mies/inbox"]
        assert await office.rows("SELECT inbox, attempts, last_error FROM delivery") == [
            (bad, 1, f"{bad} is no address")
        ]

    run(tmp_path, do)


def test_a_resting_server_is_left_alone_whatever_is_queued_for_it(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        for number in range(40):
            await office.person(f"p{number}")
            office.server.script[f"/users/p{number}/inbox"] += [500] * 3
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        assert len(office.server.got) == delivery.PER_SERVER  # that were under way when it failed for the third time
        office.server.headers = {"Retry-After": "7200"}
        office.now += timedelta(minutes=30)
        await office.steps()
        asked = len(office.server.got)
        office.now += timedelta(hours=1, minutes=59)
        await office.steps()
        assert len(office.server.got) == asked == 2 * delivery.PER_SERVER
        office.server.script.clear()
        for _ in range(3):
            office.now += timedelta(hours=6)
            await office.steps()
        assert await office.rows("SELECT count(*) FROM delivered") == [(40,)]
        assert await office.rows("SELECT failures, rests_until FROM server") == [(0, None)]

    run(tmp_path, do)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
@pytest.mark.parametrize("said", ["7200", "Wed, 25 Nov 2026 11:30:00 GMT"])
def test_who_asks_to_wait_is_asked_again_then_and_not_before(tmp_path: Path, status: int, said: str) -> None:
    async def do(office: Office) -> None:
        await office.person("mies")
        office.server.script["/users/mies/inbox"] += [status]
        office.server.headers = {"Retry-After": said}
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        for minutes, asked in ((60, 1), (119, 1), (121, 2)):
            office.now = NOW + timedelta(minutes=minutes)
            await office.steps()
            assert len(office.server.got) == asked

    run(tmp_path, do)


def test_the_other_kind_of_signature_is_tried_and_remembered(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.person("mies")
        office.server.script["/users/mies/inbox"] += [401, 202, 202, 400, 202]
        for _ in range(3):
            await office.queue("Create", POST, to_followers=True)
            await office.steps()
        newer = ["signature-input" in headers for _, headers, _ in office.server.got]
        assert newer == [False, True, True, True, False]
        assert await office.rows("SELECT signature FROM server") == [("cavage",)]

    run(tmp_path, do)


def test_who_is_gone_follows_no_more_and_a_server_is_not_taken_for_its_people(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.person("gone")
        await office.person("here", shared_inbox=f"{office.server.url}/inbox")
        office.server.script["/users/gone/inbox"] += [410]
        office.server.script["/inbox"] += [410]
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        assert await office.rows("SELECT name FROM follower JOIN actor ON actor.id = actor_id") == [("here",)]

    run(tmp_path, do)


def test_a_blocked_server_gets_nothing_that_was_queued_before_either(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        row = await office.person("mies")
        await office.queue("Create", POST, to_followers=True)
        await office.store.write(servers.decide, str(row["server"]), "block")
        await office.queue("Update", POST, to_followers=True, actors=[row], inboxes=[str(row["inbox"])])
        await office.steps()
        assert office.server.got == []
        assert {error for (error,) in await office.rows("SELECT last_error FROM delivery")} == {"blocked"}

    run(tmp_path, do)


def test_an_update_waits_for_its_create_and_others_do_not(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.person("mies")
        inbox = "/users/mies/inbox"
        office.server.script[inbox] += [503]
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        await office.queue("Update", POST, to_followers=True)
        await office.queue("Announce", POST["id"], to_followers=True)
        await office.queue("Create", {"type": "Article", "id": f"{BASE}/ap/objects/other"}, to_followers=True)
        await office.steps()
        first, *others = office.server.kinds(inbox)
        assert first == "Create"
        assert sorted(others) == ["Announce", "Create"]  # side by side: either may be first
        office.now += timedelta(minutes=2)
        await office.steps()
        assert office.server.kinds(inbox)[3:] == ["Create", "Update"]

    run(tmp_path, do)


def test_what_is_gone_is_not_told_any_more_and_who_may_have_got_it_hears_so(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        mies = await office.person("mies")
        klaas = await office.person("klaas", follows=False)
        office.server.script["/users/klaas/inbox"] += [500]
        await office.queue("Create", POST, to_followers=True)
        await office.queue("Create", POST, actors=[klaas])
        await office.store.write(lambda tx: tx.run("UPDATE delivery SET due_at = '9' WHERE inbox LIKE '%mies%'"))
        await office.steps()
        await office.queue("Delete", {"type": "Tombstone", "id": POST["id"]}, to_followers=True)
        office.now += timedelta(minutes=3)
        await office.steps()
        assert office.server.kinds("/users/mies/inbox") == ["Delete"]
        assert office.server.kinds("/users/klaas/inbox") == ["Create", "Delete"]
        assert await office.rows("SELECT inbox, last_error FROM delivery") == [(str(klaas["inbox"]), "withdrawn")]
        heard = await office.store.read(rows.inboxes_of, OWN, POST["id"])
        assert sorted(heard) == sorted([str(mies["inbox"]), str(klaas["inbox"])])

    run(tmp_path, do)


def test_a_slow_server_holds_up_nobody_else(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        for number in range(AT_ONCE * 2):
            await office.person(f"slow{number}")
        await office.queue("Create", POST, to_followers=True)
        task = asyncio.create_task(office.delivery.run())
        async with Server().serving() as other:
            await office.server.until(lambda: len(office.server.got) == delivery.PER_SERVER)
            for number in range(AT_ONCE * 2):
                await office.person(f"p{number}", inbox=f"{other.url}/{number}", server=f"s{number}.example")
            await office.queue("Update", POST, to_followers=True)
            await other.until(lambda: len(other.got) == AT_ONCE * 2)
            assert len(office.server.got) == delivery.PER_SERVER
            office.server.hold.set()
            await office.server.until(lambda: len(office.server.got) == AT_ONCE * 4)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    run(tmp_path, do)


def test_a_worker_sends_for_its_own_site_only(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        await office.store.write(add_own, "OTHER000000000000000000000", "elders", site_id="other")
        await office.person("mies")
        moment = utc_text(office.now)
        await office.store.write(
            lambda tx: tx.run(
                "INSERT INTO follower (own_actor_id, actor_id, since) SELECT 'OTHER000000000000000000000', id, :now "
                "FROM actor",
                {"now": moment},
            )
        )
        activity = {"type": "Create", "object": POST, "to": []}
        await office.store.write(
            outbox.queue,
            Uris("https://other.example"),
            "OTHER000000000000000000000",
            activity,
            to_followers=True,
            now=office.now,
        )
        await office.steps()
        assert office.server.got == []

    run(tmp_path, do)


def test_records_of_deliveries_are_forgotten_after_a_month(tmp_path: Path) -> None:
    async def do(office: Office) -> None:
        for name in ("yes", "no"):
            await office.person(name)
        office.server.script["/users/no/inbox"] += [403]
        await office.queue("Create", POST, to_followers=True)
        await office.steps()
        for days, kept in ((29, 1), (2, 0)):
            office.now += timedelta(days=days)
            await office.store.write(forget_old, now=office.now)
            count = "SELECT (SELECT count(*) FROM delivered), (SELECT count(*) FROM delivery)"
            assert await office.rows(count) == [(kept, kept)]

    run(tmp_path, do)
