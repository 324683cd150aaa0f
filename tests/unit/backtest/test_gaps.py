"""A symbol with holes, or one that begins late, is judged by its own bars and traded like any other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import bars_of
from argos.backtest.lookahead import check_lookahead
from argos.backtest.run import run
from argos.backtest.strategies.bollinger import Bollinger
from argos.backtest.strategies.breakout import Breakout
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.strategies.rsi_reversion import RsiReversion
from argos.backtest.strategy import Market, Signals, signals_of
from argos.backtest.sweep import sweep
from argos.backtest.tables import EXTRAS
from argos.core.errors import InputError
from unit.backtest.random_markets import random_bars

STRATEGIES = (
    EmaCross(fast=3, slow=8),
    RsiReversion(period=4),
    Breakout(span=5, atr_period=4),
    Bollinger(period=5, width=1.0),
)
COLUMNS = ("open", "high", "low", "close", "volume")


def gappy(seed: int):
    """Two symbols, the second of which begins late and has holes; and that one without them."""
    dice = np.random.default_rng(seed)
    whole = replace(random_bars(dice, bars=60, symbols=2), fine=None)
    columns = {name: getattr(whole, name).copy() for name in COLUMNS}
    there = ~np.isnan(columns["open"])
    there[1, : int(dice.integers(0, 30))] = False
    there[1, 31:-1] &= dice.random(28) < 0.8
    there[1, 30] = there[0, :] = True
    flat = np.isnan(columns["open"])
    for name in ("open", "high", "low"):
        columns[name][flat] = columns["close"][flat]
    places = np.flatnonzero(there[1])
    alone = bars_of(
        opened_ns=whole.opened_ns[places],
        symbols=["S1"],
        **{name: columns[name][1:, places] for name in COLUMNS},
    )
    last = np.maximum.accumulate(np.where(there[1], np.arange(60), -1))
    columns["close"][1] = np.where(last < 0, np.nan, columns["close"][1][last])
    for name in ("open", "high", "low"):
        columns[name][~there] = np.nan
    columns["volume"][~there] = 0
    both = bars_of(opened_ns=whole.opened_ns, symbols=["S0", "S1"], **columns)
    return both, alone, places


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_signals_are_those_of_the_symbols_own_bars(strategy, seed):
    both, alone, places = gappy(seed)
    found = signals_of(strategy, Market(bars=both))
    expected = strategy.signals(Market(bars=alone))
    assert np.array_equal(found.side[1, places], expected.side)
    elsewhere = np.setdiff1d(np.arange(60), places)
    assert not found.side[1, elsewhere].any()
    for name in EXTRAS:
        values = getattr(expected, name)
        if values is not None:
            laid = getattr(found, name)[1]
            assert np.array_equal(laid[places], values, equal_nan=True)
            assert np.isnan(laid[elsewhere]).all()


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
def test_no_strategy_sees_the_future_through_a_gap(strategy):
    for seed in range(5):
        both, _, _ = gappy(seed)
        assert check_lookahead(strategy, both, cuts=30).clean


def test_a_sweep_and_a_run_agree_where_there_are_gaps():
    both, _, _ = gappy(7)
    trials = [{"fast": fast, "slow": slow} for fast in (2, 3) for slow in (5, 8)]
    swept = sweep(EmaCross(), both, trials)
    for index, params in enumerate(trials):
        single = run(EmaCross(**params), both)
        assert swept.figures[index]["trades"] == len(single.trades)


def test_one_symbol_with_gaps_is_judged_by_its_own_bars_too():
    both, alone, places = gappy(3)
    found = signals_of(STRATEGIES[0], Market(bars=both.only(1)))
    expected = STRATEGIES[0].signals(Market(bars=alone))
    assert np.array_equal(np.atleast_2d(found.side)[0, places], expected.side)


def test_a_symbol_that_has_no_bar_yet_is_not_asked_about():
    both, _, places = gappy(11)
    asked = []

    def silent(market: Market) -> Signals:
        asked.append((market.bars.symbols, len(market.bars)))
        return Signals(side=np.zeros(len(market.bars), np.int8))

    assert places[0] > 0
    signals_of(silent, Market(bars=both.head(int(places[0]))))
    assert asked == [(("S0",), int(places[0]))]


def test_signals_for_all_bars_are_refused_where_some_are_missing():
    both, _, places = gappy(3)

    def wrong(market: Market) -> Signals:
        return Signals(side=np.zeros(60, np.int8))

    with pytest.raises(InputError, match=f"SIGNALS_SHAPE.*S1 has {len(places)} bars"):
        signals_of(wrong, Market(bars=both))


def test_the_finer_bars_of_the_bars_that_are_kept_are_kept():
    markets = (random_bars(np.random.default_rng(n), bars=9, symbols=2) for n in range(50))
    bars = next(market for market in markets if market.fine is not None).between(2, 9)
    part = bars.at(np.array([1, 2, 5]))
    for index, place in enumerate((1, 2, 5)):
        got = slice(*part.fine.start[index : index + 2])
        expected = slice(*bars.fine.start[place : place + 2])
        assert got.stop > got.start
        for name in ("open", "high", "low", "close"):
            assert np.array_equal(
                getattr(part.fine, name)[:, got], getattr(bars.fine, name)[:, expected]
            )
