"""How far the market went for and against a holding: maximum favourable and adverse excursion."""

from dataclasses import dataclass

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.layout import Codes, Floats, Ints
from argos.backtest.result import Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excursions:
    """Fractions of the entry price, both 0 or more: float64[n]. By highs and lows of whole bars, so bounds.

    adverse: the worst loss on the way. favourable: the best gain on the way.
    """

    adverse: Floats
    favourable: Floats


def trade_excursions(result: Result) -> Excursions:
    """Of each trade, from its entry bar to its exit bar, both whole; a bound where either is only partly held."""
    trades = result.trades
    return _between(
        result.bars,
        symbol=trades["symbol"],
        first=trades["entry_bar"],
        last=trades["exit_bar"],
        side=trades["side"],
        price=trades["entry_price"],
    )


def excursions_after(
    bars: Bars, *, symbol: Ints, first: Ints, last: Ints, side: Codes, price: Floats
) -> Excursions:
    """Of holdings from bar `first` to bar `last`, both whole, entered at `price`; arrays [n]."""
    return _between(bars, symbol=symbol, first=first, last=last, side=side, price=price)


def _between(
    bars: Bars, *, symbol: Ints, first: Ints, last: Ints, side: Codes, price: Floats
) -> Excursions:
    top, bottom = np.empty(len(price)), np.empty(len(price))
    for row, (s, a, b) in enumerate(
        zip(symbol.tolist(), first.tolist(), last.tolist(), strict=True)
    ):
        # A missing bar has NaN for high and low, and nothing happened in it.
        top[row] = np.fmax.reduce(bars.high[s, a : b + 1])
        bottom[row] = np.fmin.reduce(bars.low[s, a : b + 1])
    up, down = top / price - 1.0, 1.0 - bottom / price
    long = side > 0
    return Excursions(
        adverse=np.maximum(np.where(long, down, up), 0.0),
        favourable=np.maximum(np.where(long, up, down), 0.0),
    )
