"""What a broker refuses, and why."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.intent import OrderType, Side
from argos.exchange.admission import (
    RefusalReason,
    check_close,
    check_money,
    check_net_exit,
    check_price,
    check_resting_limit,
    check_stops,
    check_volume,
)
from argos.exchange.book import Character
from argos.exchange.orders import OrderState

DISTANCE = Decimal("0.02")


@pytest.mark.parametrize(
    ("qty", "taken"), [("1", True), ("0", False), ("1.5", False), ("1001", False)]
)
def test_volume_has_bounds_and_a_step(pit, qty, taken):
    instrument = pit(Character.MT5).market.instruments["IBM"]
    assert (check_volume(instrument, Decimal(qty)) is None) is taken


@pytest.mark.parametrize(
    ("side", "kind", "price", "taken"),
    [
        (Side.BUY, OrderType.STOP, "100.12", True),
        (Side.BUY, OrderType.STOP, "100.11", False),
        (Side.SELL, OrderType.STOP, "99.88", True),
        (Side.SELL, OrderType.STOP, "99.89", False),
        (Side.BUY, OrderType.LIMIT, "100.08", True),
        (Side.BUY, OrderType.LIMIT, "100.10", False),
        (Side.SELL, OrderType.LIMIT, "99.92", True),
        (Side.SELL, OrderType.LIMIT, "99.90", False),
        (Side.BUY, OrderType.STOP_LIMIT, "101", False),
    ],
)
def test_pending_prices_must_lie_away_from_the_market(pit, side, kind, price, taken):
    bench = pit(Character.MT5)
    order = bench.order(side, 1, order_type=kind, price=Decimal(price))
    quote = bench.market.quotes["IBM"]
    refusal = check_price(order, quote=quote, distance_min=DISTANCE) or check_resting_limit(
        order, quote=quote, distance_min=DISTANCE
    )
    assert (refusal is None) is taken


@pytest.mark.parametrize(
    ("side", "sl", "tp", "taken"),
    [
        (Side.BUY, "99.98", "100.02", True),
        (Side.BUY, "99.99", None, False),
        (Side.BUY, None, "100.01", False),
        (Side.BUY, "100.50", None, False),
        (Side.SELL, "100.02", "99.98", True),
        (Side.SELL, "99.50", None, False),
    ],
)
def test_stops_must_lie_on_their_side_and_far_enough(side, sl, tp, taken):
    refusal = check_stops(
        side=side,
        base_price=Decimal(100),
        sl=sl and Decimal(sl),
        tp=tp and Decimal(tp),
        distance_min=DISTANCE,
    )
    assert (refusal is None) is taken


def test_money_is_needed_for_what_opens_and_not_for_what_closes(pit):
    bench = pit(Character.MT5)  # 10,000 at leverage 2: 199 shares at 100.10 need 9,959.95
    assert check_money(bench.book, bench.market, bench.order(Side.BUY, 199)) is None
    refusal = check_money(bench.book, bench.market, bench.order(Side.BUY, 200))
    assert refusal is not None
    assert refusal.reason is RefusalReason.MONEY
    bench.trade(Side.BUY, 190)
    assert check_money(bench.book, bench.market, bench.order(Side.SELL, 190)) is None
    assert check_money(bench.book, bench.market, bench.order(Side.BUY, 20)) is not None


@pytest.mark.parametrize(
    ("side", "qty", "reason"),
    [
        (Side.SELL, 10, None),
        (Side.SELL, 11, RefusalReason.CLOSE_VOLUME),
        (Side.BUY, 5, RefusalReason.CLOSE_SIDE),
    ],
)
def test_a_close_must_fit_its_position(pit, side, qty, reason):
    bench = pit(Character.MT5, hedging=True)
    bench.trade(Side.BUY, 10)
    order = bench.order(side, qty, position_id=bench.position.position_id)
    refusal = check_close(bench.book, order)
    assert (refusal and refusal.reason) == reason
    gone = check_close(bench.book, replace(order, position_id=999))
    assert gone is not None
    assert gone.reason is RefusalReason.POSITION_CLOSED


def test_resting_exits_reserve_a_share_position_and_a_pair_counts_once(pit):
    bench = pit(Character.ALPACA)
    bench.trade(Side.BUY, 10)
    assert check_net_exit(bench.book, bench.order(Side.SELL, 10)) is None
    for price in (110, 120):
        bench.place(Side.SELL, 6, order_type=OrderType.LIMIT, price=Decimal(price), oco=50)
    assert check_net_exit(bench.book, bench.order(Side.SELL, 4)) is None
    refusal = check_net_exit(bench.book, bench.order(Side.SELL, 5))
    assert refusal is not None
    assert refusal.reason is RefusalReason.QTY_RESERVED


def test_held_legs_reserve_nothing(pit):
    bench = pit(Character.ALPACA)
    bench.trade(Side.BUY, 10)
    bench.place(
        Side.SELL, 10, order_type=OrderType.LIMIT, price=Decimal(110), state=OrderState.HELD
    )
    assert check_net_exit(bench.book, bench.order(Side.SELL, 10)) is None


def test_short_sales_are_a_matter_of_the_account(pit):
    bench = pit(Character.ALPACA)
    assert check_net_exit(bench.book, bench.order(Side.SELL, 1)) is None
    banned = replace(bench.book, terms=replace(bench.book.terms, shorting=False))
    refusal = check_net_exit(banned, bench.order(Side.SELL, 1))
    assert refusal is not None
    assert refusal.reason is RefusalReason.SHORT
