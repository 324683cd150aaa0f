"""The exchange's clock: set by the feed, running on by itself, never told twice alike."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.paperbroker.exchange_clock import ExchangeClock, real_now

NOON = datetime(2012, 3, 9, 17, tzinfo=UTC)


class Seconds:
    """Time outside, moved by hand."""

    def __init__(self) -> None:
        self.value = 100.0

    def __call__(self) -> float:
        return self.value


@pytest.fixture
def outside() -> Seconds:
    return Seconds()


@pytest.fixture
def clock(outside: Seconds) -> ExchangeClock:
    return ExchangeClock(elapsed_s=outside)


def test_it_is_the_real_time_until_it_is_set(clock):
    assert abs(clock.now() - real_now()) < timedelta(minutes=1)


def test_it_runs_at_its_speed(clock, outside):
    clock.set(NOON, speed=Decimal(60))
    outside.value += 2
    assert clock.now() == NOON + timedelta(minutes=2)


def test_no_two_readings_are_alike_even_while_it_stands(clock):
    clock.set(NOON, speed=Decimal(0))
    readings = [clock.now() for _ in range(5)]
    assert readings == sorted(set(readings))
    assert readings[-1] - NOON < timedelta(milliseconds=1)


def test_a_reading_is_not_taken_back_by_setting_it_a_little_early(clock, outside):
    clock.set(NOON, speed=Decimal(1))
    outside.value += 10
    before = clock.now()
    clock.set(NOON + timedelta(seconds=5), speed=Decimal(1))
    assert before < clock.now() < before + timedelta(seconds=1)
    outside.value += 10
    assert clock.now() == NOON + timedelta(seconds=15)


def test_a_replay_may_begin_again(clock):
    clock.set(NOON, speed=Decimal(1))
    clock.now()
    earlier = NOON - timedelta(days=300)
    clock.set(earlier, speed=Decimal(0))
    assert clock.now() - earlier < timedelta(seconds=1)
