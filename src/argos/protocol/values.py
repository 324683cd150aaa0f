"""Decimals and moments on the wire: decimals as strings, moments as RFC 3339 in UTC with microseconds."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from argos.core.errors import InputError

NUMBER_DIGITS_MAX: Final = 400
EXPONENT_MAX: Final = 400
"""Wider than a float on both sides, narrower than what a database's numeric takes."""
DEPTH_MAX: Final = 64
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 9000
_DIGITS_OF_64_BITS: Final = 18
# Decimal would also take underscores and the digits of every script
_NUMBER: Final = re.compile(
    rf"\s*[+-]?(?=\.?\d)\d{{0,{NUMBER_DIGITS_MAX}}}(?:\.\d{{0,{NUMBER_DIGITS_MAX}}})?(?:[eE][+-]?\d{{1,4}})?\s*",
    re.ASCII,
)


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
    is_plain = not isinstance(value, str) or _NUMBER.fullmatch(value) is not None
    number = Decimal(value) if is_plain else Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > EXPONENT_MAX:
        raise InputError(
            f"{field} is not a finite decimal of usable size",
            code="VALUE_NOT_DECIMAL",
            field=field,
            fix='send "1.25"',
        )
    return number


def optional_decimal(value: object, *, field: str) -> Decimal | None:
    return None if value is None else parse_decimal(value, field=field)


def moment_text(moment: datetime) -> str:
    """2026-01-31T12:00:00.000000Z"""
    # isoformat takes a fifth of the time of strftime
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


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


def _refuse_constant(name: str) -> Any:
    raise InputError(
        f"{name} is not a JSON number", code="JSON_NOT_FINITE", fix="send a finite number or null"
    )


def _unique_pairs(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise InputError(
            f"the key {twice!r} stands twice",
            code="JSON_DUPLICATE_KEY",
            field=twice if twice.isprintable() else None,
            fix="send every key once",
        )
    return result


def _refuse_number(text: str) -> InputError:
    return InputError(
        f"the number {text[:20]}... is beyond all use",
        code="JSON_NUMBER_TOO_LARGE",
        fix=f"send at most {NUMBER_DIGITS_MAX} digits and exponents up to {EXPONENT_MAX}",
    )


def _decimal_of(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent that not even Decimal holds
        raise _refuse_number(text) from None
    if len(text) > NUMBER_DIGITS_MAX or abs(number.adjusted()) > EXPONENT_MAX:
        raise _refuse_number(text)
    return number


def _whole_of(text: str) -> int | Decimal:
    """An int where one of 64 bits will do, so that whatever stores it can."""
    if len(text) <= _DIGITS_OF_64_BITS:
        return int(text)
    return _decimal_of(text)


_EXACT: Final = json.JSONDecoder(
    parse_float=_decimal_of,
    parse_int=_whole_of,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique_pairs,
)


def _require_storable(document: Any) -> None:
    """Refuse text that no database holds, and nesting that no reader follows."""
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str) and ("\0" in value or not _is_text(value)):
            raise InputError(
                "text holds a null character or half a surrogate pair",
                code="JSON_TEXT_UNUSABLE",
                fix="leave out the characters written as \\u0000 and \\ud800 to \\udfff",
            )
        if depth > DEPTH_MAX:
            raise InputError(
                f"nested more than {DEPTH_MAX} deep", code="JSON_TOO_DEEP", fix="send it flat"
            )
        if isinstance(value, dict):
            waiting += [(name, depth) for name in value]
            waiting += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list):
            waiting += [(item, depth + 1) for item in value]


def canonical_json(document: Any) -> bytes:
    """Bytes that are equal exactly when two documents say the same: sorted keys, one spelling for each number."""
    return orjson.dumps(document, default=_one_spelling, option=orjson.OPT_SORT_KEYS)


def _one_spelling(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(decimal_text(value))
    raise TypeError(f"not JSON: {type(value)}")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_json(source: bytes | str) -> Any:
    """JSON with exact decimals, in UTF-8. Raises InputError JSON_... for what is not JSON, for NaN, Infinity and
    duplicate keys, and for numbers, text and nesting that could not be stored.
    """
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        document = _EXACT.decode(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the body is not JSON: {error}",
            code="JSON_MALFORMED",
            fix="check quotes, commas and braces; build the text with the Pine library",
        ) from error
    # most bodies are flat and free of escapes: only others are walked
    if "\\u" in text or text.count("{") + text.count("[") > DEPTH_MAX:
        _require_storable(document)
    return document
