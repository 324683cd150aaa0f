"""What a moment of the market does to a book: triggers, fills of resting orders, stops and targets, expiry."""

from dataclasses import replace
from decimal import Decimal

from argos.core.execution import FillReason
from argos.core.instrument import Quote
from argos.core.intent import OrderType
from argos.exchange.book import OrderEventKind
from argos.exchange.draws import draw_fill_qty
from argos.exchange.matching import is_due, is_triggered, protection_hit
from argos.exchange.orders import BrokerOrder, OrderState, TimeInForce
from argos.exchange.positions import Deal
from argos.exchange.turn import Turn


def on_quote(turn: Turn, symbol: str) -> None:
    """Everything that is due in `symbol` at the turn's quote.

    Market orders are left alone: whoever took them fills them when their time has come. A stop is looked at
    before its target, which errs on the dearer side when one quote passes both.
    """
    if not turn.market.is_open(symbol):
        return
    quote = turn.market.quotes[symbol]
    for position in list(turn.positions.values()):
        if position.symbol == symbol:
            reason = protection_hit(position, quote)
            if reason is not None:
                turn.close_at_protection(position, reason=reason)
    due = [order.ticket for order in turn.orders.values() if order.symbol == symbol]
    for ticket in sorted(due, key=lambda t: (turn.orders[t].reason is not FillReason.SL, t)):
        order = turn.orders.get(ticket)  # an earlier one of this round may have ended it
        if order is not None and order.state is OrderState.WORKING:
            _look_at(turn, order, quote)


def _look_at(turn: Turn, order: BrokerOrder, quote: Quote) -> None:
    if order.expires_at is not None and order.expires_at <= turn.at:
        turn.end(order, state=OrderState.EXPIRED)
        return
    if order.order_type is OrderType.MARKET:
        return
    if is_triggered(order, quote):
        order = turn.change(replace(order, triggered=True), kind=OrderEventKind.TRIGGERED)
    if is_due(order, quote):
        fill_some(turn, order, price=turn.waited_price(order))


def fill_some(turn: Turn, order: BrokerOrder, *, price: Decimal | None = None) -> Deal:
    """Fill as much of an order that is due as the draw gives; a stop or target is always done whole."""
    whole = order.order_type is OrderType.STOP or order.reason is not FillReason.COMMAND
    qty = order.leaves_qty if whole else qty_now(turn, order)
    return turn.execute(order, qty=qty, price=price)


def qty_now(turn: Turn, order: BrokerOrder) -> Decimal:
    fills = turn.market.fills
    return draw_fill_qty(
        f"{fills.seed}:qty:{order.ticket}:{order.filled_qty}",
        leaves_qty=order.leaves_qty,
        step=turn.market.instruments[order.symbol].qty_step,
        partial_probability=fills.partial_probability,
    )


def on_rollover(turn: Turn) -> None:
    """The end of a trading day: a night's swap on every position, and the end of day orders."""
    for order in list(turn.orders.values()):
        if order.tif is TimeInForce.DAY and order.is_live and not order.parent:
            turn.end(order, state=OrderState.EXPIRED)
    for position in list(turn.positions.values()):
        quote = turn.market.quotes.get(position.symbol)
        if quote is None:
            continue
        value = position.mark(quote) * turn.market.instruments[position.symbol].unit_value
        amount = turn.market.costs[position.symbol].swap(
            side=position.side, qty=position.qty, price=value
        )
        if amount:
            turn.charge_swap(position, amount)
