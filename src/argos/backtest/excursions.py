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
    # In order of their begins: gaps between holdings, which `reduceat` looks at too, then add up to the bars at most.
    order = np.lexsort((first, symbol))
    for s in np.unique(symbol).tolist():
        mine = order[np.searchsorted(symbol[order], s) : np.searchsorted(symbol[order], s, "right")]
        edges = np.column_stack([first[mine], last[mine] + 1]).ravel()
        # A missing bar has NaN for high and low, and nothing happened in it; one more is the end of the last holding.
        top[mine] = np.fmax.reduceat(np.append(bars.high[s], np.nan), edges)[::2]
        bottom[mine] = np.fmin.reduceat(np.append(bars.low[s], np.nan), edges)[::2]
    up, down = top / price - 1.0, 1.0 - bottom / price
    long = side > 0
    return Excursions(
        adverse=np.maximum(np.where(long, down, up), 0.0),
        favourable=np.maximum(np.where(long, up, down), 0.0),
    )
