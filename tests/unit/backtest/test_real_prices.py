"""The workload on real prices: both engines trade what the plain loop trades, to the last bit."""

from datetime import date

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross
from argos.rehearsal.prices import SYMBOLS, DailyBar, load_bars
from unit.backtest.arbiter import play
from unit.backtest.test_workload import COLUMNS


def columns_of(rows: tuple[DailyBar, ...]) -> dict[str, np.ndarray]:
    prices = {
        name: np.array([float(getattr(row, name)) for row in rows])
        for name in ("open", "high", "low", "close", "volume")
    }
    days = np.array([row.date.isoformat() for row in rows], "datetime64[ns]")
    return {"opened_ns": days.astype(np.int64), **prices}


@pytest.fixture(scope="module")
def demo():
    return load_bars(start=date(2000, 1, 1), end=date(2013, 12, 31))


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_real_days_are_traded_as_the_arbiter_trades_them(symbol, demo, workload):
    market = columns_of(demo[symbol])
    for fast, slow in ((20, 100), (3, 8)):
        trades, equity = play(market, fast=fast, slow=slow)
        assert len(trades) > 10
        for engine in ("compiled", "plain"):
            result = run(
                EmaCross(fast=fast, slow=slow), bars_of(**market), settings=workload, engine=engine
            )
            for place, name in enumerate(COLUMNS):
                assert result.trades[name].tolist() == [trade[place] for trade in trades], name
            assert result.equity.tolist() == equity
