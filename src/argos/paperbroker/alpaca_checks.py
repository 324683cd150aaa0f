"""What Alpaca refuses: by the form of an order, for the protection of its users, and for lack of money or shares."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Final

from argos.core.intent import OrderType, Side
from argos.core.money import ONE, ZERO
from argos.exchange.admission import (
    check_money,
    check_net_exit,
    check_price,
    check_stops,
    check_volume,
)
from argos.exchange.book import Book, Market
from argos.exchange.calendar import NEW_YORK
from argos.exchange.orders import AUCTIONS, BrokerOrder, TimeInForce
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_protocol import OrderRequest, forbidden, unprocessable
from argos.paperbroker.alpaca_refusals import LEG_DISTANCE_MIN, base_price, worded
from argos.paperbroker.alpaca_shapes import venue_id
from argos.paperbroker.hours import Phase
from argos.protocol.values import decimal_text

NOTIONAL_MIN: Final = Decimal(1)
NOTIONAL_STEP: Final = Decimal("0.01")
SHORT_MARGIN: Final = Decimal("1.03")
"""A short sale is valued at this much of the ask, or at its limit if that is higher."""
SUB_DOLLAR_TICK: Final = Decimal("0.0001")
STANDING: Final = frozenset({TimeInForce.DAY, TimeInForce.GTC})

QUEUE_FROM: Final = time(19)
OPG_UNTIL: Final = time(9, 28)
CLS_UNTIL: Final = time(15, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for an account now. `full`: all that Alpaca refuses; without it, what our own nodes rely on."""

    full: bool = False
    phase: Phase = Phase.REGULAR
    suspended: bool = False
    long_only: bool = False
    fractions: bool = True
    multiplier_max: Decimal = Decimal(4)


def check_form(market: Market, request: OrderRequest, *, rules: Rules, now: datetime) -> None:
    """Whatever can be said before the account is looked at. Raises AlpacaRefusal."""
    if rules.suspended:
        raise forbidden("new orders are rejected by user request")
    instrument = market.instruments.get(request.symbol)
    if instrument is None:
        raise unprocessable(f'asset "{request.symbol}" not found')
    if request.order_type is OrderType.MARKET and (request.limit_price or request.stop_price):
        raise unprocessable("market orders require no stop or limit price")
    _check_fraction(request, rules=rules, sells_fractions=instrument.qty_step < ONE)
    _check_increments(request, tick_size=instrument.tick_size)
    _check_class(request)
    _check_lifetime(request)
    if rules.full:
        _check_window(request.tif, now=now)


def _check_fraction(request: OrderRequest, *, rules: Rules, sells_fractions: bool) -> None:
    if request.notional is None and (request.qty is None or not request.qty % ONE):
        return
    if request.order_class != "simple":
        raise unprocessable("fractional orders must be simple orders")
    if request.tif is not TimeInForce.DAY and rules.full:
        raise unprocessable("fractional orders must be DAY orders")
    if request.is_trailing:
        raise unprocessable("fractional orders cannot be trailing stop orders")
    if request.notional is not None and request.order_type is not OrderType.MARKET:
        raise unprocessable("notional orders must be market orders")
    if request.notional is not None and request.notional % NOTIONAL_STEP:
        raise unprocessable("notional value must be limited to 2 decimal places")
    if request.notional is not None and request.notional < NOTIONAL_MIN:
        raise forbidden("cost basis must be >= minimal amount of order 1")
    if not sells_fractions:
        raise unprocessable(f'asset "{request.symbol}" is not fractionable')
    if not rules.fractions:
        raise forbidden("fractional trading is disabled for this account")


def _check_increments(request: OrderRequest, *, tick_size: Decimal) -> None:
    named = {
        "limit_price": request.limit_price,
        "stop_price": request.stop_price,
        "take_profit.limit_price": request.legs.target,
        "stop_loss.stop_price": request.legs.stop,
        "stop_loss.limit_price": request.legs.stop_limit,
    }
    for name, price in named.items():
        if price is None:
            continue
        step = tick_size if price >= ONE else min(tick_size, SUB_DOLLAR_TICK)
        if price % step:
            raise unprocessable(
                f"invalid {name} {decimal_text(price)}. "
                "sub-penny increment does not fulfill minimum pricing criteria"
            )


def _check_class(request: OrderRequest) -> None:
    has_target, has_stop = request.legs.target is not None, request.legs.stop is not None
    wanted = {
        "simple": not (has_target or has_stop),
        "bracket": has_target and has_stop,
        "oto": has_target is not has_stop,
        "oco": has_target and has_stop,
    }
    if request.order_class == "oco" and request.order_type is not OrderType.LIMIT:
        raise unprocessable("oco orders must be limit orders")
    if not wanted.get(request.order_class, False):
        raise unprocessable(f"{request.order_class} orders with these legs are not possible")


def _check_lifetime(request: OrderRequest) -> None:
    if request.tif not in STANDING:
        if request.order_class != "simple":
            raise unprocessable(f"{request.order_class} orders must be DAY or GTC orders")
        if request.order_type not in {OrderType.MARKET, OrderType.LIMIT}:
            raise unprocessable(f"{request.tif} orders must be market or limit orders")
    if not request.extended_hours:
        return
    if request.order_type is not OrderType.LIMIT or request.tif not in STANDING:
        raise unprocessable("extended hours order must be DAY or GTC limit orders")
    if request.order_class != "simple":
        raise unprocessable("extended hours order must be simple orders")


def _check_window(tif: TimeInForce, *, now: datetime) -> None:
    """Auction orders for today must come early enough; those for the next day, after 19:00 in New York."""
    if tif not in AUCTIONS:
        return
    clock = now.astimezone(NEW_YORK).time()
    until = OPG_UNTIL if tif is TimeInForce.OPG else CLS_UNTIL
    if until <= clock < QUEUE_FROM:
        words = "9:28am" if tif is TimeInForce.OPG else "3:50pm"
        raise forbidden(f"{tif} orders must be submitted after 7:00pm and before {words}")


def check_account(turn: Turn, order: BrokerOrder, request: OrderRequest, *, rules: Rules) -> None:
    """What position, open orders and money say of an order. Raises AlpacaRefusal."""
    book, market = turn.next_book(), turn.market
    quote = market.quotes.get(order.symbol)
    if quote is None:
        raise unprocessable(f"no quote for {order.symbol}")
    position = book.net_position(order.symbol)
    exits = position is not None and position.side is not order.side
    inferred = f"{order.side}_to_{'close' if exits else 'open'}"
    if request.intent not in {"", inferred}:
        raise unprocessable(
            f"position intent mismatch, inferred: {inferred}, specified: {request.intent}"
        )
    if exits and request.order_class != "simple":
        raise unprocessable("bracket orders must be entry orders")
    if not exits and order.side is Side.SELL:
        _check_short(order, rules=rules)
    if rules.full and request.order_class == "simple":
        check_wash(book, order)
    refusal = (
        check_volume(market.instruments[order.symbol], order.qty)
        or check_price(order, quote=quote, distance_min=LEG_DISTANCE_MIN)
        or check_net_exit(book, order)
        or check_stops(
            side=order.side,
            base_price=base_price(order, market),
            sl=order.sl,
            tp=order.tp,
            distance_min=LEG_DISTANCE_MIN,
        )
        or check_money(
            under_multiplier(book, rules.multiplier_max) if rules.full else book,
            market,
            _valued(order, market) if rules.full else order,
        )
    )
    if refusal is not None:
        raise worded(refusal, order=order, book=book, market=market)


def under_multiplier(book: Book, multiplier_max: Decimal) -> Book:
    """The book with no more leverage than its owner allows himself."""
    if book.terms.leverage <= multiplier_max:
        return book
    return replace(book, terms=replace(book.terms, leverage=multiplier_max))


def _check_short(order: BrokerOrder, *, rules: Rules) -> None:
    if order.qty % ONE:
        raise unprocessable("fractional orders cannot be sold short")
    if rules.long_only:
        raise forbidden("account is not allowed to short")


def check_wash(book: Book, order: BrokerOrder) -> None:
    """Refuse an order that could trade with a resting simple order of the same account.

    Legs and pairs are exempt: of a group only one can fill, and the rules for entries keep its sides apart.
    """
    for resting in book.orders.values():
        opposed = resting.symbol == order.symbol and resting.side is not order.side
        if not opposed or resting.oco or resting.parent:
            continue
        reason, prices = _crosses(order, resting)
        if reason:
            raise forbidden(
                "potential wash trade detected. use complex orders",
                existing_order_id=venue_id(resting.ticket),
                reject_reason=reason,
                **prices,
            )


def _crosses(order: BrokerOrder, resting: BrokerOrder) -> tuple[str, dict[str, str]]:
    """Why the two could trade with each other, and their limits; an empty reason if they cannot."""
    limited = {OrderType.LIMIT}
    if resting.order_type not in limited:
        return "opposite side market/stop order exists", {}
    if order.order_type not in limited:
        return "opposite side limit order exists", {}
    buy, sell = (order, resting) if order.side is Side.BUY else (resting, order)
    assert buy.price is not None
    assert sell.price is not None
    if buy.price < sell.price:
        return "", {}
    prices = {
        "buy_limit_price": decimal_text(buy.price),
        "sell_limit_price": decimal_text(sell.price),
    }
    if order.side is Side.BUY:
        words = "sell order exists, buy limit price should be less than existing sell limit price"
    else:
        words = "buy order exists, sell limit price should be greater than existing buy limit price"
    return words, prices


def _valued(order: BrokerOrder, market: Market) -> BrokerOrder:
    """The order at the price that buying power is asked for."""
    if order.side is Side.BUY:
        return order
    value = max(order.price or ZERO, market.quotes[order.symbol].ask * SHORT_MARGIN)
    return replace(order, price=value)
