"""backtesting.py (AGPL). Asked bar by bar. It wants stop and target before the fill is known, so they are set from the
close of the signal; slippage on entries only, whole units.
"""

import warnings

import backtesting
import numpy as np
import pandas as pd

from peers import ema_arrays
from peers import workload as w

NAME = "backtesting.py"
COMBINATIONS = 4
"""A sweep of so few is scaled up."""


def version() -> str:
    return str(backtesting.__version__)


def direction(close: np.ndarray, fast: int, slow: int) -> np.ndarray:
    rises, falls = ema_arrays.crossings(np.asarray(close), fast, slow)
    return rises.astype(float) - falls


class Cross(backtesting.Strategy):
    fast = w.FAST
    slow = w.SLOW

    def init(self) -> None:
        self.said = self.I(direction, self.data.Close, self.fast, self.slow, plot=False)

    def next(self) -> None:
        said = self.said[-1]
        if said == 0:
            return
        price = self.data.Close[-1] * (1 + w.SLIP * said)
        act = self.buy if said > 0 else self.sell
        act(size=w.SHARE, sl=price * (1 - w.STOP * said), tp=price * (1 + w.TAKE * said))


class Peer:
    def __init__(self, market: w.Market) -> None:
        warnings.simplefilter("ignore")
        backtesting.backtesting._tqdm = lambda items, **_: items
        self.frame = pd.DataFrame(
            {
                name: getattr(market, name.lower())
                for name in ("Open", "High", "Low", "Close", "Volume")
            },
            index=pd.DatetimeIndex(market.opened_ns.view("datetime64[ns]")),
        )

    def play(self, fast: int, slow: int) -> pd.Series:
        test = backtesting.Backtest(
            self.frame, Cross, cash=w.CASH, spread=w.SLIP, commission=w.FEE, margin=1.0,
            exclusive_orders=True, finalize_trades=True,
        )  # fmt: skip
        return test.run(fast=fast, slow=slow)

    def single(self) -> np.ndarray:
        rows = self.play(w.FAST, w.SLOW)["_trades"]
        trades = np.empty(len(rows), w.TRADE)
        trades["entry_bar"], trades["exit_bar"] = rows["EntryBar"], rows["ExitBar"]
        trades["side"], trades["qty"] = np.sign(rows["Size"]), np.abs(rows["Size"])
        trades["entry_price"], trades["exit_price"] = rows["EntryPrice"], rows["ExitPrice"]
        trades["net_pnl"] = rows["PnL"]
        trades.sort(order="entry_bar")
        return trades

    def sweep(self, grid: list[tuple[int, int]]) -> int:
        for fast, slow in grid[:: len(grid) // COMBINATIONS][:COMBINATIONS]:
            self.play(fast, slow)
        return COMBINATIONS
