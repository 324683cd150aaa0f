"""Orders at the alpaca character: read, checked against account and market, placed with their legs, replaced."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import InputError
from argos.core.execution import FillReason
from argos.core.intent import OrderType
from argos.exchange.admission import (
    Refusal,
    RefusalReason,
    check_money,
    check_net_exit,
    check_price,
    check_stops,
    check_volume,
)
from argos.exchange.book import OrderEventKind
from argos.exchange.matching import far_side
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_protocol import (
    FORBIDDEN,
    AlpacaRefusal,
    Legs,
    OrderRequest,
    body_invalid,
    unprocessable,
)
from argos.paperbroker.alpaca_shapes import venue_id
from argos.protocol.values import optional_decimal

CLIENT_ID_MAX: Final = 128
LEG_DISTANCE_MIN: Final = Decimal("0.01")

_FORBIDDEN_REASONS: Final = {RefusalReason.MONEY, RefusalReason.QTY_RESERVED}


def place(
    turn: Turn,
    request: OrderRequest,
    *,
    received_at: datetime,
    is_known: Callable[[str], bool],
) -> BrokerOrder:
    """Check `request` and place it with its legs; AlpacaRefusal if it is not taken.

    `is_known` tells whether a client order id was ever used at this account.
    """
    _check_form(turn, request)
    if request.client_order_id and is_known(request.client_order_id):
        raise body_invalid("client_order_id must be unique")
    if request.order_class == "oco":
        return _place_pair(turn, request, received_at=received_at)
    order = _order(turn, request, received_at=received_at)
    _check_account(turn, order, request)
    turn.place(order)
    _place_legs(turn, order, request.legs)
    return order


def _order(turn: Turn, request: OrderRequest, *, received_at: datetime) -> BrokerOrder:
    ticket = turn.take_ticket()
    is_limit = request.order_type is OrderType.LIMIT
    return BrokerOrder(
        ticket=ticket,
        account=turn.terms.account,
        symbol=request.symbol,
        side=request.side,
        order_type=request.order_type,
        qty=request.qty,
        received_at=received_at,
        created_at=turn.at,
        updated_at=turn.at,
        price=request.limit_price if is_limit else request.stop_price,
        stop_limit_price=None if is_limit else request.limit_price,
        sl=request.legs.stop,
        tp=request.legs.target,
        tif=request.tif,
        client_order_id=request.client_order_id or venue_id(ticket),
    )


def _check_form(turn: Turn, request: OrderRequest) -> None:
    instrument = turn.market.instruments.get(request.symbol)
    if instrument is None:
        raise unprocessable(f'asset "{request.symbol}" not found')
    if len(request.client_order_id) > CLIENT_ID_MAX:
        raise body_invalid("client_order_id is too long")
    if request.qty % instrument.qty_step and request.order_class != "simple":
        raise unprocessable("fractional orders must be simple orders")
    prices = (request.limit_price, request.stop_price, request.legs.target, request.legs.stop)
    if any(price is not None and price % instrument.tick_size for price in prices):
        raise unprocessable("invalid price: sub-penny increment does not fulfill minimum pricing")
    if request.order_type is OrderType.MARKET and (request.limit_price or request.stop_price):
        raise unprocessable("market orders require no stop or limit price")
    wanted = {
        "simple": not (request.legs.target or request.legs.stop),
        "bracket": bool(request.legs.target and request.legs.stop),
        "oto": bool(request.legs.target) is not bool(request.legs.stop),
        "oco": bool(request.legs.target and request.legs.stop),
    }
    if not wanted.get(request.order_class, False):
        raise unprocessable(f"{request.order_class} orders with these legs are not possible")


def _check_account(turn: Turn, order: BrokerOrder, request: OrderRequest) -> None:
    book, market = turn.next_book(), turn.market
    quote = market.quotes.get(order.symbol)
    if quote is None:
        raise unprocessable(f"no quote for {order.symbol}")
    position = book.net_position(order.symbol)
    exits = position is not None and position.side is not order.side
    if request.closes_only and not exits:
        opening, closing = f"{order.side}_to_open", f"{order.side}_to_close"
        raise unprocessable(f"position intent mismatch, inferred: {opening}, specified: {closing}")
    if exits and request.order_class != "simple":
        raise unprocessable("bracket orders must be entry orders")
    refusal = (
        check_volume(market.instruments[order.symbol], order.qty)
        or check_price(order, quote=quote, distance_min=LEG_DISTANCE_MIN)
        or check_net_exit(book, order)
        or check_stops(
            side=order.side,
            base_price=order.stop_limit_price or order.price or far_side(order.side, quote),
            sl=order.sl,
            tp=order.tp,
            distance_min=LEG_DISTANCE_MIN,
        )
        or check_money(book, market, order)
    )
    if refusal is not None:
        raise _worded(refusal)


def _worded(refusal: Refusal) -> AlpacaRefusal:
    words = {
        RefusalReason.MONEY: f"insufficient buying power ({refusal.text})",
        RefusalReason.QTY_RESERVED: f"insufficient qty available for order ({refusal.text})",
        RefusalReason.STOPS: f"take_profit or stop_loss on the wrong side of base_price: {refusal.text}",
        RefusalReason.VOLUME: f"qty is not possible: {refusal.text}",
    }
    text = words.get(refusal.reason, refusal.text)
    if refusal.reason in _FORBIDDEN_REASONS:
        return AlpacaRefusal(text, status=403, alpaca_code=FORBIDDEN)
    return unprocessable(text)


def _leg(
    turn: Turn, opener: BrokerOrder, *, reason: FillReason, price: Decimal, state: OrderState
) -> BrokerOrder:
    ticket = turn.take_ticket()
    return BrokerOrder(
        ticket=ticket,
        account=opener.account,
        symbol=opener.symbol,
        side=opener.side.opposite,
        order_type=OrderType.LIMIT if reason is FillReason.TP else OrderType.STOP,
        qty=opener.qty,
        received_at=opener.received_at,
        created_at=turn.at,
        updated_at=turn.at,
        state=state,
        price=price,
        tif=opener.tif,
        reason=reason,
        client_order_id=venue_id(ticket),
        parent=opener.ticket,
        oco=opener.ticket,
    )


def _place_legs(turn: Turn, opener: BrokerOrder, legs: Legs) -> None:
    """Legs wait, HELD, until their parent is filled completely; then only one of them may fill."""
    held = OrderState.HELD
    if legs.target is not None:
        turn.place(_leg(turn, opener, reason=FillReason.TP, price=legs.target, state=held))
    if legs.stop is not None:
        leg = _leg(turn, opener, reason=FillReason.SL, price=legs.stop, state=held)
        turn.place(_with_stop_limit(leg, legs.stop_limit))


def _with_stop_limit(leg: BrokerOrder, limit: Decimal | None) -> BrokerOrder:
    if limit is None:
        return leg
    return replace(leg, order_type=OrderType.STOP_LIMIT, stop_limit_price=limit)


def _place_pair(turn: Turn, request: OrderRequest, *, received_at: datetime) -> BrokerOrder:
    """Target and stop for a position that is already there; the target stands for the pair."""
    order = _order(turn, request, received_at=received_at)
    target = replace(
        order,
        order_type=OrderType.LIMIT,
        price=request.legs.target,
        stop_limit_price=None,
        sl=None,
        tp=None,
        reason=FillReason.TP,
        oco=order.ticket,
    )
    position = turn.next_book().net_position(request.symbol)
    if position is None or position.side is order.side:
        raise unprocessable("oco orders must be exit orders")
    refusal = check_net_exit(turn.next_book(), target)
    if refusal is not None:
        raise _worded(refusal)
    turn.place(target)
    stop = _leg(
        turn,
        target,
        reason=FillReason.SL,
        price=request.legs.stop or Decimal(0),
        state=OrderState.WORKING,
    )
    turn.place(_with_stop_limit(replace(stop, side=order.side), request.legs.stop_limit))
    return target


def replace_order(
    turn: Turn,
    order: BrokerOrder,
    body: Mapping[str, Any],
    *,
    received_at: datetime,
    is_known: Callable[[str], bool],
) -> BrokerOrder:
    """A new order in the place of `order`, which ends as replaced; its waiting legs go over to the new one."""
    if not order.is_live or order.filled_qty:
        raise unprocessable(f"order is not replaceable: {order.state.value}")
    ticket = turn.take_ticket()
    client_order_id = str(body.get("client_order_id") or venue_id(ticket))
    if is_known(client_order_id):
        raise body_invalid("client_order_id must be unique")
    try:
        limit_price = optional_decimal(body.get("limit_price"), field="limit_price")
        stop_price = optional_decimal(body.get("stop_price"), field="stop_price")
        qty = optional_decimal(body.get("qty"), field="qty")
    except InputError as error:
        raise body_invalid(str(error)) from error
    is_limit = order.order_type is OrderType.LIMIT
    fresh = replace(
        order,
        ticket=ticket,
        qty=qty or order.qty,
        price=(limit_price if is_limit else stop_price) or order.price,
        stop_limit_price=order.stop_limit_price
        if is_limit
        else limit_price or order.stop_limit_price,
        client_order_id=client_order_id,
        received_at=received_at,
        created_at=turn.at,
        updated_at=turn.at,
        replaces=order.ticket,
    )
    quote = turn.market.quotes[order.symbol]
    refusal = check_price(fresh, quote=quote, distance_min=LEG_DISTANCE_MIN)
    if refusal is not None and order.state is OrderState.WORKING:
        raise _worded(refusal)
    turn.place(fresh)
    for leg in list(turn.orders.values()):
        if leg.parent == order.ticket and leg.is_live:
            moved = replace(leg, parent=ticket, oco=ticket if leg.oco == order.ticket else leg.oco)
            turn.change(moved, kind=OrderEventKind.MODIFIED)
    turn.end(replace(order, replaced_by=ticket), state=OrderState.REPLACED)
    return fresh


def cancel_order(turn: Turn, order: BrokerOrder) -> None:
    """End a live order, and with it the other of its pair; AlpacaRefusal if it has ended already."""
    if not order.is_live:
        raise unprocessable(f'order is already in "{order.state.value}" state')
    turn.end(order, state=OrderState.CANCELED)
    turn.end_group(order)
