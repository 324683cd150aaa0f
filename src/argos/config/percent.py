"""Percent as people write it: 75 is 75 %. What could be a fraction as well is refused, never guessed at."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from argos.core.errors import InputError
from argos.core.texts import decimal_text, parse_decimal

HUNDRED: Final = Decimal(100)
SIGN: Final = "%"
REFUSED: Final = "config_value"
"""Type of pydantic's errors that `refused` makes."""


def fraction(percent: Decimal) -> Decimal:
    """75 -> 0.75, exactly, however many digits there are."""
    sign, digits, exponent = percent.as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, digits, exponent - 2)) if percent else Decimal(0)


def percent_json(percent: Decimal) -> int | str:
    """As a configuration is stored: 75, and "2.5%" for what is not whole, so that it reads back as what it is."""
    whole = percent == percent.to_integral_value()
    return int(percent) if whole else f"{decimal_text(percent)}{SIGN}"


def percent_of(given: object) -> Decimal:
    """A percentage. Raises a pydantic error with code and fix for what may have been meant as a fraction.

    A number of 0 is none, a number below 1 is refused, and text that ends with % is always a percentage.
    """
    number, is_signed = _number_of(given)
    if not 0 <= number <= HUNDRED:
        raise refused("CONFIG_PERCENT", "is not from 0 to 100 %", fix="75 is 75 %")
    if not is_signed and 0 < number < 1:
        raise _ambiguous(number)
    return number


def share_of(given: object) -> Decimal:
    """As `percent_of`, for what is never as little as one percent: 1 may have been meant as all of it."""
    number = percent_of(given)
    if number == 1 and not _number_of(given)[1]:
        raise _ambiguous(number)
    return number


Percent = Annotated[Decimal, BeforeValidator(percent_of), PlainSerializer(percent_json)]
Share = Annotated[Decimal, BeforeValidator(share_of), PlainSerializer(percent_json)]


def weights_of(given: object) -> dict[str, Decimal]:
    """Weights in percent, from percentages that add to 100 or fractions that add to 1; 0 leaves a source out.

    A set in which some are below 1 and some above is refused, whatever it adds up to.
    """
    if not isinstance(given, Mapping) or not given:
        raise _wrong_weights("is not an object of sources and their weights")
    numbers: dict[str, Decimal] = {}
    signed: set[str] = set()
    for name, value in given.items():
        numbers[str(name)], is_signed = _number_of(value)
        if is_signed:
            signed.add(str(name))
    total = sum(numbers.values(), Decimal(0))
    if any(number < 0 for number in numbers.values()):
        raise _wrong_weights("holds a weight below 0")
    if total == 1 and not signed:
        return {name: number * HUNDRED for name, number in numbers.items()}
    unclear = sorted(
        name for name, number in numbers.items() if name not in signed and 0 < number < 1
    )
    if unclear:
        raise _wrong_weights(
            f"adds up to {decimal_text(total)}, and {unclear[0]} may be a fraction or a percentage"
        )
    if total != HUNDRED:
        raise _wrong_weights(f"adds up to {decimal_text(total)}, not to 100 %")
    return numbers


def weights_json(weights: Mapping[str, Decimal]) -> dict[str, int | str]:
    return {name: percent_json(weight) for name, weight in weights.items()}


Weights = Annotated[dict[str, Decimal], BeforeValidator(weights_of), PlainSerializer(weights_json)]


def _number_of(given: object) -> tuple[Decimal, bool]:
    """The number, and whether it came as text with a percent sign."""
    text: Any = str(given) if isinstance(given, float) else given
    is_signed = isinstance(text, str) and text.rstrip().endswith(SIGN)
    if is_signed:
        text = text.rstrip().removesuffix(SIGN)
    try:
        return parse_decimal(text, field="percent"), is_signed
    except InputError:
        raise refused("CONFIG_PERCENT", "is not a number of percent", fix="75 is 75 %") from None


def _ambiguous(number: Decimal) -> PydanticCustomError:
    text, percent = decimal_text(number), decimal_text(number * HUNDRED)
    return refused(
        "CONFIG_PERCENT",
        f"is {text}, which may be {text} % or {percent} %",
        fix=f'write {percent} for {percent} %, or "{text}%" if that is meant',
    )


def _wrong_weights(what: str) -> PydanticCustomError:
    return refused(
        "CONFIG_WEIGHTS", what, fix="write percentages that add up to 100, such as 40, 25, 20, 15"
    )


def refused(code: str, what: str, *, fix: str) -> PydanticCustomError:
    """An error of one value with its own code and fix, for use inside pydantic's validation."""
    return PydanticCustomError(REFUSED, "{what}", {"code": code, "what": what, "fix": fix})
