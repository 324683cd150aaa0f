"""Log odds in decimals: `ln` and `exp` of the decimal standard are correctly rounded, those of floats are not.

So two machines give the same score to the last digit, and a replay elsewhere gives the same hashes.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final

from argos.core.money import ONE

SCORE_STEP: Final = Decimal("0.000001")
P_MIN: Final = Decimal("0.02")
"""No vote is taken for surer than 98 %: one source that says 1 would silence all others."""
P_MAX: Final = ONE - P_MIN
_EXACT: Final = Context(prec=20, rounding=ROUND_HALF_EVEN)
_LN_2: Final = _EXACT.ln(Decimal(2))
_WEIGHT_STEP: Final = Decimal("0.000000001")
_ODDS_MAX: Final = Decimal(50)
"""Beyond this a probability is 0 or 1 to six decimals, whatever the log odds."""


@lru_cache(maxsize=4096)
def log_odds(p: Decimal) -> Decimal:
    """ln(p / (1 - p)), with p no nearer to 0 or 1 than 0.02."""
    held = min(max(p, P_MIN), P_MAX)
    return _EXACT.ln(_EXACT.divide(held, _EXACT.subtract(ONE, held)))


@lru_cache(maxsize=4096)
def probability(odds: Decimal) -> Decimal:
    """1 / (1 + exp(-odds)) to six decimals."""
    held = min(max(odds, -_ODDS_MAX), _ODDS_MAX)
    against = _EXACT.exp(_EXACT.minus(held))
    return _EXACT.quantize(_EXACT.divide(ONE, plus(ONE, against)), SCORE_STEP)


@lru_cache(maxsize=65_536)
def decay(age_s: int, half_life_s: int) -> Decimal:
    """What is left of a vote's weight at this age: 0.5 to the power of age / half-life, to nine decimals."""
    power = _EXACT.divide(times(_LN_2, Decimal(age_s)), Decimal(half_life_s))
    return _EXACT.quantize(_EXACT.exp(_EXACT.minus(power)), _WEIGHT_STEP)


def times(left: Decimal, right: Decimal) -> Decimal:
    """A product that does not depend on the caller's decimal context."""
    return _EXACT.multiply(left, right)


def plus(left: Decimal, right: Decimal) -> Decimal:
    """A sum that does not depend on the caller's decimal context."""
    return _EXACT.add(left, right)
