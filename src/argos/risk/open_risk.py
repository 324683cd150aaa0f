"""What an account would lose if every stop were hit now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.core.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRisk:
    """`at_stops` is in account currency, 0 or more: from the price at which a position would be closed now to its stop.

    What a stop beyond that price holds back is not set off against the others. `unbounded` counts positions of which
    nothing can be said: without a stop, or in a symbol whose quote or terms are not known.
    """

    at_stops: Decimal
    unbounded: int


def open_risk(
    positions: Iterable[Position],
    *,
    instruments: Mapping[str, Instrument],
    quotes: Mapping[str, Quote],
) -> OpenRisk:
    """Gaps, slippage, swap and commission come on top."""
    at_stops, unbounded = ZERO, 0
    for position in positions:
        quote, instrument = quotes.get(position.symbol), instruments.get(position.symbol)
        if position.sl is None or quote is None or instrument is None:
            unbounded += 1
            continue
        price = quote.bid if position.side is Side.BUY else quote.ask
        distance = (price - position.sl) * position.side.sign
        at_stops += max(ZERO, distance) * position.qty * instrument.unit_value
    return OpenRisk(at_stops=at_stops, unbounded=unbounded)
