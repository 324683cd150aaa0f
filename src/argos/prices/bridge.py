"""The path inside a day, which daily bars do not know: a seeded bridge through the real open, high, low and close.

Made by Levy's midpoint construction of a Brownian bridge, in whole price steps, so that one seed gives one
path on every machine. The size of the noise follows from the day's own range (Parkinson 1980: variance of a day
= range^2 / (4 ln 2), about 0.36 range^2). What really happened between the four prices may have differed.
"""

from decimal import Decimal
from itertools import pairwise
from math import isqrt
from random import Random
from typing import Final

from argos.core.errors import InvariantError
from argos.prices.demo import PRICE_STEP, DailyBar

TICKS_MIN: Final = 4
"""Open, two extremes, close."""

# A uniform draw in [-w, w] has variance w^2/3; half-way along n of N ticks a bridge has range^2 * 0.36 * n / (4 N).
_WIDTH_NUMERATOR: Final = 27
_WIDTH_DENOMINATOR: Final = 100


def day_path(bar: DailyBar, *, seed: int, ticks: int) -> tuple[Decimal, ...]:
    """`ticks` prices from open to close that stay between low and high.

    High and low are each met exactly once, in an order drawn by the seed, unless open or close lie there
    themselves or the day is less than two price steps wide. Equal (seed, symbol, date, ticks) give equal paths.
    """
    if ticks < TICKS_MIN:
        raise InvariantError(f"a day needs {TICKS_MIN} ticks, not {ticks}", code="BRIDGE_TOO_SHORT")
    draw = Random(f"{seed}|{bar.symbol}|{bar.date.isoformat()}")
    low, high = _steps(bar.low), _steps(bar.high)
    path: list[int] = [0] * ticks
    anchors = _anchors(bar, draw=draw, ticks=ticks)
    for index, value in anchors.items():
        path[index] = value
    inside = (low + 1, high - 1) if high - low >= 2 else (low, high)
    for left, right in pairwise(sorted(anchors)):
        _fill(path, left, right, inside=inside, draw=draw)
    return tuple(value * PRICE_STEP for value in path)


def _steps(price: Decimal) -> int:
    return int((price / PRICE_STEP).to_integral_value())


def _anchors(bar: DailyBar, *, draw: Random, ticks: int) -> dict[int, int]:
    """Tick number -> price in steps: open, close, and those extremes that are neither."""
    first, last = _steps(bar.open), _steps(bar.close)
    extremes = [
        value for value in (_steps(bar.high), _steps(bar.low)) if value not in (first, last)
    ]
    draw.shuffle(extremes)
    places = sorted(draw.sample(range(1, ticks - 1), len(extremes)))
    return {0: first, ticks - 1: last, **dict(zip(places, extremes, strict=True))}


def _fill(path: list[int], left: int, right: int, *, inside: tuple[int, int], draw: Random) -> None:
    """Set the ticks strictly between two known ones, the middle one first."""
    if right - left < 2:
        return
    middle = (left + right) // 2
    span = inside[1] - inside[0]
    variance = span * span * (right - left) * _WIDTH_NUMERATOR
    width = isqrt(variance // (_WIDTH_DENOMINATOR * len(path)))
    straight = path[left] + (path[right] - path[left]) * (middle - left) // (right - left)
    path[middle] = _reflect(straight + draw.randint(-width, width), inside=inside)
    _fill(path, left, middle, inside=inside, draw=draw)
    _fill(path, middle, right, inside=inside, draw=draw)


def _reflect(value: int, *, inside: tuple[int, int]) -> int:
    """Fold a step beyond the day's range back into it; what is still outside stops just short of it."""
    low, high = inside
    if value < low:
        value = 2 * low - value
    elif value > high:
        value = 2 * high - value
    return min(max(value, low), high)
