"""Trade requests as the package wants them: floats, and no key that has nothing to say."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.ports import VenueClose, VenueOrder
from argos.venues.mt5 import words
from argos.venues.mt5.package import DEAL, MODIFY, PENDING, REMOVE, SLTP, TIME_GTC
from argos.venues.mt5.terms import (
    SymbolTerms,
    check_not_frozen,
    check_prices,
    check_stops,
    filling_for,
    lifetime_for,
    lots_of,
)

COMMENT_MAX: Final = 31
"""The package refuses longer ones whole. A comment is a hint for people: brokers overwrite it."""
ANY_DEVIATION: Final = 1_000_000
"""Points. Without a tolerance of ours any price will do; brokers with market execution ignore it anyway."""

Request = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Prices of a working order, or stop and target of a position; None where there is none.

    `limit` is the price of a stop-limit order behind its trigger; `expires_s` is by the broker's clock.
    """

    price: Decimal | None = None
    limit: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    lasts: int = TIME_GTC
    expires_s: int = 0


def entry_request(
    order: VenueOrder, *, terms: SymbolTerms, quote: Quote, seen: Quote, until_s: int = 0
) -> Request:
    """Raises VenueRefused for what the broker would refuse for certain. `seen` is the price with the tolerance.

    `until_s` is when a pending order shall end, by the broker's clock; 0 where it need not, or that clock is unknown.
    """
    is_market = order.order_type is OrderType.MARKET
    lots = lots_of(terms, order.qty)
    check_prices(terms, order.price, order.stop_limit_price, order.sl, order.tp)
    # A position's stop is measured from the price at which it would be closed; an order's from its own.
    near = quote.bid if order.side is Side.BUY else quote.ask
    base = near if is_market else order.stop_limit_price or order.price or near
    check_stops(terms, side=order.side, base=base, sl=order.sl, tp=order.tp)
    request: Request = {
        "action": DEAL if is_market else PENDING,
        "symbol": order.symbol,
        "type": words.ORDER_TYPES[order.side, order.order_type],
        "type_filling": filling_for(terms, order.order_type),
        "type_time": TIME_GTC,
        "volume": float(lots),
        "magic": order.identity.magic,
        "comment": order.comment[:COMMENT_MAX],
        **_floats(price=order.price, stoplimit=order.stop_limit_price, sl=order.sl, tp=order.tp),
    }
    if not is_market:
        lasts, expires_s = lifetime_for(terms, until_s)
        request |= {"type_time": lasts, **({"expiration": expires_s} if expires_s else {})}
    if is_market:
        request |= _at_market(order.side, seen, deviation_points=order.deviation_points)
    return request


def close_request(close: VenueClose, *, ticket: int, terms: SymbolTerms, quote: Quote) -> Request:
    return {
        "action": DEAL,
        "symbol": close.symbol,
        "type": words.ORDER_TYPES[close.side, OrderType.MARKET],
        "type_filling": filling_for(terms, OrderType.MARKET),
        "type_time": TIME_GTC,
        "volume": float(lots_of(terms, close.qty)),
        "magic": close.identity.magic,
        "comment": close.comment[:COMMENT_MAX],
        "position": ticket,
        **_at_market(close.side, quote, deviation_points=0),
    }


def protect_request(
    ticket: int, *, now: Levels, wanted: Levels, terms: SymbolTerms, quote: Quote
) -> Request:
    """Stop and target of a position; the package reads what is left out as "none"."""
    check_prices(terms, wanted.sl, wanted.tp)
    check_not_frozen(terms, now.sl, now.tp, quote=quote)
    levels = _floats(sl=wanted.sl, tp=wanted.tp)
    return {"action": SLTP, "symbol": terms.symbol, "position": ticket, **levels}


def move_request(
    ticket: int, *, now: Levels, wanted: Levels, terms: SymbolTerms, quote: Quote
) -> Request:
    """Price, stop and target of a working order; without a price it stays where it is.

    What the request leaves out the broker would take away: limit and expiration are told again as they stand.
    """
    check_prices(terms, wanted.price, wanted.sl, wanted.tp)
    check_not_frozen(terms, now.price, quote=quote)
    price = wanted.price or now.price
    levels = _floats(price=price, stoplimit=now.limit, sl=wanted.sl, tp=wanted.tp)
    return {
        "action": MODIFY,
        "symbol": terms.symbol,
        "order": ticket,
        "type_time": now.lasts,
        **({"expiration": now.expires_s} if now.expires_s else {}),
        **levels,
    }


def cancel_request(ticket: int, *, now: Levels, terms: SymbolTerms, quote: Quote) -> Request:
    check_not_frozen(terms, now.price, quote=quote)
    return {"action": REMOVE, "order": ticket}


def _at_market(side: Side, quote: Quote, *, deviation_points: int) -> Request:
    seen = quote.ask if side is Side.BUY else quote.bid
    return {"price": float(seen), "deviation": deviation_points or ANY_DEVIATION}


def _floats(**prices: Decimal | None) -> dict[str, float]:
    return {name: float(price) for name, price in prices.items() if price is not None}
