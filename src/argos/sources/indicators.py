"""Indicators in decimals: a vote has the same hash on every machine. They agree with TA-Lib's, as a test says."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

DIGITS = 20
"""More than any price has, and few enough to be quick."""


class Macd(NamedTuple):
    """The newest value of the histogram, and the one before."""

    histogram: Decimal
    histogram_before: Decimal


def sma(values: Sequence[Decimal], span: int) -> Decimal:
    """Mean of the last `span` values."""
    return sum(values[-span:], Decimal(0)) / span


def ema(values: Sequence[Decimal], span: int) -> Decimal:
    """Exponential mean with alpha 2 / (span + 1), begun with the mean of the first `span` values."""
    return _emas(values, span)[-1]


def rsi(values: Sequence[Decimal], span: int = 14) -> Decimal:
    """Wilder's relative strength, 0 to 100; 0 where nothing moved, as TA-Lib has it. Needs span + 1 values."""
    # Decimals throughout: a whole number is made one at every step.
    zero, whole, kept = Decimal(0), Decimal(span), Decimal(span - 1)
    with localcontext(prec=DIGITS):
        changes = [after - before for before, after in pairwise(values)]
        first = changes[:span]
        up = sum((change for change in first if change > zero), zero) / whole
        down = sum((-change for change in first if change < zero), zero) / whole
        for change in changes[span:]:
            up, down = up * kept, down * kept
            if change > zero:
                up += change
            else:
                down -= change
            up, down = up / whole, down / whole
        return 100 * up / (up + down) if up + down else zero


def macd(values: Sequence[Decimal], *, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """Both means begin at the same bar. Needs slow + signal values."""
    slow_line = _emas(values, slow)
    fast_line = _emas(values[slow - fast :], fast)
    line = [quick - late for quick, late in zip(fast_line, slow_line, strict=True)]
    signals = _emas(line, signal)
    newest, before = (line[-1] - signals[-1]), (line[-2] - signals[-2])
    return Macd(histogram=newest, histogram_before=before)


def _emas(values: Sequence[Decimal], span: int) -> list[Decimal]:
    """From the bar at which there are `span` values on."""
    two, whole = Decimal(2), Decimal(span + 1)
    with localcontext(prec=DIGITS):
        mean = sum(values[:span], Decimal(0)) / span
        found = [mean]
        for value in values[span:]:
            mean += (value - mean) * two / whole
            found.append(mean)
        return found
