"""Slippage against the three references; adverse is positive for buys and sells alike."""

from decimal import Decimal

import pytest

from argos.core.intent import Side
from argos.core.money import slippage_bps
from argos.reconcile.result import SlippageReference
from unit.reconcile.stories import Teller, tell

BPS_STEP = Decimal("1E-4")


@pytest.mark.parametrize(
    ("side", "fill_price", "far_side"), [("buy", "100.06", "100.04"), ("sell", "99.97", "100.00")]
)
def test_each_reference_gives_what_the_shared_formula_gives(side, fill_price, far_side):
    teller = Teller()
    teller.open(side, "10", ref="100")
    teller.send("100.00", "100.04", arrival="99.98/100.02")
    teller.fill("10", fill_price)
    leg = teller.leg()

    def expected(reference: str) -> Decimal:
        return slippage_bps(
            side=Side(side), reference_price=Decimal(reference), fill_price=Decimal(fill_price)
        ).quantize(BPS_STEP)

    assert leg.slippage_signal_bps == expected("100")
    assert leg.slippage_arrival_bps == expected("100.00")
    assert leg.slippage_broker_bps == expected(far_side)
    assert leg.slippage_broker_bps > 0


def test_the_named_reference_is_the_best_that_is_known():
    def named(*, ref: str | None, arrival: str, bid: str | None) -> SlippageReference | None:
        teller = Teller()
        teller.open("buy", "10", **({"ref": ref} if ref else {}))
        if bid:
            teller.send(bid, "100.04", arrival=arrival)
        teller.fill("10", "100.05")
        leg = teller.leg()
        by_reference = {
            SlippageReference.SIGNAL: leg.slippage_signal_bps,
            SlippageReference.ARRIVAL: leg.slippage_arrival_bps,
            SlippageReference.BROKER: leg.slippage_broker_bps,
            None: None,
        }
        assert leg.slippage_bps == by_reference[leg.slippage_reference]
        return leg.slippage_reference

    assert named(ref="100", arrival="99/101", bid="100") is SlippageReference.SIGNAL
    assert named(ref=None, arrival="99/101", bid="100") is SlippageReference.ARRIVAL
    assert named(ref=None, arrival="", bid="100") is SlippageReference.BROKER
    assert named(ref=None, arrival="", bid=None) is None


def test_slippage_that_cannot_be_known_is_none_and_adds_nothing_to_the_cost():
    leg = tell("""
        step                   -> slippage_cost net_cost
        open buy 10            ->
        fill 10 @ 100 cost=0.75 -> -             0.75
    """)
    assert leg.slippage_price is None


def test_a_reference_known_for_a_part_of_the_entry_makes_no_measure():
    leg = tell("""
        step                 -> entry_price_intended
        open buy 10 ref=100  ->
        fill 10 @ 100.05     -> 100
        open buy 10          ->
        fill 10 @ 101        -> -
    """)
    assert leg.slippage_signal_bps is None


def test_several_fills_weigh_by_their_quantity():
    tell("""
        step                 -> slippage_price
        open sell 10 ref=100 ->
        fill 7 @ 99.90       -> 0.10
        fill 3 @ 99.50       -> (7*0.10+3*0.50)/10
    """)


def test_a_better_price_is_negative_slippage():
    leg = tell("""
        step                         -> slippage_price
        open buy 10 ref=100 limit=99 ->
        fill 10 @ 98.95              -> 0-1.05
    """)
    assert leg.slippage_bps == -Decimal("1.05") / 100 * 10_000


def test_exits_count_only_against_a_price_that_their_intent_named():
    tell("""
        step                 -> slippage_cost exit_price_intended
        open buy 10 ref=100  ->
        fill 10 @ 100.10     -> 10*0.10       -
        close 4 ref=102      ->
        fill 4 @ 101.80      -> 10*0.10+4*0.2 102
        close 3              ->
        fill 3 @ 101.00      -> 10*0.10+4*0.2 102
        stop 3 @ 95          -> 10*0.10+4*0.2 102
    """)


@pytest.mark.parametrize("quote", ["", "NaN", "-1", "0", "often"])
def test_a_quote_that_cannot_be_read_is_a_quote_that_is_not_known(quote):
    teller = Teller()
    teller.open("buy", "10")
    teller.send(quote, quote, arrival=f"{quote}/{quote}")
    teller.fill("10", "100")
    leg = teller.leg()
    assert leg.slippage_broker_bps is None
    assert leg.slippage_arrival_bps is None


def test_the_quote_kept_with_the_fill_stands_in_for_a_lost_send_report():
    teller = Teller()
    teller.open("buy", "10")
    teller.fill("10", "100.05")
    kept = teller.executions[0]
    teller.executions[0] = type(kept)(
        execution=kept.execution,
        order_id=kept.order_id,
        opening_order_id=None,
        received_at=kept.received_at,
        bid_at_send=Decimal("99.98"),
        ask_at_send=Decimal("100"),
    )
    assert teller.leg().slippage_broker_bps == Decimal("0.05") / 100 * 10_000
