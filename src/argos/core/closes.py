"""Daily closing prices as they were traded, and where a series of them breaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Final

Closes = Mapping[date, Decimal]
"""Date to closing price."""

SPLIT_JUMP: Final = Decimal("0.4")
"""Raw closes halve at a 2:1 split, and the series does not say that there was one. A real crash of this size counts as
one, too: that errs towards knowing less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCloses:
    """Closes of one symbol by one source: whole sessions alone. simulated: they are of a fixture, not of a market."""

    symbol: str
    source: str
    simulated: bool
    closes: Closes

    @property
    def source_told(self) -> str:
        """The source's name as it is stored: what is simulated never passes for what is not."""
        return f"{SIMULATED}{self.source}" if self.simulated else self.source


SIMULATED: Final = "simulated:"


def is_jump(before: Decimal, after: Decimal) -> bool:
    """Whether two closes in a row are too far apart to be of one and the same share; so is one that is not above 0."""
    if before <= 0 or after <= 0:
        return True
    return abs(after - before) >= SPLIT_JUMP * before


def unbroken(closes: Closes) -> Closes:
    """The newest part of the series without a jump in it: returns over a split are of nothing that moved."""
    days = sorted(closes)
    first = 0
    for number, (before, after) in enumerate(pairwise(days), start=1):
        if is_jump(closes[before], closes[after]):
            first = number
    return MappingProxyType({day: closes[day] for day in days[first:]})
