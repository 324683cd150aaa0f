"""What this machine allows: the kernels of `backtest_bound.py`, which can play this workload and nothing else."""

import numpy as np

import backtest_bound as bound
from peers import workload as w

NAME = "bound"


def version() -> str:
    return ""


class Peer:
    def __init__(self, market: w.Market) -> None:
        self.market = market
        self.prices = tuple(market.columns().values())[1:5]

    def single(self) -> np.ndarray:
        bars = len(self.market)
        equity, rows = np.empty(bars), np.empty((bars // 2 + 2, bound.TRADE_COLUMNS))
        count = bound.single(*self.prices, w.FAST, w.SLOW, w.MINUTES_A_YEAR, equity, rows)[0]
        trades = np.empty(count, w.TRADE)
        for name, place in zip(w.TRADE.names, (0, 1, 2, 4, 5, 6, 7), strict=True):
            trades[name] = rows[:count, place]
        return trades

    def sweep(self, grid: list[tuple[int, int]]) -> int:
        return len(bound.sweep(self.prices, grid, yearly=w.MINUTES_A_YEAR, threads=2))
