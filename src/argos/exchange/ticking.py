"""What a moment of the market does to a book: triggers, fills of resting orders, stops and targets, expiry."""

from dataclasses import replace
from decimal import Decimal

from argos.core.execution import FillReason
from argos.core.instrument import Quote
from argos.core.intent import OrderType
from argos.core.money import ONE, ZERO
from argos.exchange.book import Character, OrderEventKind
from argos.exchange.draws import draw_fill_qty
from argos.exchange.matching import is_due, is_triggered, protection_hit, trailed
from argos.exchange.orders import AT_ONCE, AUCTIONS, BrokerOrder, OrderState, TimeInForce
from argos.exchange.positions import Deal
from argos.exchange.turn import Turn


def on_quote(turn: Turn, symbol: str) -> None:
    """Everything that is due in `symbol` at the turn's quote.

    Market orders are left alone: whoever took them fills them when their time has come. A stop is looked at
    before its target, which errs on the dearer side when one quote passes both.
    """
    if not (turn.market.is_open(symbol) or turn.market.extended):
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
    if order.order_type is OrderType.MARKET or order.tif in AUCTIONS:
        return
    if not turn.market.can_fill(order):
        return
    if order.is_trailing:
        drawn = trailed(order, quote, tick_size=turn.market.instruments[order.symbol].tick_size)
        if drawn is not order:
            order = turn.change(drawn, kind=OrderEventKind.MODIFIED)
    if is_triggered(order, quote):
        order = turn.change(replace(order, triggered=True), kind=OrderEventKind.TRIGGERED)
    if is_due(order, quote):
        fill_some(turn, order, price=turn.waited_price(order))


def fill_some(turn: Turn, order: BrokerOrder, *, price: Decimal | None = None) -> Deal:
    """Fill as much of an order that is due as the draw gives; a stop or target is always done whole."""
    whole = (
        order.order_type is OrderType.STOP
        or order.reason is not FillReason.COMMAND
        or order.tif in AUCTIONS
    )
    qty = order.leaves_qty if whole else qty_now(turn, order)
    return turn.execute(order, qty=qty, price=price)


def take_at_once(turn: Turn, order: BrokerOrder) -> None:
    """What IOC and FOK orders come to: filled as far as can be now, and canceled for the rest."""
    assert order.tif in AT_ONCE
    now = ZERO
    if turn.market.can_fill(order) and is_due(order, turn.market.quotes[order.symbol]):
        now = qty_now(turn, order)
    if order.tif is TimeInForce.FOK and now < order.leaves_qty:
        now = ZERO
    if now:
        turn.execute(order, qty=now)
    rest = turn.orders.get(order.ticket)
    if rest is not None:
        turn.end(rest, state=OrderState.CANCELED)


def qty_now(turn: Turn, order: BrokerOrder) -> Decimal:
    fills = turn.market.fills
    step = turn.market.instruments[order.symbol].qty_step
    if turn.terms.character is Character.ALPACA and not order.qty % ONE:
        step = max(
            step, ONE
        )  # where fractions are sold, whole shares are still dealt in whole ones
    return draw_fill_qty(
        f"{fills.seed}:qty:{order.ticket}:{order.filled_qty}",
        leaves_qty=order.leaves_qty,
        step=step,
        partial_probability=fills.partial_probability,
    )


def release_queued(turn: Turn) -> None:
    """Orders that were taken while their market was closed reach it."""
    for order in list(turn.orders.values()):
        if order.queued and turn.market.can_fill(order):
            turn.change(replace(order, queued=False), kind=OrderEventKind.RELEASED)


def on_open(turn: Turn) -> None:
    """The first price of a trading day: queued orders reach the market, the opening auction is held."""
    release_queued(turn)
    _hold_auction(turn, TimeInForce.OPG)


def on_rollover(turn: Turn) -> None:
    """The end of a trading day: the closing auction, the end of day orders, a night's swap on every position."""
    _hold_auction(turn, TimeInForce.CLS)
    for order in list(turn.orders.values()):
        if order.tif is not TimeInForce.DAY or order.ticket not in turn.orders:
            continue
        if not order.queued and order.state is OrderState.WORKING:
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


def _hold_auction(turn: Turn, tif: TimeInForce) -> None:
    """Fill the auction's orders that are due at the quote that stands, whole, and cancel the others."""
    for order in list(turn.orders.values()):
        if order.tif is not tif or order.queued or order.ticket not in turn.orders:
            continue
        is_open = turn.market.is_open(order.symbol)
        if is_open and is_due(order, turn.market.quotes[order.symbol]):
            fill_some(turn, order)
        else:
            turn.end(order, state=OrderState.CANCELED)
