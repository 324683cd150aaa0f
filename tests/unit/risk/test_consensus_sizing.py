"""Sizes of consensus entries, worked by hand: which bound decides, and that none is ever broken."""

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.risk.consensus_sizing import ConsensusSizing, ConsensusTerms, size_consensus
from argos.risk.volatility import ewma_volatility_daily
from unit.core.builders import AAPL

D = Decimal
HUNDREDTHS = replace(AAPL, qty_step=D("0.01"))
PLAIN = ConsensusSizing(risk_fraction_max=None)


def terms(**changes: Any) -> ConsensusTerms:
    """100,000 of equity, a price of 50, at the bar, as volatile as the target: 10 % are 200 shares."""
    plain = ConsensusTerms(
        instrument=AAPL,
        equity=D(100_000),
        price=D(50),
        probability=D("0.75"),
        volatility_daily=D("0.015"),
        buying_power=D(100_000),
    )
    return replace(plain, **changes)


# what differs -> shares, and what bound them
WORKED = [
    ("10 % of 100,000 at 50", {}, "200", ""),
    ("rounded down to whole shares", {"price": D("49.99")}, "200", ""),
    ("0.80: (0.30 / 0.25) = 1.2, 12 %", {"probability": D("0.8")}, "240", ""),
    ("0.95 is clipped at 1.5: 15 % is the most", {"probability": D("0.95")}, "300", ""),
    ("1.5 x 1.5 would be 22.5 %", {"probability": D("0.95"), "volatility_daily": D("0.005")}, "300",
     "position_fraction_max"),
    ("twice as volatile: half", {"volatility_daily": D("0.03")}, "100", ""),
    ("ten times as volatile: half all the same", {"volatility_daily": D("0.15")}, "100", ""),
    ("a volatility that is not known is high", {"volatility_daily": None}, "100", ""),
    ("a standstill is no volatility", {"volatility_daily": D(0)}, "100", ""),
    ("a score below one half", {"probability": D("0.4")}, "100", ""),
    ("0.95 of 5,000 buying power", {"buying_power": D(5_000)}, "95", "buying_power"),
    ("room for 2,999 in the symbol", {"rooms": {"symbol": D(2_999), "gross": D(9_000)}}, "59", "symbol"),
    ("no room at all", {"rooms": {"cluster": D(-1)}}, "0", "cluster"),
    ("no equity", {"equity": D(-5)}, "0", ""),
    ("a share that costs more than its part", {"price": D(10_001)}, "0", ""),
    ("fractions where no bracket is", {"price": D(3_000), "whole": False, "instrument": HUNDREDTHS}, "3.33", ""),
    ("a bracket is whole", {"price": D(3_000), "instrument": HUNDREDTHS}, "3", ""),
    ("the venue's largest", {"instrument": replace(AAPL, qty_max=D(150))}, "150", "qty_max"),
    ("terms that nothing can be sized by", {"price": D(0)}, "0", "unusable_terms"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "qty", "binding"), WORKED, ids=[row[0] for row in WORKED]
)
def test_a_size_is_worked_by_hand(
    name: str, changes: dict[str, Any], qty: str, binding: str
) -> None:
    sized = size_consensus(PLAIN, terms(**changes))
    assert (sized.qty, sized.binding) == (D(qty), binding), (name, sized.working)
    assert sized.working["binding"] == binding


def test_the_loss_at_the_stop_bounds_it() -> None:
    """1 % of 100,000 may be lost; 50 - 42 = 8 a share: 125 of the 200."""
    sized = size_consensus(ConsensusSizing(), terms(stop_distance=D(8)))
    assert (sized.qty, sized.binding) == (125, "risk_fraction_max")
    assert size_consensus(ConsensusSizing(), terms(stop_distance=D(5))).binding == ""
    assert size_consensus(ConsensusSizing(), terms(stop_distance=D(0))).qty == 0


@given(
    equity=st.decimals(0, 10**6, places=2),
    price=st.decimals("0.01", 5_000, places=2),
    probability=st.decimals(0, 1, places=3),
    volatility=st.none() | st.decimals(0, 1, places=4),
    buying_power=st.decimals(0, 10**6, places=2),
    room=st.decimals(-1_000, 10**6, places=2),
    sl=st.none() | st.decimals("0.01", 5_000, places=2),
)
def test_no_bound_is_ever_broken_and_more_confidence_never_shrinks_a_size(
    equity: Decimal,
    price: Decimal,
    probability: Decimal,
    volatility: Decimal | None,
    buying_power: Decimal,
    room: Decimal,
    sl: Decimal | None,
) -> None:
    settings = ConsensusSizing()
    given_terms = terms(
        equity=equity,
        price=price,
        probability=probability,
        volatility_daily=volatility,
        buying_power=buying_power,
        rooms={"symbol": room},
        stop_distance=None if sl is None else abs(price - sl),
    )
    qty = size_consensus(settings, given_terms).qty
    assert qty >= 0
    assert qty == qty.to_integral_value()
    assert qty * price <= equity * D("0.15")
    assert qty * price <= buying_power * D("0.95")
    assert qty * price <= max(room, D(0))
    if sl is not None:
        assert qty * abs(price - sl) <= equity * D("0.01")
    surer = replace(given_terms, probability=min(D(1), probability + D("0.05")))
    assert size_consensus(settings, surer).qty >= qty


@pytest.mark.parametrize(
    "wrong",
    [
        {"bar": D("0.5")},
        {"bar": D(1)},
        {"factor_min": D(0)},
        {"factor_max": D("0.9")},
        {"base_fraction": D(10)},
        {"position_fraction_max": D(0)},
        {"volatility_daily_target": D(0)},
    ],
)
def test_settings_that_no_size_can_come_from_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        ConsensusSizing(**wrong)
    assert refused.value.code == "SIZING_INVALID"


def test_a_volatility_of_equal_moves_is_that_move() -> None:
    """Twenty returns of 1 % up or down: every square is 0.0001, and so is any mean of them."""
    closes, price = [], 100.0
    for n in range(21):
        closes.append(D(repr(price)))
        price *= math.exp(0.01 if n % 2 else -0.01)
    found = ewma_volatility_daily(closes)
    assert found is not None
    assert float(found) == pytest.approx(0.01, rel=1e-9)
    assert ewma_volatility_daily(closes[1:]) is None
    assert ewma_volatility_daily([D(0), *closes[1:]]) is None


def test_yesterday_weighs_more_than_a_month_ago() -> None:
    calm = [D(100)] * 20
    early = ewma_volatility_daily([D(99), *calm])
    late = ewma_volatility_daily([*calm, D(99)])
    assert early is not None
    assert late is not None
    # the first square begins the mean and decays 19 times; the last one counts 0.06
    move = math.log(100 / 99)
    assert float(early) == pytest.approx(move * math.sqrt(0.94**19))
    assert float(late) == pytest.approx(move * math.sqrt(0.06))
