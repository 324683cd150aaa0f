"""What a backtest charges is what the paper broker charges: one model, two arithmetics."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import bars_of
from argos.backtest.layout import SizeMode
from argos.backtest.run import run
from argos.backtest.settings import Calendar, Settings, Sizing
from argos.backtest.strategy import Signals
from argos.core.costs import CostModel
from argos.core.intent import Side

CENT = Decimal("0.01")
rates = st.decimals(0, 9, places=3)


@pytest.mark.parametrize("engine", ["plain", "compiled"])
@settings(deadline=None)
@given(
    price=st.integers(100, 90_000).map(lambda cents: Decimal(cents) / 100),
    qty=st.integers(1, 5000),
    bps=rates,
    per_unit=rates,
    minimum=rates,
    sell_bps=rates,
    swap_bps=rates,
)
def test_a_round_trip_costs_what_the_paper_broker_charges(
    engine, price, qty, bps, per_unit, minimum, sell_bps, swap_bps
):
    costs = CostModel(
        spread_bps=Decimal(0),
        commission_bps=bps,
        commission_per_unit=per_unit / 1000,
        commission_min=minimum,
        sell_fee_bps=sell_bps,
        swap_long_bps=swap_bps,
    )
    flat = np.full(3, float(price))
    result = run(
        Signals(side=np.array([1, 2, 0], np.int8)),
        bars_of(opened_ns=np.arange(3), open=flat, high=flat, low=flat, close=flat),
        settings=Settings(
            costs=costs,
            sizing=Sizing(mode=SizeMode.UNITS, value=float(qty), cap_fraction=np.inf),
            calendar=Calendar(nights=np.array([0, 0, 2], np.int8)),
        ),
        engine=engine,
    )
    units = Decimal(qty)
    commission = 2 * costs.commission(qty=units, price=price)
    fee = costs.fee(side=Side.SELL, qty=units, price=price)
    swap = costs.swap(side=Side.BUY, qty=units, price=price, nights=2)
    trade = result.trades[0]
    exact = replace(costs, money_step=Decimal(0))
    side = exact.commission(qty=units, price=price)
    allowed = slack(side, side, exact.fee(side=Side.SELL, qty=units, price=price))
    assert trade["commission"] == pytest.approx(float(commission + fee), abs=allowed)
    allowed = slack(exact.swap(side=Side.BUY, qty=units, price=price, nights=2))
    assert trade["financing"] == pytest.approx(float(swap), abs=allowed)


def slack(*amounts: Decimal) -> float:
    """A float may land on the other side of half a cent: a cent for each amount that is rounded there."""
    near = sum(abs(abs(amount) % CENT - CENT / 2) < Decimal("1e-9") for amount in amounts)
    return 0.01 * near + 1e-6
