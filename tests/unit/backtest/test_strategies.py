"""The five example strategies: what they trade on a market whose shape is known, and on a pinned random one."""

import numpy as np
import pytest

from argos.backtest.bars import Bars, bars_of
from argos.backtest.compilable import compilable
from argos.backtest.indicators import ema, highest_before, talib
from argos.backtest.layout import Reason
from argos.backtest.lookahead import check_lookahead
from argos.backtest.run import run
from argos.backtest.strategies.bollinger import Bollinger
from argos.backtest.strategies.breakout import Breakout
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategies.rsi_reversion import RsiReversion
from argos.core.errors import InputError

STRATEGIES = [EmaCross(), RsiReversion(), Breakout(), Bollinger(), BuyAndHold()]


def market_of(close: np.ndarray) -> Bars:
    return bars_of(
        opened_ns=np.arange(len(close), dtype=np.int64) * 3_600_000_000_000,
        open=close,
        high=close * 1.001,
        low=close * 0.999,
        close=close,
    )


def first_trade(strategy, bars):
    trade = run(strategy, bars).trades[0]
    return int(trade["side"]), int(trade["entry_bar"]), Reason(int(trade["reason"])).name


def test_ema_cross_turns_with_the_trend():
    close = np.concatenate([np.full(40, 100.0), 100 + np.arange(40.0), 139 - np.arange(80.0)])
    trades = run(EmaCross(fast=5, slow=20), market_of(close)).trades
    assert trades["side"].tolist() == [1, -1]
    # Flat until bar 40, whose rise is the crossing: filled at bar 42's open, the first close above being bar 41's.
    assert trades["entry_bar"][0] == 42
    assert 80 < trades["entry_bar"][1] < 100


def test_rsi_reversion_buys_the_fall_and_leaves_at_its_recovery():
    close = np.concatenate(
        [100 + np.tile([0.0, 0.1], 20), 100 - np.arange(12.0), 89 + np.arange(12.0)]
    )
    side, entry, reason = first_trade(RsiReversion(period=14), market_of(close))
    assert (side, reason) == (1, "EXIT")
    assert 41 <= entry < 52


def test_breakout_enters_above_the_range_and_trails():
    close = np.concatenate(
        [100 + np.tile([0.0, 0.5], 40), 101 + np.arange(20.0), 120 - np.arange(20.0)]
    )
    side, entry, reason = first_trade(Breakout(span=55, atr_period=20), market_of(close))
    assert (side, entry, reason) == (1, 81, "TRAIL")


def test_bollinger_fades_the_spike_back_to_the_mean():
    close = 100 + np.tile([0.0, 0.5], 30)
    close[40] = 95.0
    side, entry, reason = first_trade(Bollinger(), market_of(close))
    assert (side, entry, reason) == (1, 41, "EXIT")


def test_buy_and_hold_buys_once_with_everything():
    close = 100 + np.arange(50.0)
    result = run(BuyAndHold(), market_of(close))
    assert len(result.fills) == 2
    assert result.fills["qty"][0] == pytest.approx(1_000_000 / 101)
    assert result.equity[-1] == pytest.approx(1_000_000 * 149 / 101)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
def test_no_example_looks_ahead(strategy, minutes):
    found = check_lookahead(strategy, minutes.head(3000), cuts=15, seed=3)
    assert found.decisions > 0
    assert found.clean


def test_the_bar_by_bar_form_decides_as_the_vectorised_one(minutes, workload):
    by_bar = run(EmaCrossByBar(), minutes, settings=workload)
    vectorised = run(EmaCross(), minutes, settings=workload)
    assert len(by_bar.trades) > 200
    for name in by_bar.trades.dtype.names:
        assert np.array_equal(by_bar.trades[name], vectorised.trades[name], equal_nan=True), name
    assert np.array_equal(by_bar.equity, vectorised.equity)


@pytest.mark.parametrize(
    ("strategy", "pinned"),
    [
        (EmaCross(), (264, 132, 165, 171)),
        (RsiReversion(), (435, 222, 55, 71)),
        (Breakout(), (436, 232, 56, 57)),
        (Bollinger(), (1233, 604, 42, 71)),
        (BuyAndHold(), (1, 1, 1, 374)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_the_trades_on_a_pinned_market(strategy, pinned, minutes, workload):
    """How many trades, how many of them long, and the bars of the first one."""
    trades = run(strategy, minutes, settings=workload).trades
    longs = int((trades["side"] > 0).sum())
    assert (len(trades), longs, trades["entry_bar"][0], trades["exit_bar"][0]) == pinned


def test_a_strategy_of_one_symbol_plays_each_symbol_of_a_market(minutes, workload):
    other = minutes.between(7000, 14_000)
    first = minutes.head(7000)
    both = bars_of(
        opened_ns=first.opened_ns,
        symbols=["A", "B"],
        **{
            name: np.concatenate([getattr(first, name), getattr(other, name)])
            for name in ("open", "high", "low", "close", "volume")
        },
    )
    together = run(EmaCross(), both, settings=workload).trades
    for index, alone in enumerate((first, other)):
        trades = run(EmaCross(), alone, settings=workload).trades
        own = together[together["symbol"] == index]
        assert own["entry_bar"].tolist() == trades["entry_bar"].tolist()
        assert own["exit_price"].tolist() == trades["exit_price"].tolist()


def test_highest_before_is_what_a_window_says():
    values = np.random.default_rng(1).normal(size=300)
    found = highest_before(values, 20)
    assert np.isnan(found[:20]).all()
    assert found[20:].tolist() == [values[i - 20 : i].max() for i in range(20, 300)]


def test_an_indicator_has_the_same_bits_compiled_and_plain():
    values = np.random.default_rng(2).normal(100, 1, 500)
    for function, arguments in ((ema, (values, 17)), (highest_before, (values, 9))):
        plain, compiled = function.plain(*arguments), function.compiled(*arguments)
        assert np.array_equal(plain, compiled, equal_nan=True)


def test_a_loop_without_a_file_is_compiled_too():
    space: dict = {}
    exec("def double(values):\n    return values * 2.0", space)
    assert compilable(space["double"]).compiled(np.ones(3)).tolist() == [2.0, 2.0, 2.0]


def test_an_unknown_indicator_is_named():
    with pytest.raises(InputError, match="INDICATOR_UNKNOWN"):
        talib("NO_SUCH")
