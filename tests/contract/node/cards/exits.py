"""Cards about ways out of a position: ours, the broker's and a person's."""

from decimal import Decimal

from argos.core.intent import Side
from argos.protocol.facts import Report
from contract.node.broker_link import Mishap
from contract.node.desks import Desk
from contract.node.mishaps import refused_for_now
from contract.node.season import card


@card("N22")
async def a_position_is_closed_whole(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    facts = await desk.do(close, "accepted", "fill")
    assert (facts["fill"].body["entry"], facts["fill"].order_id) == ("out", close.order_id)
    assert desk.positions() == []


@card("N23")
async def a_position_is_closed_in_parts(desk: Desk) -> None:
    command = await desk.opened()
    await desk.do(desk.close(command, qty=Decimal(4)), "fill")
    assert desk.held() == 6
    await desk.do(desk.close(command, qty=Decimal(6)), "fill")
    assert desk.positions() == []


@card("N24")
async def a_close_takes_what_is_there(desk: Desk) -> None:
    close = desk.close(await desk.opened(), qty=Decimal(25))
    facts = await desk.do(close, "accepted", "fill")
    assert facts["accepted"].body["qty"] == facts["fill"].body["qty"] == "10"
    assert desk.positions() == []


@card("N25")
async def nothing_left_to_close(desk: Desk) -> None:
    facts = await desk.do(desk.close(desk.entry()), "unsent")
    assert facts["unsent"].body["code"] == "CLOSE_NOTHING_OPEN"
    assert desk.orders() == []


async def the_deal(desk: Desk) -> Report:
    await desk.until(lambda: len(desk.of_kind("deal")) > 0, "the deal")
    (deal,) = desk.of_kind("deal")
    return deal


@card("N26")
async def a_stop_at_the_broker(desk: Desk) -> None:
    await exit_at_the_broker(desk, mid="94", reason="sl", sl=Decimal(95))


@card("N27")
async def a_target_at_the_broker(desk: Desk) -> None:
    await exit_at_the_broker(desk, mid="111", reason="tp", tp=Decimal(110))


async def exit_at_the_broker(desk: Desk, *, mid: str, reason: str, **levels: Decimal) -> None:
    command = await desk.opened(**levels)
    await desk.feed(mid)
    deal = await the_deal(desk)
    assert (deal.body["reason"], deal.body["entry"]) == (reason, "out")
    assert deal.body["opening_order_id"] == str(command.order_id)
    assert (deal.order_id, len(desk.of_kind("fill"))) == (None, 1)
    assert desk.positions() == []


@card("N28", linked=True)
async def a_close_refused_for_now(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    desk.rule("close", Mishap.ANSWERED_BEFORE, **refused_for_now(desk))
    facts = await desk.do(close, "accepted", "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert "rejected" not in facts
    assert desk.positions() == []


@card("N29")
async def a_netting_close(desk: Desk) -> None:
    await desk.opened()
    second = await desk.opened(qty=Decimal(5))
    await desk.do(desk.close(second, qty=Decimal(15)), "fill")
    await desk.until(lambda: desk.positions() == [], "a flat account")


@card("N30")
async def a_netting_reversal(desk: Desk) -> None:
    await desk.opened()
    facts = await desk.do(desk.entry(side=Side.SELL, qty=Decimal(25)), "fill")
    assert (facts["fill"].body["entry"], facts["fill"].body["qty"]) == ("inout", "25")
    assert desk.held() == -15


@card("N31")
async def two_positions_side_by_side(desk: Desk) -> None:
    long = await desk.opened()
    await desk.opened(side=Side.SELL, qty=Decimal(5))
    await desk.do(desk.close(long), "fill")
    assert [position.signed_qty for position in desk.positions()] == [-5]


@card("N32")
async def a_position_by_its_id(desk: Desk) -> None:
    await desk.by_hand("buy", 3)
    close = desk.close(desk.entry(), qty=Decimal(3), position_id=desk.position_id())
    facts = await desk.do(close, "fill")
    assert facts["fill"].body["entry"] == "out"
    assert desk.positions() == []


@card("N33")
async def a_close_that_would_add(desk: Desk) -> None:
    command = await desk.opened()
    facts = await desk.do(desk.close(command, side=Side.BUY), "unsent")
    assert facts["unsent"].body["code"] == "CLOSE_NOTHING_OPEN"
    assert desk.held() == 10


@card("N34")
async def stop_and_target_go_with_the_position(desk: Desk) -> None:
    command = await desk.opened(sl=Decimal(95), tp=Decimal(110))
    await desk.do(desk.close(command), "fill")
    await desk.feed("94")
    await desk.polled(2)
    assert len(desk.deals()) == 2
    assert desk.working() == []
