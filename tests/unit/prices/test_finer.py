"""A finer series lies inside its bars, settles what came first in them, and never makes a result kinder by its gaps."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import Bars, bars_of
from argos.backtest.layout import TRADE
from argos.backtest.run import run
from argos.core.errors import InputError
from argos.prices.digest import bars_sha256
from argos.prices.read import read_bars, read_prices
from argos.prices.resample import resampled
from unit.backtest.random_markets import random_run
from unit.prices.markets import YEAR_1980_NS, Row, arrow_long, rows

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
QUOTES = ("open", "high", "low", "close")
FEW = settings(max_examples=30, deadline=None)
MINUTES = st.integers(0, 300).map(lambda n: YEAR_1980_NS + n * MINUTE_NS)


def flat(at_ns, price=10.0, *, high=None, low=None):
    return Row(at_ns, price, high or price, low or price, price, 1.0)


def coarse_table(bars: Bars) -> pa.Table:
    """Bars as the table that somebody would have them in; missing ones have no row."""
    market = {
        symbol: [
            Row(int(at), *(float(getattr(bars, name)[index, bar]) for name in (*QUOTES, "volume")))
            for bar, at in enumerate(bars.opened_ns)
            if not np.isnan(bars.open[index, bar])
        ]
        for index, symbol in enumerate(bars.symbols)
    }
    return arrow_long(market)


@FEW
@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), rows(MINUTES), min_size=1))
def test_longer_bars_and_their_own_minutes_fit_whoever_joins_them(market):
    """Read apart and laid together, or made of each other: the same bars, the same finer series."""
    symbols = list(market)
    minutes = arrow_long(market)
    made = read_bars(minutes, every="1h", symbols=symbols)
    apart = read_bars(coarse_table(made), finer=minutes, symbols=symbols)
    assert bars_sha256(apart) == bars_sha256(made)


@FEW
@given(rows(MINUTES, count_min=2), st.data())
def test_a_finer_bar_outside_its_bar_is_told_by_its_row(of_symbol, data):
    hours = coarse_table(read_bars(arrow_long({"A": of_symbol}), every="1h"))
    at = data.draw(st.integers(0, len(of_symbol) - 1))
    top = max(row.high for row in of_symbol)
    bad = [replace(row, high=2 * top) if row == of_symbol[at] else row for row in of_symbol]
    with pytest.raises(InputError, match=f"the frame, row {at} .*above its bar.*high") as caught:
        read_bars(hours, finer=arrow_long({"A": bad}))
    assert (caught.value.code, caught.value.field) == ("PRICES_FINER", "high")


HOURS = {"A": [flat(YEAR_1980_NS + n * HOUR_NS) for n in (1, 2, 3, 30, 31)]}


def finer_refusal(*at_ns, market=HOURS, finer=None):
    shorter = finer or {"A": [flat(at) for at in at_ns]}
    with pytest.raises(InputError) as caught:
        read_bars(arrow_long(market), finer=arrow_long(shorter))
    return caught.value


def test_a_finer_bar_before_the_first_bar_is_refused():
    error = finer_refusal(YEAR_1980_NS + 59 * MINUTE_NS, YEAR_1980_NS + 60 * MINUTE_NS)
    assert (error.code, error.field) == ("PRICES_FINER", "time")
    assert "row 0 " in error.message
    assert "before the first bar" in error.message


def test_a_finer_bar_between_bars_is_refused():
    error = finer_refusal(YEAR_1980_NS + HOUR_NS, YEAR_1980_NS + 4 * HOUR_NS)
    assert error.code == "PRICES_FINER"
    assert "row 1 " in error.message
    assert "in no bar" in error.message


def test_a_finer_bar_where_its_symbol_has_none_is_refused():
    market = {**HOURS, "B": [flat(YEAR_1980_NS + n * HOUR_NS) for n in (1, 3)]}
    inside = {name: [flat(YEAR_1980_NS + 2 * HOUR_NS)] for name in ("A", "B")}
    error = finer_refusal(market=market, finer=inside)
    assert error.code == "PRICES_FINER"
    assert "B has a finer bar, but no bar" in error.message


def test_a_symbol_without_finer_bars_is_refused():
    error = finer_refusal(finer={"C": HOURS["A"], "D": HOURS["A"]})
    assert error.code == "PRICES_SYMBOL_UNKNOWN"
    assert "finer prices of A" in error.message


def test_finer_bars_after_the_last_bar_are_left_out_and_told():
    late = [YEAR_1980_NS + n * HOUR_NS for n in (1, 2, 32, 33)]
    read = read_prices(arrow_long(HOURS), finer=arrow_long({"A": [flat(at) for at in late]}))
    assert read.bars.fine.start.tolist() == [0, 1, 2, 2, 2, 2]
    assert "2 finer bars after the last bar are left out" in read.notes
    assert "2 of 5 bars have finer bars" in read.notes


def test_since_cuts_both_series():
    minutes = arrow_long({"A": [flat(YEAR_1980_NS + n * HOUR_NS) for n in (0, 1, 2, 3)]})
    bars = read_bars(arrow_long(HOURS), finer=minutes, since="1980-01-01T02:00:00Z")
    assert bars.fine.start.tolist() == [0, 1, 2, 2, 2]


def test_every_and_finer_do_not_go_together():
    with pytest.raises(InputError, match="PRICES_FINER_TWICE"):
        read_bars(arrow_long(HOURS), every="1d", finer=arrow_long(HOURS))


@pytest.mark.parametrize("engine", ["plain", "compiled"])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_finer_bars_that_do_not_span_their_bar_change_nothing(engine, seed):
    """Their first is the whole bar: whatever the settings, the run is the one without a finer series."""
    given_run = random_run(seed, bars=30, symbols=1)
    bars = replace(given_run.bars, fine=None)
    there = ~np.isnan(bars.open[0])
    # Two finer bars in each, both in the middle of it: neither reaches its high or low by a tenth.
    bars = bars_of(
        opened_ns=bars.opened_ns,
        open=bars.open,
        high=bars.high * 1.1,
        low=bars.low / 1.1,
        close=bars.close,
        volume=bars.volume,
    )
    step = int(bars.opened_ns[1] - bars.opened_ns[0]) // 2
    short = [
        flat(int(at) + YEAR_1980_NS + half * step, float(bars.close[0, bar]))
        for bar, at in enumerate(bars.opened_ns)
        if there[bar]
        for half in (0, 1)
    ]
    later = replace(bars, opened_ns=bars.opened_ns + YEAR_1980_NS, symbols=("A",))
    if not there[0]:
        return
    read = read_prices(coarse_table(later), finer=arrow_long({"A": short}))
    laid = replace(bars, fine=align(read.bars, later))
    without = run(given_run.signals, bars, settings=given_run.settings, engine=engine)
    with_short = run(given_run.signals, laid, settings=given_run.settings, engine=engine)
    for name in TRADE.names:
        assert with_short.trades[name].tobytes() == without.trades[name].tobytes(), name
    assert with_short.equity.tobytes() == without.equity.tobytes()


def align(read: Bars, later: Bars):
    """The finer series on the axis of `later`, which has missing bars that `read` has not."""
    start = read.fine.start[np.searchsorted(read.opened_ns, np.append(later.opened_ns, 2**62))]
    return replace(read.fine, start=start.astype(np.int64))


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["A", "B"]), rows(MINUTES, count_min=2), min_size=2))
def test_what_fills_the_gaps_of_one_symbol_stays_inside_its_bar(market):
    bars = resampled(read_bars(arrow_long(market), symbols=list(market)), 60)
    fine = bars.fine
    for index in range(len(bars.symbols)):
        for bar in range(len(bars)):
            part = slice(int(fine.start[bar]), int(fine.start[bar + 1]))
            if np.isnan(bars.open[index, bar]):
                continue
            assert fine.high[index, part].max() == bars.high[index, bar]
            assert fine.low[index, part].min() == bars.low[index, bar]
            assert fine.open[index, part][0] == bars.open[index, bar]
            assert fine.close[index, part][-1] == bars.close[index, bar]
