"""The package's named tuples as rows of exact numbers, with times in UTC.

A float of the package is the shortest decimal that stands for it: 1.0701, not 1.07010000000000005116.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from argos.core.money import ZERO
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.package import Row

TIME: Final = "time_msc"
RAW_TIME: Final = "broker_time_msc"
"""`time_msc` as the broker's clock showed it, before any offset was taken off."""
DIGITS_KEPT: Final = 15
"""Decimal digits that a float holds; what a sum of floats adds beyond them is not the broker's."""

MAGIC_MAX: Final = (1 << 63) - 1
"""Other people's programs may use all 64 bits; we read them as a signed number, as MT5's history does."""


@lru_cache(maxsize=4_096)
def exact(value: float) -> Decimal:
    """Volumes and many charges come again and again; zero, most of all."""
    return Decimal(f"{value:.{DIGITS_KEPT}g}") if value else ZERO


def row_of(item: Row, *, clock: BrokerClock | None = None) -> Mapping[str, Any]:
    """All fields of a named tuple; with a clock its `time_msc` in UTC, the broker's reading beside it."""
    names: tuple[str, ...] = item._fields
    fields: dict[str, Any] = dict(zip(names, item, strict=True))
    for name, value in zip(names, item, strict=True):
        if type(value) is float:
            fields[name] = exact(value)
    if fields.get("magic", 0) > MAGIC_MAX:
        fields["magic"] -= 1 << 64
    if clock is not None and TIME in fields:
        fields[RAW_TIME] = fields[TIME]
        fields[TIME] = clock.utc_msc(fields[TIME])
    return fields
