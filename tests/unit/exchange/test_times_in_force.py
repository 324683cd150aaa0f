"""Orders that wait for an auction, take what there is at once, follow the price, or trade out of hours."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.intent import OrderType, Side
from argos.exchange.book import Character, FillModel, OrderEvent
from argos.exchange.orders import OrderState, TimeInForce
from argos.exchange.ticking import on_open, on_rollover, take_at_once

LIMIT = {"order_type": OrderType.LIMIT}
IN_PARTS = FillModel(seed=3, partial_probability=1.0)


def ends(turn) -> list[str]:
    return [change.kind.value for change in turn.changes if isinstance(change, OrderEvent)]


@pytest.mark.parametrize(
    ("tif", "auction"), [(TimeInForce.OPG, on_open), (TimeInForce.CLS, on_rollover)]
)
def test_an_auction_fills_whole_or_cancels_and_until_then_nothing_happens(pit, tif, auction):
    bench = pit(Character.ALPACA, fills=IN_PARTS)
    bench.place(Side.BUY, 40, tif=tif)
    near = bench.place(Side.BUY, 10, price=Decimal(101), tif=tif, **LIMIT)
    far = bench.place(Side.BUY, 10, price=Decimal(90), tif=tif, **LIMIT)
    bench.quote("99.90", "100.10")
    assert not bench.deals
    turn = bench.do(auction)
    assert [deal.qty for deal in bench.deals] == [40, 10]
    assert bench.deals[1].order == near.ticket
    assert [c.order.ticket for c in turn.changes if ends_as(c, OrderState.CANCELED)] == [far.ticket]


def ends_as(change, state: OrderState) -> bool:
    return isinstance(change, OrderEvent) and change.order.state is state


def test_a_halted_share_has_no_auction(pit):
    bench = pit(Character.ALPACA)
    bench.place(Side.BUY, 10, tif=TimeInForce.CLS)
    bench.market = replace(bench.market, closed=frozenset({"IBM"}))
    assert ends(bench.do(on_rollover)) == ["canceled"]


def test_a_queued_order_reaches_the_market_at_the_open(pit):
    bench = pit(Character.ALPACA)
    bench.place(Side.BUY, 10, price=Decimal(90), queued=True, tif=TimeInForce.DAY, **LIMIT)
    bench.place(Side.BUY, 5, queued=True, tif=TimeInForce.OPG)
    bench.do(on_rollover)
    assert len(bench.book.orders) == 2, "queued after the close: for the next day"
    assert ends(bench.do(on_open)) == ["released", "released", "filled"]
    assert ends(bench.do(on_rollover)) == ["expired"]


@pytest.mark.parametrize(
    ("tif", "limit", "fills", "told"),
    [
        (TimeInForce.IOC, 101, FillModel(seed=1), ["filled"]),
        (TimeInForce.IOC, 101, IN_PARTS, ["partially_filled", "canceled"]),
        (TimeInForce.IOC, 90, FillModel(seed=1), ["canceled"]),
        (TimeInForce.FOK, 101, FillModel(seed=1), ["filled"]),
        (TimeInForce.FOK, 101, IN_PARTS, ["canceled"]),
        (TimeInForce.FOK, 90, FillModel(seed=1), ["canceled"]),
    ],
)
def test_what_is_wanted_at_once_is_done_at_once_or_not_at_all(pit, tif, limit, fills, told):
    bench = pit(Character.ALPACA, fills=fills)
    order = bench.place(Side.BUY, 100, price=Decimal(limit), tif=tif, **LIMIT)
    turn = bench.do(lambda turn: take_at_once(turn, order))
    assert ends(turn) == told
    assert not bench.book.orders


@pytest.mark.parametrize("trail", [{"trail_price": Decimal(2)}, {"trail_percent": Decimal(2)}])
def test_a_trailing_stop_follows_the_best_price_and_never_turns_back(pit, trail):
    bench = pit(Character.ALPACA)
    bench.trade(Side.BUY, 10)
    stop = bench.place(
        Side.SELL, 10, order_type=OrderType.STOP, price=Decimal(98), hwm=Decimal(100), **trail
    )

    def standing() -> tuple[Decimal, Decimal]:
        order = bench.book.orders[stop.ticket]
        return order.hwm, order.price

    bench.quote("99.00", "99.20")
    assert standing() == (100, 98)
    bench.quote("110.00", "110.20")
    by_percent = "trail_percent" in trail
    level = Decimal("107.80") if by_percent else Decimal(108)
    assert standing() == (110, level)
    bench.quote("108.50", "108.70")
    assert standing() == (110, level)
    bench.quote("107.00", "107.20")
    assert not bench.book.orders
    assert bench.deals[-1].price == 107


def test_a_trailing_stop_of_a_short_follows_the_lowest_ask(pit):
    bench = pit(Character.ALPACA)
    bench.trade(Side.SELL, 10)
    stop = bench.place(
        Side.BUY, 10, order_type=OrderType.STOP, price=Decimal(103), trail_price=Decimal(3)
    )
    bench.quote("94.90", "95.00")
    order = bench.book.orders[stop.ticket]
    assert (order.hwm, order.price) == (95, 98)
    bench.quote("98.10", "98.20")
    assert not bench.book.orders


def test_out_of_hours_only_orders_for_it_are_filled(pit):
    bench = pit(Character.ALPACA)
    bench.place(Side.BUY, 1, price=Decimal(98), **LIMIT)
    bench.place(Side.BUY, 2, price=Decimal(98), extended_hours=True, **LIMIT)
    bench.market = replace(bench.market, closed=frozenset({"IBM"}), extended=True)
    bench.quote("96", "97")
    assert [deal.qty for deal in bench.deals] == [2]
    bench.market = replace(bench.market, extended=False)
    bench.quote("96", "97")
    assert len(bench.deals) == 1


def test_whole_shares_are_dealt_in_whole_ones_where_fractions_are_sold(pit):
    bench = pit(Character.ALPACA, fills=IN_PARTS)
    tiny = replace(bench.market.instruments["IBM"], qty_step=Decimal("0.000000001"))
    bench.market = replace(bench.market, instruments={"IBM": tiny})
    bench.place(Side.BUY, 7, price=Decimal(98), **LIMIT)
    while bench.book.orders:
        bench.quote("96", "97")
    assert len(bench.deals) > 1
    assert all(deal.qty % 1 == 0 for deal in bench.deals)
