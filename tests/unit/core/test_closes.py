"""A daily series is cut where it breaks, and what is simulated is never called otherwise."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from argos.core.closes import DailyCloses, is_jump, unbroken

D = Decimal


def series(*prices: str) -> dict[date, Decimal]:
    return {date(2026, 1, 1) + timedelta(days=n): D(price) for n, price in enumerate(prices)}


@pytest.mark.parametrize(
    ("prices", "kept"),
    [
        (("100", "101", "99"), 3),
        (("100", "101", "50.5", "51"), 2),  # 2:1
        (("100", "50", "500", "510"), 2),  # the newest break counts
        (("100", "139.99"), 2),
        (("100", "140"), 1),
        (("100", "60"), 1),
        (("100", "60.01"), 2),
        (("100", "0", "100"), 1),  # what is no price parts as well
        (("100",), 1),
        ((), 0),
    ],
)
def test_a_series_is_cut_after_its_newest_jump(prices, kept):
    given = series(*prices)
    assert dict(unbroken(given)) == dict(list(given.items())[len(given) - kept :])


def test_what_is_not_above_zero_is_a_jump():
    assert is_jump(D(0), D(1))
    assert is_jump(D(1), D(-1))
    assert not is_jump(D(1), D(1))


def test_simulated_closes_are_told_as_such():
    closes = DailyCloses(symbol="AAPL", source="alpha_vantage", simulated=True, closes={})
    assert closes.source_told == "simulated:alpha_vantage"
