"""Days replayed to an exchange that keeps hours."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from argos.exchange.calendar import session_on
from argos.rehearsal.exchange_days import ReplayPace, replay_days
from argos.rehearsal.prices import load_trading_days

SYMBOLS = ("IBM", "AAPL")
FRIDAY, MONDAY = date(2012, 11, 23), date(2012, 11, 26)
FAST = ReplayPace(speed=Decimal(1_000_000), night_s=0.001)


class Recorder:
    """An exchange that only writes down what it is given: (moment, day, mids, is_close)."""

    def __init__(self) -> None:
        self.taken: list[tuple] = []
        self.speeds: set[Decimal] = set()
        self._now = None

    def set_clock(self, moment, *, speed) -> None:
        self._now = moment
        self.speeds.add(speed)

    def take_prices(self, mids, *, day, is_close) -> None:
        self.taken.append((self._now, day, dict(mids), is_close))


@pytest.fixture
def days():
    return load_trading_days(symbols=SYMBOLS, start=FRIDAY, end=MONDAY)


async def test_prices_follow_the_clock_of_each_session(days):
    exchange = Recorder()
    await replay_days(exchange, days, pace=FAST, seed=1)
    moments = [moment for moment, *_ in exchange.taken]
    assert moments == sorted(moments)
    for day in days:
        session = session_on(day.date)
        own = [row for row in exchange.taken if row[1] == day.date]
        regular = [row for row in own if session.is_open(row[0])]
        assert regular[0][0] == session.open
        (close,) = [row for row in own if row[3]]
        assert close[0] == session.close
        for symbol, bar in day.bars.items():
            path = [row[2][symbol] for row in regular]
            assert (path[0], max(path), min(path)) == (bar.open, bar.high, bar.low)
            assert close[2][symbol] == path[-1] == bar.close


async def test_between_two_days_prices_stand_and_the_extended_hours_see_them(days):
    exchange = Recorder()
    await replay_days(exchange, days, pace=FAST, seed=1)
    friday, monday = (session_on(day.date) for day in days)
    night = [row for row in exchange.taken if friday.close <= row[0] < monday.open and not row[3]]
    assert [row[0] for row in night] == [friday.close, monday.pre_open]
    assert all(row[1] == FRIDAY for row in night), "no new day before the open"
    assert exchange.taken[-1][0] == monday.close


@pytest.mark.parametrize(("speed", "tick_s"), [(1, 5), (60, 5), (3600, 180)])
def test_prices_come_no_faster_than_can_be_told(speed, tick_s):
    assert ReplayPace(speed=Decimal(speed)).tick_s == tick_s


async def test_one_seed_is_one_path(days):
    first, second, other = Recorder(), Recorder(), Recorder()
    for exchange, seed in ((first, 1), (second, 1), (other, 2)):
        await replay_days(exchange, days[:1], pace=FAST, seed=seed)
    assert first.taken == second.taken
    assert first.taken != other.taken


def test_the_day_after_thanksgiving_is_a_half_day(days):
    session = session_on(days[0].date)
    assert session.close - session.open == timedelta(hours=3.5)
