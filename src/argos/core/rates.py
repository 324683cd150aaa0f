"""How often a claim came true, and how sure that figure is. The words in which signals and votes are judged alike."""

import math
from dataclasses import dataclass
from typing import Final

Z_95: Final = 1.959963984540054
BUCKETS: Final = 10
"""Of a reliability table: equal parts of 0 to 1, the last with its upper end."""
CONFIDENCE_MIN: Final = 1e-6
"""A confidence of 0 or 1 that is wrong would make the log loss infinite; it is taken as this far away from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """Wins of n, with Wilson's 95 % interval; NaN for none. confidence_mean: of those that had one."""

    n: int
    wins: int
    rate: float
    low: float
    high: float
    confidence_mean: float


def rate_of(*, n: int, wins: int, confidence_mean: float) -> HitRate:
    """Wins of n."""
    low, high = wilson(wins, n)
    return HitRate(
        n=n,
        wins=wins,
        rate=wins / n if n else math.nan,
        low=low,
        high=high,
        confidence_mean=confidence_mean,
    )


def wilson(wins: int, n: int, *, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a rate; NaN for n = 0."""
    if n == 0:
        return math.nan, math.nan
    rate = wins / n
    middle = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
