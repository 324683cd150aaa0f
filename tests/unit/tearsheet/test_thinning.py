"""Fewer points must look the same, and candles must hold their bars."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.layout import TRADE
from argos.tearsheet import thinning
from argos.tearsheet.thinning import (
    CANDLES_MAX,
    TRUE_BARS_MAX,
    WINDOWS,
    bars_per_candle,
    candles_of,
    curve_bars,
    detail_starts,
    window_width,
)
from unit.backtest.random_markets import random_bars


@given(st.integers(1, 3000), st.integers(2, 60), st.integers(0, 99))
def test_a_thinned_curve_keeps_ends_and_extremes_of_every_stretch(n, buckets, seed):
    dice = np.random.default_rng(seed)
    curve, other = np.cumsum(dice.normal(size=n)), dice.normal(size=n)
    kept = curve_bars(curve, other, buckets=buckets)
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= 6 * buckets
    assert (kept[0], kept[-1]) == (0, n - 1)
    for values in (curve, other):
        assert values[kept].max() == values.max()
        assert values[kept].min() == values.min()
        for first, last in pairwise(kept):
            # Nothing that is left out rises above or falls below all that is kept in its own stretch.
            width = -(-n // buckets)
            near = kept[(kept >= last - 2 * width) & (kept <= first + 2 * width)]
            left_out = values[first + 1 : last]
            assert not len(left_out) or left_out.max() <= values[near].max()


def test_missing_values_are_no_extremes():
    curve = np.full(5000, np.nan)
    curve[2345] = 7.0
    assert 2345 in curve_bars(curve, buckets=50)


@given(st.integers(1, 10**8), st.integers(1, 600))
def test_a_candle_holds_the_least_round_number_of_bars_that_fits(bars, symbols):
    found = bars_per_candle(bars, symbols)
    assert bars * symbols / found <= CANDLES_MAX
    assert str(found).strip("0") in {"1", "2", "5"}
    smaller = {"1": found / 2, "2": found / 2, "5": found / 2.5}[str(found)[0]]
    assert found == 1 or bars * symbols / smaller > CANDLES_MAX


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 9))
def test_a_candle_is_the_open_high_low_and_close_of_its_bars(seed, size):
    bars = random_bars(np.random.default_rng(seed), bars=70, symbols=2)
    starts = np.arange(0, 70, size)
    candles = candles_of(bars, 1, starts=starts)
    there = ~np.isnan(bars.open[1])
    told = {int(first): row for row, first in enumerate(candles.first)}
    for start in starts.tolist():
        mine = np.flatnonzero(there[start : start + size]) + start
        if not len(mine):
            assert start not in told
            continue
        row = told[start]
        assert candles.bars[row] == len(bars.close[1, start : start + size])
        assert candles.open[row] == bars.open[1, mine[0]]
        assert candles.high[row] == bars.high[1, mine].max()
        assert candles.low[row] == bars.low[1, mine].min()
        assert candles.close[row] == bars.close[1, mine[-1]]


def trades_at(pairs, symbol=0):
    trades = np.zeros(len(pairs), TRADE)
    trades["symbol"] = symbol
    trades["entry_bar"], trades["exit_bar"] = np.array(pairs).T
    return trades


@given(
    st.lists(
        st.tuples(st.integers(0, 499), st.integers(0, 499)).map(sorted), min_size=1, max_size=8
    ),
    st.integers(1, 30),
    st.sampled_from([2, 5, 50]),
)
def test_bars_around_entries_and_exits_stand_alone_and_none_is_lost(pairs, width, size):
    starts = detail_starts(trades_at(pairs), 500, width=width, per_candle=size)
    counts = np.diff(np.append(starts, 500))
    assert starts[0] == 0
    assert counts.min() >= 1
    assert counts.max() <= size
    alone = {int(start) for start, count in zip(starts, counts, strict=True) if count == 1}
    for bar in {bar for pair in pairs for bar in pair}:
        near = range(max(bar - width, 0), min(bar + width + 1, 500))
        assert alone.issuperset(near)


def test_the_windows_shrink_until_all_true_bars_fit():
    few = trades_at([(100, 200)])
    assert window_width([few], 1000) == WINDOWS[0]
    apart = 60
    many = trades_at([(bar, bar + apart // 2) for bar in range(0, 1_000_000, apart)])
    width = window_width([many], 1_000_000)
    assert width in WINDOWS[1:]
    covered = len(many) * 2 * (2 * width + 1)
    assert covered <= TRUE_BARS_MAX * 1.1
    wider = WINDOWS[WINDOWS.index(width) - 1]
    assert thinning._covered(many, 1_000_000, wider).sum() > TRUE_BARS_MAX


def test_the_narrowest_window_fits_as_many_trades_as_a_page_has():
    assert 20_000 * 2 * (2 * WINDOWS[-1] + 1) <= TRUE_BARS_MAX


def test_all_bars_of_a_small_market_are_candles():
    assert bars_per_candle(8_000, 4) == 1
    assert bars_per_candle(1_000_000, 1) == pytest.approx(50)
