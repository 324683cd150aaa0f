"""Orders at the alpaca character: read, checked against account and market, placed with their legs, replaced."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from argos.core.execution import FillReason
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO, round_down
from argos.exchange.admission import check_net_exit, check_price
from argos.exchange.matching import far_side, trailed
from argos.exchange.orders import AT_ONCE, BrokerOrder, OrderState
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_checks import Rules, check_account, check_form
from argos.paperbroker.alpaca_protocol import (
    Legs,
    OrderRequest,
    body_invalid,
    unprocessable,
)
from argos.paperbroker.alpaca_refusals import LEG_DISTANCE_MIN, worded
from argos.paperbroker.alpaca_shapes import venue_id
from argos.paperbroker.hours import Phase

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
    )


def _place_legs(turn: Turn, opener: BrokerOrder, legs: Legs) -> None:
    """Legs wait, HELD, until their parent is filled completely; then only one of them may fill.

    Two are a group under the target's number; one alone stands in none.
    """
    held, group = OrderState.HELD, 0
    if legs.target is not None:
        target = _leg(turn, opener, reason=FillReason.TP, price=legs.target, state=held)
        group = target.ticket if legs.stop is not None else 0
        turn.place(replace(target, oco=group))
    if legs.stop is not None:
        leg = _leg(turn, opener, reason=FillReason.SL, price=legs.stop, state=held)
        turn.place(replace(_with_stop_limit(leg, legs.stop_limit), oco=group))


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
    stop = replace(stop, side=order.side, queued=order.queued, oco=target.oco)
    _check_pair(turn, target=target, stop=stop)
    turn.place(_with_stop_limit(stop, request.legs.stop_limit))
    return target


def _check_pair(turn: Turn, *, target: BrokerOrder, stop: BrokerOrder) -> None:
    """The stop lies beyond the market, and the target on the other side of the stop."""
    quote = turn.market.quotes[stop.symbol]
    refusal = check_price(stop, quote=quote, distance_min=LEG_DISTANCE_MIN)
    if refusal is not None:
        raise worded(refusal, order=stop, book=turn.next_book(), market=turn.market)
    assert target.price is not None, "the form was checked"
    assert stop.price is not None, "the form was checked"
    if (stop.price - target.price) * target.side.sign < LEG_DISTANCE_MIN:
        bound = ">=" if target.side is Side.SELL else "<="
        raise unprocessable(f"take_profit.limit_price must be {bound} stop_loss.stop_price")


def cancel_order(turn: Turn, order: BrokerOrder) -> None:
    """End a live order, and with it the other of its pair; AlpacaRefusal if it has ended already."""
    if not order.is_live:
        raise unprocessable(f'order is already in "{order.state.value}" state')
    turn.end(order, state=OrderState.CANCELED)
    turn.end_group(order)
