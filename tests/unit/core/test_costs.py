"""Costs of a fill and of a night."""

from decimal import Decimal

import pytest

from argos.core.costs import CostModel
from argos.core.intent import Side

QTY, PRICE = Decimal(150), Decimal("41.37")


def test_commission_adds_its_parts_and_is_rounded_to_the_cent():
    costs = CostModel(
        spread_bps=Decimal(5), commission_bps=Decimal("1.5"), commission_per_unit=Decimal("0.02")
    )
    exact = QTY * PRICE * Decimal("0.00015") + QTY * Decimal("0.02")
    assert abs(costs.commission(qty=QTY, price=PRICE) - exact) <= Decimal("0.005")
    assert costs.commission(qty=QTY, price=PRICE) % Decimal("0.01") == 0


def test_regulatory_fees_are_on_sales_only_and_rounded_up():
    costs = CostModel(spread_bps=Decimal(5), sell_fee_bps=Decimal("0.278"))
    assert costs.fee(side=Side.BUY, qty=QTY, price=PRICE) == 0
    exact = QTY * PRICE * Decimal("0.0000278")
    fee = costs.fee(side=Side.SELL, qty=QTY, price=PRICE)
    assert exact <= fee < exact + Decimal("0.01")


@pytest.mark.parametrize("nights", [1, 3])
def test_swap_grows_with_the_nights_and_may_be_received(nights):
    costs = CostModel(spread_bps=Decimal(5), swap_long_bps=Decimal(2), swap_short_bps=Decimal(-1))
    notional = Decimal(100) * Decimal(50)
    paid = costs.swap(side=Side.BUY, qty=Decimal(100), price=Decimal(50), nights=nights)
    received = costs.swap(side=Side.SELL, qty=Decimal(100), price=Decimal(50), nights=nights)
    assert paid == notional * Decimal("0.0002") * nights
    assert received == -notional * Decimal("0.0001") * nights


def test_a_small_fill_pays_the_minimum_and_a_large_one_its_rates():
    costs = CostModel(
        spread_bps=Decimal(5),
        commission_per_unit=Decimal("0.005"),
        commission_per_order=Decimal("0.30"),
        commission_min=Decimal(1),
    )
    assert costs.commission(qty=Decimal(10), price=PRICE) == 1  # 0.05 + 0.30 is below it
    assert costs.commission(qty=Decimal(1000), price=PRICE) == Decimal("5.30")


def test_slippage_counts_a_fraction_of_the_spread_on_top():
    costs = CostModel(
        spread_bps=Decimal(6),
        slippage_bps_mean=Decimal("0.5"),
        slippage_spread_fraction=Decimal("0.25"),
    )
    assert costs.slippage_bps == Decimal(2)


def test_money_without_a_step_is_not_rounded():
    costs = CostModel(
        spread_bps=Decimal(5),
        commission_bps=Decimal(1),
        sell_fee_bps=Decimal(1),
        money_step=Decimal(0),
    )
    exact = QTY * PRICE / 10_000
    assert costs.commission(qty=QTY, price=PRICE) == exact
    assert costs.fee(side=Side.SELL, qty=QTY, price=PRICE) == exact
