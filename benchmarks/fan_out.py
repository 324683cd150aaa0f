"""From the alert to three paper brokers' accounts and back to the reconciled leg, everything as its own process.

The brokers are exact: no latency, slippage or partial fills of their own. Every other alert closes the trade that was
opened some alerts before, so that positions come and go and do not pile up.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import aiohttp
import asyncpg

from alert_bodies import alert_body
from argos.dsn import Access
from argos.paperbroker.ledger import read_ledger
from argos.paperbroker.presets import SYMBOLS
from argos.plans import PAPER_ROUTE, PaperPlan, broker_url, plan_paper, ports
from argos.provisioning import (
    HOOK_KEY,
    HOOK_SECRET,
    configure_paper,
    embedded_server,
    open_access,
    prepare_database,
)
from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase
from argos.running import RunningStack, Stack
from argos.settings import Settings, load_settings
from argos.stack.home import Home
from memory import MemoryWatch
from open_loop import CONNECTIONS, HttpClient, send_at_rate
from processor_time import processor_ms
from rig import BenchError, Figures, configure_hook, median, open_home, percentile

RATE_PER_S: Final = 20
WARM_UP_S: Final = 3.0
HELD_ALERTS: Final = 10
"""A trade is closed by the alert that comes this many after its own, and one more."""
SETTLE_S: Final = 30.0
LOOK_S: Final = 0.2
TICK_S: Final = 0.25
MIDS: Final = {symbol: Decimal(100 + 10 * place) for place, symbol in enumerate(SYMBOLS)}

_ORDERS: Final = """
SELECT o.order_id, o.account, o.role, o.magic, o.client_order_id, o.trade_id, i.received_at, s.status
FROM orders o JOIN intents i USING (intent_id) JOIN order_states s USING (order_id)
WHERE i.body->>'bot_version' = 'run@1'
"""
_REVISIONS: Final = """
SELECT trade_id, account, (body->>'filled_qty')::numeric AS filled_qty, (body->>'exit_qty')::numeric AS exit_qty,
       pg_xact_commit_timestamp(xmin) AS committed_at
FROM reconciled_legs ORDER BY trade_id, account, revision
"""
_STAGES: Final = """
SELECT e.key AS stage, percentile_cont(0.5) WITHIN GROUP (ORDER BY e.value::float) AS p50_ms
FROM leg_heads h JOIN reconciled_legs r USING (trade_id, account, revision),
     jsonb_each_text(r.body->'latency_ms') AS e
WHERE e.value IS NOT NULL AND r.bot_version = 'run@1' AND e.key NOT IN ('alert_to_receipt', 'total')
GROUP BY e.key
"""
_UNDERWAY: Final = """
SELECT (SELECT count(*) FROM outbox WHERE topic IN ('decide', 'reconcile'))
     + (SELECT count(*) FROM commands WHERE state <> 'done')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Street:
    """The running stack, its brokers, and the way into its database."""

    running: RunningStack
    plan: PaperPlan
    home: Home
    access: Access


@contextlib.asynccontextmanager
async def _open_street() -> AsyncIterator[_Street]:
    async with open_home() as home:
        settings = load_settings(home, {})
        port = ports(home).port("gateway")
        url = f"http://127.0.0.1:{port}"
        plan = plan_paper(home, gateway_url=url, seed=1, exact=True)
        await _prepare(home, settings, plan)
        stack = Stack(home, settings, paper=plan, gateway_port=port, everyday_market=False)
        async with stack as running, _quotes(plan):
            yield _Street(running=running, plan=plan, home=home, access=open_access(home, settings))


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


async def measure_fan_out(*, seconds: float, memory: MemoryWatch) -> Figures:
    async with _open_street() as street:
        _watch(street, memory)
        client = HttpClient(
            f"{street.running.gateway_url}/hooks/tradingview/{street.home.secret(HOOK_KEY)}"
        )
        await client.open(CONNECTIONS)
        try:
            warm_up = round(WARM_UP_S * RATE_PER_S)
            for version, first, duration in (
                ("warm-up@1", 0, WARM_UP_S),
                ("run@1", warm_up, seconds),
            ):
                before = _processor_ms(street)
                await send_at_rate(
                    client,
                    rate_per_s=RATE_PER_S,
                    seconds=duration,
                    make_body=_body_maker(street.home, version, first=first),
                )
                after = _processor_ms(street)
        finally:
            await client.aclose()
        connection = await asyncpg.connect(str(street.access.dsn))
        try:
            await connection.execute("SET search_path = argos")
            await _until_settled(connection)
            alerts = RATE_PER_S * seconds
            return await _figures(connection, street.plan) | {
                f"processor_{kind}_ms_per_alert": (ms - before.get(kind, 0.0)) / alerts
                for kind, ms in after.items()
            }
        finally:
            await connection.close()


def _watch(street: _Street, memory: MemoryWatch) -> None:
    for name, pid in street.running.children.pids.items():
        memory.watch(name.partition("-")[0], pid)
    if street.running.postgres is not None:
        memory.watch_children("postgres", street.running.postgres.pid)


def _processor_ms(street: _Street) -> dict[str, float]:
    server = street.running.postgres
    return processor_ms(street.running.children.pids, postgres=server.pid if server else None)


def _body_maker(home: Home, version: str, *, first: int) -> Callable[[int], bytes]:
    """Alerts of one strategy; `first` is the place of its first one among all alerts of the run."""
    secret = home.secret(HOOK_SECRET)

    def make_body(number: int) -> bytes:
        place = first + number
        closes = place % 2 == 1 and place > HELD_ALERTS
        trade = place - 1 - HELD_ALERTS if closes else place
        wish: dict[str, Any] = (
            {"action": "close", "side": None}
            if closes
            else {"size": {"mode": "units", "value": "1"}}
        )
        return alert_body(
            event_id=f"fan-out|{place}",
            trade_id=f"fan-out.{trade}",
            route=PAPER_ROUTE,
            secret=secret,
            **{"symbol": SYMBOLS[trade // 2 % len(SYMBOLS)], "bot_version": version, **wish},
        )

    return make_body


async def _until_settled(connection: asyncpg.Connection) -> None:
    deadline = time.monotonic() + SETTLE_S
    while await connection.fetchval(_UNDERWAY):
        if time.monotonic() > deadline:
            raise BenchError(f"orders are still under way after {SETTLE_S:.0f} s")
        await asyncio.sleep(LOOK_S)


async def _figures(connection: asyncpg.Connection, plan: PaperPlan) -> Figures:
    orders = await connection.fetch(_ORDERS)
    unfilled = [order["status"] for order in orders if order["status"] != "filled"]
    if unfilled:
        raise BenchError(f"{len(unfilled)} of {len(orders)} orders were not filled: {unfilled[0]}")
    received = _received_at(plan)
    to_broker_ms = [
        _ms(order["received_at"], received[order["account"], _identity(order)]) for order in orders
    ]
    counted = await _first_counted_at(connection)
    to_leg_ms = [
        _ms(order["received_at"], counted[order["trade_id"], order["account"], order["role"]])
        for order in orders
    ]
    stages = {
        f"fan_out_{row['stage']}_p50_ms": row["p50_ms"] for row in await connection.fetch(_STAGES)
    }
    return {
        "fan_out_orders": len(orders),
        "alert_to_broker_p50_ms": median(to_broker_ms),
        "alert_to_broker_p99_ms": percentile(to_broker_ms, 0.99),
        "alert_to_reconciled_p50_ms": median(to_leg_ms),
        "alert_to_reconciled_p99_ms": percentile(to_leg_ms, 0.99),
        **stages,
    }


def _received_at(plan: PaperPlan) -> dict[tuple[str, int | str], datetime]:
    """When each order reached its broker, by the brokers' own ledgers."""
    return {
        (order.account, order.magic or order.client_order_id): order.received_at
        for broker in plan.brokers
        for order in read_ledger(broker.ledger).orders
    }


def _identity(order: asyncpg.Record) -> int | str:
    """What the venue knows the order by: MetaTrader's magic where there is one."""
    found: int | str = (
        order["magic"] if order["account"].startswith("meridian") else order["client_order_id"]
    )
    return found


async def _first_counted_at(
    connection: asyncpg.Connection,
) -> dict[tuple[str, str, str], datetime]:
    """(trade, account, role) -> when the first revision that holds the fill was committed."""
    found: dict[tuple[str, str, str], datetime] = {}
    for row in await connection.fetch(_REVISIONS):
        for role, qty in (("entry", row["filled_qty"]), ("exit", row["exit_qty"])):
            if qty:
                key = (row["trade_id"], row["account"], role)
                found.setdefault(key, row["committed_at"])
    return found


def _ms(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000
