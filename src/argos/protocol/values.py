"""JSON on the wire: exact decimals, unique keys, what a database can hold. Decimals and moments as text lie in
`argos.core.texts`; they stand here too, as part of the words of the wire.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from argos.core.errors import InputError
from argos.core.texts import EXPONENT_MAX as EXPONENT_MAX
from argos.core.texts import NUMBER_DIGITS_MAX as NUMBER_DIGITS_MAX
from argos.core.texts import decimal_text as decimal_text
from argos.core.texts import moment_text as moment_text
from argos.core.texts import optional_decimal as optional_decimal
from argos.core.texts import optional_decimal_text as optional_decimal_text
from argos.core.texts import optional_moment as optional_moment
from argos.core.texts import optional_moment_text as optional_moment_text
from argos.core.texts import parse_decimal as parse_decimal
from argos.core.texts import parse_moment as parse_moment

DEPTH_MAX: Final = 64
_DIGITS_OF_64_BITS: Final = 18


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
        fix=f"send at most {NUMBER_DIGITS_MAX} digits, and no number above 1e308",
    )


def _decimal_of(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent that not even Decimal holds
        raise _refuse_number(text) from None
    if (
        len(text) > NUMBER_DIGITS_MAX
        or abs(number.adjusted()) > EXPONENT_MAX
        or not _is_a_double(number)
    ):
        raise _refuse_number(text)
    return number


def _is_a_double(number: Decimal) -> bool:
    """Whether every reader of JSON finds a number there; many, ours among them, know no larger ones than doubles."""
    return math.isfinite(float(number))


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
