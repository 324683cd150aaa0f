"""The market of a torture run: a pure function of the seed and the time, so that every process agrees on it."""

import math
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Final

PRICE_STEP: Final = Decimal("0.01")
WAVES: Final = ((0.006, 61.0), (0.0025, 13.0), (0.0012, 3.7))
"""Swing as a fraction of the price, and period in seconds."""
PRICE_RANGE: Final = (40.0, 160.0)


def mid_price(symbol: str, *, seed: int, unix_s: float) -> Decimal:
    """The symbol's mid price at that moment."""
    draw = Random(f"{seed}|price|{symbol}")
    price = draw.uniform(*PRICE_RANGE)
    swing = sum(
        size * math.sin(2 * math.pi * unix_s / period_s + draw.uniform(0, 2 * math.pi))
        for size, period_s in WAVES
    )
    return Decimal(price * (1 + swing)).quantize(PRICE_STEP)


def mid_prices(symbols: Sequence[str], *, seed: int, unix_s: float) -> dict[str, Decimal]:
    return {symbol: mid_price(symbol, seed=seed, unix_s=unix_s) for symbol in symbols}
