"""What a symbol's own terms forbid at the mt5 character, before the account is even looked at."""

from collections.abc import Mapping
from decimal import Decimal

from argos.core.instrument import Quote
from argos.exchange.turn import Turn
from argos.paperbroker.mt5_protocol import FLAGS, Action, Filling, Retcode, TradeRequest
from argos.paperbroker.settings import InstrumentSettings

Terms = Mapping[str, InstrumentSettings]
Forbidden = tuple[Retcode, str]


def refused_by_terms(turn: Turn, request: TradeRequest, *, terms: Terms) -> Forbidden | None:
    """The return code with its words, or None when the terms allow the request."""
    match request.action:
        case Action.DEAL:
            symbol = terms.get(request.symbol)
            return _check_filling(request.filling, symbol) if symbol else None
        case Action.PENDING:
            return None
        case Action.SLTP:
            position = turn.positions.get(request.position)
            levels = (position.sl, position.tp) if position else ()
            return _check_freeze(turn, position.symbol if position else "", levels, terms=terms)
        case Action.MODIFY | Action.REMOVE:
            order = turn.orders.get(request.order)
            return _check_freeze(
                turn, order.symbol if order else "", (order.price,) if order else (), terms=terms
            )


def _check_filling(filling: Filling | None, symbol: InstrumentSettings) -> Forbidden | None:
    """Under market execution RETURN has no place, and the others need the symbol's flag."""
    if filling is None:
        return None
    if symbol.filling_flags & FLAGS.get(filling, 0) and filling is not Filling.BOC:
        return None
    return Retcode.INVALID_FILL, "Unsupported filling mode"


def _check_freeze(
    turn: Turn, name: str, levels: tuple[Decimal | None, ...], *, terms: Terms
) -> Forbidden | None:
    symbol, quote = terms.get(name), turn.market.quotes.get(name)
    if symbol is None or quote is None or not symbol.freeze_level_points:
        return None
    distance = symbol.tick_size * symbol.freeze_level_points
    if any(level is not None and _gap(level, quote) <= distance for level in levels):
        return Retcode.FROZEN, "Order or position frozen"
    return None


def _gap(level: Decimal, quote: Quote) -> Decimal:
    return min(abs(level - quote.bid), abs(level - quote.ask))
