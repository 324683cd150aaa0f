"""What a bar-by-bar strategy can see and do, on both engines."""

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.core.errors import InputError


class Watcher:
    """Acts on its own holding and equity, so that a late or early view of them would change its trades."""

    def __init__(self):
        self.seen = []

    def on_bar(self, context):
        self.seen.append(
            (context.bar, context.qty, context.cash, context.equity, context.close[-1])
        )
        if context.qty == 0 and context.bar % 11 == 3:
            distance = 0.004 * context.close[-1]
            context.buy(stop_distance=distance, take_distance=distance, confidence=0.6)
        elif context.qty > 0 and context.equity < self.seen[-2][3] and context.bar % 5 == 0:
            context.sell(limit_price=context.close[-1] * 1.001)
        elif context.bar % 97 == 0:
            context.exit()


@pytest.mark.parametrize("count", [2, 500, 4000])
def test_both_engines_show_the_same_and_trade_the_same(count, minutes, workload):
    first, second = Watcher(), Watcher()
    plain = run(first, minutes.head(count), settings=workload, engine="plain")
    compiled = run(second, minutes.head(count), settings=workload, engine="compiled")
    assert first.seen == second.seen
    for name in plain.trades.dtype.names:
        assert np.array_equal(plain.trades[name], compiled.trades[name], equal_nan=True), name
    assert np.array_equal(plain.equity, compiled.equity)
    # The last bar's forced close comes before the strategy is asked for the last time.
    assert [row[3] for row in first.seen] == plain.equity.tolist()


def test_a_series_cannot_be_read_ahead(minutes):
    class Ahead:
        def on_bar(self, context):
            context.close[0]

    with pytest.raises(IndexError, match="count back"):
        run(Ahead(), minutes.head(10))


def test_a_series_ends_where_the_past_begins(minutes):
    class TooFarBack:
        def on_bar(self, context):
            assert len(context.close) == context.bar + 1
            context.close[-2]

    with pytest.raises(IndexError):
        run(TooFarBack(), minutes.head(10))


def test_an_unknown_extra_is_named(minutes):
    class Misspelt:
        def on_bar(self, context):
            context.buy(stop_los=1.0)

    with pytest.raises(InputError, match="stop_los"):
        run(Misspelt(), minutes.head(10))


class Restless:
    """Turns its holding around at every bar, and every third bar that of the second symbol."""

    def on_bar(self, context):
        first, *others = context.symbols
        if first.qty > 0:
            first.sell()
        else:
            first.buy()
        for other in others:
            if context.bar % 3 == 0:
                other.target(0.05 if other.qty <= 0 else -0.05)


@pytest.mark.parametrize("symbols", [1, 2])
def test_there_is_room_for_more_trades_than_were_expected(symbols, minutes):
    parts = [minutes.head(4000), minutes.between(4000, 8000)][:symbols]
    market = bars_of(
        opened_ns=minutes.opened_ns[:4000],
        symbols=["A", "B"][:symbols],
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("open", "high", "low", "close")
        },
    )
    plain = run(Restless(), market, engine="plain")
    compiled = run(Restless(), market, engine="compiled")
    assert len(plain.trades) == 3999 + (symbols - 1) * 1333
    for name in ("symbol", "entry_bar", "exit_bar", "exit_price", "net_pnl"):
        assert np.array_equal(plain.trades[name], compiled.trades[name]), name
    assert np.array_equal(plain.fills["price"], compiled.fills["price"])
    assert np.array_equal(plain.equity, compiled.equity)
