"""How often somebody may do something: within each window, for an account and for a network, in bounded memory."""

import itertools
import tracemalloc
from dataclasses import dataclass

import pytest

from comments_service.errors import TooMany
from comments_service.web.limits import HOUR, MINUTE, Limits


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(is_on=True, clock=clock)


def spent(limits: Limits, action: str, **who: str) -> int:
    """Do it until it is refused; return how often it was not."""
    for number in itertools.count():
        try:
            limits.spend(action, **who)
        except TooMany:
            return number
    raise AssertionError


def test_each_window_moves_on(limits: Limits, clock: Clock) -> None:
    assert spent(limits, "write", account="anna") == 20
    clock.now += MINUTE - 1
    with pytest.raises(TooMany) as refused:
        limits.spend("write", account="anna")
    assert refused.value.retry_after == 2
    clock.now += 1
    assert spent(limits, "write", account="anna") == 20
    for _ in range(8):
        clock.now += MINUTE
        assert spent(limits, "write", account="anna") == 20
    clock.now += MINUTE
    assert spent(limits, "write", account="anna") == 0  # 200 within the hour
    clock.now += HOUR - 10 * MINUTE
    assert spent(limits, "write", account="anna") == 20


def test_an_office_does_more_than_one_of_it_and_what_is_refused_does_not_count(limits: Limits) -> None:
    assert spent(limits, "write", account="anna", network="office") == 20
    assert spent(limits, "write", account="ben", network="office") == 20
    for number in range(11):
        spent(limits, "write", account=f"{number}", network="office")
    assert spent(limits, "write", account="zoe", network="office") == 0
    assert spent(limits, "write", account="zoe", network="home") == 20
    assert spent(limits, "preview", account="anna", network="office") == 60


def test_nothing_is_counted_when_limits_are_off() -> None:
    limits = Limits(is_on=False)
    for _ in range(1000):
        limits.spend("report", account="anna")


def test_who_is_not_heard_of_for_long_and_a_stranger_of_many_networks_take_no_memory(
    limits: Limits, clock: Clock
) -> None:
    tracemalloc.start()
    for number in range(60_000):
        limits.spend("log-in", network=f"2001:db8:{number:x}::/64")
    assert tracemalloc.get_traced_memory()[0] < 10_000_000
    clock.now += HOUR
    limits.spend("log-in", network="home")
    assert tracemalloc.get_traced_memory()[0] < 2_000_000  # the table of the dictionary stays
    tracemalloc.stop()
