"""Fills that touch two trades: reverses, positions turned over, accounts that know one position per symbol."""

from dataclasses import replace
from decimal import Decimal

from argos.core.execution import Entry
from argos.core.intent import Side
from argos.reconcile.positions import inout_closing_qty
from argos.reconcile.result import Divergence, Outcome
from unit.reconcile.stories import Teller, identity, tell


def turned_over(*, closing_qty: str | None) -> tuple[Teller, Teller]:
    """Trade A is long 10; trade B sells 15 and the venue turns the one position over in one fill."""
    first, second = Teller(trade_id="A"), Teller(trade_id="B")
    opening = first.open("buy", "10", ref="100")
    first.fill("10", "100", cost="1")
    second.wait("5000")
    turning = second.open("sell", "15", ref="102")
    both = second.execution(
        qty="15",
        price="102",
        side=Side.SELL,
        entry=Entry.INOUT,
        order_id=turning.order_id,
        opening_order_id=opening.order_id,
        exec_id="turn",
        cost="1.50",
        swap="0.30",
        profit="20",
        closing_qty=closing_qty,
    )
    first.executions.append(both)
    second.executions.append(both)
    return first, second


def test_an_inout_fill_closes_one_trade_and_opens_the_other():
    first, second = turned_over(closing_qty="10")
    closed, opened = first.leg(), second.leg()
    assert closed.outcome is Outcome.WIN
    assert closed.exit_qty == 10
    assert closed.gross_pnl == (102 - 100) * 10
    assert opened.outcome is Outcome.OPEN
    assert opened.filled_qty == 15 - 10
    assert opened.entry_price_filled == 102


def test_the_two_parts_of_an_inout_fill_share_its_costs_without_loss():
    first, second = turned_over(closing_qty="10")
    closed, opened = first.leg(), second.leg()
    assert closed.commission == 1 + Decimal("1.50") * 10 / 15
    assert opened.commission == Decimal("1.50") * 5 / 15
    assert (closed.swap, opened.swap) == (Decimal("0.30"), 0)
    assert (closed.venue_profit, opened.venue_profit) == (20, 0)


def test_the_shares_of_an_odd_charge_add_up_to_it():
    first, second = turned_over(closing_qty="10")
    for teller in (first, second):
        turn = teller.executions[-1]
        teller.executions[-1] = replace(turn, execution=replace(turn.execution, fee=Decimal("0.1")))
    assert first.leg().fee + second.leg().fee == Decimal("0.1")


def test_without_a_stated_split_the_closed_trade_takes_what_it_had_open():
    first, _ = turned_over(closing_qty=None)
    closed = first.leg()
    assert closed.exit_qty == 10
    assert closed.outcome is Outcome.WIN


def test_the_split_of_an_inout_fill_follows_from_the_accounts_executions():
    first, second = turned_over(closing_qty=None)
    fills = [item.execution for item in (*first.executions, *second.executions)]
    assert inout_closing_qty(reversed(fills)) == {"turn": Decimal(10)}


def test_an_entry_that_only_closed_another_trade_opened_nothing():
    first, second = turned_over(closing_qty=None)
    only_closing = replace(second.executions[-1].execution, entry=Entry.OUT, qty=Decimal(10))
    order = second.orders[-1]
    second.effective[order.order_id] = Decimal(10)
    for teller in (first, second):
        teller.executions[-1] = replace(teller.executions[-1], execution=only_closing)
    assert first.leg().outcome is Outcome.WIN
    leg = second.leg()
    assert leg.outcome is Outcome.CANCELED
    assert leg.filled_qty == 0
    assert leg.commission == 0
    assert leg.divergence == (Divergence.QTY,)


def test_a_fill_that_reduces_the_net_position_is_an_entry_when_an_entry_order_made_it():
    """On a netting account the venue says `out` of the symbol; the trade is a new one all the same."""
    teller = Teller()
    order = teller.open("sell", "5", ref="100")
    teller.executions.append(
        teller.execution(
            qty="5",
            price="100",
            side=Side.SELL,
            entry=Entry.OUT,
            order_id=order.order_id,
            opening_order_id=order.order_id,
            exec_id="e",
        )
    )
    leg = teller.leg()
    assert leg.filled_qty == 5
    assert leg.exit_qty == 0
    assert leg.outcome is Outcome.OPEN


def test_an_exit_that_the_venue_calls_an_opening_still_closes_its_trade():
    teller = Teller()
    entry = teller.open("buy", "5")
    teller.fill("5", "100")
    exit_order = teller.close("5")
    teller.executions.append(
        teller.execution(
            qty="5",
            price="101",
            side=Side.SELL,
            entry=Entry.IN,
            order_id=exit_order.order_id,
            opening_order_id=entry.order_id,
            exec_id="x",
        )
    )
    assert teller.leg().outcome is Outcome.WIN


def test_a_reverse_closes_one_trade_and_opens_another_under_its_own_name():
    old, new = Teller(trade_id="old"), Teller(trade_id="new")
    opening = old.open("buy", "10", ref="100")
    old.fill("10", "100")
    new.wait("5000")
    new.open("sell", "10", ref="103")
    new.fill("10", "102.90")
    close_fill = new.execution(
        qty="10",
        price="102.95",
        side=Side.SELL,
        entry=Entry.OUT,
        order_id=identity("reverse:close"),
        opening_order_id=opening.order_id,
        exec_id="close",
        cost="1",
    )
    old.executions.append(close_fill)
    closed, opened = old.leg(), new.leg()
    assert (closed.outcome, closed.gross_pnl) == (
        Outcome.WIN,
        (Decimal("102.95") - 100) * 10,
    )
    assert closed.divergence == ()
    assert (opened.outcome, opened.side, opened.filled_qty) == (Outcome.OPEN, "sell", 10)


def test_the_closing_order_of_a_reverse_counts_nothing_in_the_new_trade():
    """Even when it is filed under the new trade: its fill closed the old one."""
    new = Teller(trade_id="new")
    new.open("sell", "10", ref="103")
    entry = new.orders[0]
    foreign = identity("old:order")
    new.close("10")
    new.orders[1] = replace(new.orders[1], closes_order_id=foreign, side=Side.SELL)
    new.fill("10", "102.95", cost="1")
    new.fill("10", "102.90", of="1")
    leg = new.leg()
    assert entry.side is leg.side
    assert (leg.filled_qty, leg.exit_qty, leg.commission) == (10, 0, 0)
    assert leg.divergence == ()
    new.executions.pop(0)  # kept with the old trade alone, it is not missed here
    assert new.leg() == leg


def test_one_trade_that_is_reversed_in_itself_keeps_its_cash_exact():
    tell("""
        step                 -> outcome gross_pnl
        open buy 10          ->
        fill 10 @ 100        -> open    0
        close 10             ->
        fill 10 @ 103        -> win     10*3
        open sell 10         -> open    10*3
        fill 10 @ 104        -> open    10*3
        close 4 of=3         ->
        fill 4 @ 101         -> open    10*3+4*(104-101)
        close 6 of=3         ->
        fill 6 @ 105         -> win     10*3+4*(104-101)-6
    """)


def test_of_two_tellings_of_one_fill_the_one_that_knows_its_order_counts():
    teller = Teller()
    teller.open("buy", "5", ref="100")
    known = teller.fill("5", "101")
    leg = teller.leg()
    unknown = replace(known, order_id=None)
    for tellings in ([known, unknown], [unknown, known]):
        teller.executions = tellings
        assert teller.leg() == leg
