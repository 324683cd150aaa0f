"""Fewer points that look the same: curves that keep their extremes, candles of several bars, true bars near trades."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from argos.backtest.bars import Bars
from argos.backtest.layout import Floats, Ints

CURVE_BUCKETS: Final = 700
CANDLES_MAX: Final = 48_000
"""Of all symbols together, before bars are drawn together."""
TRUE_BARS_MAX: Final = 340_000
"""Of all symbols together, around trades."""
WINDOWS: Final = (120, 60, 40, 25, 15, 10, 7, 5, 3, 2)
"""How many true bars there may be on either side of an entry or exit; the widest that fits."""
_ROUND: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """Arrays [n]: the bars from `first` on, `bars` of them, as one candle of a symbol; 1 is a true bar."""

    first: Ints
    bars: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.first)


def curve_bars(*curves: Floats, buckets: int = CURVE_BUCKETS) -> Ints:
    """Bars at which curves are drawn: of each stretch the first and last, and where any curve is highest and lowest.

    curves: float64[bars], all of one length. All bars, if they are few.
    """
    n = len(curves[0])
    if n <= buckets * 2 * (len(curves) + 1):
        return np.arange(n, dtype=np.int64)
    edges = np.linspace(0, n, buckets + 1).astype(np.int64)
    width = int(np.diff(edges).max())
    # Rows of equal length; the last value of a stretch fills up what it is short of.
    grid = np.minimum(edges[:-1, None] + np.arange(width), edges[1:, None] - 1)
    kept = [edges[:-1], edges[1:] - 1]
    for curve in curves:
        rows = curve[grid]
        row = np.arange(buckets)
        kept.append(grid[row, np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)])
        kept.append(grid[row, np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)])
    return np.unique(np.concatenate(kept))


def bars_per_candle(bars: int, symbols: int) -> int:
    """1 while all bars can be drawn; else a round number."""
    least = bars * symbols / CANDLES_MAX
    power = 1
    while True:
        for mantissa in _ROUND:
            if mantissa * power >= least:
                return mantissa * power
        power *= 10


def candles_of(bars: Bars, symbol: int, *, starts: Ints) -> Candles:
    """Candles that begin at `starts` (strictly rising, the first 0 or later) and reach to the next.

    Candles without a single bar of this symbol are left out.
    """
    open_, high, low, close = (
        column[symbol] for column in (bars.open, bars.high, bars.low, bars.close)
    )
    counts = np.diff(np.append(starts, len(bars)))
    there = ~np.isnan(open_)
    begun = np.where(there, np.arange(len(bars)), len(bars))
    first_there = np.minimum.reduceat(begun, starts) if len(starts) else starts
    kept = first_there < len(bars)
    ends = starts + counts - 1
    return Candles(
        first=starts[kept],
        bars=counts[kept],
        open=open_[first_there[kept]],
        high=np.fmax.reduceat(high, starts)[kept],
        low=np.fmin.reduceat(low, starts)[kept],
        close=close[ends[kept]],
    )


def by_symbol(trades: npt.NDArray[Any], symbols: int) -> list[npt.NDArray[Any]]:
    """The trades of each symbol, in their order."""
    order = np.argsort(trades["symbol"], kind="stable")
    ends = np.searchsorted(trades["symbol"][order], np.arange(1, symbols))
    return np.split(trades[order], ends)


def window_width(groups: Sequence[npt.NDArray[Any]], bars: int) -> int:
    """The widest of WINDOWS with which true bars around all entries and exits stay within TRUE_BARS_MAX.

    groups: the trades of each symbol.
    """

    def fits(width: int) -> bool:
        return sum(int(_covered(mine, bars, width).sum()) for mine in groups) <= TRUE_BARS_MAX

    # The wider the window, the more bars: the first that fits is found by halving. The last one is taken as it is.
    return WINDOWS[bisect_left(WINDOWS, True, hi=len(WINDOWS) - 1, key=fits)]


def detail_starts(trades: npt.NDArray[Any], bars: int, *, width: int, per_candle: int) -> Ints:
    """Starts of candles: each bar within `width` of an entry or exit alone, the rest `per_candle` at a time.

    trades: of one symbol.
    """
    near = _covered(trades, bars, width)
    # A candle begins at each true bar, after each run of them, and every so many bars in between.
    starts = near.copy()
    starts[1:] |= near[:-1]
    starts[0] = True
    gaps = np.flatnonzero(starts)
    since = np.arange(bars) - np.repeat(gaps, np.diff(np.append(gaps, bars)))
    return np.flatnonzero(since % per_candle == 0).astype(np.int64)


def _covered(trades: npt.NDArray[Any], bars: int, width: int) -> npt.NDArray[np.bool_]:
    """bool[bars]: within `width` bars of an entry or exit of these trades."""
    steps = np.zeros(bars + 1, np.int64)
    for column in ("entry_bar", "exit_bar"):
        np.add.at(steps, np.maximum(trades[column] - width, 0), 1)
        np.add.at(steps, np.minimum(trades[column] + width + 1, bars), -1)
    covered: npt.NDArray[np.bool_] = np.cumsum(steps[:-1]) > 0
    return covered
