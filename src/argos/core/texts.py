"""Decimals and moments as text: decimals in plain notation, moments as RFC 3339 in UTC with microseconds."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from argos.core.errors import InputError

NUMBER_DIGITS_MAX: Final = 400
EXPONENT_MAX: Final = 400
"""Wider than a float on both sides, narrower than what a database's numeric takes."""
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 9000
# Decimal would also take underscores and the digits of every script
_NUMBER: Final = re.compile(
    rf"\s*[+-]?(?=\.?\d)\d{{0,{EXPONENT_MAX + 1}}}(?:\.\d{{0,{EXPONENT_MAX}}})?(?:[eE][+-]?\d{{1,4}})?\s*",
    re.ASCII,
)


def decimal_text(value: Decimal) -> str:
    """Plain notation, no exponent, no trailing zeros: 1.50 -> "1.5", 1E+3 -> "1000"."""
    if not value:
        return "0"
    text = str(value)
    if "E" in text:  # only then the slower way
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def optional_decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def parse_decimal(value: object, *, field: str) -> Decimal:
    """A finite decimal from a string, an int or a Decimal; InputError otherwise. Floats are refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InputError(
            f"{field} must be a decimal", code="VALUE_NOT_DECIMAL", field=field, fix='send "1.25"'
        )
    is_plain = not isinstance(value, str) or _NUMBER.fullmatch(value) is not None
    number = Decimal(value) if is_plain else Decimal("NaN")
    if not number.is_finite() or not _is_of_use(number):
        raise InputError(
            f"{field} is not a finite decimal of usable size",
            code="VALUE_NOT_DECIMAL",
            field=field,
            fix='send "1.25"',
        )
    return number


def _is_of_use(number: Decimal) -> bool:
    """Whether its plain notation can be read again: whatever was taken in must be found when it is looked up."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "it is finite"
    return number.adjusted() <= EXPONENT_MAX and exponent >= -EXPONENT_MAX


def optional_decimal(value: object, *, field: str) -> Decimal | None:
    return None if value is None else parse_decimal(value, field=field)


def moment_text(moment: datetime) -> str:
    """2026-01-31T12:00:00.000000Z"""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    # isoformat takes a fifth of the time of strftime, and less without names for its parameters
    return utc.isoformat("T", "microseconds")[:-6] + "Z"


def optional_moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def parse_moment(value: object, *, field: str) -> datetime:
    """A moment from RFC 3339 text with an offset, or from Unix milliseconds; InputError otherwise.

    Years before 1970 and after 9000 are refused: sums of moments and spans stay within the calendar.
    """
    try:
        moment = _moment_of(value)
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise InputError(
            f"{field} must be RFC 3339 with an offset, or Unix milliseconds",
            code="VALUE_NOT_MOMENT",
            field=field,
            fix='send "2026-01-31T12:00:00Z" or 1769860800000',
        )
    return moment


def _moment_of(value: object) -> datetime | None:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, tz=UTC)
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    return None


def optional_moment(value: object, *, field: str) -> datetime | None:
    return None if value is None else parse_moment(value, field=field)
