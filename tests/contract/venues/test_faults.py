"""What every paper venue makes of a broker that misbehaves: doubt is never told as refusal, nor nothing as none."""

import asyncio
from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.execution import FillReason
from argos.core.intent import OrderType, Side
from argos.ports import VenueOrderState
from eventually import eventually

SHORT_S = 0.3


@pytest.mark.parametrize("fault", ["accept_then_timeout", "lost_answer"])
async def test_an_order_without_an_answer_is_in_doubt_and_found_by_looking(desk, fault):
    await desk.fault(fault)
    order = desk.order()
    with pytest.raises(VenueUnreachable):
        await desk.submit(order, timeout_s=SHORT_S)
    (fill,) = await desk.executions(1)
    assert desk.is_ours(fill, order.identity)


async def test_a_slow_broker_acts_after_we_gave_up(desk):
    await desk.fault("slow", delay_ms=1_000)
    order = desk.order()
    with pytest.raises(VenueUnreachable):
        await desk.submit(order, timeout_s=SHORT_S)
    looked = await desk.look()
    assert not looked.orders
    # The order comes after this look: the next one has to find it from this one's cursor.
    await eventually(lambda: has_executions(desk, looked.cursor), what="the late order")


async def test_a_rejected_order_left_no_trace(desk):
    await desk.fault("reject")
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(desk.order())
    assert refusal.value.venue_code in {"10006", "40310000"}
    looked = await desk.look()
    assert not looked.orders
    assert not looked.executions


async def test_a_fill_may_be_seen_before_the_answer(desk):
    if desk.kind.startswith("package"):
        pytest.skip(
            "a terminal takes one call at a time: nothing is seen while an answer is awaited"
        )
    await desk.fault("fill_before_ack", delay_ms=1_000)
    order = desk.order()
    sending = asyncio.create_task(desk.submit(order))
    await desk.executions(1)
    assert not sending.done()
    answer = await sending
    assert answer.venue_order_id == desk.scans[-1].executions[0].venue_order_id


async def test_deals_that_are_told_twice_are_one_execution(desk):
    await desk.fault("answer_twice")
    await desk.submit(desk.order())
    await desk.executions(1)
    ledger = desk.broker.ledger()
    assert len([deal for deal in ledger.deals if deal.account == desk.account]) == 1


async def test_a_fill_may_cross_a_cancel_that_was_answered_with_yes(desk):
    order = desk.order(order_type=OrderType.LIMIT, price=Decimal("95.00"))
    await desk.submit(order)
    await desk.fault("late_fill_after_cancel")
    answer = await desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=5.0)
    assert answer.state is VenueOrderState.CANCELED
    (fill,) = await desk.executions(1)
    assert desk.is_ours(fill, order.identity)
    assert (await desk.position()).qty == order.qty


async def test_a_cut_connection_is_no_observation(desk):
    await desk.opened(desk.order())
    await desk.fault("disconnect", delay_ms=500)
    with pytest.raises(VenueUnreachable):
        await desk.look()
    with pytest.raises(VenueUnreachable):
        await desk.submit(desk.order())

    async def healed() -> bool:
        try:
            return len((await desk.look()).positions) == 1
        except VenueUnreachable:
            return False

    await eventually(healed, what="the connection is back")
    assert len(desk.scans[-1].executions) == 1, "what was sent into the cut never arrived"


async def test_the_stream_comes_back_after_a_cut(desk):
    await desk.fault("disconnect", delay_ms=200)
    quote = desk.venue.quote("AAPL")
    await desk.broker.feed("AAPL", "123.00")
    await eventually(lambda: desk.venue.quote("AAPL") != quote, what="a new quote")


async def test_a_hint_comes_when_something_happened(desk):
    hints = desk.venue.hints()
    heard = asyncio.create_task(anext(hints))
    await asyncio.sleep(0)  # lets the listener take its seat
    await desk.submit(desk.order())
    async with asyncio.timeout(5):
        await heard
    await hints.aclose()


async def test_the_quote_that_stood_at_a_moment_is_remembered(desk):
    first = desk.venue.quote("AAPL")
    await desk.market("101")
    second = desk.venue.quote("AAPL")
    assert desk.venue.quote("AAPL", at=first.at) == first
    assert desk.venue.quote("AAPL", at=second.at) == second
    assert second.bid < second.mid < second.ask
    assert desk.venue.quote("NOPE") is None


async def test_trades_by_hand_are_seen_and_are_nobodys(desk):
    await desk.broker.control(
        "/control/manual",
        {"account": desk.account, "symbol": "AAPL", "side": "buy", "qty": "3"},
    )
    (fill,) = await desk.executions(1)
    assert (fill.qty, fill.side, fill.reason) == (3, Side.BUY, FillReason.MANUAL)
    assert fill.magic == 0
    assert (await desk.position()).qty == 3


async def test_a_killed_broker_has_kept_everything(own_desk):
    desk = await own_desk()
    protected = desk.order(sl=Decimal("95.00"), tp=Decimal("110.00"))
    await desk.opened(protected)
    waiting = desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    await desk.submit(waiting)
    before = await desk.look()
    desk.broker.kill()
    with pytest.raises(VenueUnreachable):
        await desk.look()
    desk.broker.start()
    after = await desk.look()
    assert after.positions == before.positions
    assert after.orders == before.orders
    assert after.executions == before.executions
    assert after.account.balance == before.account.balance
    await desk.market("94.00")  # the stop lives on at the broker
    _, exit_fill = await desk.executions(2)
    assert exit_fill.reason is FillReason.SL
    assert desk.is_ours(exit_fill, protected.identity)


async def test_partial_fills_add_up_to_the_order_or_to_its_canceled_end(own_desk):
    desk = await own_desk(partial_probability=1.0)
    order = desk.order(qty="100")
    await desk.submit(order)
    ended = await desk.report(order.identity, "canceled" if desk.is_mt5 else "filled")
    looked = await desk.look()
    filled = sum(fill.qty for fill in looked.executions)
    assert ended.filled_qty == filled == looked.positions[0].qty
    if desk.is_mt5:
        assert 0 < filled < order.qty, "what could not be filled at once is canceled"
    else:
        assert filled == order.qty
        assert len(looked.executions) > 1, "the order was filled in slices"


async def has_executions(desk, cursor):
    return bool((await desk.look(cursor)).executions)
