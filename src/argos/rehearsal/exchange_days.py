"""Real days on an exchange that keeps hours: its clock is set to them, its prices follow, nights pass at once.

As everywhere in rehearsals the path inside a day is a seeded bridge through the day's real four prices.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from argos.exchange.calendar import Session, session_after, session_on
from argos.prices.bridge import TICKS_MIN
from argos.rehearsal.market import day_ticks
from argos.rehearsal.prices import TradingDay

NIGHT_S: Final = 2.0
"""How long a night, a weekend or a holiday takes outside."""
TICK_S_MIN: Final = 5.0
"""Seconds of the exchange between two prices, at least."""
REAL_TICK_S_MIN: Final = 0.05
_REAL_TIME: Final = Decimal(1)


class Exchange(Protocol):
    """Where the days are played."""

    def set_clock(self, moment: datetime, *, speed: Decimal) -> None:
        """From now on it is `moment` there, and time passes `speed` times as fast as outside."""

    def take_prices(self, mids: Mapping[str, Decimal], *, day: date, is_close: bool) -> None:
        """The prices of a moment; with `is_close` the last ones of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPace:
    """`speed`: how many seconds of a session pass in one outside. Nights take `night_s`, whatever it is."""

    speed: Decimal
    night_s: float = NIGHT_S

    @property
    def tick_s(self) -> float:
        """Seconds of the exchange between two prices."""
        return max(TICK_S_MIN, REAL_TICK_S_MIN * float(self.speed))


async def replay_days(
    exchange: Exchange, days: Sequence[TradingDay], *, pace: ReplayPace, seed: int
) -> None:
    """Play the days in order. After the last one the exchange stays closed, its clock at that close."""
    for day in days:
        session = session_on(day.date)
        assert session is not None, "shares traded on that day"
        mids = await _play_session(exchange, day, session, pace=pace, seed=seed)
        if day is not days[-1]:
            await _pass_night(exchange, day.date, mids, session=session, pace=pace)


async def _play_session(
    exchange: Exchange, day: TradingDay, session: Session, *, pace: ReplayPace, seed: int
) -> Mapping[str, Decimal]:
    """Every price of the day when its time has come; gives the last ones."""
    length_s = (session.close - session.open).total_seconds()
    ticks = max(TICKS_MIN, int(length_s / pace.tick_s))
    gap_s = length_s / ticks
    prices = day_ticks(day, seed=seed, ticks=ticks)
    began_s = time.monotonic()
    for number, mids in enumerate(prices):
        await _until(began_s + number * gap_s / float(pace.speed))
        moment = session.open + timedelta(seconds=number * gap_s)
        exchange.set_clock(moment, speed=pace.speed)
        exchange.take_prices(mids, day=day.date, is_close=False)
    await _until(began_s + length_s / float(pace.speed))
    exchange.set_clock(session.close, speed=_REAL_TIME)
    exchange.take_prices(prices[-1], day=day.date, is_close=True)
    return prices[-1]


async def _pass_night(
    exchange: Exchange,
    day: date,
    mids: Mapping[str, Decimal],
    *,
    session: Session,
    pace: ReplayPace,
) -> None:
    """Prices stand; orders for the extended hours meet them after the close and before the next open."""
    following = session_after(day)
    speed = Decimal((following.open - session.close).total_seconds() / pace.night_s)
    exchange.set_clock(session.close, speed=speed)
    exchange.take_prices(mids, day=day, is_close=False)
    began_s = time.monotonic()
    early_s = (following.open - following.pre_open).total_seconds() / float(speed)
    await _until(began_s + pace.night_s - early_s)
    exchange.set_clock(following.pre_open, speed=speed)
    exchange.take_prices(mids, day=day, is_close=False)
    await _until(began_s + pace.night_s)


async def _until(moment_s: float) -> None:
    await asyncio.sleep(max(0.0, moment_s - time.monotonic()))
