"""What a symbol's own terms forbid at the mt5 character, before the account is even looked at."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from argos.core.instrument import Quote
from argos.exchange.turn import Turn
from argos.paperbroker.mt5_protocol import FLAGS, Action, Filling, Retcode, TradeRequest
from argos.paperbroker.mt5_shapes import TIME_DAY, TIME_GTC, TIME_SPECIFIED
from argos.paperbroker.settings import InstrumentSettings

EXECUTION_REQUEST, EXECUTION_INSTANT, EXECUTION_MARKET = 0, 1, 2
LIFETIME_FLAGS: Final[Mapping[int, int]] = {TIME_GTC: 1, TIME_DAY: 2, TIME_SPECIFIED: 4}

Terms = Mapping[str, InstrumentSettings]
Forbidden = tuple[Retcode, str]


def refused_by_terms(turn: Turn, request: TradeRequest, *, terms: Terms) -> Forbidden | None:
    """The return code with its words, or None when the terms allow the request."""
    match request.action:
        case Action.DEAL:
            symbol = terms.get(request.symbol)
            if symbol is None:
                return None
            return (
                _check_filling(request.filling, symbol)
                or _check_price(request, symbol)
                or _check_position(turn, request, terms=terms)
            )
        case Action.PENDING:
            symbol = terms.get(request.symbol)
            return _check_lifetime(request, symbol, now=turn.at) if symbol else None
        case Action.SLTP:
            return _check_position(turn, request, terms=terms)
        case Action.MODIFY | Action.REMOVE:
            order = turn.orders.get(request.order)
            return _check_freeze(
                turn, order.symbol if order else "", (order.price,) if order else (), terms=terms
            )


def _check_filling(filling: Filling | None, symbol: InstrumentSettings) -> Forbidden | None:
    """Under market execution RETURN has no place, elsewhere it needs no flag; the others need the symbol's."""
    if filling is None or (filling is Filling.RETURN and symbol.execution != EXECUTION_MARKET):
        return None
    if symbol.filling_flags & FLAGS.get(filling, 0) and filling is not Filling.BOC:
        return None
    return Retcode.INVALID_FILL, "Unsupported filling mode"


def _check_price(request: TradeRequest, symbol: InstrumentSettings) -> Forbidden | None:
    """Where a dealer executes at once, he wants the price that the client saw."""
    if symbol.execution in {EXECUTION_REQUEST, EXECUTION_INSTANT} and request.price is None:
        return Retcode.INVALID_PRICE, "Invalid price"
    return None


def _check_lifetime(
    request: TradeRequest, symbol: InstrumentSettings, *, now: datetime
) -> Forbidden | None:
    allowed = symbol.expiration_flags & LIFETIME_FLAGS.get(request.lifetime, 0)
    until = request.expires_at
    is_told = (until is not None and until > now) if request.lifetime == TIME_SPECIFIED else True
    return None if allowed and is_told else (Retcode.INVALID_EXPIRATION, "Invalid expiration")


def _check_position(turn: Turn, request: TradeRequest, *, terms: Terms) -> Forbidden | None:
    """A position is frozen, for changes and for its close, while the market is about to reach a level of it."""
    position = turn.positions.get(request.position)
    levels = (position.sl, position.tp) if position else ()
    return _check_freeze(turn, position.symbol if position else "", levels, terms=terms)


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
