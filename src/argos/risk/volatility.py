"""How much a symbol moves in a day: exponentially weighted, from daily closes."""

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

DECAY: Final = 0.94
RETURNS: Final = 20


def ewma_volatility_daily(closes: Sequence[Decimal]) -> Decimal | None:
    """Standard deviation of a day's log return, from the newest 20 returns, oldest close first; None with fewer.

    v = 0.94 v + 0.06 r^2, begun with the first r^2 (RiskMetrics' decay; the mean is taken as 0). None, too, where a
    price is not above 0.
    """
    newest = closes[-(RETURNS + 1) :]
    if len(newest) <= RETURNS or any(not price.is_finite() or price <= 0 for price in newest):
        return None
    logs = [math.log(price) for price in newest]
    squares = [(after - before) ** 2 for before, after in pairwise(logs)]
    variance = squares[0]
    for square in squares[1:]:
        variance = DECAY * variance + (1 - DECAY) * square
    return Decimal(repr(math.sqrt(variance)))
