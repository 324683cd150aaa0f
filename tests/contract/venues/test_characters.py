"""What is particular to one character of broker, seen through its venue."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.execution import Entry
from argos.core.intent import OrderType, Side
from contract.venues.conftest import venue_at
from eventually import eventually

COMMENT_MAX = 31


mt5_only = pytest.mark.parametrize(
    "shared_broker",
    ["mt5-hedging", "mt5-netting", "package-hedging", "package-netting"],
    indirect=True,
)
alpaca_only = pytest.mark.parametrize("shared_broker", ["alpaca", "alpaca-api"], indirect=True)


@mt5_only
async def test_long_comments_are_cut_and_stops_overwrite_them(desk):
    comment = "argos-" + "x" * 40
    order = desk.order(comment=comment, sl=Decimal("95.00"))
    await desk.opened(order)
    await desk.market("94.00")
    entry, stopped = await desk.executions(2)
    assert entry.comment == comment[:COMMENT_MAX]
    assert stopped.comment == "[sl 95]"
    assert stopped.magic == order.identity.magic


async def test_a_time_out_that_the_broker_tells_of_leaves_the_outcome_open(desk):
    await desk.fault("accept_then_timeout", delay_ms=0)
    with pytest.raises(VenueUnreachable) as doubt:
        await desk.submit(desk.order())
    assert ("10012" if desk.is_mt5 else "504") in doubt.value.message
    await desk.executions(1)


@mt5_only
async def test_a_price_that_ran_away_is_requoted(desk):
    order = desk.order(deviation_points=5)
    await desk.fault("slow", delay_ms=300)
    sending = desk.submit(order)
    seen = desk.venue.quote("AAPL")

    async def move() -> None:
        await desk.broker.feed("AAPL", str(seen.mid + 1))

    with pytest.raises(VenueRefused) as refusal:
        await together(sending, move())
    assert (refusal.value.venue_code, refusal.value.retryable) == ("10004", True)
    assert not (await desk.look()).executions


@mt5_only
async def test_hedging_keeps_two_positions_where_netting_turns_one_over(desk):
    await desk.opened(desk.order(Side.BUY, "10"))
    await desk.submit(desk.order(Side.SELL, "15"))
    first, second = await desk.executions(2)
    positions = (await desk.look()).positions
    if desk.hedges:
        assert [position.signed_qty for position in positions] == [10, -15]
        assert second.entry is Entry.IN
    else:
        assert [position.signed_qty for position in positions] == [-5]
        assert second.entry is Entry.INOUT
        assert second.position_id == first.position_id


@mt5_only
async def test_a_closed_market_refuses_at_mt5(desk):
    await desk.broker.control("/control/market", {"symbol": "AAPL", "open": False})
    try:
        with pytest.raises(VenueRefused) as refusal:
            await desk.submit(desk.order())
        assert refusal.value.venue_code == "10018"
    finally:
        await desk.broker.control("/control/market", {"symbol": "AAPL", "open": True})


@alpaca_only
async def test_a_closed_market_keeps_orders_waiting_at_alpaca(desk):
    await desk.broker.control("/control/market", {"symbol": "AAPL", "open": False})
    order = desk.order()
    await desk.submit(order)
    await desk.report(order.identity, "working")
    await desk.broker.control("/control/market", {"symbol": "AAPL", "open": True})
    await desk.executions(1)


@mt5_only
async def test_swap_is_booked_when_the_position_closes(desk):
    position = await desk.opened(desk.order(qty="100"))
    await desk.broker.rollover()
    await desk.close(position)
    entry, leaving = await desk.executions(2)
    quote = desk.venue.quote("AAPL")
    rate_bps = Decimal("1.6")
    expected = (100 * quote.bid * rate_bps / 10_000).quantize(Decimal("0.01"))
    assert (entry.swap, leaving.swap) == (0, expected)


@alpaca_only
async def test_the_same_client_id_sent_twice_is_one_order(desk):
    order = desk.order()
    first = await desk.submit(order)
    await desk.executions(1)
    again = await desk.submit(order)
    assert again.venue_order_id == first.venue_order_id
    assert again.state == "filled"
    assert len((await desk.look()).executions) == 1


@alpaca_only
async def test_a_used_client_id_stays_used_after_a_cancel(desk):
    order = desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    first = await desk.submit(order)
    await desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=5.0)
    again = await desk.submit(replace(order, price=Decimal("91.00")))
    assert (again.venue_order_id, again.state) == (first.venue_order_id, "canceled")


@alpaca_only
async def test_a_close_sent_twice_closes_once(desk):
    position = await desk.opened(desk.order(qty="10"))
    identity = desk.identity()
    desk.identity = lambda: identity
    await desk.close(position, "4")
    await desk.executions(2)
    await desk.close(position, "4")
    assert (await desk.position()).qty == 6


@alpaca_only
async def test_the_opening_order_is_found_again_by_a_venue_that_has_forgotten(desk):
    order = desk.order(sl=Decimal("95.00"))
    await desk.opened(order)
    cursor = desk.scans[-1].cursor

    async def overlap_is_past() -> bool:
        return not (await desk.look(desk.scans[-1].cursor)).executions

    await eventually(overlap_is_past, what="the opening fill is out of the overlap")
    forgetful = venue_at(desk.kind, desk.broker, desk.account)
    try:
        (position,) = (await forgetful.scan(cursor=desk.scans[-1].cursor)).positions
        assert position.client_order_id == order.identity.client_order_id
        assert position.sl == order.sl
    finally:
        await forgetful.aclose()
    assert cursor != desk.scans[-1].cursor


async def together(first, second):
    """Both at once; the error of the first is raised."""
    outcome, _ = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(outcome, BaseException):
        raise outcome
