"""How alike two symbols move: Pearson's correlation of their daily log returns.

Floats are right here: it is a statistic of 60 numbers, held against a bar like 0.8, and no money is made of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from argos.core.closes import Closes

RETURNS: Final = 60
"""The newest so many daily returns count."""
RETURNS_MIN: Final = 40
"""With fewer in common nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """`value` from -1 to 1, None where it cannot be known; `returns` is how many it rests on."""

    value: float | None
    returns: int


def correlation(first: Closes, second: Closes) -> Correlation:
    """Of the last 60 log returns between days on which both closed.

    A day that one of them lacks is left out for both, so the return after it spans the gap for both. A price that
    never moved, or is not above 0, makes the correlation unknown.
    """
    days = sorted(first.keys() & second.keys())[-(RETURNS + 1) :]
    count = max(0, len(days) - 1)
    if count < RETURNS_MIN:
        return Correlation(value=None, returns=count)
    pair = [_log_returns([closes[day] for day in days]) for closes in (first, second)]
    if pair[0] is None or pair[1] is None:
        return Correlation(value=None, returns=count)
    return Correlation(value=_pearson(pair[0], pair[1]), returns=count)


def _log_returns(prices: Sequence[Decimal]) -> list[float] | None:
    if any(not price.is_finite() or price <= 0 for price in prices):
        return None
    logs = [math.log(price) for price in prices]
    return [after - before for before, after in pairwise(logs)]


def _pearson(first: Sequence[float], second: Sequence[float]) -> float | None:
    x, y = _centred(first), _centred(second)
    spread = math.sqrt(math.fsum(v * v for v in x)) * math.sqrt(math.fsum(v * v for v in y))
    if not spread > 1e-18:  # rounding alone, not moves
        return None
    value = math.fsum(a * b for a, b in zip(x, y, strict=True)) / spread
    return max(-1.0, min(1.0, value))


def _centred(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]
