"""Decimals: rounding to steps and the few price formulas that everybody shares. No float enters here."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from argos.core.errors import InvariantError
from argos.core.intent import Side

BPS: Final = Decimal(10_000)
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


_DEAR: Final = Context(prec=28, rounding=ROUND_CEILING)


def divide_up(amount: Decimal, by: Decimal) -> Decimal:
    """The quotient to 28 digits; what is left over makes it dearer by the last of them, never cheaper."""
    return _DEAR.divide(amount, by)


def round_down(value: Decimal, *, step: Decimal) -> Decimal:
    """The greatest multiple of `step` that is not above `value`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def round_up(value: Decimal, *, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step


def round_near(value: Decimal, *, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_HALF_EVEN) * step


def slippage_price(*, side: Side, reference_price: Decimal, fill_price: Decimal) -> Decimal:
    """How much worse than `reference_price` the fill was, in price; adverse is positive."""
    difference = fill_price - reference_price
    return difference if side is Side.BUY else -difference


def slippage_bps(*, side: Side, reference_price: Decimal, fill_price: Decimal) -> Decimal:
    """Cost of a fill against `reference_price`, in basis points; adverse is positive.

    Raises InvariantError if a price is not positive.
    """
    if reference_price <= 0 or fill_price <= 0:
        raise InvariantError(
            f"prices must be positive: reference={reference_price}, fill={fill_price}",
            code="PRICE_NOT_POSITIVE",
        )
    adverse = slippage_price(side=side, reference_price=reference_price, fill_price=fill_price)
    return adverse / reference_price * BPS
