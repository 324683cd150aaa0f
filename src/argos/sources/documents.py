"""Reading what a provider sent: any byte may come, and nothing here raises."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

NUMBER_MAX: Final = Decimal("1e15")
NUMBER_MIN: Final = Decimal("1e-9")
"""No price, volume or moment lies beyond; what does is not read, so that no sum overflows."""
_DIGITS_MAX: Final = 40
_US_MAX: Final = 253_000_000_000_000_000


def object_of(body: bytes) -> Mapping[str, Any] | None:
    """The JSON object in the bytes, its fractions as decimals; None for anything else."""
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, InvalidOperation):
        return None
    return found if isinstance(found, dict) else None


def part(document: Any, name: str) -> Mapping[str, Any]:
    """The object of that name inside, empty if there is none."""
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def items(document: Any, name: str) -> list[Any]:
    """The list of that name inside, empty if there is none."""
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, list) else []


def number(value: Any) -> Decimal | None:
    """A number, or text that holds one, of usable size; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, str) and (len(value) > _DIGITS_MAX or not value.isascii() or "_" in value):
        return None
    if isinstance(value, int) and abs(value) > NUMBER_MAX:
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found) > NUMBER_MAX or (found and abs(found) < NUMBER_MIN):
        return None
    return found


def price(value: Any) -> Decimal | None:
    """A number above zero. Zero is what providers say where nothing was traded."""
    found = number(value)
    return found if found is not None and found > 0 else None


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment_of_ns(value: Any) -> datetime | None:
    """Unix nanoseconds; None for zero and what is no moment."""
    ns = whole(value)
    return _moment(ns // 1000) if ns is not None and ns > 0 else None


def moment_of_s(value: Any) -> datetime | None:
    """Unix seconds."""
    seconds = number(value)
    return _moment(int(seconds * 1_000_000)) if seconds is not None and seconds > 0 else None


def moment_of_text(value: Any) -> datetime | None:
    """RFC 3339 with an offset."""
    if not isinstance(value, str) or len(value) > _DIGITS_MAX:
        return None
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _moment(microseconds: int) -> datetime | None:
    if not 0 < microseconds < _US_MAX:
        return None
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest)


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON
