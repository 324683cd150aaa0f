"""The package's named tuples as rows of exact numbers, with times in UTC.

A float of the package is the shortest decimal that stands for it: 1.0701, not 1.07010000000000005116.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.venues.mt5.clock import EPOCH, BrokerClock
from argos.venues.mt5.package import Row

TIME: Final = "time_msc"
RAW_TIME: Final = "broker_time_msc"
"""`time_msc` as the broker's clock showed it, before any offset was taken off."""
DIGITS_KEPT: Final = 15
"""Decimal digits that a float holds; what a sum of floats adds beyond them is not the broker's."""

MAGIC_MAX: Final = (1 << 63) - 1
"""Other people's programs may use all 64 bits; we read them as a signed number, as MT5's history does."""


def exact(value: float) -> Decimal:
    return Decimal(f"{value:.{DIGITS_KEPT}g}")


def row_of(item: Row, *, clock: BrokerClock | None = None) -> Mapping[str, Any]:
    """All fields of a named tuple; with a clock its `time_msc` in UTC, the broker's reading beside it."""
    fields: dict[str, Any] = {
        name: exact(value) if isinstance(value, float) else value
        for name, value in item._asdict().items()
    }
    if fields.get("magic", 0) > MAGIC_MAX:
        fields["magic"] -= 1 << 64
    if clock is not None and TIME in fields:
        fields[RAW_TIME] = fields[TIME]
        fields[TIME] = msc_of(clock.utc(fields[TIME]))
    return fields


def msc_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
