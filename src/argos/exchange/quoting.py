"""From a market's mid price to one broker's own bid and ask."""

from datetime import datetime
from decimal import Decimal

from argos.core.errors import InvariantError
from argos.core.instrument import Quote
from argos.core.money import BPS, round_down, round_up


def quote_around(
    mid: Decimal,
    *,
    symbol: str,
    spread_bps: Decimal,
    shift_bps: Decimal,
    tick_size: Decimal,
    at: datetime,
) -> Quote:
    """The quote a broker shows for `mid`: its own feed lies `shift_bps` away, its spread around that.

    Prices are rounded outwards to the tick, so that rounding never narrows the spread below what was asked;
    bid and ask are at least a tick apart. Raises InvariantError if nothing positive is left to bid.
    """
    centre = mid * (1 + shift_bps / BPS)
    half = centre * spread_bps / BPS / 2
    bid = round_down(centre - half, step=tick_size)
    ask = round_up(centre + half, step=tick_size)
    if ask <= bid:
        ask = bid + tick_size
    if bid <= 0:
        raise InvariantError(
            f"no positive bid: symbol={symbol}, mid={mid}", code="QUOTE_NOT_POSITIVE"
        )
    return Quote(symbol=symbol, bid=bid, ask=ask, at=at)
