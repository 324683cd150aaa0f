"""A running stack for measurements: gateway, worker, brokers that leave nothing to chance, and their nodes.

Every process is started as `argos up` starts it. Quotes are told all the time and never move.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import aiohttp
import asyncpg

from argos.dsn import Access
from argos.home_database import embedded_server, open_access, prepare_database
from argos.paperbroker.presets import SYMBOLS
from argos.plans import PaperPlan, broker_url
from argos.provisioning import configure_paper
from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase
from argos.running import RunningStack, Stack, Wrap
from argos.settings import Settings, load_settings
from argos.stack.free_ports import ports
from argos.stack.home import Home
from memory import MemoryWatch
from processor_time import processor_ms
from rig import BenchError, configure_hook, open_home

SETTLE_S: Final = 30.0
LOOK_S: Final = 0.2
TICK_S: Final = 0.25
MIDS: Final = {symbol: Decimal(100 + 10 * place) for place, symbol in enumerate(SYMBOLS)}

_UNDERWAY: Final = """
SELECT (SELECT count(*) FROM outbox WHERE topic IN ('decide', 'reconcile'))
     + (SELECT count(*) FROM commands WHERE state <> 'done')
"""

MakePlan = Callable[[Home, str], PaperPlan]
"""Given a home and the gateway's address, writes the files of brokers and nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The running stack, its brokers, and the way into its database."""

    running: RunningStack
    plan: PaperPlan
    home: Home
    access: Access

    def watch(self, memory: MemoryWatch) -> None:
        for name, pid in self.running.children.pids.items():
            memory.watch(name.partition("-")[0], pid)
        if self.running.postgres is not None:
            memory.watch_children("postgres", self.running.postgres.pid)

    def processor_ms(self) -> dict[str, float]:
        """What each kind of process has taken so far."""
        server = self.running.postgres
        return processor_ms(self.running.children.pids, postgres=server.pid if server else None)


@contextlib.asynccontextmanager
async def open_street(
    make_plan: MakePlan, *, wrap: Callable[[PaperPlan], Wrap] | None = None
) -> AsyncIterator[Street]:
    """`wrap` says, once the plan is made, how children are started otherwise than `argos up` does it."""
    async with open_home() as home:
        settings = load_settings(home, {})
        port = ports(home).port("gateway")
        plan = make_plan(home, f"http://127.0.0.1:{port}")
        await _prepare(home, settings, plan)
        stack = Stack(
            home,
            settings,
            paper=plan,
            gateway_port=port,
            everyday_market=False,
            wrap=wrap(plan) if wrap else None,
        )
        async with stack as running, _quotes(plan):
            yield Street(running=running, plan=plan, home=home, access=open_access(home, settings))


async def _prepare(home: Home, settings: Settings, plan: PaperPlan) -> None:
    server = embedded_server(home, settings)
    admin = await server.start()
    try:
        await prepare_database(admin, home)
        access = open_access(home, settings)
        await configure_hook(access, home)
        await configure_paper(access, home, plan)
        connection = await asyncpg.connect(str(access.dsn))
        # when a revision could be read, not when its making began
        await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        await connection.close()
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def _quotes(plan: PaperPlan) -> AsyncIterator[None]:
    """Both brokers are told the same prices all the time: quotes stay fresh, and nothing moves."""
    async with aiohttp.ClientSession() as session:
        feeds = [
            FeedLink(
                session=session,
                broker=BrokerAddress(url=broker_url(item), feed_key=item.feed_key),
            )
            for item in plan.brokers
        ]

        async def tell() -> None:
            while True:
                now = datetime.now(UTC)
                tick = MarketTick(day=now.date(), phase=TickPhase.HOLD, mids=MIDS, at=now)
                await asyncio.gather(*(feed.offer(tick) for feed in feeds))
                await asyncio.sleep(TICK_S)

        telling = asyncio.create_task(tell())
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            await asyncio.gather(*(feed.aclose() for feed in feeds))


async def until_settled(connection: asyncpg.Connection) -> None:
    """Until every alert has come to its end. Raises BenchError when that takes too long."""
    deadline = time.monotonic() + SETTLE_S
    while await connection.fetchval(_UNDERWAY):
        if time.monotonic() > deadline:
            raise BenchError(f"orders are still under way after {SETTLE_S:.0f} s")
        await asyncio.sleep(LOOK_S)
