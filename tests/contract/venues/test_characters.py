"""What is particular to one character of broker, seen through its venue."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.execution import Entry
from argos.core.intent import OrderType, Side
from eventually import eventually

COMMENT_MAX = 31


@pytest.fixture
def mt5_desk(desk):
    if not desk.is_mt5:
        pytest.skip("mt5 character only")
    return desk


@pytest.fixture
def alpaca_desk(desk):
    if desk.is_mt5:
        pytest.skip("alpaca character only")
    return desk


async def test_long_comments_are_cut_and_stops_overwrite_them(mt5_desk):
    comment = "argos-" + "x" * 40
    order = mt5_desk.order(comment=comment, sl=Decimal("95.00"))
    await mt5_desk.opened(order)
    await mt5_desk.market("94.00")
    entry, stopped = await mt5_desk.executions(2)
    assert entry.comment == comment[:COMMENT_MAX]
    assert stopped.comment == "[sl 95]"
    assert stopped.magic == order.identity.magic


async def test_return_code_10012_leaves_the_outcome_open(mt5_desk):
    await mt5_desk.fault("accept_then_timeout", delay_ms=0)
    with pytest.raises(VenueUnreachable) as doubt:
        await mt5_desk.submit(mt5_desk.order())
    assert "10012" in doubt.value.message
    await mt5_desk.executions(1)


async def test_a_price_that_ran_away_is_requoted(mt5_desk):
    order = mt5_desk.order(deviation_points=5)
    await mt5_desk.fault("slow", delay_ms=300)
    sending = mt5_desk.submit(order)
    seen = mt5_desk.venue.quote("AAPL")

    async def move() -> None:
        await mt5_desk.broker.feed("AAPL", str(seen.mid + 1))

    with pytest.raises(VenueRefused) as refusal:
        await together(sending, move())
    assert (refusal.value.venue_code, refusal.value.retryable) == ("10004", True)
    assert not (await mt5_desk.look()).executions


async def test_hedging_keeps_two_positions_where_netting_turns_one_over(mt5_desk):
    await mt5_desk.opened(mt5_desk.order(Side.BUY, "10"))
    await mt5_desk.submit(mt5_desk.order(Side.SELL, "15"))
    first, second = await mt5_desk.executions(2)
    positions = (await mt5_desk.look()).positions
    if mt5_desk.kind == "mt5-hedging":
        assert [position.signed_qty for position in positions] == [10, -15]
        assert second.entry is Entry.IN
    else:
        assert [position.signed_qty for position in positions] == [-5]
        assert second.entry is Entry.INOUT
        assert second.position_id == first.position_id


async def test_a_closed_market_refuses_at_mt5(mt5_desk):
    await mt5_desk.broker.control("/control/market", {"symbol": "AAPL", "open": False})
    try:
        with pytest.raises(VenueRefused) as refusal:
            await mt5_desk.submit(mt5_desk.order())
        assert refusal.value.venue_code == "10018"
    finally:
        await mt5_desk.broker.control("/control/market", {"symbol": "AAPL", "open": True})


async def test_a_closed_market_keeps_orders_waiting_at_alpaca(alpaca_desk):
    desk = alpaca_desk
    await desk.broker.control("/control/market", {"symbol": "AAPL", "open": False})
    order = desk.order()
    await desk.submit(order)
    await desk.report(order.identity, "working")
    await desk.broker.control("/control/market", {"symbol": "AAPL", "open": True})
    await desk.executions(1)


async def test_swap_is_booked_when_the_position_closes(mt5_desk):
    position = await mt5_desk.opened(mt5_desk.order(qty="100"))
    await mt5_desk.broker.rollover()
    await mt5_desk.close(position)
    entry, leaving = await mt5_desk.executions(2)
    quote = mt5_desk.venue.quote("AAPL")
    rate_bps = Decimal("1.6")
    expected = (100 * quote.bid * rate_bps / 10_000).quantize(Decimal("0.01"))
    assert (entry.swap, leaving.swap) == (0, expected)


async def test_the_same_client_id_sent_twice_is_one_order(alpaca_desk):
    order = alpaca_desk.order()
    first = await alpaca_desk.submit(order)
    await alpaca_desk.executions(1)
    again = await alpaca_desk.submit(order)
    assert again.venue_order_id == first.venue_order_id
    assert again.state == "filled"
    assert len((await alpaca_desk.look()).executions) == 1


async def test_a_used_client_id_stays_used_after_a_cancel(alpaca_desk):
    order = alpaca_desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    first = await alpaca_desk.submit(order)
    await alpaca_desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=5.0)
    again = await alpaca_desk.submit(replace(order, price=Decimal("91.00")))
    assert (again.venue_order_id, again.state) == (first.venue_order_id, "canceled")


async def test_a_close_sent_twice_closes_once(alpaca_desk):
    position = await alpaca_desk.opened(alpaca_desk.order(qty="10"))
    identity = alpaca_desk.identity()
    alpaca_desk.identity = lambda: identity
    await alpaca_desk.close(position, "4")
    await alpaca_desk.executions(2)
    await alpaca_desk.close(position, "4")
    assert (await alpaca_desk.position()).qty == 6


async def test_the_opening_order_is_found_again_by_a_venue_that_has_forgotten(alpaca_desk):
    order = alpaca_desk.order(sl=Decimal("95.00"))
    await alpaca_desk.opened(order)
    cursor = alpaca_desk.scans[-1].cursor

    async def overlap_is_past() -> bool:
        return not (await alpaca_desk.look(alpaca_desk.scans[-1].cursor)).executions

    await eventually(overlap_is_past, what="the opening fill is out of the overlap")
    forgetful = type(alpaca_desk.venue)(
        alpaca_desk.broker.url, f"key-{alpaca_desk.account}", alpaca_desk.account
    )
    try:
        (position,) = (await forgetful.scan(cursor=alpaca_desk.scans[-1].cursor)).positions
        assert position.client_order_id == order.identity.client_order_id
        assert position.sl == order.sl
    finally:
        await forgetful.aclose()
    assert cursor != alpaca_desk.scans[-1].cursor


async def together(first, second):
    """Both at once; the error of the first is raised."""
    outcome, _ = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(outcome, BaseException):
        raise outcome
