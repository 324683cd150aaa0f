"""Canonical JSON after RFC 8785: one spelling for one document in any language, so anybody can check its hash.

`argos.protocol.values.canonical_json` is another thing: it keeps decimals of any length, which JSON's own number
cannot, to tell whether two alerts say the same. What is hashed for others to verify is written by this one.
"""

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

from argos.core.errors import InputError

INTEGER_MAX: Final = 2**53 - 1
"""The largest whole number that every reader of JSON holds exactly."""
DEPTH_MAX: Final = 64
_PLAIN_DIGITS_MAX: Final = 21
_PLAIN_ZEROS_MAX: Final = 6


def canonical_bytes(document: object) -> bytes:
    """The document in UTF-8, keys sorted by their UTF-16 code units, numbers as ECMAScript writes a double.

    Takes None, booleans, strings, whole numbers, floats, lists, tuples and mappings of these. A decimal is refused: say
    it as text, as a double may not hold it. Raises InputError CANONICAL_... for that, for whole numbers beyond
    2^53 - 1, for NaN and infinities, half surrogate pairs, keys that are no text, and nesting of more than 64.
    """
    return _text_of(document, depth=0).encode()


def sha256_of(document: object) -> str:
    """SHA-256 of the canonical bytes, 64 hex digits in lower case."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def _text_of(value: object, *, depth: int) -> str:
    if depth > DEPTH_MAX:
        raise InputError(
            f"nested more than {DEPTH_MAX} deep", code="CANONICAL_TOO_DEEP", fix="write it flat"
        )
    if isinstance(value, str):  # first, since most values are texts
        return _quoted(value)
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _whole_text(value)
        case float():
            return _double_text(value)
        case list() | tuple():
            return "[" + ",".join(_text_of(item, depth=depth + 1) for item in value) + "]"
        case Mapping():
            return "{" + ",".join(_members(value, depth=depth + 1)) + "}"
    raise InputError(
        f"{type(value).__name__} is not JSON",
        code="CANONICAL_TYPE",
        fix="write decimals and moments as text",
    )


def _members(mapping: Mapping[object, object], *, depth: int) -> list[str]:
    names = list(mapping)
    for name in names:
        if not isinstance(name, str):
            raise InputError(
                f"the key {name!r} is not text", code="CANONICAL_KEY", fix="write keys as text"
            )
    quoted = {name: _quoted(str(name)) for name in names}
    # The RFC sorts by UTF-16, in which a character beyond U+FFFF comes before U+E000 to U+FFFF.
    names.sort(key=lambda name: str(name).encode("utf-16-be"))
    return [f"{quoted[name]}:{_text_of(mapping[name], depth=depth)}" for name in names]


def _quoted(text: str) -> str:
    if text.isascii():
        return encode_basestring(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            "text holds half a surrogate pair",
            code="CANONICAL_TEXT",
            fix="leave out the characters from U+D800 to U+DFFF",
        ) from None
    return encode_basestring(text)


def _whole_text(value: int) -> str:
    if abs(value) > INTEGER_MAX:
        raise InputError(
            "a whole number is beyond 2^53 - 1", code="CANONICAL_INTEGER", fix="write it as text"
        )
    return str(value)


def _double_text(value: float) -> str:
    """ECMAScript's Number::toString: the shortest digits that give the double back, plain from 1e-6 to below 1e21."""
    if not math.isfinite(value):
        raise InputError(
            f"{value} is not a JSON number", code="CANONICAL_NOT_FINITE", fix="write null"
        )
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    _, figures, exponent = Decimal(repr(abs(value))).as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, figures))
    point = len(digits) + exponent  # where the decimal point stands, counted from the first digit
    digits = digits.rstrip("0")
    if len(digits) <= point <= _PLAIN_DIGITS_MAX:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_DIGITS_MAX:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -_PLAIN_ZEROS_MAX < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"
