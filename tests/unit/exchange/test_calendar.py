"""The exchange's calendar, against every day on which the bundled shares really traded."""

from datetime import date, datetime, timedelta

import pytest

from argos.exchange.calendar import (
    NEW_YORK,
    next_close,
    next_open,
    session_after,
    session_on,
    sessions_between,
    settlement_date,
)
from argos.rehearsal.prices import load_trading_days

FIRST, LAST = date(2000, 3, 1), date(2013, 3, 1)


def test_the_exchange_was_open_on_just_the_days_of_the_real_prices():
    traded = {
        day.date
        for day in load_trading_days(symbols=("IBM", "AAPL", "MSFT"), start=FIRST, end=LAST)
    }
    assert {session.day for session in sessions_between(FIRST, LAST)} == traded


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2012, 7, 3), 13),
        (date(2012, 11, 23), 13),
        (date(2012, 12, 24), 13),
        (date(2010, 12, 23), 16),
        (date(2002, 7, 3), 16),
        (date(2002, 7, 5), 13),
        (date(2026, 11, 27), 13),
        (date(2026, 12, 24), 13),
        (date(2012, 7, 5), 16),
    ],
)
def test_half_days_end_at_one(day, close):
    session = session_on(day)
    assert session is not None
    assert session.close.hour == close
    assert session.post_close.hour == (17 if close == 13 else 20)


@pytest.mark.parametrize(
    "day",
    [
        date(2022, 6, 20),  # Juneteenth on a Sunday
        date(2021, 7, 5),
        date(2026, 7, 3),  # the Fourth on a Saturday
        date(2025, 1, 9),
        date(2026, 4, 3),
        date(2027, 3, 26),
    ],
)
def test_holidays_after_the_prices_end_are_kept_too(day):
    assert session_on(day) is None


def test_new_year_on_a_saturday_is_not_kept():
    assert session_on(date(2010, 12, 31)) is not None
    assert session_on(date(2021, 12, 31)) is not None


def test_hours_follow_new_yorks_clock_over_the_change_of_time():
    winter, summer = session_on(date(2012, 3, 9)), session_on(date(2012, 3, 12))
    assert winter is not None
    assert summer is not None
    assert winter.open.utcoffset() == timedelta(hours=-5)
    assert summer.open.utcoffset() == timedelta(hours=-4)


def test_next_open_and_close_lie_later_than_the_moment():
    session = session_on(date(2012, 3, 9))
    assert session is not None
    monday = session_after(session.day)
    before = session.open - timedelta(seconds=1)
    assert (next_open(before), next_close(before)) == (session.open, session.close)
    assert (next_open(session.open), next_close(session.open)) == (monday.open, session.close)
    assert (next_open(session.close), next_close(session.close)) == (monday.open, monday.close)
    sunday = datetime(2012, 3, 11, 12, tzinfo=NEW_YORK)
    assert (next_open(sunday), next_close(sunday)) == (monday.open, monday.close)
    assert session.is_extended(before)
    assert session.is_open(session.open)
    assert not session.is_open(session.close)


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        (date(2012, 3, 9), date(2012, 3, 14)),
        (date(2018, 3, 9), date(2018, 3, 13)),
        (date(2024, 5, 24), date(2024, 5, 29)),
        (date(2024, 5, 28), date(2024, 5, 29)),
    ],
)
def test_settlement_takes_three_then_two_then_one_day(day, settled):
    assert settlement_date(day) == settled
