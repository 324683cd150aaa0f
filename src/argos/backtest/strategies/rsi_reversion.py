"""Bets on a return: buys weakness, sells strength, and leaves when either is over."""

from dataclasses import dataclass

import numpy as np

from argos.backtest.indicators import talib
from argos.backtest.layout import Signal
from argos.backtest.strategy import Market, Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class RsiReversion:
    """Long when Wilder's RSI falls below `low`, short when it rises above `high`; out when it comes back to 50."""

    period: int = 14
    low: float = 30.0
    high: float = 70.0

    def signals(self, market: Market) -> Signals:
        rsi = market.indicator(talib("RSI"), "close", self.period)
        before = np.concatenate([[np.nan], rsi[:-1]])
        side = np.zeros(len(rsi), np.int8)
        side[(before < 50) & (rsi >= 50) | (before > 50) & (rsi <= 50)] = Signal.EXIT
        side[(before >= self.low) & (rsi < self.low)] = Signal.LONG
        side[(before <= self.high) & (rsi > self.high)] = Signal.SHORT
        return Signals(side=side)
