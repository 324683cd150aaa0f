"""What every paper venue does with orders: entries, stops and targets, exits, cancels, changes."""

from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused
from argos.core.execution import Entry, FillReason
from argos.core.intent import OrderType, Side
from argos.ports import VenueOrderState
from eventually import eventually

TIMEOUT_S = 5.0


async def test_a_market_order_fills_at_the_far_side_and_opens_a_position(desk):
    quote = desk.venue.quote("AAPL")
    order = desk.order(Side.BUY, "10")
    await desk.submit(order)
    (fill,) = await desk.executions(1)
    assert (fill.price, fill.qty, fill.side) == (quote.ask, order.qty, Side.BUY)
    assert (fill.entry, fill.reason) == (Entry.IN, FillReason.COMMAND)
    assert desk.is_ours(fill, order.identity)
    position = await desk.position()
    assert (position.side, position.qty, position.price_open) == (Side.BUY, order.qty, fill.price)
    assert position.position_id == fill.position_id
    assert (await desk.report(order.identity, "filled")).filled_qty == order.qty


async def test_a_sale_from_flat_opens_a_short_position(desk):
    quote = desk.venue.quote("AAPL")
    position = await desk.opened(desk.order(Side.SELL, "4"))
    assert (position.signed_qty, position.price_open) == (Decimal(-4), quote.bid)


async def test_a_limit_order_waits_for_its_price(desk):
    order = desk.order(order_type=OrderType.LIMIT, price=Decimal("98.00"))
    answer = await desk.submit(order)
    assert answer.state is VenueOrderState.WORKING
    report = await desk.report(order.identity, "working")
    assert (report.price, report.filled_qty) == (order.price, 0)
    assert not desk.scans[-1].executions
    await desk.market("97.50")
    (fill,) = await desk.executions(1)
    assert fill.price == desk.venue.quote("AAPL").ask <= order.price
    await desk.report(order.identity, "filled")


async def test_a_stop_order_is_triggered_by_its_price(desk):
    order = desk.order(order_type=OrderType.STOP, price=Decimal("102.00"))
    await desk.submit(order)
    await desk.market("101.00")
    await desk.report(order.identity, "working")
    await desk.market("102.50")
    (fill,) = await desk.executions(1)
    assert fill.price == desk.venue.quote("AAPL").ask >= order.price


async def test_a_stop_limit_order_never_fills_beyond_its_limit(desk):
    order = desk.order(
        order_type=OrderType.STOP_LIMIT, price=Decimal("102.00"), stop_limit_price=Decimal("102.10")
    )
    await desk.submit(order)
    await desk.market("103.00")  # triggered, but already too dear
    await desk.report(order.identity, "working")
    await desk.market("102.00")
    (fill,) = await desk.executions(1)
    assert fill.price <= order.stop_limit_price


@pytest.mark.parametrize(
    ("mid", "reason"), [("94.00", FillReason.SL), ("111.00", FillReason.TP)], ids=["stop", "target"]
)
async def test_stop_and_target_close_at_the_broker_under_the_opening_identity(desk, mid, reason):
    order = desk.order(sl=Decimal("95.00"), tp=Decimal("110.00"))
    position = await desk.opened(order)
    assert (position.sl, position.tp) == (order.sl, order.tp)
    await desk.market(mid)
    _, exit_fill = await desk.executions(2)
    assert (exit_fill.reason, exit_fill.side) == (reason, Side.SELL)
    assert (exit_fill.entry, exit_fill.qty) == (Entry.OUT, order.qty)
    assert exit_fill.position_id == position.position_id
    assert desk.is_ours(exit_fill, order.identity)
    assert not (await desk.look()).positions
    # The entry's own report is that of the entry, not of the exit that bears its identity.
    assert (await desk.report(order.identity, "filled")).side is Side.BUY
    assert not desk.working()


async def test_profit_and_costs_are_told_with_our_signs(desk):
    position = await desk.opened(desk.order(qty="100"))
    await desk.market("103")
    await desk.close(position)
    entry, leaving = await desk.executions(2)
    assert leaving.profit == (leaving.price - entry.price) * 100 > 0
    paid = entry.commission + leaving.commission + entry.fee + leaving.fee
    balance = (await desk.look()).account.balance
    if desk.kind == "alpaca-api":  # its fees are told by bookings of the day after
        assert paid == 0
        paid = sum(deal.fee for deal in desk.broker.ledger().deals if deal.account == desk.account)
    assert paid > 0
    assert balance == Decimal(100_000) + leaving.profit - paid


async def test_a_part_of_a_position_can_be_closed(desk):
    position = await desk.opened(desk.order(qty="10"))
    answer = await desk.close(position, "4")
    assert answer.state in {VenueOrderState.FILLED, VenueOrderState.WORKING}
    _, exit_fill = await desk.executions(2)
    assert (exit_fill.qty, exit_fill.reason) == (4, FillReason.COMMAND)
    assert (await desk.position()).qty == 6


async def test_a_protected_position_can_be_closed(desk):
    position = await desk.opened(desk.order(sl=Decimal("95.00"), tp=Decimal("110.00")))
    await desk.close(position)
    await desk.executions(2)
    await desk.market("94.00")
    assert len((await desk.look()).executions) == 2, "the stop went with the position"
    assert not desk.working()


async def test_closing_more_than_is_open_is_refused(desk):
    position = await desk.opened(desk.order(qty="10"))
    with pytest.raises(VenueRefused) as refusal:
        await desk.close(position, "11")
    assert refusal.value.venue_code in {"10038", "40310000"}
    assert (await desk.position()).qty == 10


async def test_closing_a_position_twice_is_refused(desk):
    position = await desk.opened(desk.order())
    await desk.close(position)
    await desk.executions(2)
    with pytest.raises(VenueRefused) as refusal:
        await desk.close(position)
    assert refusal.value.venue_code in {"10036", "40410000"}


async def test_a_canceled_order_is_reported_by_the_next_scan(desk):
    order = desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    await desk.submit(order)
    before = await desk.look()
    answer = await desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=TIMEOUT_S)
    assert answer.state is VenueOrderState.CANCELED
    after = await desk.look(before.cursor)
    assert [report.state for report in after.orders] == ["canceled"]


async def test_canceling_what_is_canceled_already_says_so(desk):
    """The first answer may have been lost, and with it whoever would have looked for it."""
    order = desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    await desk.submit(order)
    for _ in range(2):
        answer = await desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=TIMEOUT_S)
        assert answer.state is VenueOrderState.CANCELED


async def test_canceling_a_filled_order_is_refused(desk):
    order = desk.order()
    await desk.opened(order)
    with pytest.raises(VenueRefused) as refusal:
        await desk.venue.cancel(order.identity, symbol="AAPL", timeout_s=TIMEOUT_S)
    assert refusal.value.code == "VENUE_ORDER_GONE"
    assert refusal.value.venue_code in {"not_found", "42210000"}


async def test_canceling_an_order_that_never_was_is_refused(desk):
    with pytest.raises(VenueRefused) as refusal:
        await desk.venue.cancel(desk.identity(), symbol="AAPL", timeout_s=TIMEOUT_S)
    assert refusal.value.venue_code in {"not_found", "40410000"}


@pytest.mark.parametrize(
    ("sl", "tp"), [("96.00", "109.00"), ("96.00", None), (None, None)], ids=["move", "drop", "none"]
)
async def test_stop_and_target_of_a_position_can_be_changed(desk, sl, tp):
    order = desk.order(sl=Decimal("95.00"), tp=Decimal("110.00"))
    position = await desk.opened(order)
    wanted = {"sl": sl and Decimal(sl), "tp": tp and Decimal(tp)}
    await modify(desk, order, position_id=position.position_id, **wanted)
    changed = await desk.position()
    assert (changed.sl, changed.tp) == (wanted["sl"], wanted["tp"])
    await desk.market("94.00")
    if sl:
        _, exit_fill = await desk.executions(2)
        assert exit_fill.reason is FillReason.SL
        assert desk.is_ours(exit_fill, order.identity)
    else:
        assert len((await desk.look()).executions) == 1


async def test_stop_and_target_can_be_given_to_a_bare_position(desk):
    order = desk.order()
    position = await desk.opened(order)
    wanted = {"sl": Decimal("95.00"), "tp": Decimal("105.00")}
    await modify(desk, order, position_id=position.position_id, **wanted)
    changed = await desk.position()
    assert (changed.sl, changed.tp) == (wanted["sl"], wanted["tp"])
    await desk.market("106.00")
    _, exit_fill = await desk.executions(2)
    assert exit_fill.reason is FillReason.TP
    assert desk.is_ours(exit_fill, order.identity)
    await desk.market("90.00")
    assert len((await desk.look()).executions) == 2, "the stop ended with the target"


async def test_the_price_of_a_working_order_can_be_changed(desk):
    order = desk.order(
        order_type=OrderType.LIMIT,
        price=Decimal("95.00"),
        sl=Decimal("90.00"),
        tp=Decimal("110.00"),
    )
    await desk.submit(order)
    moved = {"price": Decimal("97.00"), "sl": Decimal("91.00"), "tp": Decimal("110.00")}
    await modify(desk, order, position_id="", **moved)
    assert (await desk.report(order.identity, "working")).price == moved["price"]
    await desk.market("96.50")
    (fill,) = await desk.executions(1)
    assert desk.is_ours(fill, order.identity)
    position = await desk.position()
    assert (position.sl, position.tp) == (moved["sl"], moved["tp"])


async def test_a_stop_on_the_wrong_side_is_refused(desk):
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(desk.order(sl=Decimal("105.00")))
    assert refusal.value.venue_code in {"10016", "42210000"}
    assert not (await desk.look()).orders


async def test_an_order_beyond_the_account_is_refused(desk):
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(desk.order(qty="50000"))
    assert refusal.value.venue_code in {"10019", "40310000"}
    assert not (await desk.look()).executions


async def test_an_unknown_symbol_is_refused(desk):
    with pytest.raises(VenueRefused):
        await desk.submit(desk.order(symbol="NOPE"))


async def test_a_scan_from_a_cursor_sees_what_is_new_and_forgets_what_is_old(desk):
    old = desk.order()
    await desk.opened(old)

    async def old_is_past() -> bool:
        return not (await desk.look(desk.scans[-1].cursor)).executions

    await eventually(old_is_past, what="the overlap has passed")
    fresh = desk.order(order_type=OrderType.LIMIT, price=Decimal("90.00"))
    await desk.submit(fresh)
    scan = await desk.look(desk.scans[-1].cursor)
    assert [report.state for report in scan.orders] == ["working"]
    assert (scan.executions, len(scan.positions)) == ((), 1)
    assert scan.account.open_orders == 1


async def test_instruments_are_told_in_units(desk):
    instruments = {item.symbol: item for item in await desk.venue.instruments()}
    assert set(instruments) == {"AAPL", "MSFT", "IBM", "GOOG"}
    terms = instruments["AAPL"]
    assert (terms.qty_step, terms.tick_size, terms.unit_value) == (1, Decimal("0.01"), 1)


async def modify(desk, order, *, position_id, price=None, sl, tp):
    await desk.venue.modify(
        order.identity,
        symbol="AAPL",
        position_id=position_id,
        price=price,
        sl=sl,
        tp=tp,
        timeout_s=TIMEOUT_S,
    )
