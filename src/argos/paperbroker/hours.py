"""What part of the trading day it is, and what can be traded in it."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from argos.exchange.book import Market
from argos.exchange.calendar import session_at


class Phase(StrEnum):
    """EXTENDED is before the open and after the close, as long as the extended hours last."""

    REGULAR = "regular"
    EXTENDED = "extended"
    SHUT = "shut"


def phase_at(moment: datetime) -> Phase:
    session = session_at(moment)
    if session is None:
        return Phase.SHUT
    if session.is_open(moment):
        return Phase.REGULAR
    return Phase.EXTENDED if session.is_extended(moment) else Phase.SHUT


def market_under(market: Market, phase: Phase, *, halted: frozenset[str]) -> Market:
    """The market as it is in that part of the day; `halted` symbols do not trade in any."""
    if phase is Phase.REGULAR:
        return replace(market, closed=halted, extended=False)
    everything = frozenset(market.instruments)
    return replace(market, closed=everything, extended=phase is Phase.EXTENDED)
