"""The broker's clock is measured by ticks that were not there before."""

from datetime import UTC, datetime, timedelta

import pytest

from argos.venues.mt5.clock import BrokerClock, Tick, offset_of

NOW = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def msc(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)


def tick(moment: datetime, symbol: str = "EURUSD") -> Tick:
    return Tick(symbol=symbol, time_msc=msc(moment))


def seen(clock: BrokerClock, made: datetime, *, offset: timedelta, now: datetime) -> None:
    clock.observe([tick(made + offset)], now=now)


@pytest.mark.parametrize("hours", [-5, 0, 2, 3, 5.75, 14])
def test_an_offset_is_a_whole_number_of_quarters(hours):
    offset = timedelta(hours=hours)
    late_tick = NOW + offset - timedelta(seconds=40)
    assert offset_of(msc(late_tick), now=NOW) == offset


@pytest.mark.parametrize("minutes", [-7, 5, 15 * 60, -13 * 60])
def test_an_old_tick_and_a_wrong_clock_speak_for_no_offset(minutes):
    assert offset_of(msc(NOW + timedelta(minutes=minutes)), now=NOW) is None


def test_a_first_guess_gives_way_to_the_first_fresh_tick():
    clock = BrokerClock()
    closed_for = timedelta(hours=6)  # a whole number of quarters: looks like another offset
    seen(clock, NOW - closed_for, offset=3 * HOUR, now=NOW)
    assert (clock.offset, clock.measured) == (-3 * HOUR, False)
    later = NOW + timedelta(minutes=1)
    seen(clock, later, offset=3 * HOUR, now=later)
    assert (clock.offset, clock.measured) == (3 * HOUR, True)


def test_one_odd_tick_moves_nothing_and_two_do():
    clock = BrokerClock()
    for second in range(3):
        now = NOW + timedelta(seconds=second)
        seen(clock, now, offset=2 * HOUR, now=now)
    for second, expected in ((10, 2), (11, 3)):
        now = NOW + timedelta(seconds=second)
        seen(clock, now, offset=3 * HOUR, now=now)
        assert clock.offset == expected * HOUR


def test_a_tick_that_stands_still_measures_nothing():
    clock = BrokerClock()
    seen(clock, NOW, offset=2 * HOUR, now=NOW)
    clock.observe([tick(NOW + 2 * HOUR)], now=NOW + HOUR)
    assert clock.offset == 2 * HOUR


def test_readings_become_utc():
    clock = BrokerClock()
    assert clock.utc(msc(NOW)) == NOW
    seen(clock, NOW, offset=3 * HOUR, now=NOW)
    assert clock.utc(msc(NOW + 3 * HOUR)) == NOW
