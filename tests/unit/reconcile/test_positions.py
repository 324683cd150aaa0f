"""Positions derived from executions."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.reconcile.positions import derive_positions, inout_closing_qty
from unit.reconcile.stories import identity, moment


def execution(index: int, *, side: Side, qty: str, entry: Entry, position_id: str) -> Execution:
    return Execution(
        venue_exec_id=f"{index}",
        venue_order_id=str(identity(f"venue:{index}")),
        position_id=position_id,
        symbol="AAPL",
        side=side,
        entry=entry,
        price=Decimal(100),
        qty=Decimal(qty),
        commission=ZERO,
        swap=ZERO,
        fee=ZERO,
        profit=ZERO,
        reason=FillReason.COMMAND,
        occurred_at=moment(index * 1000),
    )


def bought(index: int, qty: str, *, entry: Entry = Entry.IN, position_id: str = "1") -> Execution:
    return execution(index, side=Side.BUY, qty=qty, entry=entry, position_id=position_id)


def sold(index: int, qty: str, *, entry: Entry = Entry.IN, position_id: str = "1") -> Execution:
    return execution(index, side=Side.SELL, qty=qty, entry=entry, position_id=position_id)


def test_hedging_keeps_positions_apart_and_netting_does_not():
    fills = [
        bought(1, "5", position_id="1"),
        sold(2, "2", position_id="2"),
        sold(3, "1", entry=Entry.OUT, position_id="1"),
    ]
    assert derive_positions(fills, hedging=True) == {
        ("AAPL", "1"): Decimal(5 - 1),
        ("AAPL", "2"): Decimal(-2),
    }
    assert derive_positions(fills, hedging=False) == {("AAPL", None): Decimal(5 - 2 - 1)}


def test_a_closed_position_is_not_listed():
    fills = [bought(1, "5"), sold(2, "5", entry=Entry.OUT)]
    assert derive_positions(fills, hedging=True) == {}
    assert derive_positions(fills, hedging=False) == {}


def test_a_close_by_against_an_opposite_position_ends_both():
    fills = [
        bought(1, "5", position_id="1"),
        sold(2, "5", position_id="2"),
        sold(3, "5", entry=Entry.OUT_BY, position_id="1"),
        bought(4, "5", entry=Entry.OUT_BY, position_id="2"),
    ]
    assert derive_positions(fills, hedging=True) == {}


def test_a_repeated_execution_counts_once():
    assert derive_positions([bought(1, "5"), bought(1, "5")], hedging=True) == {
        ("AAPL", "1"): Decimal(5)
    }


def test_an_inout_fill_closes_what_stood_and_no_more():
    fills = [
        bought(1, "5"),
        sold(2, "2", entry=Entry.OUT),
        sold(3, "10", entry=Entry.INOUT),
        bought(4, "8", entry=Entry.INOUT),
    ]
    assert inout_closing_qty(fills) == {"3": Decimal(5 - 2), "4": Decimal(10 - 3)}


def test_an_inout_fill_whose_beginning_is_unknown_closes_nothing():
    assert inout_closing_qty([sold(1, "5", entry=Entry.INOUT)]) == {"1": ZERO}


@given(st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(1, 9)), max_size=12), st.data())
def test_the_net_position_is_the_signed_sum_in_any_order(steps, data):
    fills = [
        execution(index, side=side, qty=str(qty), entry=Entry.IN, position_id="1")
        for index, (side, qty) in enumerate(steps)
    ]
    expected = sum(qty * side.sign for side, qty in steps)
    mixed = data.draw(st.permutations(fills))
    derived = derive_positions(mixed, hedging=False)
    assert derived == ({("AAPL", None): Decimal(expected)} if expected else {})
