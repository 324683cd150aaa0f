"""Ourselves: the general engine, asked as a user would ask it."""

from decimal import Decimal
from importlib.metadata import version as installed

import numpy as np

from argos.backtest.bars import bars_of
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.sweep import sweep
from argos.core.costs import CostModel
from backtest_rich import RICH, RangeTrail, rich_bars
from peers import workload as w

NAME = "Argos"
SETTINGS = Settings(
    costs=CostModel(
        spread_bps=Decimal(0),
        commission_bps=Decimal(2),
        slippage_bps_mean=Decimal(1),
        money_step=Decimal(0),
    ),
    exits=Exits(stop_fraction=w.STOP, take_fraction=w.TAKE),
)


def version() -> str:
    return installed("argos")


class Peer:
    def __init__(self, market: w.Market) -> None:
        self.bars = bars_of(**market.columns())

    def single(self) -> np.ndarray:
        return self.play(EmaCross(fast=w.FAST, slow=w.SLOW))

    def by_bar(self) -> np.ndarray:
        return self.play(EmaCrossByBar(fast=w.FAST, slow=w.SLOW))

    def play(self, strategy: EmaCross | EmaCrossByBar) -> np.ndarray:
        return trades_of(run(strategy, self.bars, settings=SETTINGS, returns="bar"))

    def sweep(self, grid: list[tuple[int, int]]) -> int:
        params = [{"fast": fast, "slow": slow} for fast, slow in grid]
        return sweep(
            EmaCross(), self.bars, params, settings=SETTINGS, threads=2, returns="bar"
        ).done


def trades_of(done: Result) -> np.ndarray:
    trades = np.empty(len(done.trades), w.TRADE)
    for name in w.TRADE.names:
        trades[name] = done.trades[name]
    return trades


class RichPeer:
    """The richer workload."""

    def __init__(self, market: w.Market) -> None:
        self.bars = rich_bars(market)

    def single(self) -> np.ndarray:
        return trades_of(run(RangeTrail(), self.bars, settings=RICH))
