"""Prices of an intent against the venue's quote: what is wrong by a factor is denied, also by a quote of yesterday."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountLimits
from argos.core.decision import Approved, Denied, Purpose, RiskRequest
from argos.core.denial import DenialCode
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.core.risk_limits import NO_RISK_LIMITS, RiskLimits
from argos.risk.assess import assess
from argos.risk.gate import GateInput
from argos.risk.price_apart import fraction_apart, levels_near, price_near
from unit.core.builders import (
    AAPL_QUOTE,
    NOW,
    make_account,
    make_intent,
    make_leg,
    make_route,
    make_snapshot,
)

D = Decimal
C = DenialCode
MakeRequest = Callable[..., RiskRequest]
NO_LEVELS = {"sl": None, "tp": None}
LIMIT = {"order_type": OrderType.LIMIT, **NO_LEVELS}
NO_QUOTE = {"snapshot": make_snapshot(quotes={})}


def quoted(bid: str, ask: str, *, age: timedelta = timedelta()) -> dict[str, Any]:
    """A quote of that age in a snapshot of that age: at most 60 s, as an older one denies by itself."""
    quote = replace(AAPL_QUOTE, bid=D(bid), ask=D(ask), at=NOW - age)
    taken_at = NOW - min(age, timedelta(seconds=60))
    return {"snapshot": make_snapshot(quotes={"AAPL": quote}, taken_at=taken_at)}


def limited(**risk: Any) -> dict[str, Any]:
    return {"account": make_account(limits=AccountLimits(risk=RiskLimits(**risk)))}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    changes: Mapping[str, Any]
    code: DenialCode | None
    says: str = ""


YESTERDAY = timedelta(hours=20)
CASES = [
    Case("as far as it may be", {**quoted("99", "100"), "entry_price": D(120), **NO_LEVELS}, None),
    Case(
        "a cent further",
        {**quoted("99", "100"), "entry_price": D("120.01"), **NO_LEVELS},
        C.PRICE_APART,
        "price seen 120.01 and the quote 100 of AAPL at meridian-hedge, 0.0 s old, are 0.2001 apart; 0.2"
        " (price_apart_fraction_max) is the most",
    ),
    Case("as far below", {**quoted("99", "120"), "entry_price": D(100), **NO_LEVELS}, None),
    Case(
        "a sell is done at the bid",
        {**quoted("99", "120"), "entry_price": D("118.81"), "side": Side.SELL, **NO_LEVELS},
        C.PRICE_APART,
        "the quote 99",
    ),
    Case("cents for dollars", {"entry_price": D(10_000), **NO_LEVELS}, C.PRICE_APART, "98.98 apart"),
    Case("dollars for cents", {"entry_price": D(1), **NO_LEVELS}, C.PRICE_APART, "99.02 apart"),
    Case("before a split of 2:1", {"entry_price": D(200), **NO_LEVELS}, C.PRICE_APART),
    Case("before a split of 3:2", {"entry_price": D(150), **NO_LEVELS}, C.PRICE_APART),
    Case(
        "another symbol by yesterday's quote, and no limit on its age",
        {**quoted("99.98", "100.02", age=YESTERDAY), "entry_price": D(1_900), **NO_LEVELS},
        C.PRICE_APART,
        "72000.0 s old",
    ),
    Case(
        "the price goes before the stop that follows from it",
        {"entry_price": D(10_000), "sl": D(9_500), "tp": D(11_000)},
        C.PRICE_APART,
    ),
    Case("a limit inside the spread", {**LIMIT, **quoted("50", "150"), "price": D(100)}, None),
    Case("a limit below the bid", {**LIMIT, "price": D("83.32")}, None),
    Case("a limit far below it", {**LIMIT, "price": D("83.31")}, C.PRICE_APART, "price 83.31"),
    Case("a limit far above the ask", {**LIMIT, "price": D("120.03")}, C.PRICE_APART, "100.02"),
    Case("no price was seen", {"entry_price": None}, None),
    Case("tighter, by the account", {**limited(price_apart_fraction_max=D("0.01"))}, None),
    Case(
        "beyond the tighter one",
        {**limited(price_apart_fraction_max=D("0.01")), "entry_price": D("98.9")},
        C.PRICE_APART,
        "0.01132 apart; 0.01",
    ),
    Case(
        "by design of another price",
        {**limited(price_apart_fraction_max=None), "entry_price": D(5_000), **NO_LEVELS},
        None,
    ),
    Case("a side that nobody quotes is left out", quoted("99.98", "0"), None),
    Case(
        "the other side still counts",
        {**quoted("0", "100"), "entry_price": D(1), **NO_LEVELS},
        C.PRICE_APART,
    ),
    Case("no quote", {**NO_QUOTE, "entry_price": D(10_000), **NO_LEVELS}, None),
    Case("a quote without a price", {**quoted("0", "0"), "entry_price": D(101)}, None),
    Case(
        "no quote where one is required",
        {**limited(quote_required=True), **NO_QUOTE, "entry_price": None, **NO_LEVELS},
        C.QUOTE_MISSING,
        "no quote to compare",
    ),
    Case("a quote where one is required", limited(quote_required=True), None),
    Case("a target at twice the price", {"tp": D("200.04")}, None),
    Case("a target beyond it", {"tp": D("200.05")}, C.LEVEL_APART, "target 200.05"),
    Case("a stop at half the price", {"sl": D("49.99")}, None),
    Case("a stop below that", {"sl": D("49.98")}, C.LEVEL_APART, "stop 49.98"),
    Case(
        "a stop that is a distance",
        {"side": Side.SELL, "order_type": OrderType.LIMIT, "price": D(100), "sl": D(5_000), "tp": None},
        C.LEVEL_APART,
        "48.99 apart; 1 (level_apart_fraction_max) is the most",
    ),
    Case(
        "a target that is meant to be far",
        {**limited(level_apart_fraction_max=D(9)), "tp": D(1_000)},
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_entrys_prices_are_held_against_the_quote(case: Case, request_for: MakeRequest) -> None:
    denied = assess(request_for(**case.changes)).denied
    assert (denied and denied.code) == case.code, denied
    assert case.says in (denied.text if denied else "")


def test_the_limit_behind_a_stop_counts_as_well(request_for: MakeRequest) -> None:
    request = replace(
        request_for(**{**LIMIT, "order_type": OrderType.STOP_LIMIT, "price": D(101)}),
        stop_limit_price=D(1_010),
    )
    denied = assess(request).denied
    assert denied is not None
    assert denied.code is C.PRICE_APART
    assert denied.text.startswith("stop limit price 1010 and the quote 100.02")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_price_keeps_an_exit_back(case: Case, request_for: MakeRequest) -> None:
    assert assess(request_for(**{**case.changes, "purpose": Purpose.EXIT})).denied is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": D(1), "entry_price": D(1)}, C.PRICE_APART),
        ({"price": D(1), "entry_price": None}, None),
        ({"price": D(90), "entry_price": D(90)}, None),
        ({**limited(quote_required=True), **NO_QUOTE, "price": D(1), "entry_price": D(1)}, None),
        ({"order_type": OrderType.MARKET, "entry_price": D(1)}, None),
    ],
    ids=["moved far away", "not moved", "moved near", "no quote", "of a position"],
)
def test_a_change_is_judged_by_the_price_that_it_moves_an_order_to(
    changes: Mapping[str, Any], code: DenialCode | None, request_for: MakeRequest
) -> None:
    denied = assess(request_for(**{**LIMIT, "purpose": Purpose.MODIFY, **changes})).denied
    assert (denied and denied.code) == code, denied


def test_the_verdicts_tell_their_numbers(request_for: MakeRequest) -> None:
    request = request_for(**quoted("99.98", "100.02", age=timedelta(seconds=7)))
    rows = {check.check: check.as_row() for check in assess(request).checks}
    assert rows["price_near"]["values"] == {
        "price_seen": "100", "quote": "100.02", "quote_age_s": "7.0", "apart": "0.0002",
        "price_apart_fraction_max": "0.2",
    }  # fmt: skip
    assert rows["levels_near"]["values"] == {
        "target": "110", "quote": "100.02", "quote_age_s": "7.0", "apart": "0.09978",
        "level_apart_fraction_max": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (NO_QUOTE, "not judged: no quote to compare"),
        (limited(price_apart_fraction_max=None), "not judged: price_apart_fraction_max is off"),
        ({"entry_price": None}, "not judged: no price stated"),
    ],
    ids=["no quote", "off", "no price"],
)
def test_what_cannot_be_compared_says_so(
    changes: Mapping[str, Any], note: str, request_for: MakeRequest
) -> None:
    verdict = price_near(GateInput(request=request_for(**changes), sized=None))
    assert verdict == Approved(note=note)


def test_limits_that_hold_from_the_start_ask_for_nothing_more() -> None:
    assert not replace(NO_RISK_LIMITS, price_apart_fraction_max=D("0.05")).any_set
    assert not RiskLimits(level_apart_fraction_max=None, quote_required=True).any_set
    assert RiskLimits(quote_age_s_max=5).any_set


def plain_request(**changes: Any) -> RiskRequest:
    """A market buy of AAPL at 100 without levels, for properties, which take no fixture."""
    request = RiskRequest(
        purpose=Purpose.ENTRY,
        intent=make_intent(),
        route=make_route(),
        leg=make_leg(),
        account=make_account(),
        snapshot=make_snapshot(),
        symbol="AAPL",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        halts=(),
        now=NOW,
    )
    return replace(request, **changes)


PRICES = st.decimals("0.00001", 10**9, places=5)


@given(first=PRICES, second=PRICES, scale=st.integers(2, 1_000))
def test_a_distance_is_that_of_the_factor_whichever_way(
    first: Decimal, second: Decimal, scale: int
) -> None:
    assert fraction_apart(first, second) == fraction_apart(second, first) >= 0
    assert fraction_apart(first, first * scale) == scale - 1
    assert fraction_apart(first * scale, second * scale) == pytest.approx(
        fraction_apart(first, second), rel=D("1e-20"), abs=D("1e-20")
    )


@given(
    bid=st.decimals("0.01", 10**6, places=2),
    spread=st.decimals("0", "0.1", places=3),
    factor=st.sampled_from([D("1.5"), D(2), D(3), D(10), D(100), D(1_000), D(10_000)]),
    is_larger=st.booleans(),
    side=st.sampled_from(list(Side)),
    order_type=st.sampled_from(list(OrderType)),
    age_s=st.integers(0, 10**6),
)
def test_whatever_is_wrong_by_a_factor_is_denied_from_the_start(
    bid: Decimal,
    spread: Decimal,
    factor: Decimal,
    is_larger: bool,
    side: Side,
    order_type: OrderType,
    age_s: int,
) -> None:
    """Spread is a part of the bid, a tenth at most, so that a price inside it is never what is wrong."""
    quote = Quote(symbol="AAPL", bid=bid, ask=bid * (1 + spread), at=NOW - timedelta(seconds=age_s))
    right = quote.ask if side is Side.BUY else quote.bid
    wrong = right * factor if is_larger else right / factor
    pending = order_type is not OrderType.MARKET
    request = plain_request(
        intent=make_intent(entry_price=wrong),
        side=side,
        order_type=order_type,
        price=wrong if pending else None,
        snapshot=make_snapshot(quotes={"AAPL": quote}),
    )
    verdict = price_near(GateInput(request=request, sized=None))
    assert isinstance(verdict, Denied)
    assert verdict.code is C.PRICE_APART


@given(
    level=PRICES,
    bid=st.decimals("0.01", 10**6, places=2),
    fraction_max=st.decimals("0.01", 100, places=2),
)
def test_levels_pass_up_to_the_limit_and_no_further(
    level: Decimal, bid: Decimal, fraction_max: Decimal
) -> None:
    quote = replace(AAPL_QUOTE, bid=bid, ask=bid)
    request = plain_request(
        sl=level,
        snapshot=make_snapshot(quotes={"AAPL": quote}),
        **limited(level_apart_fraction_max=fraction_max),
    )
    verdict = levels_near(GateInput(request=request, sized=None))
    assert isinstance(verdict, Approved) == (fraction_apart(level, bid) <= fraction_max)
