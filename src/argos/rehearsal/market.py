"""The market of a rehearsal: real days, replayed in compressed time, to brokers and onlookers at once.

A day's path is a seeded bridge (`bridge.py`). After the close the market stands for a while, so that orders
sent at the close meet prices that are still true: in compressed time the next day would otherwise be over
before a broker answers. Whoever shows results must say both.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final, Protocol

from argos.core.errors import InvariantError
from argos.core.money import BPS, round_near
from argos.prices.bridge import TICKS_MIN, day_path
from argos.prices.demo import PRICE_STEP
from argos.rehearsal.feed import FeedLink, MarketTick, TickPhase
from argos.rehearsal.prices import TradingDay

POSTS_PER_S_MAX: Final = 200
"""Over all brokers together, so that a rehearsal measures Argos and not its own noise."""

_JITTER_BPS: Final = (Decimal("0.2"), Decimal("1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast days pass: by default some 700 of them in a minute, at four ticks a day and two brokers.

    `hold_ms` is the least the market stands after a close at which orders went out, `hold_ms_max` the most it
    waits for `released`.
    """

    day_ms: int = 40
    hold_ms: int = 25
    hold_ms_max: int = 3_000
    hold_tick_ms: int = 20


class Onlooker(Protocol):
    """Somebody who watches the market. The market stands until `on_close` returns; True means: orders are out."""

    async def on_tick(self, tick: MarketTick) -> None: ...

    async def on_close(self, day: TradingDay) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRun:
    """What a replay did. `holds_cut` counts closes whose release did not come in time."""

    days: int
    ticks: int
    holds_cut: int
    seconds: float


def _always() -> bool:
    return True


def day_ticks(day: TradingDay, *, seed: int, ticks: int) -> list[dict[str, Decimal]]:
    """The mid prices of all symbols at each tick of a day."""
    paths = {symbol: day_path(bar, seed=seed, ticks=ticks) for symbol, bar in day.bars.items()}
    return [{symbol: path[tick] for symbol, path in paths.items()} for tick in range(ticks)]


def standing_prices(
    mids: Mapping[str, Decimal], *, seed: int, key: str
) -> Iterator[dict[str, Decimal]]:
    """Prices of a market that stands: each step 0.2 to 1 bps from `mids`, never drifting away from them."""
    draw = Random(f"{seed}|stand|{key}")
    low, high = (int(bound * 1000) for bound in _JITTER_BPS)
    while True:
        yield {
            symbol: round_near(
                mid * (1 + draw.choice((-1, 1)) * Decimal(draw.randint(low, high)) / 1000 / BPS),
                step=PRICE_STEP,
            )
            for symbol, mid in mids.items()
        }


class ReplayMarket:
    """Plays days in order to any number of brokers and onlookers; strictly one tick after the other.

    `ticks_per_day` and `pace` are wishes: ticks come no faster than POSTS_PER_S_MAX allows. `released` is
    asked after each close, once all onlookers are done: the next day begins when it says so, or at
    `pace.hold_ms_max`.
    """

    def __init__(
        self,
        *,
        days: Sequence[TradingDay],
        seed: int,
        ticks_per_day: int,
        pace: Pace,
        feeds: Sequence[FeedLink] = (),
        onlookers: Sequence[Onlooker] = (),
        released: Callable[[], bool] = _always,
    ) -> None:
        if not days or ticks_per_day < TICKS_MIN:
            raise InvariantError(
                f"nothing to replay: days={len(days)}, ticks_per_day={ticks_per_day}",
                code="MARKET_EMPTY",
            )
        self._days = days
        self._seed = seed
        self._ticks_per_day = ticks_per_day
        self._pace = pace
        self._feeds = feeds
        self._onlookers = onlookers
        self._released = released
        self._gap_s = max(pace.day_ms / 1000 / ticks_per_day, len(feeds) / POSTS_PER_S_MAX)
        self._hold_gap_s = max(pace.hold_tick_ms / 1000, len(feeds) / POSTS_PER_S_MAX)
        self._next_at = 0.0
        self._days_done = 0
        self._ticks = 0
        self._holds_cut = 0
        self._last: tuple[TradingDay, Mapping[str, Decimal]] | None = None

    @property
    def days_done(self) -> int:
        return self._days_done

    async def run(self, *, stop: asyncio.Event | None = None) -> MarketRun:
        """Play all days, or until `stop` is set: then the day under way is finished first.

        Raises whatever an onlooker raises.
        """
        stop = stop or asyncio.Event()
        began = self._next_at = time.monotonic()
        for day in self._days:
            if stop.is_set():
                break
            await self._trade(day)
            await self._close(day, stop=stop)
            self._days_done += 1
        return MarketRun(
            days=self._days_done,
            ticks=self._ticks,
            holds_cut=self._holds_cut,
            seconds=time.monotonic() - began,
        )

    async def stand(
        self, *, until: Callable[[], bool], least_ms: int = 0, most_ms: int | None = None
    ) -> bool:
        """Keep the last prices standing until `until` says so; False if `most_ms` came first.

        For use after `run` too: a market that falls silent would leave brokers with old quotes. At least one
        tick is sent.
        """
        assert self._last is not None, "a market stands only after a day was played"
        day, mids = self._last
        began = time.monotonic()
        for prices in standing_prices(mids, seed=self._seed, key=f"{day.date}|{self._ticks}"):
            await self._tick(day, prices, phase=TickPhase.HOLD, gap_s=self._hold_gap_s)
            stood_ms = (time.monotonic() - began) * 1000
            if stood_ms >= least_ms and until():
                return True
            if most_ms is not None and stood_ms >= most_ms:
                return False
        raise AssertionError("standing prices never end")

    async def _trade(self, day: TradingDay) -> None:
        for mids in day_ticks(day, seed=self._seed, ticks=self._ticks_per_day):
            await self._tick(day, mids, phase=TickPhase.DAY, gap_s=self._gap_s)
            self._last = (day, mids)

    async def _close(self, day: TradingDay, *, stop: asyncio.Event) -> None:
        watching = asyncio.gather(*(onlooker.on_close(day) for onlooker in self._onlookers))
        try:
            await self.stand(until=watching.done)
            orders_are_out = any(await watching)
        finally:
            watching.cancel()
        if orders_are_out:
            await self.stand(until=_always, least_ms=self._pace.hold_ms)
        if not (self._released() or stop.is_set()):
            released = await self.stand(
                until=lambda: self._released() or stop.is_set(), most_ms=self._pace.hold_ms_max
            )
            self._holds_cut += not released
        assert self._last is not None
        await self._tick(day, self._last[1], phase=TickPhase.NIGHT, gap_s=self._gap_s)

    async def _tick(
        self, day: TradingDay, mids: Mapping[str, Decimal], *, phase: TickPhase, gap_s: float
    ) -> None:
        """Send one tick when its time has come. A late market does not hurry to catch up."""
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + gap_s
        tick = MarketTick(
            day=day.date,
            phase=phase,
            mids=mids,
            at=datetime.now(UTC),
            rollover=phase is TickPhase.NIGHT,
        )
        self._ticks += 1
        await asyncio.gather(*(feed.offer(tick) for feed in self._feeds))
        for onlooker in self._onlookers:
            await onlooker.on_tick(tick)
