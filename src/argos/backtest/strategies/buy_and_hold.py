"""The measure of all others: buys once and waits."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from argos.backtest.layout import Signal
from argos.backtest.strategy import Market, Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyAndHold:
    """Moves every symbol to an equal share of `exposure` times equity at the second bar's open, and holds."""

    whole_market: ClassVar = True

    exposure: float = 1.0

    def signals(self, market: Market) -> Signals:
        shape = market.bars.close.shape
        side = np.zeros(shape, np.int8)
        side[:, 0] = Signal.TARGET
        target = np.full(shape, self.exposure / shape[0])
        return Signals(side=side, target=target)
