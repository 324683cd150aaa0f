"""Executions that no order of ours explains."""

from decimal import Decimal
from itertools import permutations

from argos.core.execution import Entry
from argos.core.intent import Side
from argos.reconcile.leg import reconcile_external
from argos.reconcile.result import Outcome
from argos.reconcile.story import LegExecution
from unit.reconcile.stories import NOW, Teller


def by_hand(*fills: tuple[Side, Entry, str, str], position_id: str = "77") -> list[LegExecution]:
    teller = Teller()
    made = []
    for index, (side, entry, qty, price) in enumerate(fills):
        teller.wait("1000")
        made.append(
            teller.execution(
                qty=qty,
                price=price,
                side=side,
                entry=entry,
                order_id=None,
                opening_order_id=None,
                exec_id=f"hand:{index}",
                reason="manual",
                cost="0.25",
                position_id=position_id,
            )
        )
    return made


def reconciled(executions: list[LegExecution]):
    return reconcile_external(
        executions, account="paper-1", currency="USD", unit_value=Decimal(1), now=NOW
    )


def test_a_position_opened_by_hand_is_an_external_trade_named_by_its_position():
    leg = reconciled(by_hand((Side.SELL, Entry.IN, "3", "50")))
    assert leg.trade_id == "external:77"
    assert leg.outcome is Outcome.EXTERNAL
    assert (leg.side, leg.symbol, leg.filled_qty) == (Side.SELL, "AAPL", 3)
    assert (leg.intended_qty, leg.fill_ratio) == (0, None)
    assert leg.divergence == ()
    assert not leg.is_flat


def test_an_external_trade_stays_external_when_it_is_closed_and_tells_its_result():
    fills = by_hand((Side.BUY, Entry.IN, "3", "50"), (Side.SELL, Entry.OUT, "3", "52"))
    leg = reconciled(fills)
    assert leg.outcome is Outcome.EXTERNAL
    assert leg.is_flat
    assert leg.net_pnl == (52 - 50) * 3 - 2 * Decimal("0.25")


def test_the_order_in_which_external_fills_are_given_does_not_matter():
    fills = by_hand(
        (Side.BUY, Entry.IN, "3", "50"),
        (Side.SELL, Entry.INOUT, "5", "52"),
        (Side.BUY, Entry.OUT, "2", "51"),
    )
    legs = [reconciled(list(order)) for order in permutations(fills)]
    assert all(leg == legs[0] for leg in legs)
    assert legs[0].gross_pnl == (52 - 50) * 3 + (52 - 51) * 2


def test_a_close_whose_opening_was_never_seen_takes_the_opposite_side():
    leg = reconciled(by_hand((Side.SELL, Entry.OUT, "3", "50")))
    assert leg.side is Side.BUY
    assert (leg.filled_qty, leg.exit_qty) == (0, 3)


def test_a_venue_without_position_ids_names_the_trade_by_its_symbol():
    leg = reconciled(by_hand((Side.BUY, Entry.IN, "3", "50"), position_id=""))
    assert leg.trade_id == "external:AAPL"
