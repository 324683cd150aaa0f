"""Cards about orders and their fills."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.core.execution import Entry
from argos.core.intent import OrderType, Side
from argos.protocol.commands import Command
from argos.protocol.facts import decode_execution
from contract.node.desks import Desk
from contract.node.season import card

IN_PARTS = {"partial_probability": 1.0}


@card("N01")
async def a_market_order(desk: Desk) -> None:
    before = datetime.now(tz=UTC)
    command = desk.entry()
    facts = await desk.do(command, "send_started", "accepted", "fill")
    execution = decode_execution(facts["fill"].body)
    (deal,) = desk.deals()
    assert (execution.price, execution.qty) == (deal.price, deal.qty) == (deal.ask, Decimal(10))
    assert (execution.side, execution.entry) == (Side.BUY, Entry.IN)
    assert (execution.commission, execution.fee) == (deal.commission, deal.fee)
    assert execution.magic == deal.magic
    assert execution.client_order_id == deal.client_order_id
    assert Decimal(facts["send_started"].body["ask"]) == deal.ask
    assert abs(execution.occurred_at - before) < timedelta(seconds=20)
    assert {fact.order_id for fact in facts.values()} == {command.order_id}
    assert len(desk.orders_of(command)) == 1


@card("N02")
async def a_sale_from_flat(desk: Desk) -> None:
    facts = await desk.do(desk.entry(side=Side.SELL), "fill")
    execution = decode_execution(facts["fill"].body)
    (deal,) = desk.deals()
    assert (execution.price, execution.entry) == (deal.bid, Entry.IN)

    def is_told() -> bool:
        told = desk.positions_told() or []
        return [(item["side"], item["qty"]) for item in told] == [("sell", "10")]

    await desk.until(is_told, "the short position")


@card("N03")
async def a_limit_order(desk: Desk) -> None:
    command = await desk.rested("98")
    assert desk.told(command)["accepted"].body["state"] == "working"
    assert desk.fills(command) == []
    await desk.feed("97.50")
    facts = await desk.heard(command, "fill")
    (deal,) = desk.deals()
    assert Decimal(facts["fill"].body["price"]) == deal.price <= Decimal(98)


@card("N04")
async def a_stop_order(desk: Desk) -> None:
    command = desk.entry(order_type=OrderType.STOP, price=Decimal(102))
    await desk.do(command, "accepted")
    await desk.feed("101")
    await desk.polled(2)
    assert desk.fills(command) == []
    await desk.feed("102.50")
    facts = await desk.heard(command, "fill")
    (deal,) = desk.deals()
    assert Decimal(facts["fill"].body["price"]) == deal.price >= Decimal(102)


@card("N05")
async def a_stop_limit_order(desk: Desk) -> None:
    limit = Decimal("102.10")
    command = desk.entry(
        order_type=OrderType.STOP_LIMIT, price=Decimal(102), stop_limit_price=limit
    )
    await desk.do(command, "accepted")
    await desk.feed("103")
    await desk.polled(2)
    assert desk.fills(command) == []
    await desk.feed("102")
    facts = await desk.heard(command, "fill")
    (deal,) = desk.deals()
    assert Decimal(facts["fill"].body["price"]) == deal.price <= limit


@card("N06")
async def stop_and_target_travel_along(desk: Desk) -> None:
    await desk.opened(sl=Decimal(95), tp=Decimal(110))

    def is_told() -> bool:
        told = desk.positions_told() or []
        return [(item["sl"], item["tp"]) for item in told] == [("95", "110")]

    await desk.until(is_told, "the position with its levels")
    assert standing_levels(desk) == {Decimal(95), Decimal(110)}


def standing_levels(desk: Desk) -> set[Decimal | None]:
    """Stops and targets as they stand at the broker: in the position, or as orders of their own."""
    if desk.kind.is_mt5:
        return {level for item in desk.positions() for level in (item.sl, item.tp)} - {None}
    return {order.price for order in desk.working() if order.reason.value in {"sl", "tp"}}


@card("N07")
async def a_whole_trades_money(desk: Desk) -> None:
    command = await desk.opened(qty=Decimal(100))
    await desk.feed("103")
    await desk.do(desk.close(command), "fill")
    deals = {str(deal.ticket): deal for deal in desk.deals()}
    told = [decode_execution(fact.body) for fact in desk.of_kind("fill")]
    assert sorted(item.profit for item in told) == sorted(deal.profit for deal in deals.values())
    paid = [item.commission + item.fee for item in told]
    assert sorted(paid) == sorted(deal.commission + deal.fee for deal in deals.values())
    assert sum(paid) > 0
    balance = 100_000 + sum(item.profit for item in told) - sum(paid)

    def is_told() -> bool:
        snapshots = desk.snapshots()
        return bool(snapshots) and Decimal(snapshots[-1]["balance"]) == balance

    await desk.until(is_told, f"a balance of {balance}")


@card("N08", manners=IN_PARTS)
async def a_fill_in_part(desk: Desk) -> None:
    command = desk.entry(qty=Decimal(100))
    desk.gateway.lease(command)
    await desk.until(lambda: told_is_true(desk, command), "all slices")
    (order,) = desk.orders_of(command)
    await desk.until(
        lambda: ("canceled" in desk.told(command)) == (order.state.value == "canceled"),
        "the order's end",
    )
    assert order.filled_qty > 0
    assert (order.filled_qty == 100) == (order.state.value == "filled")


def told_is_true(desk: Desk, command: Command) -> bool:
    """The order has ended, and the fills told are just the ledger's deals."""
    orders = desk.orders_of(command)
    if not orders or any(order.is_live for order in orders):
        return False
    told = sorted(Decimal(fact.body["qty"]) for fact in desk.fills(command))
    return told == sorted(deal.qty for deal in desk.deals())


@card("N09", manners=IN_PARTS)
async def a_resting_order_in_slices(desk: Desk) -> None:
    command = await desk.rested("98", qty=Decimal(100))
    for mid in ("97.90", "97.80"):
        await desk.feed(mid)
    await desk.until(lambda: len(desk.deals()) > 1, "two slices")
    desk.gateway.lease(desk.cancel(command))
    await desk.until(lambda: told_is_true(desk, command), "all slices")


@card("N10")
async def a_fill_before_its_answer(desk: Desk) -> None:
    await desk.fault("fill_before_ack", delay_ms=400)
    command = desk.entry()
    await desk.do(command, "accepted", "fill")
    await desk.polled(2)
    assert [desk.reported(kind, command) for kind in ("accepted", "fill")] == [1, 1]
    assert len(desk.deals()) == 1


@card("N11")
async def a_deal_told_twice(desk: Desk) -> None:
    await desk.fault("answer_twice")
    command = desk.entry()
    await desk.do(command, "fill")
    await desk.polled(2)
    assert len(desk.of_kind("fill")) == 1
    assert desk.of_kind("deal") == []


@card("N12")
async def a_long_comment(desk: Desk) -> None:
    command = await desk.opened(comment="argos-" + "x" * 60)
    assert len(desk.orders_of(command)) == 1
