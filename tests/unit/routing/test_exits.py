"""Closes, reverses and cancels: what is open goes, and only a halt keeps it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountLimits, Halt, HaltScope, TradingMode
from argos.core.denial import DenialCode
from argos.core.ids import order_uuid
from argos.core.intent import Action, Intent, OrderType, Side
from argos.core.order import CommandKind, OrderRole, OrderStatus
from argos.core.position import Position
from argos.risk.assess import assess
from argos.routing.context import AccountContext, OpenEntry
from argos.routing.plan import plan_intent
from argos.routing.planned import IntentPlan, PlannedOrder
from unit.core.builders import (
    AAPL,
    HEDGE,
    NET,
    NOW,
    make_account,
    make_intent,
    make_leg,
    make_order,
    make_route,
    make_snapshot,
    units,
)

Plan = Callable[..., IntentPlan]
MakeContext = Callable[..., AccountContext]
MakeEntry = Callable[..., OpenEntry]
D = Decimal

HALTED = Halt(scope=HaltScope.GLOBAL, key="", mode=TradingMode.HALTED, reason="stop all")
REDUCING = replace(HALTED, mode=TradingMode.REDUCING)
WORKING = {
    "status": OrderStatus.ACCEPTED,
    "filled_qty": D(0),
    "order_type": OrderType.LIMIT,
    "price": D(98),
}
FLYING = {"status": OrderStatus.SUBMITTED, "filled_qty": D(0)}


def close(fraction: str = "1") -> Intent:
    return make_intent(
        action=Action.CLOSE, side=None, size=None, sl=None, tp=None, close_fraction=D(fraction)
    )


def reverse(**changes: object) -> Intent:
    return make_intent(
        action=Action.REVERSE, side=Side.SELL, sl=D(105), tp=D(90), trade_id="T-2", **changes
    )


def cancel() -> Intent:
    return make_intent(action=Action.CANCEL, side=None, size=None, sl=None, tp=None)


def sent(row: PlannedOrder) -> bool:
    return row.command is not None and row.order.denial_code is None


def test_a_close_sends_the_opposite_of_what_is_open(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    intent, opened = close(), entry()
    [row] = plan(intent, context(HEDGE, opened)).orders
    order, command = row.order, row.command
    assert order.order_id == order_uuid(
        intent=intent.intent_id, account=HEDGE, role=f"exit:{opened.order.order_id}"
    )
    assert (order.role, order.side, order.qty) == (OrderRole.EXIT, Side.SELL, 10)
    assert (order.order_type, order.valid_until) == (OrderType.MARKET, None)
    assert order.closes_order_id == opened.order.order_id
    assert command is not None
    assert (command.kind, command.is_exit, command.valid_until, command.close_fraction) == (
        CommandKind.CLOSE, True, None, 1,
    )  # fmt: skip


def test_a_close_closes_every_entry_of_its_trade_and_no_other(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    account = context(HEDGE, entry("one"), entry("two", qty=D(3)), entry("else", trade_id="T-9"))
    rows = plan(close(), account).orders
    assert [row.order.qty for row in rows] == [10, 3]


@pytest.mark.parametrize(
    ("fraction", "closed", "expected"),
    [("1", 0, 10), ("0.5", 0, 5), ("0.25", 0, 2), ("1", 4, 6), ("0.5", 4, 3), ("0.99", 0, 9)],
)
def test_a_fraction_is_taken_of_what_remains_and_rounded_down(
    fraction: str, closed: int, expected: int, plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [row] = plan(close(fraction), context(HEDGE, entry(closed_qty=D(closed)))).orders
    assert row.order.qty == expected


def test_a_fraction_too_small_for_a_step_is_denied_with_the_numbers(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [row] = plan(close("0.05"), context(HEDGE, entry())).orders
    assert row.command is None
    assert row.order.denial_code == DenialCode.SIZE_BELOW_MINIMUM
    assert row.order.denial_text == (
        "closing 0.05 of 10 is 0.5, below the minimum 1 of AAPL at meridian-hedge"
    )


def test_a_part_that_is_being_closed_is_not_taken_a_second_time(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [row] = plan(close("0.5"), context(HEDGE, entry(closing_qty=D(4)))).orders
    assert row.order.qty == (10 - 4) * D("0.5")
    [row] = plan(close("0.5"), context(HEDGE, entry(closing_qty=D(10)))).orders
    assert row.order.denial_code == DenialCode.CLOSE_NOTHING_OPEN


def test_a_full_close_goes_also_while_another_is_on_its_way_for_that_one_may_fail(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [row] = plan(close(), context(HEDGE, entry(closing_qty=D(10)))).orders
    assert sent(row)


def test_an_entry_still_on_its_way_is_closed_in_its_planned_size(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    for fraction, expected in (("1", 10), ("0.5", 5)):
        [row] = plan(close(fraction), context(HEDGE, entry(**FLYING))).orders
        assert row.order.qty == expected


def test_a_market_entry_that_is_still_filling_is_closed_as_a_whole(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    filling = entry(status=OrderStatus.PARTIALLY_FILLED, filled_qty=D(4))
    [row] = plan(close(), context(HEDGE, filling)).orders
    assert row.order.qty == 10


def test_a_working_limit_entry_is_cancelled_and_an_exit_waits_for_a_fill_that_crossed(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    waiting = entry(**WORKING)
    made = plan(close(), context(HEDGE, waiting))
    assert made.refusals == ()
    cancel, exit_command = made.commands
    assert (cancel.kind, cancel.order_id) == (CommandKind.CANCEL, waiting.order.order_id)
    assert cancel.is_exit
    assert exit_command.kind is CommandKind.CLOSE
    [row] = made.orders
    assert (row.order.closes_order_id, row.order.qty) == (waiting.order.order_id, 10)


def test_a_limit_entry_filled_in_part_is_cancelled_first_and_then_closed(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    partly = entry(**{**WORKING, "status": OrderStatus.PARTIALLY_FILLED, "filled_qty": D(4)})
    made = plan(close(), context(HEDGE, partly))
    assert [command.kind for command in made.commands] == [CommandKind.CANCEL, CommandKind.CLOSE]
    assert made.orders[0].order.qty == 10


def test_a_limit_entry_of_which_nothing_was_heard_is_cancelled_and_closed(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    unheard = entry(**{**WORKING, "status": OrderStatus.IN_DOUBT})
    made = plan(close(), context(HEDGE, unheard))
    assert [command.kind for command in made.commands] == [CommandKind.CANCEL, CommandKind.CLOSE]


def test_a_close_of_nothing_is_an_order_row_that_says_so(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    gone = entry(closed_qty=D(10))
    [row] = plan(close(), context(HEDGE, gone, trade_side=Side.BUY)).orders
    assert row.order.denial_code == DenialCode.CLOSE_NOTHING_OPEN
    assert row.order.denial_text == f"nothing of trade T-1 is open at {HEDGE}"
    assert (row.command, row.order.role, row.order.qty) == (None, OrderRole.EXIT, 0)
    assert row.order.side is Side.SELL
    assert [check.as_row()["code"] for check in row.checks] == ["CLOSE_NOTHING_OPEN"]


def test_nothing_but_a_halt_keeps_an_exit_back(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    worst = context(
        HEDGE,
        entry(),
        snapshot=None,
        account=make_account(enabled=False, limits=AccountLimits(qty_max=D(1), positions_max=0)),
    )
    stale = replace(
        close(), timestamp_tv=NOW - timedelta(days=3), expires_at=NOW - timedelta(days=2)
    )
    off = make_route(make_leg(enabled=False), enabled=False)
    [row] = plan(stale, worst, route=off, halts=(REDUCING,)).orders
    assert sent(row)
    [row] = plan(stale, worst, route=off, halts=(HALTED,)).orders
    assert (row.order.denial_code, row.command) == (DenialCode.HALTED, None)
    assert row.order.qty == 10


def test_a_halt_keeps_a_cancel_back_and_says_so(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(close(), context(HEDGE, entry(**WORKING)), halts=(HALTED,))
    assert made.commands == ()
    assert [refusal.denied.code for refusal in made.refusals] == [DenialCode.HALTED]


def test_an_account_that_left_the_route_still_gets_its_exits(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    left = context(NET, entry(account=NET))
    for route in (make_route(make_leg(HEDGE)), None):
        made = plan(close(), context(HEDGE), left, route=route)
        assert [row.order.account for row in made.orders if sent(row)] == [NET]
    opening = plan(make_intent(), context(HEDGE), left)
    assert [row.order.account for row in opening.orders] == [HEDGE]


def test_at_a_netting_account_a_close_takes_the_quantity_of_the_trade(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    ours, others = entry("ours", qty=D(4)), entry("others", qty=D(20), trade_id="T-9")
    net = Position(symbol="AAPL", side=Side.BUY, qty=D(24), price_open=D(100), position_id="1")
    account = context(HEDGE, ours, others, hedging=False, snapshot=make_snapshot(positions=(net,)))
    [row] = plan(close(), account).orders
    assert row.order.qty == 4


def test_a_reverse_closes_the_other_side_and_then_opens(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(reverse(), context(HEDGE, entry()))
    out, into = made.orders
    assert (out.order.role, out.order.side, out.order.qty) == (OrderRole.EXIT, Side.SELL, 10)
    assert (into.order.role, into.order.side, into.order.qty) == (OrderRole.ENTRY, Side.SELL, 10)
    assert (out.order.trade_id, into.order.trade_id) == ("T-1", "T-2")
    assert into.command is not None
    assert into.command.depends_on == (out.order.order_id,)
    assert [command.kind for command in made.commands] == [CommandKind.CLOSE, CommandKind.SUBMIT]


def test_a_reverse_touches_its_own_route_symbol_and_the_other_side_only(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    account = context(
        HEDGE,
        entry("same side", side=Side.SELL),
        entry("other symbol", symbol="MSFT"),
        entry("other route", route="second"),
        entry("other trade", trade_id="T-7", qty=D(2)),
        entry("closed", closed_qty=D(10)),
    )
    out, _ = plan(reverse(), account).orders
    assert (out.order.trade_id, out.order.qty) == ("T-7", 2)


def test_a_reverse_cancels_what_waits_on_the_other_side(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(reverse(), context(HEDGE, entry(**WORKING)))
    kinds = [command.kind for command in made.commands]
    assert kinds == [CommandKind.CANCEL, CommandKind.CLOSE, CommandKind.SUBMIT]
    assert made.commands[2].depends_on == (made.commands[1].order_id,)


def test_a_reverse_of_nothing_simply_opens(plan: Plan) -> None:
    [row] = plan(reverse()).orders
    assert sent(row)
    assert row.command is not None
    assert row.command.depends_on == ()


def test_a_reverse_whose_entry_is_denied_closes_all_the_same(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    out, into = plan(reverse(size=units("0.1")), context(HEDGE, entry())).orders
    assert sent(out)
    assert into.order.denial_code == DenialCode.SIZE_BELOW_MINIMUM


def test_a_reverse_is_gated_as_if_what_it_closes_were_gone(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    opened = entry()
    position = Position(
        symbol="AAPL",
        side=Side.BUY,
        qty=D(10),
        price_open=D(100),
        position_id="5",
        magic=opened.order.magic,
    )
    full = context(
        HEDGE,
        opened,
        snapshot=make_snapshot(positions=(position,)),
        account=make_account(limits=AccountLimits(positions_max=1)),
    )
    assert all(sent(row) for row in plan(reverse(), full).orders)
    [refused] = plan(make_intent(trade_id="T-2"), full).orders
    assert refused.order.denial_code == DenialCode.POSITIONS_MAX


def test_a_cancel_takes_back_what_still_works(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    waiting = entry("waiting", **WORKING)
    account = context(HEDGE, waiting, entry("filled"), entry("else", trade_id="T-9", **WORKING))
    made = plan(cancel(), account)
    assert [command.order_id for command in made.commands] == [waiting.order.order_id]
    assert made.orders == ()
    assert made.refusals == ()


def test_a_cancel_of_nothing_is_refused_by_name(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(cancel(), context(HEDGE, entry()))
    [refusal] = made.refusals
    assert (refusal.account, refusal.denied.code) == (HEDGE, DenialCode.CANCEL_NOTHING_WORKING)
    assert refusal.denied.text == f"no order of trade T-1 is working at {HEDGE}"


def test_a_halted_cancel_is_refused_once_and_for_the_halt(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(cancel(), context(HEDGE, entry(**WORKING)), halts=(HALTED,))
    assert [refusal.denied.code for refusal in made.refusals] == [DenialCode.HALTED]


quantities = st.integers(1, 1_000).map(Decimal)


@st.composite
def entries(draw: st.DrawFn) -> OpenEntry:
    name = f"entry-{draw(st.integers(0, 10**9))}"
    qty = draw(quantities)
    state = draw(st.sampled_from(list(OrderStatus)))
    filled = qty if state is OrderStatus.FILLED else draw(st.integers(0, int(qty)).map(Decimal))
    order = make_order(
        name,
        qty=qty,
        trade_id=draw(st.sampled_from(["T-1", "T-2"])),
        side=draw(st.sampled_from(list(Side))),
        order_type=draw(st.sampled_from([OrderType.MARKET, OrderType.LIMIT])),
        price=D(98),
    )
    closed = draw(st.integers(0, int(filled)).map(Decimal))
    return OpenEntry(order=order, status=state, filled_qty=filled, closed_qty=closed)


@given(
    opened=st.lists(entries(), max_size=6, unique_by=lambda entry: entry.order.order_id),
    fraction=st.decimals("0.01", "1", places=2),
    action=st.sampled_from(list(Action)),
    side=st.sampled_from(list(Side)),
    mode=st.sampled_from(list(TradingMode)),
)
def test_whatever_is_open_a_plan_never_exits_more_than_there_is_and_leaves_no_leg_silent(
    opened: list[OpenEntry], fraction: Decimal, action: Action, side: Side, mode: TradingMode
) -> None:
    stop, target = (D(95), D(110)) if side is Side.BUY else (D(105), D(90))
    intent = make_intent(action=action, side=side, sl=stop, tp=target, close_fraction=fraction)
    account = AccountContext(
        account=make_account(), snapshot=make_snapshot(), open_entries=tuple(opened)
    )
    made = plan_intent(
        intent,
        route=make_route(),
        contexts={HEDGE: account},
        halts=(replace(HALTED, mode=mode),),
        now=NOW,
        assess=assess,
    )
    by_id = {entry.order.order_id: entry for entry in opened}
    for row in made.orders:
        assert (row.command is None) == (row.order.denial_code is not None)
        assert row.order.qty % AAPL.qty_step == 0
        if row.order.closes_order_id is not None:
            closes = by_id[row.order.closes_order_id]
            assert 0 <= row.order.qty <= closes.order.qty - closes.closed_qty
            assert row.order.side is closes.order.side.opposite
            assert row.order.trade_id == closes.order.trade_id
    assert made.orders or made.commands or made.refusals
    assert len({command.command_id for command in made.commands}) == len(made.commands)
    if mode is TradingMode.HALTED:
        assert made.commands == ()
    if mode is TradingMode.REDUCING:
        assert all(command.is_exit for command in made.commands)


def test_at_a_netting_account_an_entry_against_another_trade_is_denied(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    held = entry("held", account=NET, trade_id="T-1", side=Side.BUY)
    against = make_intent(trade_id="T-2", side=Side.SELL, sl=D(105), tp=D(90))
    at_net = {"route": make_route(make_leg(NET))}
    [denied] = plan(against, context(NET, held, hedging=False), **at_net).orders
    assert denied.order.denial_code == DenialCode.NETTING_OPPOSED
    assert "T-1" in (denied.order.denial_text or "")
    for beside in (
        entry("other symbol", account=NET, trade_id="T-1", side=Side.BUY, symbol="MSFT"),
        entry("same side", account=NET, trade_id="T-1", side=Side.SELL),
        entry("gone", account=NET, trade_id="T-1", side=Side.BUY, closed_qty=D(10)),
    ):
        [allowed] = plan(against, context(NET, beside, hedging=False), **at_net).orders
        assert allowed.order.denial_code is None


def test_a_hedging_account_holds_both_sides(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    held = entry("held", trade_id="T-1", side=Side.BUY)
    against = make_intent(trade_id="T-2", side=Side.SELL, sl=D(105), tp=D(90))
    [allowed] = plan(against, context(HEDGE, held)).orders
    assert allowed.order.denial_code is None


def test_a_reverse_is_no_entry_against_the_trade_that_it_closes_but_against_those_it_leaves(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    mine = entry("mine", account=NET, trade_id="T-1", side=Side.BUY)
    foreign = entry("foreign", account=NET, trade_id="T-9", side=Side.BUY, route="other")
    at_net = {"route": make_route(make_leg(NET))}
    *_, opened = plan(reverse(), context(NET, mine, hedging=False), **at_net).orders
    assert opened.order.denial_code is None
    *_, denied = plan(reverse(), context(NET, mine, foreign, hedging=False), **at_net).orders
    assert denied.order.denial_code == DenialCode.NETTING_OPPOSED
    assert "T-9" in (denied.order.denial_text or "")


def test_at_a_netting_account_an_entry_waits_for_the_close_of_the_other_side_that_is_on_its_way(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    exit_id = make_order("its exit").order_id
    leaving = entry(
        "leaving", account=NET, trade_id="T-1", closing_qty=D(10), closing_order_ids=(exit_id,)
    )
    against = make_intent(trade_id="T-2", side=Side.SELL, sl=D(105), tp=D(90))
    at_net = {"route": make_route(make_leg(NET))}
    [planned] = plan(against, context(NET, leaving, hedging=False), **at_net).orders
    assert planned.command is not None
    assert planned.command.depends_on == (exit_id,)
    partly = replace(leaving, closing_qty=D(4))
    [denied] = plan(against, context(NET, partly, hedging=False), **at_net).orders
    assert denied.order.denial_code == DenialCode.NETTING_OPPOSED
