"""What the sweep finds, and what it leaves alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.intent import Side
from argos.core.order import CommandKind, FactKind
from argos.core.position import Position
from argos.reconcile.discrepancies import (
    SweepThresholds,
    find_leg_discrepancies,
    find_order_discrepancies,
    position_drift,
)
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from unit.reconcile.stories import Teller, moment

LIMITS = SweepThresholds(unclaimed_s_max=30, unheard_s_max=15, doubt_s_max=120, unfilled_s_max=60)


def planned(teller: Teller) -> None:
    teller.open("buy", "10")


def leased(teller: Teller) -> None:
    planned(teller)
    teller.lease()


def sent(teller: Teller) -> None:
    leased(teller)
    teller.send("99", "100")


def doubted(teller: Teller) -> None:
    sent(teller)
    teller.doubt()


def accepted(teller: Teller) -> None:
    sent(teller)
    teller.accept("v1")


def partly_filled(teller: Teller) -> None:
    accepted(teller)
    teller.fill("4", "100")


def cancel_unanswered(teller: Teller) -> None:
    teller.open("buy", "10", limit="90")
    teller.accept("v1")
    teller.fact(FactKind.SEND_STARTED, command=CommandKind.CANCEL)


CASES = [
    (planned, DiscrepancyCode.NODE_ABSENT, 30),
    (leased, DiscrepancyCode.SENT_UNKNOWN, 15),
    (sent, DiscrepancyCode.SENT_UNKNOWN, 15),
    (cancel_unanswered, DiscrepancyCode.SENT_UNKNOWN, 15),
    (doubted, DiscrepancyCode.DOUBT_UNRESOLVED, 120),
    (accepted, DiscrepancyCode.NEVER_FILLED, 60),
    (partly_filled, DiscrepancyCode.NEVER_FILLED, 60),
]


def sweep(teller: Teller, *, after_s: float) -> list[Discrepancy]:
    """What is found so long after the last fact was recorded."""
    order = teller.orders[0]
    facts = teller.facts[order.order_id]
    last = facts[-1].recorded_at if facts else order.planned_at
    records = [teller.record(order)]
    return find_order_discrepancies(
        records, now=last + timedelta(seconds=after_s), thresholds=LIMITS
    )


@pytest.mark.parametrize(("begin", "code", "limit_s"), CASES)
def test_an_order_that_stands_still_is_found_after_its_time_and_not_before(begin, code, limit_s):
    teller = Teller()
    begin(teller)
    assert sweep(teller, after_s=limit_s) == []
    (found,) = sweep(teller, after_s=limit_s + 0.001)
    order = teller.orders[0]
    assert found.code is code
    assert (found.account, found.trade_id, found.order_id) == ("paper-1", "T-1", order.order_id)
    assert found.key == f"{code}:paper-1:{order.order_id}"
    assert found.expected["within_s"] == f"{limit_s}"


@pytest.mark.parametrize(("begin", "code", "limit_s"), CASES)
def test_the_same_discrepancy_has_the_same_key_on_every_sweep(begin, code, limit_s):
    teller = Teller()
    begin(teller)
    keys = {sweep(teller, after_s=limit_s * factor)[0].key for factor in (2, 20, 200)}
    assert len(keys) == 1


def test_doubt_is_counted_from_its_beginning():
    teller = Teller()
    doubted(teller)
    teller.wait("100000")
    teller.doubt()
    (found,) = sweep(teller, after_s=30)
    assert found.code is DiscrepancyCode.DOUBT_UNRESOLVED


def test_ages_are_told_by_our_clock_not_by_the_nodes():
    teller = Teller()
    sent(teller)
    order_id = teller.orders[0].order_id
    teller.facts[order_id] = [
        item._replace(at=moment(-10_000_000)) for item in teller.facts[order_id]
    ]
    assert sweep(teller, after_s=1) == []


def test_resting_orders_and_finished_ones_may_take_their_time():
    resting, filled, denied = Teller(), Teller(), Teller()
    resting.open("buy", "10", limit="90")
    resting.accept("v1")
    filled.open("buy", "10")
    filled.fill("10", "100")
    denied.deny("buy", "10", "HALTED")
    for teller in (resting, filled, denied):
        assert sweep(teller, after_s=10**6) == []


def position(symbol: str, side: Side, qty: str, position_id: str) -> Position:
    return Position(
        symbol=symbol,
        side=side,
        qty=Decimal(qty),
        price_open=Decimal(100),
        position_id=position_id,
    )


def test_positions_that_agree_make_no_drift_in_either_mode():
    held = [position("AAPL", Side.BUY, "3", "1"), position("AAPL", Side.SELL, "1.0", "2")]
    hedged = {("AAPL", "1"): Decimal("3.00"), ("AAPL", "2"): Decimal(-1)}
    assert position_drift(hedged, held, account="a", hedging=True) == []
    assert position_drift({("AAPL", None): Decimal(2)}, held, account="a", hedging=False) == []
    assert position_drift({}, [], account="a", hedging=True) == []


def test_a_drift_keeps_both_sides_and_names_its_position():
    found = position_drift(
        {("AAPL", "1"): Decimal(3), ("MSFT", "9"): Decimal("0.5")},
        [position("AAPL", Side.SELL, "3", "1"), position("IBM", Side.BUY, "1", "4")],
        account="a",
        hedging=True,
    )
    sides = {item.key: (item.expected["qty"], item.observed["qty"]) for item in found}
    assert sides == {
        "POSITION_DRIFT:a:AAPL:1": ("3", "-3"),
        "POSITION_DRIFT:a:IBM:4": ("0", "1"),
        "POSITION_DRIFT:a:MSFT:9": ("0.5", "0"),
    }
    assert all(item.expected["position_id"] == item.observed["position_id"] for item in found)


def test_a_netting_drift_is_named_by_the_symbol_alone():
    (found,) = position_drift({("AAPL", None): Decimal(3)}, [], account="a", hedging=False)
    assert found.key == "POSITION_DRIFT:a:AAPL:"
    assert "position_id" not in found.expected


def closed(profit: str) -> Teller:
    teller = Teller()
    teller.open("buy", "10")
    teller.fill("10", "100")
    teller.close("10")
    teller.fill("10", "101", profit=profit)
    return teller


@pytest.mark.parametrize(
    ("profit", "differs"),
    [("10", False), ("10.05", False), ("10.06", True), ("9.9", True), ("-10", True)],
)
def test_a_profit_that_the_prices_do_not_come_to(profit, differs):
    found = find_leg_discrepancies(closed(profit).leg())
    assert [item.code for item in found] == [DiscrepancyCode.PROFIT_DIFFERS] * differs
    if found:
        assert found[0].expected["profit"] == "10"
        assert found[0].key == "PROFIT_DIFFERS:paper-1:T-1"


def test_a_venue_that_states_no_profit_is_not_held_against_it():
    assert find_leg_discrepancies(closed("0").leg()) == []


def test_the_profit_of_a_leg_that_is_not_flat_is_not_judged():
    teller = closed("99")
    teller.open("buy", "1")
    teller.fill("1", "100")
    assert find_leg_discrepancies(teller.leg()) == []


def test_what_diverges_is_a_discrepancy_of_its_own_but_a_partial_fill_is_not():
    teller = Teller()
    teller.open("buy", "10", limit="100")
    teller.accept("v1")
    teller.fill("4", "101")
    teller.cancel()
    leg = teller.leg()
    assert "QTY" in leg.divergence
    (found,) = find_leg_discrepancies(leg)
    assert found.code is DiscrepancyCode.LEG_DIVERGES
    assert found.observed["divergence"] == "PRICE_BEYOND_LIMIT"
    assert found.key == "LEG_DIVERGES:paper-1:T-1:PRICE_BEYOND_LIMIT"


def test_an_overfill_is_a_discrepancy():
    teller = Teller()
    teller.open("buy", "10")
    teller.fill("12", "100")
    (found,) = find_leg_discrepancies(teller.leg())
    assert found.observed == {"divergence": "QTY", "filled_qty": "12", "exit_qty": "0"}


def test_every_code_has_a_meaning_and_a_fix_in_sentences():
    for code in DiscrepancyCode:
        assert code.meaning.endswith(".")
        assert code.fix.endswith(".")
