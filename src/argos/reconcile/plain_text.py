"""Decimals and moments of results as text: plain notation, RFC 3339 in UTC with microseconds.

The wire has its own in `protocol.values`; rooms on one floor do not reach into each other.
"""

from datetime import UTC, datetime
from decimal import Decimal


def number_text(value: Decimal) -> str:
    """No exponent, no trailing zeros: 1.50 -> "1.5", 1E+3 -> "1000"; zero has no sign."""
    if not value:  # half of a leg's numbers, and as 0E-8 they would go the slower way
        return "0"
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def optional_number_text(value: Decimal | None) -> str | None:
    return None if value is None else number_text(value)


def moment_text(value: datetime) -> str:
    # isoformat takes a fifth of the time of strftime
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


def optional_moment_text(value: datetime | None) -> str | None:
    return None if value is None else moment_text(value)
