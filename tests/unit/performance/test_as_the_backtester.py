"""A backtest and a journal of the same trades have the same figures, wherever both define them."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.metrics import metrics_of, r_by_trade
from argos.backtest.run import run
from argos.backtest.settings import Account, Exits, Settings
from argos.backtest.strategy import Signal, Signals
from argos.core.intent import Side
from argos.performance.capital import Basis, Capital
from argos.performance.days import window_of
from argos.performance.finished import FinishedTrade
from argos.performance.metrics import figures_of
from unit.performance.trades import MONDAY

HOUR_NS = 3_600_000_000_000
WEEKS, HOURS = 16, 8
CASH = 100_000


@pytest.fixture(scope="module")
def result():
    """Weekdays of eight hours; long in the second of each, out in the seventh or at a stop: flat at every day's end."""
    dice = np.random.default_rng(11)
    days = [7 * week + day for week in range(WEEKS) for day in range(5)]
    start_ns = int(MONDAY.timestamp()) * 1_000_000_000
    opened = [start_ns + (24 * day + 14 + hour) * HOUR_NS for day in days for hour in range(HOURS)]
    count = len(opened)
    close = 100 * np.exp(np.cumsum(dice.normal(0.0002, 0.006, count)))
    open_ = np.concatenate([[100.0], close[:-1]])
    bars = bars_of(
        opened_ns=np.array(opened, dtype=np.int64),
        open=open_,
        high=np.maximum(open_, close) * 1.002,
        low=np.minimum(open_, close) * 0.998,
        close=close,
    )
    side = np.zeros(count, np.int8)
    side[0::HOURS] = Signal.LONG
    side[5::HOURS] = Signal.EXIT
    settings = Settings(account=Account(cash=float(CASH)), exits=Exits(stop_fraction=0.01))
    return run(Signals(side=side), bars, settings=settings)


def journal_of(result) -> list[FinishedTrade]:
    def at(bar: int) -> datetime:
        return datetime.fromtimestamp(int(result.bars.opened_ns[bar]) / 1e9, tz=UTC)

    return [
        FinishedTrade(
            trade_id=str(number),
            account="one",
            currency="USD",
            symbol="AAPL",
            bot_version="played@1",
            side=Side.BUY,
            opened_at=at(row["entry_bar"]),
            closed_at=at(row["exit_bar"]),
            gross_pnl=Decimal(repr(float(row["gross_pnl"]))),
            net_pnl=Decimal(repr(float(row["net_pnl"]))),
            r_multiple=Decimal(repr(float(multiple))),
        )
        for number, (row, multiple) in enumerate(
            zip(result.trades, r_by_trade(result), strict=True)
        )
    ]


def test_figures_agree(result) -> None:
    trades = journal_of(result)
    capital = Capital(accounts=("one",), currency="USD", amount=Decimal(CASH), basis=Basis.GIVEN)
    made = window_of(trades, zone=UTC, since=None, until=None, now=datetime.now(UTC))
    found, wanted = figures_of(trades, capital=capital, window=made), metrics_of(result)
    curve, money = found.curve, found.money
    assert curve is not None
    assert money is not None
    assert found.rate.n == wanted.trades == 5 * WEEKS
    assert 0 < wanted.win_rate < 1
    assert curve.days == wanted.sharpe_n == 5 * WEEKS
    pairs = {
        "win_rate": (found.rate.rate, wanted.win_rate),
        "profit_factor": (money.profit_factor, wanted.profit_factor),
        "expectancy": (float(money.expectancy), wanted.expectancy),
        "expectancy_r": (found.expectancy_r, wanted.expectancy_r),
        "sqn": (found.sqn, wanted.sqn),
        "total_return": (curve.total_return, wanted.total_return),
        "sharpe": (curve.sharpe, wanted.sharpe),
        "psr": (curve.psr, wanted.psr),
        "sortino": (curve.sortino, wanted.sortino),
    }
    for name, (ours, theirs) in pairs.items():
        assert ours == pytest.approx(theirs, rel=1e-9), name
    assert curve.sharpe_too_short == wanted.sharpe_too_short
    # Every bar's close is looked at there, the day's end here: a fall inside a day shows there alone.
    assert 0 < curve.drawdown <= wanted.drawdown
