"""Orders at the alpaca character: read, checked against account and market, placed with their legs, replaced."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import InputError
from argos.core.execution import FillReason
from argos.core.intent import OrderType
from argos.core.money import ZERO, round_down
from argos.exchange.admission import check_money, check_net_exit, check_price
from argos.exchange.book import OrderEventKind
from argos.exchange.matching import far_side, trail_stop, trailed
from argos.exchange.orders import AT_ONCE, BrokerOrder, OrderState, TimeInForce
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_checks import STANDING, Rules, check_account, check_form
from argos.paperbroker.alpaca_protocol import (
    CLIENT_ID_MAX,
    Legs,
    OrderRequest,
    body_invalid,
    unprocessable,
)
from argos.paperbroker.alpaca_refusals import LEG_DISTANCE_MIN, worded
from argos.paperbroker.alpaca_shapes import venue_id
from argos.paperbroker.hours import Phase
from argos.protocol.values import optional_decimal

FRACTION_STEP: Final = Decimal("0.000000001")

OUR_RULES: Final = Rules()


def place(
    turn: Turn,
    request: OrderRequest,
    *,
    received_at: datetime,
    is_known: Callable[[str], bool],
    rules: Rules = OUR_RULES,
) -> BrokerOrder:
    """Check `request` and place it with its legs; AlpacaRefusal if it is not taken.

    `is_known` tells whether a client order id was ever used at this account.
    """
    check_form(turn.market, request, rules=rules, now=turn.at)
    if request.client_order_id and is_known(request.client_order_id):
        raise body_invalid("client_order_id must be unique")
    order = _order(turn, request, received_at=received_at, rules=rules)
    if request.order_class == "oco":
        return _place_pair(turn, order, request)
    check_account(turn, order, request, rules=rules)
    turn.place(order)
    _place_legs(turn, order, request.legs)
    return order


def _order(
    turn: Turn, request: OrderRequest, *, received_at: datetime, rules: Rules
) -> BrokerOrder:
    ticket = turn.take_ticket()
    is_limit = request.order_type is OrderType.LIMIT
    order = BrokerOrder(
        ticket=ticket,
        account=turn.terms.account,
        symbol=request.symbol,
        side=request.side,
        order_type=request.order_type,
        qty=_qty(turn, request),
        received_at=received_at,
        created_at=turn.at,
        updated_at=turn.at,
        price=request.limit_price if is_limit else request.stop_price,
        stop_limit_price=None if is_limit else request.limit_price,
        sl=request.legs.stop,
        tp=request.legs.target,
        tif=request.tif,
        client_order_id=request.client_order_id or venue_id(ticket),
        trail_price=request.trail_price,
        trail_percent=request.trail_percent,
        notional=request.notional,
        extended_hours=request.extended_hours,
        queued=_is_queued(request, rules=rules),
    )
    return _trailed(turn, order)


def _trailed(turn: Turn, order: BrokerOrder) -> BrokerOrder:
    quote = turn.market.quotes.get(order.symbol)
    if quote is None:
        return order
    return trailed(order, quote, tick_size=turn.market.instruments[order.symbol].tick_size)


def _qty(turn: Turn, request: OrderRequest) -> Decimal:
    """Shares; for an amount of money, what it buys at the far side of the quote."""
    if request.qty is not None:
        return request.qty
    assert request.notional is not None
    quote = turn.market.quotes.get(request.symbol)
    if quote is None:
        raise unprocessable(f"no quote for {request.symbol}")
    return round_down(request.notional / far_side(request.side, quote), step=FRACTION_STEP)


def _is_queued(request: OrderRequest, *, rules: Rules) -> bool:
    """True if the exchange is shut for this order: it is taken, and reaches the market when that opens.

    What is wanted at once waits for nothing: it is taken, and canceled.
    """
    if rules.phase is Phase.REGULAR or request.tif in AT_ONCE:
        return False
    return not (rules.phase is Phase.EXTENDED and request.extended_hours)


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


def _place_pair(turn: Turn, order: BrokerOrder, request: OrderRequest) -> BrokerOrder:
    """Target and stop for a position that is already there; the target stands for the pair."""
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
    book = turn.next_book()
    position = book.net_position(request.symbol)
    if position is None or position.side is order.side:
        raise unprocessable("oco orders must be exit orders")
    refusal = check_net_exit(book, target)
    if refusal is not None:
        raise worded(refusal, order=target, book=book, market=turn.market)
    turn.place(target)
    stop = _leg(
        turn,
        target,
        reason=FillReason.SL,
        price=request.legs.stop or ZERO,
        state=OrderState.WORKING,
    )
    stop = replace(stop, side=order.side, queued=order.queued)
    turn.place(_with_stop_limit(stop, request.legs.stop_limit))
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
    turn.place(fresh)
    for leg in list(turn.orders.values()):
        if leg.parent == order.ticket and leg.is_live:
            moved = replace(leg, parent=ticket, oco=ticket if leg.oco == order.ticket else leg.oco)
            turn.change(moved, kind=OrderEventKind.MODIFIED)
    turn.end(replace(order, replaced_by=ticket), state=OrderState.REPLACED)
    return fresh


def _as_asked(turn: Turn, order: BrokerOrder, body: Mapping[str, Any]) -> BrokerOrder:
    """`order` with what the body wants changed."""
    try:
        limit_price = optional_decimal(body.get("limit_price"), field="limit_price")
        stop_price = optional_decimal(body.get("stop_price"), field="stop_price")
        qty = optional_decimal(body.get("qty"), field="qty")
        trail = optional_decimal(body.get("trail"), field="trail")
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
    """What waits behind its parent, or stands in a pair, was checked when it was placed."""
    if order.state is not OrderState.WORKING:
        return
    market = turn.market
    quote = market.quotes[order.symbol]
    refusal = check_price(fresh, quote=quote, distance_min=LEG_DISTANCE_MIN)
    others = {ticket: item for ticket, item in turn.orders.items() if ticket != order.ticket}
    book = replace(turn.next_book(), orders=others)
    if refusal is None and not order.oco and fresh.qty != order.qty:
        refusal = check_net_exit(book, fresh)
    if refusal is None and not order.oco:
        refusal = check_money(book, market, fresh)
    if refusal is not None:
        raise worded(refusal, order=fresh, book=book, market=market)


def cancel_order(turn: Turn, order: BrokerOrder) -> None:
    """End a live order, and with it the other of its pair; AlpacaRefusal if it has ended already."""
    if not order.is_live:
        raise unprocessable(f'order is already in "{order.state.value}" state')
    turn.end(order, state=OrderState.CANCELED)
    turn.end_group(order)
