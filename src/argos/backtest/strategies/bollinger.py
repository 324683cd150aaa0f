"""Fades excursions beyond Bollinger's bands, back to the middle."""

from dataclasses import dataclass

import numpy as np

from argos.backtest.indicators import talib
from argos.backtest.layout import Signal
from argos.backtest.strategy import Market, Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Bollinger:
    """Long when a close falls below the lower band, short above the upper; out when a close is back at the mean."""

    period: int = 20
    width: float = 2.0

    def signals(self, market: Market) -> Signals:
        upper, middle, lower = market.indicator(
            talib("BBANDS"), "close", self.period, self.width, self.width
        )
        close = market.close
        before = np.concatenate([[np.nan], close[:-1]])
        middle_before = np.concatenate([[np.nan], middle[:-1]])
        rose = (before < middle_before) & (close >= middle)
        fell = (before > middle_before) & (close <= middle)
        side = np.zeros(len(close), np.int8)
        side[rose | fell] = Signal.EXIT
        side[close < lower] = Signal.LONG
        side[close > upper] = Signal.SHORT
        return Signals(side=side)
