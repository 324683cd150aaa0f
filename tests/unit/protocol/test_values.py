"""Decimals, moments and JSON at the door: exact, bounded, and storable."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.protocol.values import (
    DEPTH_MAX,
    EXPONENT_MAX,
    NUMBER_DIGITS_MAX,
    decimal_text,
    moment_text,
    parse_decimal,
    parse_json,
    parse_moment,
)

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18)
moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(value=decimals)
def test_a_decimal_comes_back_equal_and_in_plain_notation(value: Decimal) -> None:
    text = decimal_text(value)
    assert parse_decimal(text, field="x") == value
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


@given(moment=moments)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert parse_moment(moment_text(moment), field="at") == moment


@pytest.mark.parametrize(
    "given_as",
    [1769860800000, "1769860800000", "2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"],
)
def test_one_moment_may_be_written_in_many_ways(given_as: object) -> None:
    assert parse_moment(given_as, field="at") == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "given_as",
    [
        "2026-01-31T12:00:00",
        "yesterday",
        "",
        None,
        True,
        1.5,
        10**30,
        "9" * 30,
        "²",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_what_is_no_moment_within_the_calendar_is_refused(given_as: object) -> None:
    with pytest.raises(InputError) as refused:
        parse_moment(given_as, field="at")
    assert refused.value.code == "VALUE_NOT_MOMENT"


@pytest.mark.parametrize(
    "given_as",
    [
        "",
        "ten",
        "NaN",
        "Infinity",
        "1e999999999",
        f"1e-{EXPONENT_MAX + 1}",
        f"1.5e-{EXPONENT_MAX}",
        f"1e{EXPONENT_MAX + 1}",
        1.5,
        True,
        None,
    ],
)
def test_what_is_no_decimal_of_use_is_refused(given_as: object) -> None:
    with pytest.raises(InputError) as refused:
        parse_decimal(given_as, field="x")
    assert refused.value.code == "VALUE_NOT_DECIMAL"


@given(
    digits=st.integers(min_value=1, max_value=10**60),
    exponent=st.integers(min_value=-EXPONENT_MAX - 70, max_value=EXPONENT_MAX + 10),
)
@example(digits=1, exponent=EXPONENT_MAX)
@example(digits=1, exponent=-EXPONENT_MAX)
@example(digits=15, exponent=-EXPONENT_MAX - 1)
def test_what_was_taken_in_can_be_read_again(digits: int, exponent: int) -> None:
    """Else one alert with a price of 1e400, accepted and stored, could never be decided."""
    try:
        number = parse_decimal(f"{digits}e{exponent}", field="x")
    except InputError:
        return
    assert parse_decimal(decimal_text(number), field="x") == number


def test_numbers_are_read_exactly() -> None:
    assert parse_json('{"x": 0.1234567890123456789012345}') == {
        "x": Decimal("0.1234567890123456789012345")
    }
    assert parse_json("9007199254740993") == 9007199254740993
    assert type(parse_json("123")) is int


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_within_the_bounds(number: float) -> None:
    assert float(parse_json(repr(number))) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "JSON_MALFORMED"),
        ("{'a': 1}", "JSON_MALFORMED"),
        (b"\xff", "JSON_MALFORMED"),
        (b'"\xed\xa0\x80"', "JSON_MALFORMED"),  # half a surrogate pair in raw bytes
        ("[" * 100_000, "JSON_MALFORMED"),
        ("NaN", "JSON_NOT_FINITE"),
        ("-Infinity", "JSON_NOT_FINITE"),
        ('{"a": 1, "a": 1}', "JSON_DUPLICATE_KEY"),
        (f"1e{EXPONENT_MAX + 1}", "JSON_NUMBER_TOO_LARGE"),
        ('{"features": {"x": 1e309}}', "JSON_NUMBER_TOO_LARGE"),
        ("1" + "0" * 309, "JSON_NUMBER_TOO_LARGE"),
        ("1e" + "9" * 30, "JSON_NUMBER_TOO_LARGE"),
        ("1" * (NUMBER_DIGITS_MAX + 1), "JSON_NUMBER_TOO_LARGE"),
        ("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1), "JSON_TOO_DEEP"),
        (r'"\u0000"', "JSON_TEXT_UNUSABLE"),
        (r'[{"a": {"\ud800": 1}}]', "JSON_TEXT_UNUSABLE"),
        (r'{"a": ["\udfff"]}', "JSON_TEXT_UNUSABLE"),
    ],
)
def test_what_could_not_be_kept_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_json(text)
    assert refused.value.code == code


def test_what_is_just_allowed_is_read() -> None:
    assert parse_json("[" * DEPTH_MAX + "]" * DEPTH_MAX)
    assert parse_json(r'"\ud83d\ude00 \\u0000"') == "\U0001f600 \\u0000"
    assert parse_json(b'\xef\xbb\xbf{"a": "\xc3\xa4"}') == {"a": "\u00e4"}
    assert parse_json("1.7e308") == Decimal(17) * 10**307
    assert parse_json(f"1e-{EXPONENT_MAX}") == Decimal(10) ** -EXPONENT_MAX
