"""Rounding to steps, and the sign of slippage."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InvariantError
from argos.core.intent import Side
from argos.core.money import (
    BPS,
    round_down,
    round_near,
    round_up,
    slippage_bps,
    slippage_price,
)

steps = st.sampled_from(
    [Decimal(text) for text in ("0.00001", "0.001", "0.01", "0.25", "1", "100", "1000", "0.3")]
)
values = st.decimals(min_value=-(10**9), max_value=10**9, places=8)
prices = st.decimals(min_value="0.0001", max_value="100000", places=5)


@given(value=values, step=steps)
def test_rounding_down_gives_the_greatest_multiple_that_is_not_above(
    value: Decimal, step: Decimal
) -> None:
    rounded = round_down(value, step=step)
    assert rounded % step == 0
    assert rounded <= value < rounded + step


@given(value=values, step=steps)
def test_rounding_up_gives_the_least_multiple_that_is_not_below(
    value: Decimal, step: Decimal
) -> None:
    rounded = round_up(value, step=step)
    assert rounded % step == 0
    assert rounded - step < value <= rounded


@given(value=values, step=steps)
def test_rounding_near_is_never_off_by_more_than_half_a_step(value: Decimal, step: Decimal) -> None:
    rounded = round_near(value, step=step)
    assert rounded % step == 0
    assert abs(rounded - value) <= step / 2


@given(value=values, step=steps)
def test_a_rounded_value_is_not_rounded_again(value: Decimal, step: Decimal) -> None:
    for rounding in (round_down, round_up, round_near):
        rounded = rounding(value, step=step)
        assert all(
            again(rounded, step=step) == rounded for again in (round_down, round_up, round_near)
        )


@pytest.mark.parametrize(
    ("side", "reference_price", "fill_price", "adverse"),
    [
        (Side.BUY, "100", "101", "1"),
        (Side.BUY, "100", "99", "-1"),
        (Side.SELL, "100", "99", "1"),
        (Side.SELL, "100", "101", "-1"),
    ],
)
def test_slippage_is_positive_when_it_costs(
    side: Side, reference_price: str, fill_price: str, adverse: str
) -> None:
    reference, fill = Decimal(reference_price), Decimal(fill_price)
    assert slippage_price(side=side, reference_price=reference, fill_price=fill) == Decimal(adverse)
    in_bps = slippage_bps(side=side, reference_price=reference, fill_price=fill)
    assert in_bps == Decimal(adverse) / reference * BPS


@given(reference=prices, fill=prices)
def test_what_a_buyer_loses_a_seller_wins(reference: Decimal, fill: Decimal) -> None:
    buy = slippage_bps(side=Side.BUY, reference_price=reference, fill_price=fill)
    sell = slippage_bps(side=Side.SELL, reference_price=reference, fill_price=fill)
    assert buy == -sell


@pytest.mark.parametrize(("reference", "fill"), [("0", "1"), ("1", "0"), ("-1", "1")])
def test_a_price_that_is_not_positive_is_impossible(reference: str, fill: str) -> None:
    with pytest.raises(InvariantError, match="PRICE_NOT_POSITIVE"):
        slippage_bps(side=Side.BUY, reference_price=Decimal(reference), fill_price=Decimal(fill))
