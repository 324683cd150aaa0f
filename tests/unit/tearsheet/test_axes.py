from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.tearsheet.axes import (
    MINUS,
    Scale,
    date_ticks,
    decimal_label,
    round_range,
    round_step,
    value_ticks,
)

values = st.decimals(-1_000_000, 1_000_000, places=4)


@given(low=values, span=st.decimals("0.0001", 1_000_000, places=4), count=st.integers(2, 20))
def test_ticks_enclose_what_is_drawn_and_are_not_too_many(low, span, count):
    ticks = round_range(low, low + span, count=count)
    assert ticks[0] <= low
    assert ticks[-1] >= low + span
    assert 2 <= len(ticks) <= count + 2


@given(value=values, count=st.integers(2, 20))
def test_even_a_single_value_gets_an_axis(value, count):
    ticks = round_range(value, value, count=count)
    assert ticks[0] <= value <= ticks[-1]
    assert len(ticks) >= 2


@given(span=st.decimals("0.0001", 1_000_000, places=4), count=st.integers(1, 20))
def test_a_step_is_one_two_or_five_times_a_power_of_ten(span, count):
    step = round_step(span, count=count)
    assert step * count >= span
    leading = step / Decimal(10) ** step.adjusted()
    assert leading in (1, 2, 5)


def test_counts_have_no_half_ticks():
    assert round_range(Decimal(0), Decimal(2), count=9, step_min=Decimal(1)) == (0, 1, 2)


@pytest.mark.parametrize(
    ("value", "step", "label"),
    [
        ("1500", "500", "1,500"),
        ("-0.5", "0.05", f"{MINUS}0.50"),
        ("20", "20", "20"),
        ("0.02", "0.01", "0.02"),
    ],
)
def test_labels_have_as_many_digits_as_their_step(value, step, label):
    assert decimal_label(Decimal(value), step=Decimal(step)) == label


def test_a_scale_may_run_upwards():
    scale = Scale(low=Decimal(0), high=Decimal(10), start=100, stop=0)
    assert [scale.pixel(Decimal(value)) for value in (0, 5, 10)] == [100, 50, 0]


def test_value_ticks_lie_where_their_values_do():
    scale = Scale(low=Decimal(0), high=Decimal(4), start=0, stop=40)
    ticks = value_ticks((Decimal(0), Decimal(2), Decimal(4)), scale)
    assert [(tick.at, tick.label) for tick in ticks] == [(0, "0"), (20, "2"), (40, "4")]


@given(
    first=st.dates(date(2000, 1, 1), date(2013, 1, 1)),
    days=st.integers(1, 5000),
    count=st.integers(3, 12),
)
def test_dates_on_the_axis_lie_inside_it(first, days, count):
    last = first + timedelta(days=days)
    low, high = Decimal(first.toordinal()), Decimal(last.toordinal())
    scale = Scale(low=low, high=high, start=0, stop=1000)
    ticks = date_ticks(first, last, count=count, scale=scale)
    assert all(0 <= tick.at <= 1000 for tick in ticks)
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert len(ticks) <= count + 2


def test_long_spans_are_told_in_years_and_short_ones_in_days():
    def labels(first, last):
        low, high = Decimal(first.toordinal()), Decimal(last.toordinal())
        scale = Scale(low=low, high=high, start=0, stop=1)
        return [tick.label for tick in date_ticks(first, last, count=4, scale=scale)]

    assert labels(date(2008, 1, 1), date(2011, 6, 1)) == ["2008", "2009", "2010", "2011"]
    assert labels(date(2008, 3, 1), date(2009, 3, 1))[0] == "Apr 2008"
    assert labels(date(2008, 3, 3), date(2008, 3, 11))[0] == "3 Mar"
