"""Cards about orders and what became of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.core.execution import Entry
from argos.core.intent import Side
from argos.protocol.facts import decode_execution
from contract.node.desks import Desk
from contract.node.season import card


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
    assert Decimal(facts["send_started"].body["ask"]) == deal.ask
    assert abs(execution.occurred_at - before) < timedelta(seconds=20)
    assert facts["fill"].order_id == command.order_id
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
