"""Refusals of the exchange's rules in Alpaca's words, with the numbers that stand beside them."""

from decimal import Decimal
from typing import Final

from argos.core.intent import Side
from argos.core.money import ZERO
from argos.exchange.admission import (
    Refusal,
    RefusalReason,
    opening_qty,
    reserved_margin,
    reserved_qty,
)
from argos.exchange.book import Book, Market, funds
from argos.exchange.matching import far_side
from argos.exchange.orders import BrokerOrder
from argos.paperbroker.alpaca_protocol import AlpacaRefusal, forbidden, unprocessable
from argos.paperbroker.alpaca_shapes import venue_id
from argos.protocol.values import decimal_text

LEG_DISTANCE_MIN: Final = Decimal("0.01")


def base_price(order: BrokerOrder, market: Market) -> Decimal:
    """What an order is thought to fill at: its own price, or else the far side of the quote."""
    far = far_side(order.side, market.quotes[order.symbol])
    return order.stop_limit_price or order.price or far


def worded(refusal: Refusal, *, order: BrokerOrder, book: Book, market: Market) -> AlpacaRefusal:
    """A refusal of the exchange's rules in Alpaca's words, with the numbers that stand beside them."""
    match refusal.reason:
        case RefusalReason.MONEY:
            price = base_price(order, market)
            qty = opening_qty(book, symbol=order.symbol, side=order.side, qty=order.qty)
            return forbidden(
                "insufficient buying power",
                buying_power=decimal_text(buying_power(book, market)),
                cost_basis=decimal_text((qty * price).quantize(LEG_DISTANCE_MIN)),
            )
        case RefusalReason.QTY_RESERVED:
            return _qty_short(order, book)
        case RefusalReason.SHORT:
            return unprocessable(f'asset "{order.symbol}" cannot be sold short')
        case RefusalReason.STOPS:
            return _leg_misplaced(refusal, order, base=base_price(order, market))
        case RefusalReason.PRICE if order.price is not None:
            far = far_side(order.side, market.quotes[order.symbol])
            side = "greater" if order.side is Side.BUY else "less"
            return unprocessable(
                f"stop price must be {side} than current price",
                stop_price=decimal_text(order.price),
                market_price=decimal_text(far),
            )
        case RefusalReason.VOLUME:
            return unprocessable(f"qty is not possible: {refusal.text}")
    return unprocessable(refusal.text)


def buying_power(book: Book, market: Market) -> Decimal:
    """What may still be bought: the free margin, less what open orders have reserved, times the leverage."""
    free = funds(book, market).margin_free - reserved_margin(book, market)
    return max(ZERO, free * book.terms.leverage)


def _qty_short(order: BrokerOrder, book: Book) -> AlpacaRefusal:
    position = book.net_position(order.symbol)
    existing = position.qty if position else ZERO
    held = min(existing, reserved_qty(book, symbol=order.symbol, side=order.side))
    available = decimal_text(existing - held)
    related = [
        venue_id(resting.ticket)
        for resting in book.orders.values()
        if resting.symbol == order.symbol and resting.side is order.side
    ]
    return forbidden(
        f"insufficient qty available for order (requested: {decimal_text(order.qty)}, available: {available})",
        available=available,
        existing_qty=decimal_text(existing),
        held_for_orders=decimal_text(held),
        related_orders=related,
        symbol=order.symbol,
    )


def _leg_misplaced(refusal: Refusal, order: BrokerOrder, *, base: Decimal) -> AlpacaRefusal:
    is_target = refusal.text.startswith("invalid tp")
    name = "take_profit.limit_price" if is_target else "stop_loss.stop_price"
    above = is_target is (order.side is Side.BUY)
    bound = ">= base_price + 0.01" if above else "<= base_price - 0.01"
    return unprocessable(f"{name} must be {bound}", base_price=decimal_text(base))
