"""A symbol's terms at this broker, and what of an order can be known to be wrong before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import VenueRefused
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.venues.mt5 import words
from argos.venues.mt5.package import TIME_DAY, TIME_GTC, TIME_SPECIFIED

FLAG_FOK, FLAG_IOC = 1, 2
"""Bits of `symbol_info.filling_mode`. RETURN has none: it is ruled by the execution mode."""
FILL_FOK, FILL_IOC, FILL_RETURN = 0, 1, 2
"""Values of `type_filling` in a request. Not the bits: mixing the two is the usual way to 10030."""
LASTS, LASTS_UNTIL = 1, 4
"""Bits of `symbol_info.expiration_mode`: until it is cancelled; until a moment that the order names."""
EXECUTION_MARKET: Final = 2
INVALID_VOLUME, INVALID_PRICE, INVALID_STOPS = "10014", "10015", "10016"
FROZEN, INVALID_FILL, FIFO = "10029", "10030", "10045"


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolTerms:
    """Volumes in lots, levels as distances in price."""

    symbol: str
    digits: int
    tick_size: Decimal
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    stops_distance: Decimal
    freeze_distance: Decimal
    filling_flags: int
    execution: int
    expiration_flags: int


def terms_of(row: Mapping[str, Any]) -> SymbolTerms:
    point = words.number(row, "point")
    return SymbolTerms(
        symbol=row["name"],
        digits=int(row["digits"]),
        tick_size=words.number(row, "trade_tick_size") or point,
        contract_size=words.number(row, "trade_contract_size"),
        volume_min=words.number(row, "volume_min"),
        volume_max=words.number(row, "volume_max"),
        volume_step=words.number(row, "volume_step"),
        stops_distance=point * int(row["trade_stops_level"]),
        freeze_distance=point * int(row["trade_freeze_level"]),
        filling_flags=int(row["filling_mode"]),
        execution=int(row["trade_exemode"]),
        expiration_flags=int(row["expiration_mode"]),
    )


def filling_for(terms: SymbolTerms, order_type: OrderType) -> int:
    """How the broker may fill. Raises VenueRefused when the symbol allows no way we know.

    A market order asks for all at once or as much as there is, which its own report tells; pending orders
    rest, and resting is RETURN. Never found out by trying: an answer that stays away is not a no.
    """
    if order_type is not OrderType.MARKET:
        return FILL_RETURN
    if terms.filling_flags & FLAG_FOK:
        return FILL_FOK
    if terms.filling_flags & FLAG_IOC:
        return FILL_IOC
    if terms.execution != EXECUTION_MARKET:
        return FILL_RETURN
    raise _refused(f"{terms.symbol} names no filling mode", INVALID_FILL, "VENUE_FILLING_UNKNOWN")


def lifetime_for(terms: SymbolTerms, until_s: int) -> tuple[int, int]:
    """`type_time` and `expiration` of a pending order; `until_s` is by the broker's clock, 0 for none known.

    Where the symbol takes no moment, the order is left to its node to end; where it takes no order for ever either,
    it lasts the day.
    """
    if until_s and terms.expiration_flags & LASTS_UNTIL:
        return TIME_SPECIFIED, until_s
    for_ever = not terms.expiration_flags or terms.expiration_flags & LASTS
    return (TIME_GTC if for_ever else TIME_DAY), 0


def lots_of(terms: SymbolTerms, qty: Decimal) -> Decimal:
    """Units as lots, within the symbol's limits and on its step; VenueRefused otherwise."""
    lots = qty / terms.contract_size
    if not terms.volume_min <= lots <= terms.volume_max or lots % terms.volume_step:
        raise _refused(
            f"{lots} lots of {terms.symbol}: from {terms.volume_min} to {terms.volume_max} "
            f"in steps of {terms.volume_step}",
            INVALID_VOLUME,
            "VENUE_VOLUME_INVALID",
        )
    return lots


def check_prices(terms: SymbolTerms, *prices: Decimal | None) -> None:
    """Every price lies on the tick, which may be coarser than the point; VenueRefused otherwise."""
    for price in prices:
        if price is not None and (price <= 0 or price % terms.tick_size):
            raise _refused(
                f"{price} is no price of {terms.symbol}: its tick is {terms.tick_size}",
                INVALID_PRICE,
                "VENUE_PRICE_INVALID",
            )


def check_stops(
    terms: SymbolTerms, *, side: Side, base: Decimal, sl: Decimal | None, tp: Decimal | None
) -> None:
    """Stop and target of a holding on `side` lie beyond `base`, by the symbol's distance; else VenueRefused."""
    for name, level, sign in (("stop", sl, -side.sign), ("target", tp, side.sign)):
        if level is None:
            continue
        distance = (level - base) * sign
        if distance <= 0 or distance < terms.stops_distance:
            raise _refused(
                f"{name} {level} is not {terms.stops_distance} beyond {base}",
                INVALID_STOPS,
                "VENUE_STOPS_INVALID",
            )


def check_not_frozen(terms: SymbolTerms, *levels: Decimal | None, quote: Quote) -> None:
    """None of what stands at the broker is so near the market that it may not be touched; else VenueRefused."""
    if not terms.freeze_distance:
        return
    for level in levels:
        if level is not None and min(abs(level - quote.bid), abs(level - quote.ask)) <= (
            terms.freeze_distance
        ):
            raise VenueRefused(
                f"{level} lies within {terms.freeze_distance} of the market",
                code="VENUE_FROZEN",
                venue_code=FROZEN,
                retryable=True,
            )


def check_oldest(position: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> None:
    """On an account that closes first in, first out, only a symbol's oldest position; VenueRefused otherwise.

    Source: MQL5 reference, ACCOUNT_FIFO_CLOSE. The close is not turned to the oldest instead: that one may be
    another trade's, and would be closed in the name of this one. Refused it is not for ever: once the older ones are
    closed, a close that follows it up will go through.
    """
    older = [row for row in held if row["symbol"] == position["symbol"]]
    oldest = min(older, key=lambda row: (row["time_msc"], row["ticket"]))
    if oldest["identifier"] != position["identifier"]:
        raise _refused(
            f"position {oldest['identifier']} of {position['symbol']} is older, and this account closes"
            " first in, first out",
            FIFO,
            "VENUE_FIFO",
        )


def _refused(text: str, venue_code: str, code: str) -> VenueRefused:
    return VenueRefused(f"{text}; nothing was sent", code=code, venue_code=venue_code)
