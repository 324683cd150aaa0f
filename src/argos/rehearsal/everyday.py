"""The market of everyday use: one real day per minute, around and around, as a process of its own.

Where the replay stands follows from the clock alone, so a market that was killed comes back where it would be
by now, and positions kept over a restart meet prices that moved on as if nothing had been. When the last day
is over the first one begins: prices jump there.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import aiohttp

from argos.core.errors import InputError
from argos.prices.bridge import TICKS_MIN
from argos.prices.demo import SYMBOLS
from argos.prices.place import place_at
from argos.rehearsal.compressed import EVERYDAY
from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase
from argos.rehearsal.market import POSTS_PER_S_MAX, day_ticks
from argos.rehearsal.prices import TradingDay, load_trading_days

LAST_DAY: Final = date(2013, 3, 1)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """`day_s` is how many real seconds one replayed trading day takes."""

    brokers: tuple[BrokerAddress, ...]
    symbols: tuple[str, ...] = SYMBOLS
    start: date = EVERYDAY.first_day
    end: date = LAST_DAY
    seed: int = EVERYDAY.seed
    ticks_per_day: int = EVERYDAY.ticks
    day_s: float = EVERYDAY.day_s


async def run_market(
    settings: MarketSettings,
    *,
    stop: asyncio.Event | None = None,
    unix_s_now: Callable[[], float] = time.time,
) -> None:
    """Feed the brokers until SIGTERM, SIGINT or `stop`. Raises InputError for settings that cannot work."""
    stop = stop or asyncio.Event()
    _check(settings)
    days = load_trading_days(symbols=settings.symbols, start=settings.start, end=settings.end)
    loop = asyncio.get_running_loop()
    for name in _SIGNALS:
        loop.add_signal_handler(name, stop.set)
    async with aiohttp.ClientSession() as session:
        feeds = [FeedLink(session=session, broker=broker) for broker in settings.brokers]
        try:
            await _run(settings, days=days, feeds=feeds, stop=stop, unix_s_now=unix_s_now)
        finally:
            for feed in feeds:
                await feed.aclose()
            for name in _SIGNALS:
                loop.remove_signal_handler(name)


async def _run(
    settings: MarketSettings,
    *,
    days: Sequence[TradingDay],
    feeds: Sequence[FeedLink],
    stop: asyncio.Event,
    unix_s_now: Callable[[], float],
) -> None:
    sent, shown, prices = -1, -1, list[dict[str, Decimal]]()
    per_day = settings.ticks_per_day
    while not stop.is_set():
        now = unix_s_now()
        place = place_at(now, days=len(days), ticks_per_day=per_day, day_s=settings.day_s)
        if place.day != shown:
            shown = place.day
            prices = day_ticks(days[shown], seed=settings.seed, ticks=per_day)
        if place.number != sent:  # a timer may wake a hair early; a night must not be charged twice
            sent = place.number
            tick = _tick(days[shown], prices[place.tick], last=place.tick == per_day - 1)
            await asyncio.gather(*(feed.offer(tick) for feed in feeds))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=now + place.rest_s - unix_s_now())


def _tick(day: TradingDay, mids: dict[str, Decimal], *, last: bool) -> MarketTick:
    return MarketTick(
        day=day.date,
        phase=TickPhase.NIGHT if last else TickPhase.DAY,
        mids=mids,
        at=datetime.now(UTC),
        rollover=last,
    )


def _check(settings: MarketSettings) -> None:
    if settings.ticks_per_day < TICKS_MIN:
        raise InputError(
            f"a day needs at least {TICKS_MIN} ticks",
            code="MARKET_TICKS_TOO_FEW",
            field="ticks_per_day",
            fix=f"set it to {EVERYDAY.ticks}",
        )
    posts_per_s = len(settings.brokers) * settings.ticks_per_day / settings.day_s
    if posts_per_s > POSTS_PER_S_MAX:
        raise InputError(
            f"{posts_per_s:.0f} price posts a second are more than {POSTS_PER_S_MAX}",
            code="MARKET_TOO_FAST",
            field="day_s",
            fix="let a day take longer, or send fewer ticks per day",
        )
