"""The compiled kernel and the plain rules give the same trades, fills and equity, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.layout import FILL, TRADE
from argos.backtest.result import Result
from argos.backtest.run import run
from unit.backtest.random_markets import Run, random_run

SUMS = (
    "cash",
    "peak",
    "peak_bar",
    "drawdown_bars",
    "held_bars",
    "trades",
    "fills",
    "wins",
    "won",
    "lost",
    "ambiguous",
    "turnover",
    "commission",
    "financing",
    "spread_cost",
    "slippage_cost",
    "unfilled",
    "margin_calls",
)


def assert_same(compiled: Result, plain: Result) -> None:
    for name in TRADE.names or ():
        assert np.array_equal(compiled.trades[name], plain.trades[name], equal_nan=True), name
    for name in FILL.names or ():
        assert np.array_equal(compiled.fills[name], plain.fills[name]), name
    assert set(plain.trades["side"].tolist()) <= {1, -1}
    assert np.array_equal(compiled.equity, plain.equity)
    for name in SUMS:
        assert compiled.account[0][name] == plain.account[0][name], name
    # Sums of returns are added in any order.
    assert compiled.account[0]["drawdown"] == pytest.approx(plain.account[0]["drawdown"], abs=1e-13)
    scale = np.abs(plain.return_sums).max(axis=0) + 1e-300
    assert np.all(np.abs(compiled.return_sums - plain.return_sums) <= 1e-9 * scale)


def both(played: Run, **more: object) -> tuple[Result, Result]:
    arguments = {"settings": played.settings, **more}
    return (
        run(played.signals, played.bars, engine="compiled", **arguments),
        run(played.signals, played.bars, engine="plain", **arguments),
    )


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bars=st.integers(1, 160),
    symbols=st.integers(1, 3),
    returns=st.sampled_from(["bar", "day"]),
)
def test_both_engines_give_the_same_run(seed, bars, symbols, returns):
    assert_same(*both(random_run(seed, bars=bars, symbols=symbols), returns=returns))
