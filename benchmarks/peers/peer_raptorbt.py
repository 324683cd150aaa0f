"""raptorbt (Rust, MIT). It holds one side per run: the workload is a long run and a short one, added up.

Each side sizes on its own equity, and a target pays slippage too; the order of open, stop and target is the workload's.
"""

import os

os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")

import numpy as np
import raptorbt

from peers import ema_arrays
from peers import workload as w

NAME = "raptorbt"


def version() -> str:
    return str(raptorbt.__version__)


class Peer:
    def __init__(self, market: w.Market) -> None:
        self.market = market
        self.columns = tuple(market.columns().values())
        self.sizes = np.full(len(market), w.SHARE)
        self.config = raptorbt.BacktestConfig(
            initial_capital=w.CASH,
            fees=w.FEE,
            slippage=w.SLIP,
            fill_timing="next_bar_open",
            periods_per_year=w.MINUTES_A_YEAR,
        )
        self.config.set_fixed_stop(w.STOP)
        self.config.set_fixed_target(w.TAKE)

    def single(self) -> np.ndarray:
        rises, falls = ema_arrays.crossings(self.market.close, w.FAST, w.SLOW)
        runs = [
            raptorbt.run_single_backtest(
                *self.columns,
                enters,
                leaves,
                side,
                1.0,
                "X",
                self.config,
                position_sizes=self.sizes,
            )
            for side, enters, leaves in ((1, rises, falls), (-1, falls, rises))
        ]
        trades = np.array(
            [
                (t.entry_idx, t.exit_idx, side, t.size, t.entry_price, t.exit_price, t.pnl)
                for side, done in zip((1, -1), runs, strict=True)
                for t in done.trades()
            ],
            w.TRADE,
        )
        trades.sort(order="entry_bar")
        equity = sum(np.asarray(done.equity_curve()) for done in runs) - w.CASH
        ema_arrays.figures(equity, trades["net_pnl"])
        return trades

    def sweep(self, grid: list[tuple[int, int]]) -> int:
        """Its own batch call on all processors, fifty pairs at a time: their signals take memory."""
        close = self.market.close
        means = {span: ema_arrays.ema(close, span) for pair in grid for span in pair}
        for start in range(0, len(grid), 50):
            items = []
            for fast, slow in grid[start : start + 50]:
                rises, falls = ema_arrays.crossings_of(means[fast], means[slow], slow)
                for side, enters, leaves in ((1, rises, falls), (-1, falls, rises)):
                    items.append(
                        raptorbt.BatchSingleItem(
                            "X", enters, leaves, side, 1.0, "X", self.config,
                            position_sizes=self.sizes,
                        )
                    )  # fmt: skip
            done = [
                item[1]
                for item in raptorbt.batch_single_backtest(*self.columns, items, self.config)
            ]
            for long, short in zip(done[::2], done[1::2], strict=True):
                equity = np.asarray(long.equity_curve()) + np.asarray(short.equity_curve()) - w.CASH
                pnl = [trade.pnl for side in (long, short) for trade in side.trades()]
                ema_arrays.figures(equity, np.array(pnl))
        return len(grid)
