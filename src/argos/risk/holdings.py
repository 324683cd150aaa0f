"""What an account holds and has on its way, in money: the figures that concentration and correlation are judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from argos.core.decision import RiskRequest
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.core.position import Position
from argos.core.standing import WorkingEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One position, or one entry on its way. `notional` is in account currency, None where nothing measures it."""

    symbol: str
    side: Side
    qty: Decimal
    notional: Decimal | None


def holdings_of(request: RiskRequest) -> tuple[Holding, ...]:
    """All that stays of what is held, and all that is on its way."""
    held = tuple(_holding(request, item) for item in request.held)
    return held + tuple(_holding(request, item) for item in request.working)


def notional_of(request: RiskRequest, *, qty: Decimal, prices: Iterable[Decimal]) -> Decimal | None:
    """What `qty` of the request's symbol is worth at the dearest of `prices`; None without a price or terms."""
    return _notional(request, request.symbol, qty, max(prices, default=None))


def total(holdings: Iterable[Holding]) -> Decimal | None:
    """The sum of both sides; None where one of them cannot be measured."""
    found = ZERO
    for holding in holdings:
        if holding.notional is None:
            return None
        found += holding.notional
    return found


def _holding(request: RiskRequest, item: Position | WorkingEntry) -> Holding:
    quotes = request.snapshot.quotes if request.snapshot else {}
    quote = quotes.get(item.symbol)
    own = item.price_open if isinstance(item, Position) else item.price
    known = [price for price in (own, quote.ask if quote else None) if price is not None]
    # A position is worth what it would be sold for now; its own price counts only where there is no quote.
    price = quote.ask if isinstance(item, Position) and quote else max(known, default=None)
    return Holding(
        symbol=item.symbol,
        side=item.side,
        qty=item.qty,
        notional=_notional(request, item.symbol, item.qty, price),
    )


def _notional(
    request: RiskRequest, symbol: str, qty: Decimal, price: Decimal | None
) -> Decimal | None:
    instrument = request.snapshot.instruments.get(symbol) if request.snapshot else None
    if instrument is None or price is None or instrument.unit_value <= 0:
        return None
    return qty * price * instrument.unit_value
