"""Whether a broker takes an order. Each check gives a refusal or None; who asks puts it in his own words."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.exchange.book import Book, Character, Market, funds
from argos.exchange.matching import far_side
from argos.exchange.orders import BrokerOrder, OrderState


class RefusalReason(StrEnum):
    UNKNOWN_SYMBOL = "unknown_symbol"
    MARKET_CLOSED = "market_closed"
    NO_QUOTE = "no_quote"
    VOLUME = "volume"
    PRICE = "price"
    STOPS = "stops"
    MONEY = "money"
    SHORT = "short"
    POSITION_CLOSED = "position_closed"
    CLOSE_VOLUME = "close_volume"
    CLOSE_SIDE = "close_side"
    QTY_RESERVED = "qty_reserved"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    reason: RefusalReason
    text: str


def check_volume(instrument: Instrument, qty: Decimal) -> Refusal | None:
    allowed = instrument.qty_min <= qty <= instrument.qty_max
    if not allowed or qty % instrument.qty_step:
        return Refusal(reason=RefusalReason.VOLUME, text=f"invalid volume {qty}")
    return None


def check_price(order: BrokerOrder, *, quote: Quote, distance_min: Decimal) -> Refusal | None:
    """A stop must lie beyond the market, by at least `distance_min`; a limit may be marketable.

    A price must be there for every type but market, and a stop-limit needs its limit too.
    """
    if order.order_type is OrderType.MARKET:
        return None
    needs_limit = order.order_type is OrderType.STOP_LIMIT
    limit_missing = needs_limit and (order.stop_limit_price is None or order.stop_limit_price <= 0)
    if order.price is None or order.price <= 0 or limit_missing:
        return Refusal(reason=RefusalReason.PRICE, text="a price is missing")
    beyond = (order.price - far_side(order.side, quote)) * order.side.sign
    if order.order_type is not OrderType.LIMIT and beyond < distance_min:
        return Refusal(reason=RefusalReason.PRICE, text=f"stop price {order.price} is not beyond")
    return None


def check_resting_limit(
    order: BrokerOrder, *, quote: Quote, distance_min: Decimal
) -> Refusal | None:
    """For brokers that take a limit only as a pending order: it must lie away from the market."""
    if order.order_type is not OrderType.LIMIT or order.price is None:
        return None
    away = (far_side(order.side, quote) - order.price) * order.side.sign
    if away < distance_min or away <= 0:
        return Refusal(reason=RefusalReason.PRICE, text=f"limit price {order.price} is not away")
    return None


def check_stops(
    *,
    side: Side,
    base_price: Decimal,
    sl: Decimal | None,
    tp: Decimal | None,
    distance_min: Decimal,
) -> Refusal | None:
    """Stop and target of a holding on `side` must lie on their sides of `base_price`, `distance_min` away."""
    for name, level, sign in (("sl", sl, -side.sign), ("tp", tp, side.sign)):
        if level is None:
            continue
        distance = (level - base_price) * sign
        if distance <= 0 or distance < distance_min:
            return Refusal(reason=RefusalReason.STOPS, text=f"invalid {name} {level}")
    return None


def check_close(book: Book, order: BrokerOrder) -> Refusal | None:
    """An order that names a position needs it to be there, on the other side, and large enough."""
    position = book.positions.get(order.position_id)
    if position is None or position.symbol != order.symbol:
        return Refusal(reason=RefusalReason.POSITION_CLOSED, text="position is already closed")
    if position.side is order.side:
        return Refusal(reason=RefusalReason.CLOSE_SIDE, text="the position is on the same side")
    if order.qty > position.qty:
        return Refusal(reason=RefusalReason.CLOSE_VOLUME, text="volume exceeds the position")
    return None


def check_fifo(book: Book, order: BrokerOrder) -> Refusal | None:
    """Where the account must close first what it opened first, an order that names a younger position is refused.

    MQL5 reference, ACCOUNT_FIFO_CLOSE: each symbol's positions are closed in the order in which they were opened.
    """
    if not book.terms.fifo:
        return None
    held = [item for item in book.positions.values() if item.symbol == order.symbol]
    oldest = min(held, key=lambda item: (item.opened_at, item.position_id), default=None)
    if oldest is None or oldest.position_id == order.position_id:
        return None
    text = f"position {oldest.position_id} was opened before and must be closed first"
    return Refusal(reason=RefusalReason.FIFO, text=text)


def opening_qty(book: Book, *, symbol: str, side: Side, qty: Decimal) -> Decimal:
    """How much of an order would add exposure rather than close some, at a netting account."""
    position = book.net_position(symbol)
    if position is None or position.side is side:
        return qty
    return max(ZERO, qty - position.qty)


def check_money(book: Book, market: Market, order: BrokerOrder) -> Refusal | None:
    """The margin that the order would add must be free, that of working opening orders included."""
    unit_value = market.instruments[order.symbol].unit_value
    qty = order.qty
    if book.terms.hedging and order.is_close:
        return None
    if not book.terms.hedging:
        qty = opening_qty(book, symbol=order.symbol, side=order.side, qty=qty)
    price = order.price or far_side(order.side, market.quotes[order.symbol])
    needed = qty * price * unit_value / book.terms.leverage
    free = funds(book, market).margin_free - reserved_margin(book, market)
    if needed > free:
        return Refusal(reason=RefusalReason.MONEY, text=f"needed {needed:.2f}, free {free:.2f}")
    return None


def reserved_margin(book: Book, market: Market) -> Decimal:
    """What working orders that open something would take of the margin, at a share account."""
    total = ZERO
    if book.terms.character is Character.MT5:  # pending orders take no margin before they fill
        return total
    for order in book.orders.values():
        if order.state is not OrderState.WORKING or order.oco or order.is_close:
            continue
        opening = opening_qty(book, symbol=order.symbol, side=order.side, qty=order.leaves_qty)
        quote = market.quotes.get(order.symbol)
        price = order.price or (far_side(order.side, quote) if quote else ZERO)
        total += opening * price * market.instruments[order.symbol].unit_value
    return total / book.terms.leverage


def check_net_exit(book: Book, order: BrokerOrder) -> Refusal | None:
    """At a share account an order may not cross zero, nor take what resting exits have reserved.

    Selling short from flat is a matter of the account.
    """
    position = book.net_position(order.symbol)
    if position is None:
        if order.side is Side.SELL and not book.terms.shorting:
            return Refusal(reason=RefusalReason.SHORT, text="cannot be sold short")
        return None
    if position.side is order.side:
        return None
    available = max(ZERO, position.qty - reserved_qty(book, symbol=order.symbol, side=order.side))
    if order.qty > available:
        text = f"requested: {order.qty}, available: {available}"
        return Refusal(reason=RefusalReason.QTY_RESERVED, text=text)
    return None


def reserved_qty(book: Book, *, symbol: str, side: Side) -> Decimal:
    """What working orders on `side` would take of a position; a one-cancels-other pair counts once."""
    total = ZERO
    groups: set[int] = set()
    for resting in book.orders.values():
        if resting.symbol != symbol or resting.side is not side:
            continue
        if resting.state is not OrderState.WORKING or (resting.oco and resting.oco in groups):
            continue
        groups.add(resting.oco)
        total += resting.leaves_qty
    return total
