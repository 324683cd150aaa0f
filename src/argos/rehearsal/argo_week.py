"""Argo's week: real days pass in seconds at the exchange, at the very prices that the fixture server tells of.

After the last day nothing new is begun; the days go on until what is open has been closed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import aiohttp

from argos.prices.demo import SYMBOLS
from argos.prices.place import place_at
from argos.rehearsal.compressed import ReplayedDays
from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase
from argos.sources.fixture.replay import Replay

LOOK_S: Final = 0.5
"""How often it is asked whether everything is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSettings:
    """Which days, how many of them, and where their prices go. `closing_s_max`: the longest wait after them."""

    days: ReplayedDays
    count: int
    exchange: BrokerAddress
    closing_s_max: float = 40.0


@dataclass(slots=True)
class WeekRun:
    """What was played. `all_closed`: whether the wait after the last day came to its end."""

    first_day: date | None = None
    last_day: date | None = None
    days_done: int = 0
    all_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekWatch:
    """Who is told. `on_end` follows the last day; `is_closed` is asked after it."""

    on_day: Callable[[int, date], None]
    on_end: Callable[[], Awaitable[None]]
    is_closed: Callable[[], Awaitable[bool]]


async def play_week(settings: WeekSettings, watch: WeekWatch, *, stop: asyncio.Event) -> WeekRun:
    """Play the days, then more of them until all is closed, or `stop` is set."""
    days = settings.days
    replay = Replay(
        seed=days.seed,
        day_s=days.day_s,
        first_day=days.first_day,
        ticks=days.ticks,
        began_s=days.began_s,
    )
    run = WeekRun()
    async with aiohttp.ClientSession() as session:
        feed = FeedLink(session=session, broker=settings.exchange)
        try:
            closing = asyncio.create_task(_close(settings, watch, run, stop=stop))
            try:
                while not (stop.is_set() or closing.done()):
                    await feed.offer(_tick_now(replay, run, watch))
                    await _next_tick(days)
                await asyncio.gather(closing)
            finally:
                closing.cancel()
                await asyncio.gather(closing, return_exceptions=True)
        finally:
            await feed.aclose()
    return run


def _tick_now(replay: Replay, run: WeekRun, watch: WeekWatch) -> MarketTick:
    now = datetime.now(tz=UTC)
    moments = {symbol: replay.at(symbol, now) for symbol in SYMBOLS}
    told = {symbol: moment for symbol, moment in moments.items() if moment is not None}
    day = next(iter(told.values())).bar.date
    if day != run.last_day:
        run.days_done += run.last_day is not None
        run.first_day = run.first_day or day
        run.last_day = day
        watch.on_day(run.days_done, day)
    is_last = all(len(moment.path) == moment.ticks for moment in told.values())
    return MarketTick(
        day=day,
        phase=TickPhase.NIGHT if is_last else TickPhase.DAY,
        mids={symbol: moment.price for symbol, moment in told.items()},
        at=now,
        rollover=is_last,
    )


async def _next_tick(days: ReplayedDays) -> None:
    since_s = time.time() - days.began_s
    place = place_at(since_s, days=1, ticks_per_day=days.ticks, day_s=days.day_s)
    await asyncio.sleep(place.rest_s)


async def _close(
    settings: WeekSettings, watch: WeekWatch, run: WeekRun, *, stop: asyncio.Event
) -> None:
    end_s = settings.days.began_s + settings.count * settings.days.day_s
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), timeout=max(end_s - time.time(), 0.0))
    await watch.on_end()
    deadline_s = time.monotonic() + settings.closing_s_max
    while time.monotonic() < deadline_s:
        if await watch.is_closed():
            run.all_closed = True
            return
        await asyncio.sleep(LOOK_S)
