"""Indicators whose exact sums we answer for. For others use TA-Lib: `market.indicator(talib("RSI"), "close", 14)`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from argos.backtest.compilable import compilable
from argos.backtest.layout import Codes, Floats
from argos.core.errors import InputError


def talib(name: str) -> Callable[..., Any]:
    """The TA-Lib function of that name; its library is loaded now. Raises InputError for an unknown name."""
    function = getattr(import_module("talib"), name, None)
    if function is None:
        raise InputError(
            f"TA-Lib has no {name}",
            code="INDICATOR_UNKNOWN",
            field=name,
            fix="use a name from TA-Lib's list, in capitals: EMA, RSI, ATR, BBANDS",
        )
    found: Callable[..., Any] = function
    return found


@compilable
def ema(values: Floats, span: int) -> Floats:
    """Exponential mean with alpha 2 / (span + 1), begun with the first value: float64[bars].

    TA-Lib's EMA begins with a simple mean over `span` bars instead and is NaN before it.
    """
    a = 2.0 / (span + 1)
    b = 1.0 - a
    found = np.empty_like(values)
    e = values[0]
    found[0] = e
    for i in range(1, len(values)):
        e = b * e + a * values[i]
        found[i] = e
    return found


@compilable
def highest_before(values: Floats, span: int) -> Floats:
    """Highest of the `span` values before each bar, the bar itself not among them; NaN where there are fewer."""
    found = np.full(len(values), np.nan)
    best = -1
    for i in range(1, len(values) + 1):
        # `best` is where the highest of the window ending before bar i stands.
        if best < i - span:
            best = max(i - span, 0)
            for k in range(best + 1, i):
                if values[k] >= values[best]:
                    best = k
        elif values[i - 1] >= values[best]:
            best = i - 1
        if span <= i < len(values):
            found[i] = values[best]
    return found


@compilable
def crossings(fast: Floats, slow: Floats, warm_up: int, found: Codes) -> Codes:
    """1 where `fast` crosses above `slow`, -1 where below, else 0, from bar `warm_up` on.

    Above: not above at the bar before and above now. Bars with NaN cross nothing. Written into `found`, int8[bars] of
    zeros, and given back.
    """
    # Slices that all begin at 0 let the compiler take several bars at once.
    first = max(warm_up, 1)
    out, f, s = found[first:], fast[first:], slow[first:]
    f_before, s_before = fast[first - 1 :], slow[first - 1 :]
    for i in range(len(out)):
        before = f_before[i] - s_before[i]
        now = f[i] - s[i]
        out[i] = np.int8((before <= 0.0) & (now > 0.0)) - np.int8((before >= 0.0) & (now < 0.0))
    return found


@compilable
def ema_crossings(values: Floats, fast: int, slow: int, warm_up: int, found: Codes) -> Codes:
    """`crossings` of two `ema`s in one pass, for a run that shares them with no other."""
    a_fast = 2.0 / (fast + 1)
    a_slow = 2.0 / (slow + 1)
    b_fast = 1.0 - a_fast
    b_slow = 1.0 - a_slow
    f = values[0]
    s = values[0]
    before = 0.0
    for i in range(1, len(values)):
        f = b_fast * f + a_fast * values[i]
        s = b_slow * s + a_slow * values[i]
        now = f - s
        if i >= warm_up:
            found[i] = np.int8((before <= 0.0) & (now > 0.0)) - np.int8(
                (before >= 0.0) & (now < 0.0)
            )
        before = now
    return found
