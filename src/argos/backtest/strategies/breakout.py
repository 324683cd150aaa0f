"""Buys new highs and sells new lows, with a stop that trails by the market's own range."""

from dataclasses import dataclass

import numpy as np

from argos.backtest.indicators import highest_before, talib
from argos.backtest.layout import Floats, Signal
from argos.backtest.strategy import Market, Signals


def lowest_before(values: Floats, span: int) -> Floats:
    """Lowest of the `span` values before each bar, the bar itself not among them."""
    lowest: Floats = -highest_before(-values, span)
    return lowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakout:
    """Enters when a close leaves the range of the last `span` bars; stop and trailing stop at `atr_multiple` ATRs."""

    span: int = 55
    atr_period: int = 20
    atr_multiple: float = 3.0

    def signals(self, market: Market) -> Signals:
        top = market.indicator(highest_before, "high", self.span)
        bottom = market.indicator(lowest_before, "low", self.span)
        atr = market.indicator(talib("ATR"), "high", "low", "close", self.atr_period)
        ready = ~np.isnan(atr)
        side = np.zeros(len(atr), np.int8)
        side[ready & (market.close > top)] = Signal.LONG
        side[ready & (market.close < bottom)] = Signal.SHORT
        distance = self.atr_multiple * atr
        return Signals(side=side, stop_distance=distance, trail_distance=distance)
