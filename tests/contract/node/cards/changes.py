"""Cards about orders and positions that are changed or canceled."""

from decimal import Decimal

from argos.core.intent import OrderType
from contract.node.cards.orders import standing_levels
from contract.node.desks import Desk
from contract.node.season import card


@card("N13")
async def a_working_order_is_moved(desk: Desk) -> None:
    levels = {"sl": Decimal(80), "tp": Decimal(150)}
    for order_type, price, limit in (
        (OrderType.LIMIT, "90", None),
        (OrderType.STOP, "110", None),
        (OrderType.STOP_LIMIT, "110", Decimal(109)),
    ):
        command = desk.entry(
            order_type=order_type, price=Decimal(price), stop_limit_price=limit, **levels
        )
        await desk.do(command, "accepted")
        wanted = {"price": Decimal(price) + 1, "sl": Decimal(82), "tp": Decimal(152)}
        await desk.do(desk.modify(command, **wanted), "modified")
        (order,) = [order for order in desk.working() if order.reason.value == "command"]
        assert (order.price, order.stop_limit_price) == (wanted["price"], limit)
        legs = {item.price for item in desk.working()} - {order.price}
        assert {order.sl, order.tp} == {wanted["sl"], wanted["tp"]} or legs == {
            wanted["sl"],
            wanted["tp"],
        }
        await desk.do(desk.cancel(command), "canceled")
        assert desk.working() == []


@card("N14")
async def a_position_is_protected(desk: Desk) -> None:
    command = await desk.opened()
    await desk.do(desk.modify(command, sl=Decimal(90), tp=Decimal(120)), "modified")
    assert standing_levels(desk) == {Decimal(90), Decimal(120)}


@card("N15")
async def a_change_to_what_is_so(desk: Desk) -> None:
    command = await desk.opened(sl=Decimal(90))
    same = desk.modify(command, sl=Decimal(90))
    facts = await desk.do(same, "modified")
    assert "rejected" not in facts
    assert standing_levels(desk) == {Decimal(90)}


@card("N16")
async def a_working_order_is_canceled(desk: Desk) -> None:
    command = await desk.rested()
    await desk.do(desk.cancel(command), "canceled")
    assert desk.working() == []
    assert desk.deals() == []


@card("N17")
async def a_cancel_of_nothing(desk: Desk) -> None:
    facts = await desk.do(desk.cancel(desk.entry()), "rejected")
    assert facts["rejected"].body["code"] == "VENUE_ORDER_GONE"
    assert desk.orders() == []


@card("N18")
async def a_fill_crosses_a_cancel(desk: Desk) -> None:
    command = await desk.rested("95")
    await desk.fault("late_fill_after_cancel")
    await desk.do(desk.cancel(command), "canceled")
    await desk.heard(command, "fill")
    assert desk.held() == 10


@card("N19")
async def a_cancel_after_the_fill(desk: Desk) -> None:
    command = await desk.opened()
    facts = await desk.do(desk.cancel(command), "rejected")
    assert facts["rejected"].body["code"] == "VENUE_ORDER_GONE"
    assert desk.held() == 10


@card("N20")
async def a_change_to_what_is_gone(desk: Desk) -> None:
    command = await desk.opened()
    await desk.do(desk.close(command), "fill")
    facts = await desk.do(desk.modify(command, sl=Decimal(90)), "rejected")
    assert facts["rejected"].body["code"] == "VENUE_POSITION_CLOSED"


@card("N21")
async def a_cancel_is_said_again(desk: Desk) -> None:
    command = await desk.rested()
    await desk.fault("reject", request="cancel")
    facts = await desk.do(desk.cancel(command), "canceled")
    assert facts["canceled"].body["attempt"] == 2
    assert "rejected" not in facts
    assert desk.working() == []
