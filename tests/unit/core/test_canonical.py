"""RFC 8785, held to the RFC's own examples."""

import json
import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.canonical import DEPTH_MAX, INTEGER_MAX, canonical_bytes, sha256_of
from argos.core.errors import InputError

# Appendix B of the RFC: a double's bits, and its text.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_double_is_written_as_in_appendix_b(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_bytes(value) == text.encode()


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_what_is_no_number_is_refused(bits: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    with pytest.raises(InputError) as caught:
        canonical_bytes([value])
    assert caught.value.code == "CANONICAL_NOT_FINITE"


def test_the_sample_of_section_3_2_2_comes_out_to_the_byte() -> None:
    source = r"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    expected = (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e33333333"
        "3333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c"
        "5c5c5c222f227d"
    )
    assert canonical_bytes(json.loads(source)).hex() == expected


def test_keys_are_sorted_as_in_section_3_2_3() -> None:
    source = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical_bytes(source)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (Decimal("1.5"), "CANONICAL_TYPE"),
        ({"a": {1, 2}}, "CANONICAL_TYPE"),
        ({1: "a"}, "CANONICAL_KEY"),
        (INTEGER_MAX + 1, "CANONICAL_INTEGER"),
        (-INTEGER_MAX - 1, "CANONICAL_INTEGER"),
        ("\ud800", "CANONICAL_TEXT"),
        ({"\udfff": 1}, "CANONICAL_TEXT"),
    ],
)
def test_what_cannot_be_said_exactly_is_refused(document: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_bytes(document)
    assert caught.value.code == code


def test_nesting_has_a_bound() -> None:
    document: object = 1
    for _ in range(DEPTH_MAX):
        document = [document]
    assert canonical_bytes(document)
    with pytest.raises(InputError) as caught:
        canonical_bytes([document])
    assert caught.value.code == "CANONICAL_TOO_DEEP"


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(document=documents)
def test_what_is_written_reads_back_equal_and_is_written_the_same_again(document: object) -> None:
    written = canonical_bytes(document)
    read = json.loads(written, parse_int=float)  # JSON has one kind of number
    assert read == document
    assert canonical_bytes(read) == written


@settings(deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_keeps_all_its_digits(value: float) -> None:
    assert float(canonical_bytes(value)) == value


def test_the_hash_does_not_depend_on_the_order_in_which_keys_were_given() -> None:
    assert sha256_of({"a": 1, "b": [2]}) == sha256_of({"b": [2], "a": 1})
    assert sha256_of({"a": 1}) != sha256_of({"a": "1"})
