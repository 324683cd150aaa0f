"""What can be wrong with bars, found in arrays; whoever read them says in which row of whose file that is."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Floats, Ints


class PriceFault(NamedTuple):
    """The first value that cannot be. column: "open" and so on; what: "is below open or close" and its like."""

    symbol: int
    row: int
    column: str
    what: str


def time_fault(opened_ns: Ints) -> int | None:
    """The first row that is not later than the row before it."""
    bad = opened_ns[1:] <= opened_ns[:-1]
    return int(np.argmax(bad)) + 1 if bad.any() else None


def price_fault(columns: Mapping[str, Floats], volume: Floats) -> PriceFault | None:
    """Of open, high, low and close, and volume, all float64[symbols, bars].

    A row of a symbol whose open, high and low are all NaN is a missing bar; its close must repeat the one before, or
    may be NaN before the symbol's first bar.
    """
    missing = np.isnan(columns["open"]) & np.isnan(columns["high"]) & np.isnan(columns["low"])
    any_missing = bool(missing.any())
    for name, values in columns.items():
        # NaN fails this comparison, too; most data pass it at once.
        good = (values > 0) & (values < np.inf)
        if not good.all():
            absent = np.isnan(values) if name == "close" else np.zeros_like(good)
            allowed = (missing & (name != "close")) | (missing & absent & _before_first(missing))
            if not (good | allowed).all():
                return _first(~(good | allowed), name, "must be a positive number")
    top = np.maximum(columns["open"], columns["close"])
    bottom = np.minimum(columns["open"], columns["close"])
    checks = [
        (~((volume >= 0) & (volume < np.inf)), "volume", "must be a number of 0 or more"),
        (columns["high"] < top, "high", "is below open or close"),
        (columns["low"] > bottom, "low", "is above open or close"),
    ]
    if any_missing:
        carried = np.concatenate([columns["close"][:, :1], columns["close"][:, :-1]], axis=1)
        odd = missing & ~(columns["close"] == carried) & ~np.isnan(columns["close"])
        checks.append((odd, "close", "differs from the close before, with no bar there"))
    return next((_first(bad, name, what) for bad, name, what in checks if bad.any()), None)


def unusable(values: Floats) -> npt.NDArray[np.bool_]:
    """Where a price is not a positive number."""
    good: npt.NDArray[np.bool_] = (values > 0) & (values < np.inf)
    return ~good


def _first(bad: npt.NDArray[np.bool_], column: str, what: str) -> PriceFault:
    symbol, row = divmod(int(np.argmax(bad)), bad.shape[1])
    return PriceFault(symbol, row, column, what)


def _before_first(missing: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where a symbol has not begun yet."""
    begun: npt.NDArray[np.bool_] = np.logical_or.accumulate(~missing, axis=1)
    return ~begun
