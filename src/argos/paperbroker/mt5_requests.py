"""What `order_send` does at the mt5 character: the request checked, carried out, and put into a return code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from argos.core.execution import FillReason
from argos.core.intent import OrderType
from argos.core.money import ZERO
from argos.exchange.admission import (
    Refusal,
    RefusalReason,
    check_close,
    check_fifo,
    check_money,
    check_price,
    check_resting_limit,
    check_stops,
    check_volume,
)
from argos.exchange.book import OrderEventKind
from argos.exchange.draws import chance
from argos.exchange.matching import far_side
from argos.exchange.orders import BrokerOrder, OrderState, TimeInForce
from argos.exchange.positions import Deal
from argos.exchange.ticking import qty_now
from argos.exchange.turn import Turn
from argos.paperbroker.mt5_protocol import Action, Filling, Retcode, TradeRequest
from argos.paperbroker.mt5_shapes import TIME_DAY, TYPES_BY_CODE
from argos.paperbroker.mt5_terms import Terms, refused_by_terms
from argos.protocol.values import decimal_text

REFUSALS: Final[Mapping[RefusalReason, Retcode]] = {
    RefusalReason.UNKNOWN_SYMBOL: Retcode.INVALID,
    RefusalReason.MARKET_CLOSED: Retcode.MARKET_CLOSED,
    RefusalReason.NO_QUOTE: Retcode.PRICE_OFF,
    RefusalReason.VOLUME: Retcode.INVALID_VOLUME,
    RefusalReason.PRICE: Retcode.INVALID_PRICE,
    RefusalReason.STOPS: Retcode.INVALID_STOPS,
    RefusalReason.MONEY: Retcode.NO_MONEY,
    RefusalReason.SHORT: Retcode.SHORT_FORBIDDEN,
    RefusalReason.POSITION_CLOSED: Retcode.POSITION_CLOSED,
    RefusalReason.CLOSE_VOLUME: Retcode.INVALID_CLOSE_VOLUME,
    RefusalReason.CLOSE_SIDE: Retcode.INVALID,
    RefusalReason.QTY_RESERVED: Retcode.INVALID_VOLUME,
    RefusalReason.FIFO: Retcode.FIFO_CLOSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeResult:
    """`MqlTradeResult` before it is written down."""

    retcode: Retcode
    comment: str = ""
    order: int = 0
    deal: Deal | None = None


def carry_out(
    turn: Turn, request: TradeRequest, *, terms: Terms, received_at: datetime
) -> TradeResult:
    """Do what `request` asks, as changes of `turn`; a refusal changes nothing. `terms` are by symbol."""
    refused = refused_by_terms(turn, request, terms=terms)
    if refused is not None:
        retcode, text = refused
        return TradeResult(retcode=retcode, comment=text)
    match request.action:
        case Action.DEAL:
            return _deal(turn, request, received_at=received_at)
        case Action.PENDING:
            return _pending(turn, request, received_at=received_at)
        case Action.SLTP:
            return _protect(turn, request)
        case Action.MODIFY:
            return _modify(turn, request)
        case Action.REMOVE:
            return _remove(turn, request)


def result_row(result: TradeResult, *, turn: Turn, request: TradeRequest) -> dict[str, Any]:
    quote = turn.market.quotes.get(request.symbol)
    deal = result.deal
    instrument = turn.market.instruments.get(request.symbol)
    lots = deal.qty / instrument.contract_size if deal and instrument else request.volume_lots
    done = result.retcode in {Retcode.DONE, Retcode.DONE_PARTIAL}
    return {
        "retcode": int(result.retcode),
        "deal": deal.ticket if deal else 0,
        "order": result.order,
        "volume": decimal_text(lots) if done else "0",
        "price": decimal_text(deal.price) if deal else "0",
        "bid": decimal_text(quote.bid) if quote else "0",
        "ask": decimal_text(quote.ask) if quote else "0",
        "comment": result.comment or ("Request executed" if done else "Request rejected"),
    }


def _refused(refusal: Refusal) -> TradeResult:
    return TradeResult(retcode=REFUSALS[refusal.reason], comment=refusal.text)


def _check_market(turn: Turn, symbol: str) -> Refusal | None:
    if symbol not in turn.market.instruments:
        return Refusal(reason=RefusalReason.UNKNOWN_SYMBOL, text=f"unknown symbol {symbol}")
    if symbol in turn.market.closed:
        return Refusal(reason=RefusalReason.MARKET_CLOSED, text="Market is closed")
    if symbol not in turn.market.quotes:
        return Refusal(reason=RefusalReason.NO_QUOTE, text="no quotes")
    return None


def _order(turn: Turn, request: TradeRequest, *, received_at: datetime) -> BrokerOrder:
    side, order_type = TYPES_BY_CODE[request.type_code]
    market = order_type is OrderType.MARKET
    tif = TimeInForce.DAY if request.lifetime == TIME_DAY else TimeInForce.GTC
    return BrokerOrder(
        ticket=turn.take_ticket(),
        account=turn.terms.account,
        symbol=request.symbol,
        side=side,
        order_type=order_type,
        qty=request.volume_lots * turn.market.instruments[request.symbol].contract_size,
        received_at=received_at,
        created_at=turn.at,
        updated_at=turn.at,
        price=None if market else request.price,
        stop_limit_price=request.stoplimit,
        sl=request.sl,
        tp=request.tp,
        tif=TimeInForce.IOC if market else tif,
        expires_at=request.expires_at,
        reason=FillReason.COMMAND,
        magic=request.magic,
        comment=request.comment,
        position_id=request.position if market else 0,
    )


def _deal(turn: Turn, request: TradeRequest, *, received_at: datetime) -> TradeResult:
    refusal = _check_market(turn, request.symbol)
    if refusal is not None:
        return _refused(refusal)
    if request.type_code not in {0, 1}:
        return TradeResult(retcode=Retcode.INVALID_ORDER, comment="not a market order type")
    order = _order(turn, request, received_at=received_at)
    refusal = _check_deal(turn, order)
    if refusal is not None:
        return _refused(refusal)
    if _is_requoted(turn, request, order):
        return TradeResult(retcode=Retcode.REQUOTE, comment="Requote")
    return deal_now(turn, order, whole=request.filling in {Filling.FOK, Filling.RETURN})


def deal_now(turn: Turn, order: BrokerOrder, *, whole: bool) -> TradeResult:
    """Execute a market order at once: all of it, or what can be filled now, and the rest is canceled."""
    turn.place(order)
    deal = turn.execute(order, qty=order.qty if whole else qty_now(turn, order))
    rest = turn.orders.get(order.ticket)
    if rest is None:
        return TradeResult(retcode=Retcode.DONE, order=order.ticket, deal=deal)
    turn.end(rest, state=OrderState.CANCELED)
    return TradeResult(retcode=Retcode.DONE_PARTIAL, order=order.ticket, deal=deal)


def _check_deal(turn: Turn, order: BrokerOrder) -> Refusal | None:
    market, book = turn.market, turn.next_book()
    instrument, quote = market.instruments[order.symbol], market.quotes[order.symbol]
    near = far_side(order.side.opposite, quote)
    return (
        check_volume(instrument, order.qty)
        or (check_close(book, order) or check_fifo(book, order) if order.position_id else None)
        or check_stops(
            side=order.side,
            base_price=near,
            sl=order.sl,
            tp=order.tp,
            distance_min=instrument.stops_distance_min,
        )
        or check_money(book, market, order)
    )


def _is_requoted(turn: Turn, request: TradeRequest, order: BrokerOrder) -> bool:
    """A price outside the client's deviation is offered anew; and dealers requote now and then."""
    fills = turn.market.fills
    # A refusal uses up no ticket: with the moment in the key, the next try has its own draw.
    key = f"{fills.seed}:requote:{order.ticket}:{turn.at.isoformat()}"
    if chance(key, probability=fills.requote_probability):
        return True
    if request.price is None:
        return False
    tick = turn.market.instruments[order.symbol].tick_size
    moved = far_side(order.side, turn.market.quotes[order.symbol]) - request.price
    return moved * order.side.sign > request.deviation_points * tick


def _pending(turn: Turn, request: TradeRequest, *, received_at: datetime) -> TradeResult:
    refusal = _check_market(turn, request.symbol)
    if refusal is not None:
        return _refused(refusal)
    if request.type_code in {0, 1} or request.type_code not in TYPES_BY_CODE:
        return TradeResult(retcode=Retcode.INVALID_ORDER, comment="not a pending order type")
    order = _order(turn, request, received_at=received_at)
    refusal = _check_pending(turn, order)
    if refusal is not None:
        return _refused(refusal)
    turn.place(order)
    return TradeResult(retcode=Retcode.DONE, order=order.ticket)


def _check_pending(turn: Turn, order: BrokerOrder) -> Refusal | None:
    instrument = turn.market.instruments[order.symbol]
    quote, distance = turn.market.quotes[order.symbol], instrument.stops_distance_min
    base = order.stop_limit_price or order.price or ZERO
    return (
        check_volume(instrument, order.qty)
        or check_price(order, quote=quote, distance_min=distance)
        or check_resting_limit(order, quote=quote, distance_min=distance)
        or check_stops(
            side=order.side, base_price=base, sl=order.sl, tp=order.tp, distance_min=distance
        )
        or check_money(turn.next_book(), turn.market, order)
    )


def _protect(turn: Turn, request: TradeRequest) -> TradeResult:
    position = turn.positions.get(request.position)
    if position is None:
        return TradeResult(retcode=Retcode.POSITION_CLOSED, comment="position is already closed")
    if (position.sl, position.tp) == (request.sl, request.tp):
        return TradeResult(retcode=Retcode.NO_CHANGES, comment="No changes")
    refusal = _check_market(turn, position.symbol) or check_stops(
        side=position.side,
        base_price=position.mark(turn.market.quotes[position.symbol]),
        sl=request.sl,
        tp=request.tp,
        distance_min=turn.market.instruments[position.symbol].stops_distance_min,
    )
    if refusal is not None:
        return _refused(refusal)
    turn.protect(position, sl=request.sl, tp=request.tp)
    return TradeResult(retcode=Retcode.DONE)


def _modify(turn: Turn, request: TradeRequest) -> TradeResult:
    order = turn.orders.get(request.order)
    if order is None:
        return TradeResult(retcode=Retcode.INVALID, comment="order not found")
    changed = replace(
        order,
        price=request.price or order.price,
        stop_limit_price=request.stoplimit or order.stop_limit_price,
        sl=request.sl,
        tp=request.tp,
    )
    if changed == order:
        return TradeResult(retcode=Retcode.NO_CHANGES, comment="No changes")
    refusal = _check_market(turn, order.symbol) or _check_pending(turn, changed)
    if refusal is not None:
        return _refused(refusal)
    turn.change(changed, kind=OrderEventKind.MODIFIED)
    return TradeResult(retcode=Retcode.DONE, order=order.ticket)


def _remove(turn: Turn, request: TradeRequest) -> TradeResult:
    order = turn.orders.get(request.order)
    if order is None:
        return TradeResult(retcode=Retcode.INVALID, comment="order not found")
    turn.end(order, state=OrderState.CANCELED)
    return TradeResult(retcode=Retcode.DONE, order=order.ticket)
