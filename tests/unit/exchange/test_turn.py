"""What a turn does to a book: hedging, netting, legs, swap, and that nothing is filled or closed too far."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.errors import InvariantError
from argos.core.execution import Entry, FillReason
from argos.core.intent import OrderType, Side
from argos.exchange.book import Character, FillModel, funds
from argos.exchange.orders import OrderState, TimeInForce
from argos.exchange.ticking import on_rollover


def test_hedging_keeps_opposite_positions_apart(pit):
    bench = pit(Character.MT5, hedging=True)
    bench.trade(Side.BUY, 10)
    bench.trade(Side.SELL, 4)
    assert sorted(p.signed_qty for p in bench.book.positions.values()) == [-4, 10]
    assert [deal.entry for deal in bench.deals] == [Entry.IN, Entry.IN]


def test_netting_adds_at_the_weighted_price_and_keeps_the_position_id(pit):
    bench = pit(Character.MT5)
    bench.trade(Side.BUY, 10)
    opened = bench.position
    bench.quote("101.90", "102.10")
    bench.trade(Side.BUY, 30)
    weighted = (10 * Decimal("100.10") + 30 * Decimal("102.10")) / 40
    assert (bench.position.price_open, bench.position.qty) == (weighted, 40)
    assert bench.position.position_id == opened.position_id


def test_netting_turns_a_position_over_with_one_deal(pit):
    bench = pit(Character.MT5)
    bench.trade(Side.BUY, 10)
    bench.quote("104.90", "105.10")
    bench.trade(Side.SELL, 25, magic=9)
    deal = bench.deals[-1]
    assert (deal.entry, deal.qty, deal.position_qty) == (Entry.INOUT, 25, -15)
    assert deal.profit == 10 * (Decimal("104.90") - Decimal("100.10"))
    assert (bench.position.price_open, bench.position.magic) == (Decimal("104.90"), 9)


@pytest.mark.parametrize(
    ("character", "cash"),
    [
        # CFDs settle the profit; shares pay the price. Costs are the same: 0.02 a share, and a fee on the sale.
        (Character.MT5, 10 * (Decimal("104.90") - Decimal("100.10"))),
        (Character.ALPACA, 10 * Decimal("104.90") - 10 * Decimal("100.10")),
    ],
)
def test_cash_after_a_round_trip_is_profit_less_costs(pit, character, cash):
    bench = pit(character)
    bench.trade(Side.BUY, 10)
    after_buy = bench.book.cash
    assert after_buy == 10_000 - Decimal("0.20") - (
        10 * Decimal("100.10") if character is Character.ALPACA else 0
    )
    bench.quote("104.90", "105.10")
    bench.trade(Side.SELL, 10)
    fee = Decimal("0.04")  # 1049 * 0.3 bps = 0.03147, up to the cent
    assert bench.book.cash == 10_000 + cash - Decimal("0.40") - fee
    assert not bench.book.positions


def test_equity_counts_what_closing_would_bring(pit):
    for character in Character:
        bench = pit(character)
        bench.trade(Side.SELL, 10)
        state = funds(bench.book, bench.market)
        costs = sum(deal.commission + deal.fee for deal in bench.deals)
        assert state.equity == 10_000 - costs - 10 * (Decimal("100.10") - Decimal("99.90"))
        assert state.margin == 10 * Decimal("100.10") / 2


def test_a_position_stop_writes_an_order_with_its_reason_and_the_opening_magic(pit):
    bench = pit(Character.MT5, hedging=True)
    bench.trade(Side.BUY, 10, magic=77, sl=Decimal(95), tp=Decimal(110), comment="hello")
    bench.quote("94.90", "95.10")
    stop = bench.deals[-1]
    assert (stop.reason, stop.magic, stop.comment) == (FillReason.SL, 77, "[sl 95]")
    assert (stop.price, stop.entry) == (Decimal("94.90"), Entry.OUT)
    assert not bench.book.positions


def test_more_is_never_filled_or_closed_than_is_there(pit):
    bench = pit(Character.MT5, hedging=True)
    bench.trade(Side.BUY, 10)
    position_id = bench.position.position_id
    with pytest.raises(InvariantError, match="POSITION_OVERCLOSED"):
        bench.trade(Side.SELL, 11, position_id=position_id)
    with pytest.raises(InvariantError, match="ORDER_OVERFILLED"):
        bench.do(lambda turn: turn.execute(bench.order(Side.BUY, 5), qty=Decimal(6)))
    assert bench.position.qty == 10, "a turn that failed has changed nothing"


def legs_of(bench, parent, *, qty=10):
    common = {"state": OrderState.HELD, "parent": parent.ticket, "oco": parent.ticket}
    bench.place(
        Side.SELL,
        qty,
        order_type=OrderType.LIMIT,
        price=Decimal(110),
        reason=FillReason.TP,
        **common,
    )
    bench.place(
        Side.SELL, qty, order_type=OrderType.STOP, price=Decimal(95), reason=FillReason.SL, **common
    )


def states(bench):
    return {order.reason: order.state for order in bench.book.orders.values()}


def test_legs_wait_until_their_parent_is_filled_completely(pit):
    bench = pit(Character.ALPACA)
    parent = bench.place(Side.BUY, 10)
    legs_of(bench, parent)
    bench.do(lambda turn: turn.execute(turn.orders[parent.ticket], qty=Decimal(6)))
    assert states(bench)[FillReason.SL] is OrderState.HELD
    bench.do(lambda turn: turn.execute(turn.orders[parent.ticket], qty=Decimal(4)))
    assert states(bench) == {
        FillReason.TP: OrderState.WORKING,
        FillReason.SL: OrderState.WORKING,
    }


@pytest.mark.parametrize(
    ("bid", "ask", "reason"), [("94", "94.2", FillReason.SL), ("111", "111.2", FillReason.TP)]
)
def test_one_leg_cancels_the_other(pit, bid, ask, reason):
    bench = pit(Character.ALPACA)
    parent = bench.place(Side.BUY, 10)
    legs_of(bench, parent)
    bench.do(lambda turn: turn.execute(turn.orders[parent.ticket], qty=Decimal(10)))
    bench.quote(bid, ask)
    assert bench.deals[-1].reason is reason
    assert not bench.book.orders
    assert not bench.book.positions


def test_legs_end_with_a_parent_that_is_canceled(pit):
    bench = pit(Character.ALPACA)
    parent = bench.place(Side.BUY, 10, order_type=OrderType.LIMIT, price=Decimal(90))
    legs_of(bench, parent)
    bench.do(lambda turn: turn.end(turn.orders[parent.ticket], state=OrderState.CANCELED))
    assert not bench.book.orders


def test_swap_accrues_by_night_and_is_booked_in_the_share_that_is_closed(pit):
    bench = pit(Character.MT5)
    bench.trade(Side.BUY, 100)
    for _ in range(2):
        bench.do(on_rollover)
    night = (100 * Decimal("99.90") * 2 / 10_000).quantize(Decimal("0.01"))
    assert bench.position.swap == 2 * night
    bench.trade(Side.SELL, 25)
    assert bench.deals[-1].swap == (2 * night / 4).quantize(Decimal("0.01"))
    bench.trade(Side.SELL, 75)
    assert sum(deal.swap for deal in bench.deals) == 2 * night


def test_day_orders_end_with_the_day_and_others_stay(pit):
    bench = pit(Character.MT5)
    for tif in (TimeInForce.DAY, TimeInForce.GTC):
        bench.place(Side.BUY, 1, order_type=OrderType.LIMIT, price=Decimal(90), tif=tif)
    bench.do(on_rollover)
    assert [order.tif for order in bench.book.orders.values()] == [TimeInForce.GTC]


def test_an_order_past_its_expiry_ends_before_it_can_fill(pit):
    bench = pit(Character.MT5)
    order = bench.order(Side.BUY, 1, order_type=OrderType.LIMIT, price=Decimal(98))
    bench.place(
        Side.BUY, 1, order_type=OrderType.LIMIT, price=Decimal(98), expires_at=order.created_at
    )
    bench.quote("96", "97")
    assert not bench.book.orders
    assert not bench.deals


def test_a_limit_filled_in_slices_builds_one_position(pit):
    bench = pit(Character.MT5, hedging=True, fills=FillModel(seed=3, partial_probability=1.0))
    order = bench.place(Side.BUY, 100, order_type=OrderType.LIMIT, price=Decimal(98))
    ticks = 0
    while order.ticket in bench.book.orders:
        bench.quote("96.9", "97.1")
        ticks += 1
    assert ticks == len(bench.deals) > 1
    assert sum(deal.qty for deal in bench.deals) == bench.position.qty == 100
    assert bench.deals[-1].leaves_qty == 0


def test_nothing_happens_while_a_market_is_closed(pit):
    bench = pit(Character.MT5)
    bench.place(Side.BUY, 1, order_type=OrderType.LIMIT, price=Decimal(98))
    bench.market = replace(bench.market, closed=frozenset({"IBM"}))
    bench.quote("90", "90.2")
    assert not bench.deals
