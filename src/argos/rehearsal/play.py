"""The demo's main job: real days pass, a strategy watches them and alerts, some of them spoiled on purpose."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import aiohttp

from argos.core.intent import Action
from argos.rehearsal.alerts import Alert, AlertSettings, AlertWriter
from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick
from argos.rehearsal.market import MarketRun, Pace, ReplayMarket
from argos.rehearsal.mischief import MischiefPlan
from argos.rehearsal.prices import TradingDay, load_trading_days
from argos.rehearsal.sender import AlertSender, Delivery
from argos.rehearsal.strategy import Decision, EmaStrategy
from argos.store.evidence import EvidenceStore

FIRST_DAY: Final = date(2008, 1, 2)
LAST_DAY: Final = date(2009, 2, 20)
TICKS_PER_DAY: Final = 4
SETTLE_MS_MAX: Final = 15_000
LOOK_S: Final = 0.015


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySettings:
    """Which days are played, how fast, and where alerts and prices go."""

    gateway_url: str
    hook_key: str
    secret: str
    route: str
    brokers: Sequence[BrokerAddress]
    seed: int
    version: str
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY
    pace: Pace = field(default_factory=Pace)


@dataclass(slots=True)
class Played:
    """What came of a run: the days, the sender's deliveries, and how the market ran."""

    days: Sequence[TradingDay] = ()
    deliveries: list[Delivery] = field(default_factory=list)
    run: MarketRun | None = None
    trades: int = 0


@dataclass(slots=True)
class StrategyDesk:
    """Watches the closes, lets the strategy speak, and spoils an alert now and then."""

    strategy: EmaStrategy
    writer: AlertWriter
    mischief: MischiefPlan
    sender: AlertSender
    played: Played
    on_day: Callable[[int], None]
    days_done: int = 0

    async def on_tick(self, tick: MarketTick) -> None:
        """The strategy looks at closes only."""

    async def on_close(self, day: TradingDay) -> bool:
        """Send what the strategy decides; True when anything was sent."""
        decisions = self.strategy.at_close(day)
        for decision in decisions:
            await self.send(decision, bar_date=day.date)
        self.days_done += 1
        self.played.trades = self.strategy.trades
        self.on_day(self.days_done)
        return bool(decisions)

    async def send(self, decision: Decision, *, bar_date: date) -> None:
        now = datetime.now(UTC)
        alert = self.writer.write(decision, bar_date=bar_date, sent_at=now)
        await self._deliver(alert)
        bad = self.mischief.follow_up(
            alert, price=decision.price, bar_date=bar_date, sent_at=datetime.now(UTC)
        )
        if bad is not None:
            await self._deliver(bad)

    async def _deliver(self, alert: Alert) -> None:
        self.played.deliveries.extend(await self.sender.send(alert))


@dataclass(slots=True)
class Quiet:
    """Whether all that was sent has been worked off, as a flag that is kept fresh beside the market.

    `counted` names what must have come to nothing: "trading", or with "underway" the results, too.
    """

    store: EvidenceStore
    counted: str = "trading"
    is_quiet: bool = True
    disturbances: int = 0

    def disturbed(self) -> None:
        self.is_quiet = False
        self.disturbances += 1

    async def follow(self) -> None:
        while True:
            if not self.is_quiet:
                asked_after = self.disturbances
                waiting = await self.store.number(self.counted)
                # an answer to a question from before the last disturbance says nothing
                self.is_quiet = waiting == 0 and asked_after == self.disturbances
            await asyncio.sleep(LOOK_S)


async def play(
    settings: PlaySettings,
    *,
    store: EvidenceStore,
    sender_of: Callable[[aiohttp.ClientSession], AlertSender],
    on_day: Callable[[int, int], None],
    stop: asyncio.Event,
) -> Played:
    """Play all days, close what is open, wait until everything has settled."""
    played = Played(days=load_trading_days(start=settings.first_day, end=settings.last_day))
    quiet = Quiet(store)
    async with aiohttp.ClientSession() as session, contextlib.AsyncExitStack() as stack:
        feeds = [FeedLink(session=session, broker=broker) for broker in settings.brokers]
        for feed in feeds:
            stack.push_async_callback(feed.aclose)
        writer = AlertWriter(
            AlertSettings(
                account_route=settings.route, secret=settings.secret, version=settings.version
            )
        )
        desk = StrategyDesk(
            strategy=EmaStrategy(),
            writer=writer,
            mischief=MischiefPlan(writer=writer, seed=settings.seed),
            sender=sender_of(session),
            played=played,
            on_day=lambda done: on_day(done, len(played.days)),
        )
        market = ReplayMarket(
            days=played.days,
            seed=settings.seed,
            ticks_per_day=TICKS_PER_DAY,
            pace=settings.pace,
            feeds=feeds,
            onlookers=(_Disturbing(desk, quiet),),
            released=lambda: quiet.is_quiet,
        )
        following = asyncio.create_task(quiet.follow())
        stack.callback(following.cancel)
        played.run = await market.run(stop=stop)
        last = played.days[max(0, desk.days_done - 1)]
        quiet.counted = "underway"
        closes = {symbol: bar.close for symbol, bar in last.bars.items()}

        async def end_by(decisions: Sequence[Decision]) -> None:
            for decision in decisions:
                await desk.send(decision, bar_date=last.date)
            quiet.disturbed()
            await market.stand(until=lambda: quiet.is_quiet, least_ms=300, most_ms=SETTLE_MS_MAX)

        await end_by(desk.strategy.finish(closes))
        await end_by(await _left_open(store, closes))
    return played


async def _left_open(store: EvidenceStore, closes: Mapping[str, Decimal]) -> Sequence[Decision]:
    """Closes of what stayed open though the strategy believes it ended: it imagines fills, brokers fill in part."""
    return [
        Decision(
            action=Action.CLOSE,
            trade_id=row["trade_id"],
            symbol=row["symbol"],
            price=closes[row["symbol"]],
            why="left over at the end",
        )
        for row in await store.rows("left_open")
    ]


@dataclass(slots=True)
class _Disturbing:
    """The desk, with the market told that there is something to wait for."""

    desk: StrategyDesk
    quiet: Quiet

    async def on_tick(self, tick: MarketTick) -> None:
        await self.desk.on_tick(tick)

    async def on_close(self, day: TradingDay) -> bool:
        sent = await self.desk.on_close(day)
        if sent:
            self.quiet.disturbed()
        return sent
