"""Orders at the alpaca character that take another's place: what may be changed, and what goes over to the new one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from argos.core.errors import InputError
from argos.core.intent import OrderType
from argos.exchange.admission import check_money, check_net_exit, check_price
from argos.exchange.book import OrderEventKind
from argos.exchange.matching import trail_stop
from argos.exchange.orders import BrokerOrder, OrderState, TimeInForce
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_checks import STANDING
from argos.paperbroker.alpaca_protocol import (
    CLIENT_ID_MAX,
    body_invalid,
    number_in,
    unprocessable,
)
from argos.paperbroker.alpaca_refusals import LEG_DISTANCE_MIN, worded
from argos.paperbroker.alpaca_shapes import venue_id
from argos.protocol.values import decimal_text


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
        raise unprocessable("unable to replace order, order is not open")
    if order.queued:
        raise body_invalid("unable to replace order, order isn't sent to exchange yet")
    if order.notional is not None:
        raise unprocessable("unable to replace order, notional orders cannot be replaced")
    ticket = turn.take_ticket()
    client_order_id = str(body.get("client_order_id") or venue_id(ticket))
    if len(client_order_id) > CLIENT_ID_MAX:
        raise body_invalid("client_order_id must be no more than 128 characters")
    if is_known(client_order_id):
        raise body_invalid("client_order_id must be unique")
    fresh = replace(
        _as_asked(turn, order, body),
        ticket=ticket,
        client_order_id=client_order_id,
        received_at=received_at,
        created_at=turn.at,
        updated_at=turn.at,
        replaces=order.ticket,
    )
    _check_replacement(turn, order, fresh)
    if order.oco == order.ticket:
        fresh = replace(fresh, oco=ticket)
    turn.place(fresh)
    _take_along(turn, order, fresh)
    turn.end(replace(order, replaced_by=ticket), state=OrderState.REPLACED)
    return fresh


def _take_along(turn: Turn, order: BrokerOrder, fresh: BrokerOrder) -> None:
    """Legs go over to the order that replaces their parent, those that wait with its quantity, and a group to the one
    that replaces whose number it had.
    """
    for other in list(turn.orders.values()):
        moved = other
        if other.parent == order.ticket:
            waits = other.state is OrderState.HELD
            moved = replace(moved, parent=fresh.ticket, qty=fresh.qty if waits else other.qty)
        if other.oco == order.ticket and other.ticket != order.ticket:
            moved = replace(moved, oco=fresh.ticket)
        if moved is not other:
            turn.change(moved, kind=OrderEventKind.MODIFIED)


def _as_asked(turn: Turn, order: BrokerOrder, body: Mapping[str, Any]) -> BrokerOrder:
    """`order` with what the body wants changed."""
    try:
        limit_price = number_in(body, "limit_price")
        stop_price = number_in(body, "stop_price")
        qty = number_in(body, "qty")
        trail = number_in(body, "trail")
        tif = TimeInForce(body.get("time_in_force") or order.tif)
    except (InputError, ValueError) as error:
        raise body_invalid(str(error)) from error
    if tif not in STANDING and tif is not order.tif:
        raise unprocessable(f"unable to replace order, {tif} orders cannot be made of others")
    if any(value is not None and value <= 0 for value in (limit_price, stop_price, qty, trail)):
        raise body_invalid("qty, prices and trail must be > 0")
    is_limit = order.order_type is OrderType.LIMIT
    changed = replace(
        order,
        qty=qty or order.qty,
        tif=tif,
        price=(limit_price if is_limit else stop_price) or order.price,
        stop_limit_price=order.stop_limit_price
        if is_limit
        else limit_price or order.stop_limit_price,
    )
    if trail is None:
        return changed
    if not order.is_trailing:
        raise unprocessable("trail is for trailing stop orders")
    by_price = order.trail_price is not None
    drawn = replace(
        changed,
        trail_price=trail if by_price else None,
        trail_percent=None if by_price else trail,
    )
    assert order.hwm is not None, "it was drawn when it was placed"
    tick_size = turn.market.instruments[order.symbol].tick_size
    return replace(drawn, price=trail_stop(drawn, order.hwm, tick_size=tick_size))


def _check_replacement(turn: Turn, order: BrokerOrder, fresh: BrokerOrder) -> None:
    """A leg that waits may be as large as its parent; one of a pair leaves the other's shares out of the account."""
    if order.state is OrderState.HELD:
        parent = turn.orders[order.parent]
        if fresh.qty > parent.qty:
            raise unprocessable(f"qty must be <= {decimal_text(parent.qty)}, that of its order")
        return
    market = turn.market
    quote = market.quotes[order.symbol]
    refusal = check_price(fresh, quote=quote, distance_min=LEG_DISTANCE_MIN)
    others = {
        ticket: item
        for ticket, item in turn.orders.items()
        if ticket != order.ticket and not (order.oco and item.oco == order.oco)
    }
    book = replace(turn.next_book(), orders=others)
    if refusal is None and fresh.qty != order.qty:
        refusal = check_net_exit(book, fresh)
    if refusal is None and not order.oco:
        refusal = check_money(book, market, fresh)
    if refusal is not None:
        raise worded(refusal, order=fresh, book=book, market=market)
