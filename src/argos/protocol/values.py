"""Decimals and moments on the wire: decimals as strings, moments as RFC 3339 in UTC with microseconds."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from argos.core.errors import InputError


def decimal_text(value: Decimal) -> str:
    """Plain notation, no exponent, no trailing zeros: 1.50 -> "1.5", 1E+3 -> "1000"."""
    if value == 0:
        return "0"
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
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InputError(
            f"{field} is not a finite decimal",
            code="VALUE_NOT_DECIMAL",
            field=field,
            fix='send "1.25"',
        )
    return number


def optional_decimal(value: object, *, field: str) -> Decimal | None:
    return None if value is None else parse_decimal(value, field=field)


def moment_text(moment: datetime) -> str:
    """2026-01-31T12:00:00.000000Z"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def optional_moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def parse_moment(value: object, *, field: str) -> datetime:
    """A moment from RFC 3339 text with an offset, or from Unix milliseconds; InputError otherwise."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, tz=UTC)
        if isinstance(value, str):
            if value.isdigit():
                return datetime.fromtimestamp(int(value) / 1000, tz=UTC)
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InputError(
        f"{field} must be RFC 3339 with an offset, or Unix milliseconds",
        code="VALUE_NOT_MOMENT",
        field=field,
        fix='send "2026-01-31T12:00:00Z" or 1769860800000',
    )


def optional_moment(value: object, *, field: str) -> datetime | None:
    return None if value is None else parse_moment(value, field=field)


def _refuse_constant(name: str) -> Any:
    raise InputError(
        f"{name} is not a JSON number", code="JSON_NOT_FINITE", fix="send a finite number or null"
    )


def _unique_pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InputError(
                f"the key {key!r} stands twice",
                code="JSON_DUPLICATE_KEY",
                field=key,
                fix="send every key once",
            )
        result[key] = value
    return result


def parse_json(text: bytes | str) -> Any:
    """JSON with exact decimals; NaN, Infinity and duplicate keys are refused with InputError."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_pairs,
        )
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the body is not JSON: {error}",
            code="JSON_MALFORMED",
            fix="check quotes, commas and braces; build the text with the Pine library",
        ) from error
