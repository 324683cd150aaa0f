"""When an order or a protective price is due at a quote, and at what price it is done."""

from dataclasses import replace
from decimal import Decimal

from argos.core.execution import FillReason
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.core.money import BPS, round_down, round_up
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition


def far_side(side: Side, quote: Quote) -> Decimal:
    """What a market order pays: the ask for a buy, the bid for a sale."""
    return quote.ask if side is Side.BUY else quote.bid


def _is_reached(side: Side, trigger: Decimal, quote: Quote) -> bool:
    return quote.ask >= trigger if side is Side.BUY else quote.bid <= trigger


def _is_within(side: Side, limit: Decimal, quote: Quote) -> bool:
    return quote.ask <= limit if side is Side.BUY else quote.bid >= limit


def is_triggered(order: BrokerOrder, quote: Quote) -> bool:
    """True if `order` waits for a trigger price and the quote has reached it."""
    if order.triggered or order.price is None:
        return False
    if order.order_type not in {OrderType.STOP, OrderType.STOP_LIMIT}:
        return False
    return _is_reached(order.side, order.price, quote)


def limit_of(order: BrokerOrder) -> Decimal | None:
    """The worst price the order allows now; None for a market order or a stop."""
    if order.order_type is OrderType.LIMIT:
        return order.price
    return order.stop_limit_price if order.order_type is OrderType.STOP_LIMIT else None


def is_due(order: BrokerOrder, quote: Quote) -> bool:
    """True if `order` can be filled at `quote` now (its trigger, if it has one, already reached)."""
    if order.order_type in {OrderType.STOP, OrderType.STOP_LIMIT} and not order.triggered:
        return False
    limit = limit_of(order)
    return limit is None or _is_within(order.side, limit, quote)


def fill_price(
    order: BrokerOrder, quote: Quote, *, slippage_bps: Decimal, tick_size: Decimal
) -> Decimal:
    """The far side of the quote; market and stop orders slip from there, limits never past their price.

    Rounded to the tick against the client, which errs on the side of dearer fills.
    """
    far = far_side(order.side, quote)
    if limit_of(order) is not None:
        return far
    return slipped(far, order.side, slippage_bps=slippage_bps, tick_size=tick_size)


def waited_at(order: BrokerOrder) -> Decimal | None:
    """The price at which a resting order is done on a continuous path: its limit, or its trigger if it is a stop."""
    return order.stop_limit_price if order.order_type is OrderType.STOP_LIMIT else order.price


def slipped(price: Decimal, side: Side, *, slippage_bps: Decimal, tick_size: Decimal) -> Decimal:
    """`price` moved against `side` by the slippage and rounded to the tick against it; never below one tick."""
    moved = price * (1 + side.sign * slippage_bps / BPS)
    if side is Side.BUY:
        return round_up(moved, step=tick_size)
    return max(tick_size, round_down(moved, step=tick_size))


def protection_hit(position: BrokerPosition, quote: Quote) -> FillReason | None:
    """SL or TP if the quote has reached one of the position's own; a stop comes before a target."""
    mark = position.mark(quote)
    sign = position.side.sign
    if position.sl is not None and (mark - position.sl) * sign <= 0:
        return FillReason.SL
    if position.tp is not None and (mark - position.tp) * sign >= 0:
        return FillReason.TP
    return None


def trailed(order: BrokerOrder, quote: Quote, *, tick_size: Decimal) -> BrokerOrder:
    """A trailing stop with its stop drawn after the best price so far; any other order, and one that waits, as it is.

    The price watched is the one that would trigger it: the bid for a sale, the ask for a buy.
    """
    if not order.is_trailing or order.triggered:
        return order
    seen = far_side(order.side, quote)
    best = max if order.side is Side.SELL else min
    mark = seen if order.hwm is None else best(order.hwm, seen)
    if mark == order.hwm:
        return order
    return replace(order, hwm=mark, price=trail_stop(order, mark, tick_size=tick_size))


def trail_stop(order: BrokerOrder, mark: Decimal, *, tick_size: Decimal) -> Decimal:
    """Where a trailing stop lies when `mark` is the best price seen; rounded away from the market."""
    trail = order.trail_price
    if trail is None:
        assert order.trail_percent is not None, "it trails by one or the other"
        trail = mark * order.trail_percent / 100
    if order.side is Side.SELL:
        return max(tick_size, round_down(mark - trail, step=tick_size))
    return round_up(mark + trail, step=tick_size)
