"""Seeded chance. Each draw is a function of the seed and of what it is for, so a restart changes nothing."""

import math
import random
from decimal import Decimal
from typing import Final

from argos.core.costs import CostModel
from argos.core.money import ONE, round_down

SLIPPAGE_STEP: Final = Decimal("0.001")
FRACTION_LOW: Final = 0.2
FRACTION_HIGH: Final = 0.8


def chance(key: str, *, probability: float) -> bool:
    """True with `probability`; always the same answer for the same key."""
    return probability > 0 and random.Random(key).random() < probability


def draw_slippage_bps(key: str, *, costs: CostModel) -> Decimal:
    """How much worse than the quote a market fill is; adverse is positive. Normal, cut at three deviations."""
    if not costs.slippage_bps_sd:
        return costs.slippage_bps
    deviation = max(-3.0, min(3.0, random.Random(key).gauss(0.0, 1.0)))
    drawn = costs.slippage_bps + Decimal(repr(deviation)) * costs.slippage_bps_sd
    return drawn.quantize(SLIPPAGE_STEP)


def draw_shift_bps(key: str, *, width_bps: Decimal) -> Decimal:
    """Distance of a broker's own feed from the market's mid, uniform within plus and minus `width_bps`."""
    if not width_bps:
        return Decimal(0)
    return (Decimal(repr(random.Random(key).uniform(-1.0, 1.0))) * width_bps).quantize(
        SLIPPAGE_STEP
    )


def draw_fill_qty(
    key: str, *, leaves_qty: Decimal, step: Decimal, partial_probability: float
) -> Decimal:
    """How much of `leaves_qty` is done now: all of it, or with `partial_probability` only a part."""
    dice = random.Random(key)
    if partial_probability <= 0 or dice.random() >= partial_probability:
        return leaves_qty
    fraction = min(ONE, Decimal(repr(dice.uniform(FRACTION_LOW, FRACTION_HIGH))))
    at_least = min(step, leaves_qty)
    return max(at_least, round_down(leaves_qty * fraction, step=step))


def draw_latency_ms(key: str, *, median_ms: float, sigma: float) -> float:
    """A delay in milliseconds, lognormal around its median; 0 when the median is 0."""
    if median_ms <= 0:
        return 0.0
    return median_ms * math.exp(random.Random(key).gauss(0.0, sigma))
