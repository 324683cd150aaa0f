"""Entries: what an open comes to at each account of a route."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.account import AccountLimits, Halt, HaltScope, TradingMode
from argos.core.denial import DenialCode
from argos.core.errors import InvariantError
from argos.core.ids import client_order_id_of, magic_of, order_uuid
from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind, OrderRole, OrderStatus, status
from argos.core.position import Position
from argos.routing.context import AccountContext, OpenEntry
from argos.routing.planned import IntentPlan
from unit.core.builders import (
    AAPL,
    HEDGE,
    NET,
    NOW,
    make_account,
    make_intent,
    make_leg,
    make_route,
    make_snapshot,
)

Plan = Callable[..., IntentPlan]
MakeContext = Callable[..., AccountContext]
MakeEntry = Callable[..., OpenEntry]
D = Decimal


def test_an_open_becomes_one_sized_order_with_its_command(plan: Plan) -> None:
    intent = make_intent()
    [planned] = plan(intent).orders
    order, command = planned.order, planned.command
    assert order.order_id == order_uuid(intent=intent.intent_id, account=HEDGE, role="entry")
    assert (order.magic, order.client_order_id) == (
        magic_of(order.order_id),
        client_order_id_of(order.order_id),
    )
    assert (order.role, order.side, order.qty) == (OrderRole.ENTRY, Side.BUY, 10)
    assert (order.price, order.sl, order.tp) == (None, 95, 110)
    assert order.denial_code is None
    assert command is not None
    assert (command.kind, command.order_id, command.is_exit) == (
        CommandKind.SUBMIT, order.order_id, False,
    )  # fmt: skip
    assert command.valid_until == order.valid_until
    assert all(check.ok for check in planned.checks)


def test_the_same_intent_gives_the_same_plan(plan: Plan) -> None:
    assert plan(make_intent()) == plan(make_intent())


def test_each_account_gets_its_share_under_its_own_name_of_the_symbol(
    plan: Plan, context: MakeContext
) -> None:
    own = replace(AAPL, symbol="AAPL.US")
    net = context(NET, hedging=False, snapshot=make_snapshot(NET, instruments={"AAPL.US": own}))
    legs = (
        make_leg(HEDGE),
        make_leg(NET, share=D("0.5"), symbol_map={"AAPL": "AAPL.US"}),
    )
    made = plan(make_intent(), context(HEDGE), net, route=make_route(*legs))
    rows = [(row.order.account, row.order.symbol, row.order.qty) for row in made.orders]
    assert rows == [(HEDGE, "AAPL", 10), (NET, "AAPL.US", 5)]
    assert len({row.order.magic for row in made.orders}) == 2


def test_a_denied_leg_has_an_order_row_that_says_why_and_the_others_go_on(
    plan: Plan, context: MakeContext
) -> None:
    blind = context(NET, hedging=False, snapshot=None)
    made = plan(
        make_intent(), blind, context(HEDGE), route=make_route(make_leg(NET), make_leg(HEDGE))
    )
    denied, sent = made.orders
    assert (denied.order.denial_code, denied.command) == ("SNAPSHOT_MISSING", None)
    assert NET in (denied.order.denial_text or "")
    assert status((), qty=denied.order.qty, denied=True) is OrderStatus.DENIED
    assert sent.command is not None
    assert made.commands == (sent.command,)


def test_a_disabled_leg_is_denied_by_name(plan: Plan) -> None:
    [row] = plan(make_intent(), route=make_route(make_leg(enabled=False))).orders
    assert row.order.denial_code == DenialCode.LEG_DISABLED


def test_a_disabled_route_denies_each_leg(plan: Plan, context: MakeContext) -> None:
    route = make_route(make_leg(HEDGE), make_leg(NET), enabled=False)
    made = plan(make_intent(), context(HEDGE), context(NET), route=route)
    assert [row.order.denial_code for row in made.orders] == ["ROUTE_DISABLED"] * 2


def test_a_route_without_legs_and_a_route_that_is_gone_are_denied_as_a_whole(plan: Plan) -> None:
    empty = replace(make_route(), legs=())
    for route, code in ((empty, DenialCode.ROUTE_WITHOUT_LEGS), (None, DenialCode.ROUTE_UNKNOWN)):
        made = plan(make_intent(), route=route)
        assert made.legs == ()
        assert made.denied is not None
        assert made.denied.code is code
        assert "main" in made.denied.text


def test_a_leg_whose_account_is_not_known_is_refused_and_the_others_go_on(plan: Plan) -> None:
    made = plan(make_intent(), route=make_route(make_leg("gone"), make_leg(HEDGE)))
    assert [(row.account, row.denied.code) for row in made.refusals] == [
        ("gone", DenialCode.ACCOUNT_DISABLED)
    ]
    assert len(made.commands) == 1


def test_an_entry_without_a_side_cannot_be(plan: Plan) -> None:
    with pytest.raises(InvariantError, match="INTENT_SIDE_MISSING"):
        plan(make_intent(side=None))


@pytest.mark.parametrize(
    ("order_type", "extra"),
    [
        (OrderType.MARKET, {}),
        (OrderType.LIMIT, {}),
        (OrderType.STOP, {}),
        (OrderType.STOP_LIMIT, {"stop_limit_price": D(101)}),
    ],
)
def test_an_entry_may_be_sent_until_its_expiry_whatever_its_type(
    order_type: OrderType, extra: dict[str, Decimal], plan: Plan
) -> None:
    intent = make_intent(order_type=order_type, **extra)
    [row] = plan(intent).orders
    assert row.order.valid_until == intent.received_at + timedelta(seconds=60)
    stated = NOW + timedelta(seconds=7)
    [row] = plan(replace(intent, expires_at=stated)).orders
    assert row.order.valid_until == stated


def test_pending_orders_carry_their_prices_market_orders_none(plan: Plan) -> None:
    limit = make_intent(order_type=OrderType.LIMIT, entry_price=D("99.50"))
    [row] = plan(limit).orders
    assert row.order.price == D("99.50")
    [row] = plan(make_intent(entry_price=D("99.50"))).orders
    assert row.order.price is None


@pytest.mark.parametrize(
    ("side", "price", "sl", "tp"),
    [(Side.BUY, "99.50", "95.01", "110.00"), (Side.SELL, "99.51", "105.00", "90.00")],
)
def test_prices_are_rounded_to_the_tick_and_never_against_us(
    side: Side, price: str, sl: str, tp: str, plan: Plan
) -> None:
    asked = {Side.BUY: ("95.004", "110.004"), Side.SELL: ("105.004", "90.004")}[side]
    intent = make_intent(
        side=side,
        order_type=OrderType.LIMIT,
        entry_price=D("99.505"),
        sl=D(asked[0]),
        tp=D(asked[1]),
    )
    [row] = plan(intent).orders
    assert (row.order.price, row.order.sl, row.order.tp) == (D(price), D(sl), D(tp))


def positions_limited(count: int, *, hedging: bool) -> dict[str, object]:
    limits = AccountLimits(positions_max=count)
    return {"account": make_account(HEDGE, hedging=hedging, limits=limits)}


def held(entry: OpenEntry, symbol: str = "AAPL") -> Position:
    return Position(
        symbol=symbol,
        side=Side.BUY,
        qty=D(10),
        price_open=D(100),
        position_id="77",
        magic=entry.order.magic,
    )


def test_an_entry_on_its_way_counts_as_a_position_and_is_not_counted_twice(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    seen, flying = entry("seen"), entry("flying", status=OrderStatus.SUBMITTED, filled_qty=D(0))
    snapshot = make_snapshot(positions=(held(seen),))
    for most, code in ((2, "POSITIONS_MAX"), (3, None)):
        account = context(
            HEDGE, seen, flying, snapshot=snapshot, **positions_limited(most, hedging=True)
        )
        [row] = plan(make_intent(), account).orders
        assert row.order.denial_code == code


def test_positions_that_nobody_here_opened_count(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    stranger = replace(held(entry()), magic=0, symbol="MSFT")
    account = context(
        HEDGE,
        snapshot=make_snapshot(positions=(stranger,)),
        **positions_limited(1, hedging=True),
    )
    [row] = plan(make_intent(), account).orders
    assert row.order.denial_code == "POSITIONS_MAX"


def test_a_netting_account_holds_one_position_per_symbol(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    first = entry("first")
    same = context(
        HEDGE,
        first,
        snapshot=make_snapshot(positions=(held(first),)),
        **positions_limited(1, hedging=False),
    )
    [row] = plan(make_intent(), same).orders
    assert row.order.denial_code is None
    other = context(
        HEDGE,
        entry("other", symbol="MSFT"),
        **positions_limited(1, hedging=False),
    )
    [row] = plan(make_intent(), other).orders
    assert row.order.denial_code == "POSITIONS_MAX"


def test_a_brake_on_one_account_leaves_the_others_trading(plan: Plan, context: MakeContext) -> None:
    brake = Halt(scope=HaltScope.ACCOUNT, key=NET, mode=TradingMode.REDUCING, reason="drawdown")
    route = make_route(make_leg(HEDGE), make_leg(NET))
    made = plan(make_intent(), context(HEDGE), context(NET), route=route, halts=(brake,))
    assert [row.order.denial_code for row in made.orders] == [None, "REDUCING"]
