"""Follows a trend: in the direction of the last crossing of two exponential means."""

from dataclasses import dataclass

from argos.backtest.context import Context, Series
from argos.backtest.indicators import crossings, ema, ema_crossings
from argos.backtest.strategy import Market, Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class EmaCross:
    """Long after `fast` crosses above `slow`, short after it crosses below; the first `slow` bars are silent."""

    fast: int = 20
    slow: int = 100

    def signals(self, market: Market) -> Signals:
        side = market.blank_side()
        if not market.shared:
            ema_crossings(market.close, self.fast, self.slow, self.slow, side)
            return Signals(side=side)
        fast = market.indicator(ema, "close", self.fast)
        slow = market.indicator(ema, "close", self.slow)
        return Signals(side=crossings(fast, slow, self.slow, side))


class EmaCrossByBar:
    """The same, one closed bar at a time: an example of `on_bar`."""

    def __init__(self, *, fast: int = 20, slow: int = 100) -> None:
        self.spans = (fast, slow)
        self.fast: Series
        self.slow: Series

    def start(self, market: Market, context: Context) -> None:
        self.fast, self.slow = (
            context.series(market.indicator(ema, "close", span)) for span in self.spans
        )

    def on_bar(self, context: Context) -> None:
        if context.bar < max(self.spans[1], 1):
            return
        before = self.fast[-2] - self.slow[-2]
        now = self.fast[-1] - self.slow[-1]
        if before <= 0 < now:
            context.buy()
        elif before >= 0 > now:
            context.sell()
