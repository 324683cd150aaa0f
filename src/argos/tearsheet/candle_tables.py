"""Candles for the browser: of every symbol all of its time, and its true bars around trades where all are too many."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.layout import Ints
from argos.backtest.result import Result
from argos.tearsheet.packing import Column, packed, price_step
from argos.tearsheet.thinning import (
    Candles,
    bars_per_candle,
    by_symbol,
    candles_of,
    detail_starts,
    window_width,
)
from argos.tearsheet.timeline import times

_DIGITS_SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleTables:
    """symbols: one entry each: {"name", "digits", "all": table, "near": table or null}, for the browser.

    per_candle: bars in each candle of "all", 1 if all are true; width: true bars on either side of an entry or exit.
    """

    symbols: list[dict[str, Any]]
    per_candle: int
    width: int


def candle_tables(result: Result, first_trade: int) -> CandleTables:
    """Of all symbols. Trades before `first_trade` are not on the page, and have no true bars there."""
    bars, trades = result.bars, result.trades[first_trade:]
    per_candle = bars_per_candle(len(bars), len(bars.symbols))
    groups = by_symbol(trades, len(bars.symbols))
    width = window_width(groups, len(bars)) if per_candle > 1 else 0
    starts = np.arange(0, len(bars), per_candle, dtype=np.int64)
    symbols = []
    for symbol, name in enumerate(bars.symbols):
        # The finest of the four: highs may have digits that closes do not.
        step = min(
            price_step(column[symbol]) for column in (bars.open, bars.high, bars.low, bars.close)
        )
        near = None
        mine = groups[symbol]
        if per_candle > 1 and len(mine):
            mixed = detail_starts(mine, len(bars), width=width, per_candle=per_candle)
            near = _table(candles_of(bars, symbol, starts=mixed), bars, step)
        symbols.append(
            {
                "name": name,
                "digits": digits_shown(bars, symbol, step),
                "all": _table(candles_of(bars, symbol, starts=starts), bars, step),
                "near": near,
            }
        )
    return CandleTables(symbols=symbols, per_candle=per_candle, width=width)


def digits_shown(bars: Bars, symbol: int, step: float) -> int:
    """Decimals of a symbol's prices: its own, but no more than about six figures."""
    typical = (
        float(np.nanmedian(bars.close[symbol])) if np.isfinite(bars.close[symbol]).any() else 1.0
    )
    own = max(0, round(-math.log10(step)))
    return min(own, max(2, _DIGITS_SHOWN - 1 - math.floor(math.log10(typical))))


def _table(candles: Candles, bars: Bars, step: float) -> dict[str, Any]:
    """Prices as steps from the price before, which are small: close from close, open from the close before."""
    open_, high, low, close = (
        _steps(column, step) for column in (candles.open, candles.high, candles.low, candles.close)
    )
    before = np.concatenate([[0], close[:-1]])
    return packed(
        {
            "time": times(bars.opened_ns, candles.first),
            "first": Column(values=candles.first, differences=True),
            "bars": Column(values=candles.bars),
            "close": Column(values=close, step=step, differences=True),
            "gap": Column(values=open_ - before, step=step),
            "up": Column(values=high - np.maximum(open_, close), step=step),
            "down": Column(values=np.minimum(open_, close) - low, step=step),
        }
    )


def _steps(values: Any, step: float) -> Ints:
    whole: Ints = np.rint(values * round(1.0 / step, 9)).astype(np.int64)
    return whole
