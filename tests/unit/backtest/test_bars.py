"""Bars that cannot be are refused by row and column; what is derived from good ones is right."""

import subprocess
import sys
from datetime import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from argos.backtest.bars import FineBars, bars_of
from argos.backtest.calendars import calendar_of
from argos.backtest.layout import BLOCK_BARS
from argos.core.errors import InputError
from unit.backtest.random_markets import random_bars

HOUR_NS = 3_600_000_000_000
GOOD = {
    "opened_ns": np.arange(4, dtype=np.int64),
    "open": np.array([1.0, 2, 3, 4]),
    "high": np.array([2.0, 3, 4, 5]),
    "low": np.array([0.5, 1, 2, 3]),
    "close": np.array([2.0, 3, 4, 5]),
    "volume": np.ones(4),
}


@pytest.mark.parametrize(
    ("column", "row", "value", "code", "words"),
    [
        ("open", 2, np.nan, "BARS_PRICE", "row 2: open"),
        ("close", 1, -3.0, "BARS_PRICE", "row 1: close"),
        ("high", 3, np.inf, "BARS_PRICE", "row 3: high"),
        ("high", 1, 2.5, "BARS_PRICE", "below open or close"),
        ("low", 0, 1.5, "BARS_PRICE", "above open or close"),
        ("volume", 2, np.inf, "BARS_PRICE", "row 2: volume"),
        ("opened_ns", 2, 1, "BARS_DUPLICATE", "row 2"),
        ("opened_ns", 3, 0, "BARS_UNSORTED", "row 3"),
    ],
)
def test_a_wrong_row_is_named(column, row, value, code, words):
    columns = {name: values.copy() for name, values in GOOD.items()}
    columns[column][row] = value
    with pytest.raises(InputError, match=words) as caught:
        bars_of(**columns)
    assert (caught.value.code, caught.value.field) == (code, column)


def test_columns_of_different_length_and_no_bars_are_refused():
    with pytest.raises(InputError, match="BARS_SHAPE"):
        bars_of(**{**GOOD, "low": GOOD["low"][:3]})
    with pytest.raises(InputError, match="BARS_EMPTY"):
        bars_of(**{name: values[:0] for name, values in GOOD.items()})


@pytest.mark.parametrize(
    "start", [[0, 1, 2, 3], [0, 1, 2, 3, 9], [0, 2, 1, 3, 4], [-1, 1, 2, 3, 4]]
)
def test_a_finer_series_whose_places_are_wrong_is_refused(start):
    column = np.ones((1, 4))
    fine = FineBars(open=column, high=column, low=column, close=column, start=np.array(start))
    with pytest.raises(InputError, match="BARS_FINE"):
        bars_of(**GOOD, fine=fine)


def test_a_symbol_on_its_own_keeps_its_finer_series():
    markets = (random_bars(np.random.default_rng(n), bars=6, symbols=2) for n in range(50))
    both = next(market for market in markets if market.fine is not None)
    for index in range(2):
        alone = both.only(index)
        assert alone.symbols == (both.symbols[index],)
        assert (alone.fine.start == both.fine.start).all()
        for name in ("open", "high", "low", "close"):
            assert (getattr(alone.fine, name)[0] == getattr(both.fine, name)[index]).all()


def test_block_extremes_are_those_of_each_run_of_bars():
    dice = np.random.default_rng(0)
    close = np.exp(dice.normal(size=3 * BLOCK_BARS + 5))
    bars = bars_of(
        opened_ns=np.arange(len(close)), open=close, high=close * 2, low=close / 2, close=close
    )
    high, low = bars.block_extremes()
    for block in range(4):
        part = slice(block * BLOCK_BARS, (block + 1) * BLOCK_BARS)
        assert high[0, block] == bars.high[0, part].max()
        assert low[0, block] == bars.low[0, part].min()


def hours(start: str, count: int):
    begin = np.datetime64(start, "ns").astype(np.int64)
    flat = np.ones(count)
    return bars_of(
        opened_ns=begin + np.arange(count) * HOUR_NS, open=flat, high=flat, low=flat, close=flat
    )


def test_nights_follow_new_york_over_a_change_of_the_clock():
    # Friday 8 March 2024 to Tuesday 12 March; daylight saving begins on the Sunday.
    calendar = calendar_of(
        hours("2024-03-08T00:00", 5 * 24),
        zone=ZoneInfo("America/New_York"),
        rollover=time(17, 0),
        triple_weekday=2,
    )
    charged = np.flatnonzero(calendar.nights)
    # 17:00 is 22:00 UTC on Friday and 21:00 UTC on Monday and Tuesday; the weekend's nights are Wednesday's.
    assert charged.tolist() == [22, 3 * 24 + 21, 4 * 24 + 21]
    week = calendar_of(
        hours("2024-03-12T22:00", 48),
        zone=ZoneInfo("America/New_York"),
        rollover=time(17, 0),
        triple_weekday=2,
    )
    assert week.nights[np.flatnonzero(week.nights)].tolist() == [3, 1]


def test_a_session_is_local_and_ends_with_its_last_bar():
    calendar = calendar_of(
        hours("2024-07-05T00:00", 72),  # a Friday
        zone=ZoneInfo("America/New_York"),
        session=(time(9, 0), time(16, 0)),
        flat_at_end=True,
    )
    assert np.flatnonzero(calendar.entries).tolist() == list(range(13, 20))
    assert np.flatnonzero(calendar.flat_after).tolist() == [19]


def test_the_compiler_is_loaded_by_a_large_run_only():
    program = (
        "import sys, argos.cli.main, argos.backtest.run, argos.backtest.sweep, argos.backtest.lookahead\n"
        "argos.cli.main.application()\n"
        "import argos.backtest.signal_quality, argos.backtest.strategies.breakout\n"
        "print(sorted({'numba', 'llvmlite', 'talib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
