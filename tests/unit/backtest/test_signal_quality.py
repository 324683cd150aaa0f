"""Hit rates, calibration and excursions on signals whose outcomes are known."""

import math

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings
from argos.backtest.signal_quality import (
    PastSignals,
    outcomes_after,
    outcomes_of_trades,
    past_signals,
    quality_of,
)
from argos.backtest.strategy import Signals
from argos.core.errors import InputError
from argos.core.rates import wilson

HOUR_NS = 3_600_000_000_000


def market(close):
    close = np.asarray(close, float)
    open_ = np.concatenate([close[:1], close[:-1]])
    return bars_of(
        opened_ns=np.arange(len(close), dtype=np.int64) * HOUR_NS,
        open=open_,
        high=np.maximum(open_, close),
        low=np.minimum(open_, close),
        close=close,
    )


def table(bar, side, confidence=np.nan):
    n = len(bar)
    return PastSignals(
        symbol=np.zeros(n, np.int64),
        bar=np.array(bar),
        side=np.array(side, np.int8),
        confidence=np.broadcast_to(np.array(confidence, float), (n,)),
    )


def test_a_signal_is_judged_from_the_next_open_to_the_close_of_its_time():
    bars = market([100, 101, 104, 99, 103, 103])
    found = outcomes_after(table([0, 1, 4], [1, -1, 1]), bars, hold_bars=3)
    # Bar 4 is too near to the end. Bar 0: in at 100, out at 99. Bar 1: in at 101, out at 103.
    assert found.outcome.tolist() == pytest.approx([99 / 100 - 1, -(103 / 101 - 1)])
    assert found.excursions.adverse.tolist() == pytest.approx([0.01, 104 / 101 - 1])
    assert found.excursions.favourable.tolist() == pytest.approx([0.04, 1 - 99 / 101])


def test_calibration_of_a_known_table():
    bars = market(100 * 1.01 ** np.array([0, 0, 1, 0, 1, 2, 1, 2, 3, 4.0]))
    found = outcomes_after(
        table([0, 1, 3, 5, 7], [1, 1, 1, -1, -1], [0.9, 0.7, 0.8, 0.6, 1.0]), bars, hold_bars=1
    )
    won = found.won
    assert won.tolist() == [False, True, True, True, False]
    quality = quality_of(found)
    errors = [0.9**2, 0.3**2, 0.2**2, 0.4**2, 1.0]
    assert quality.brier == pytest.approx(np.mean(errors))
    assert quality.brier_of_rate == pytest.approx(0.6 * 0.4)
    logs = [-math.log(0.1), -math.log(0.7), -math.log(0.8), -math.log(0.6), -math.log(1e-6)]
    assert quality.log_loss == pytest.approx(np.mean(logs), rel=1e-6)
    assert (quality.all.n, quality.all.wins, quality.rated) == (5, 3, 5)
    assert {low: rate.n for (low, _), rate in quality.by_confidence.items() if rate.n} == {
        0.6: 1,
        0.7: 1,
        0.8: 1,
        0.9: 2,
    }
    assert {hour: rate.n for hour, rate in quality.by_hour.items()} == {
        0: 1,
        1: 1,
        3: 1,
        5: 1,
        7: 1,
    }


def test_signals_without_confidence_are_counted_and_not_rated():
    quality = quality_of(outcomes_after(table([0], [1]), market([1, 1, 2.0]), hold_bars=2))
    assert (quality.all.wins, quality.rated) == (1, 0)
    assert math.isnan(quality.brier)


def test_trades_of_a_run_are_judged_with_their_own_exits():
    bars = market([100, 100, 103, 103, 100, 97.0])
    side = np.array([1, 0, 0, -1, 0, 0], np.int8)
    signals = Signals(side=side, confidence=np.full(6, 0.8))
    result = run(signals, bars, settings=Settings(exits=Exits(take_fraction=0.02)))
    found = outcomes_of_trades(result)
    assert found.won.tolist() == [True, True]
    assert found.outcome.tolist() == pytest.approx(
        (result.trades["net_pnl"] / (result.trades["entry_price"] * result.trades["qty"])).tolist()
    )
    assert quality_of(found).brier == pytest.approx(0.04)
    assert past_signals(signals, bars).bar.tolist() == [0, 3]


@pytest.mark.parametrize(
    ("wins", "n", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0)],
)
def test_wilsons_interval(wins, n, low, high):
    assert wilson(wins, n) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_row_that_cannot_be_is_named():
    with pytest.raises(InputError, match="row 1: confidence is 70"):
        outcomes_after(table([0, 0], [1, 1], [0.5, 70.0]), market([1, 1, 1.0]), hold_bars=1)
