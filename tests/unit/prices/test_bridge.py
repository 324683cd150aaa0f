from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InvariantError
from argos.prices.bridge import TICKS_MIN, day_path
from argos.prices.demo import PRICE_STEP, DailyBar


@st.composite
def bars(draw: st.DrawFn) -> DailyBar:
    low = draw(st.integers(1, 2_000_000))
    high = draw(st.integers(low, low + 200_000))
    return DailyBar(
        symbol=draw(st.sampled_from(["AAPL", "IBM"])),
        date=draw(st.dates(date(2000, 1, 1), date(2013, 1, 1))),
        open=draw(st.integers(low, high)) * PRICE_STEP,
        high=high * PRICE_STEP,
        low=low * PRICE_STEP,
        close=draw(st.integers(low, high)) * PRICE_STEP,
        volume=1,
    )


seeds = st.integers(0, 2**32)
ticks = st.integers(TICKS_MIN, 80)


@given(bar=bars(), seed=seeds, ticks=ticks)
def test_a_path_opens_and_closes_where_the_day_did(bar, seed, ticks):
    path = day_path(bar, seed=seed, ticks=ticks)
    assert len(path) == ticks
    assert (path[0], path[-1]) == (bar.open, bar.close)


@given(bar=bars(), seed=seeds, ticks=ticks)
def test_a_path_never_leaves_the_days_range_and_reaches_both_ends(bar, seed, ticks):
    path = day_path(bar, seed=seed, ticks=ticks)
    assert min(path) == bar.low
    assert max(path) == bar.high


@given(bar=bars(), seed=seeds, ticks=ticks)
def test_high_and_low_are_each_met_once(bar, seed, ticks):
    path = day_path(bar, seed=seed, ticks=ticks)
    if bar.high - bar.low < 2 * PRICE_STEP:
        return
    for extreme in (bar.high, bar.low):
        at_the_ends = [bar.open, bar.close].count(extreme)
        assert path.count(extreme) == max(1, at_the_ends)


@given(bar=bars(), seed=seeds, ticks=ticks)
def test_the_same_seed_gives_the_same_path(bar, seed, ticks):
    assert day_path(bar, seed=seed, ticks=ticks) == day_path(bar, seed=seed, ticks=ticks)


def test_the_seed_decides_which_extreme_comes_first():
    bar = DailyBar(
        symbol="IBM",
        date=date(2008, 3, 4),
        open=Decimal(100),
        high=Decimal(103),
        low=Decimal(98),
        close=Decimal(101),
        volume=1,
    )
    paths = [day_path(bar, seed=seed, ticks=12) for seed in range(40)]
    high_first = [path.index(bar.high) < path.index(bar.low) for path in paths]
    assert any(high_first)
    assert not all(high_first)


def test_a_day_of_three_ticks_is_refused():
    bar = DailyBar(
        symbol="IBM",
        date=date(2008, 3, 4),
        open=Decimal(1),
        high=Decimal(1),
        low=Decimal(1),
        close=Decimal(1),
        volume=1,
    )
    with pytest.raises(InvariantError, match="BRIDGE_TOO_SHORT"):
        day_path(bar, seed=1, ticks=TICKS_MIN - 1)
