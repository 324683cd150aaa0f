"""Which open trades of signals are to be closed, and why: pure, from what the database shows of them.

The venue's own stop and target come first. The monitor is for what they cannot do: end a trade by the clock, and close
what stands beyond its stop or target although a leg was lost, or was never placed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.core.intent import Side

GRACE_S: Final = 10.0
"""So long a price may lie beyond a level that the venue shows no leg for."""
LEG_GRACE_S: Final = 30.0
"""The same where it shows the leg: it is given more time to do what it is there for."""
QUOTE_AGE_S_MAX: Final = 60.0
"""An older quote says nothing: the monitor then waits, and errs towards holding. Nodes tell theirs every 25 s."""


class CloseReason(StrEnum):
    TIME_STOP = "TIME_STOP"
    STOP_PASSED = "STOP_PASSED"
    TARGET_PASSED = "TARGET_PASSED"
    SIGNAL_ENDED = "SIGNAL_ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one trade holds at one account.

    stop and target: where they should be, None for none; has_stop and has_target: the venue shows such a leg.
    exit_price: what closing would get now (the bid of what is long), with its moment. is_closing: an exit is under way.
    """

    trade_id: str
    account: str
    route: str
    bot_version: str
    symbol: str
    side: Side
    opened_at: datetime
    stop: Decimal | None
    target: Decimal | None
    has_stop: bool
    has_target: bool
    exit_price: Decimal | None
    quoted_at: datetime | None
    is_closing: bool
    ended_early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRules:
    """time_stop_s: age at which a trade is closed, None for never. close_when_ended: when its signal ends early."""

    time_stop_s: int | None = None
    close_when_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedClose:
    """A trade to be closed as a whole, wherever it holds something."""

    holding: Holding
    reason: CloseReason


Level = tuple[str, str, CloseReason]
"""Trade, account, and which of its two levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """closes: one per trade at most. beyond: since when which level has been passed, for the next look."""

    closes: tuple[WantedClose, ...]
    beyond: Mapping[Level, datetime]


def look(
    holdings: Sequence[Holding],
    rules: ExitRules,
    *,
    beyond: Mapping[Level, datetime],
    now: datetime,
) -> Look:
    """What is to be closed now. A level counts as passed only while every look finds it so."""
    since: dict[Level, datetime] = {}
    closes: dict[str, WantedClose] = {}
    for holding in holdings:
        for reason in _passed(holding, now):
            level = (holding.trade_id, holding.account, reason)
            since[level] = beyond.get(level, now)
        if holding.is_closing or holding.trade_id in closes:
            continue
        wanted = _reason(holding, rules, since, now)
        if wanted is not None:
            closes[holding.trade_id] = WantedClose(holding=holding, reason=wanted)
    return Look(closes=tuple(closes.values()), beyond=since)


def _passed(holding: Holding, now: datetime) -> list[CloseReason]:
    """Levels that the price lies on or beyond, by a quote that is young enough."""
    price, at = holding.exit_price, holding.quoted_at
    if price is None or at is None or now - at > timedelta(seconds=QUOTE_AGE_S_MAX):
        return []
    sign = holding.side.sign
    found = []
    if holding.stop is not None and (price - holding.stop) * sign <= 0:
        found.append(CloseReason.STOP_PASSED)
    if holding.target is not None and (price - holding.target) * sign >= 0:
        found.append(CloseReason.TARGET_PASSED)
    return found


def _reason(
    holding: Holding, rules: ExitRules, since: Mapping[Level, datetime], now: datetime
) -> CloseReason | None:
    if rules.time_stop_s is not None and now - holding.opened_at >= timedelta(
        seconds=rules.time_stop_s
    ):
        return CloseReason.TIME_STOP
    legs = {
        CloseReason.STOP_PASSED: holding.has_stop,
        CloseReason.TARGET_PASSED: holding.has_target,
    }
    for reason, has_leg in legs.items():
        begun_at = since.get((holding.trade_id, holding.account, reason))
        grace = timedelta(seconds=LEG_GRACE_S if has_leg else GRACE_S)
        if begun_at is not None and now - begun_at >= grace:
            return reason
    return CloseReason.SIGNAL_ENDED if rules.close_when_ended and holding.ended_early else None
