"""From the commit of an alert to the call of OrderSend, for each kind of MT5 node by itself.

The start is the time that PostgreSQL gave the commit of the transaction that holds the alert; it gives it before the
disk has confirmed, so that wait counts. The end is noted by the terminal (stand-in, or host) when it is told to send.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import asyncpg

from memory import MemoryWatch
from mt5_nodes import Kind, mt5_plan, mt5_wrap, sends_file
from rig import BenchError, Figures, percentile
from street import open_street, until_settled
from trades import RUN, trade_at_rate

RATE_PER_S: Final = 10
NAMES: Final = {Kind.PYTHON: "mt5_python", Kind.EA: "mt5_ea"}
_ORDERS: Final = """
SELECT o.magic, s.status, pg_xact_commit_timestamp(i.xmin) AS committed_at, c.leased_at,
       pg_xact_commit_timestamp(o.xmin) AS decided_at,
       (SELECT min(f.at) FROM facts f WHERE f.order_id = o.order_id AND f.kind = 'send_started') AS started_at
FROM orders o JOIN intents i USING (intent_id) JOIN order_states s USING (order_id)
JOIN commands c ON c.order_id = o.order_id AND c.kind IN ('submit', 'close')
WHERE i.body->>'bot_version' = $1
"""
STEPS: Final = ("committed_at", "decided_at", "leased_at", "started_at", "sent_at")
"""Moments of an order's way, in turn: what lies between two of them is told as `..._to_...`."""


async def measure_mt5_latency(*, seconds: float, memory: MemoryWatch) -> Figures:
    figures: Figures = {}
    for kind in Kind:
        figures |= await _measure(kind, seconds=seconds, memory=memory)
    return figures


async def _measure(kind: Kind, *, seconds: float, memory: MemoryWatch) -> Figures:
    async with open_street(mt5_plan({kind: 1}), wrap=mt5_wrap) as street:
        street.watch(memory)
        await trade_at_rate(street, rate_per_s=RATE_PER_S, seconds=seconds)
        connection = await asyncpg.connect(str(street.access.dsn))
        try:
            await connection.execute("SET search_path = argos")
            await until_settled(connection)
            orders = await connection.fetch(_ORDERS, RUN)
        finally:
            await connection.close()
        sent_at = _first_sends(sends_file(street.home, street.plan.nodes[0].account))
    return _figures(NAMES[kind], orders, sent_at)


def _first_sends(path: Path) -> Mapping[int, datetime]:
    """magic -> when OrderSend was first called with it."""
    found: dict[int, datetime] = {}
    for line in path.read_text("ascii").splitlines():
        magic, unix_us = line.split()
        found.setdefault(int(magic), datetime.fromtimestamp(int(unix_us) / 1e6, UTC))
    return found


def _figures(
    name: str, orders: Sequence[asyncpg.Record], sent_at: Mapping[int, datetime]
) -> Figures:
    unfilled = [order["status"] for order in orders if order["status"] != "filled"]
    if unfilled:
        raise BenchError(f"{len(unfilled)} of {len(orders)} orders were not filled: {unfilled[0]}")
    ways = [{**order, "sent_at": sent_at[order["magic"]]} for order in orders]
    whole_ms = [_ms(way["committed_at"], way["sent_at"]) for way in ways]
    figures: Figures = {
        f"{name}_orders": len(orders),
        f"{name}_commit_to_send_p50_ms": percentile(whole_ms, 0.5),
        f"{name}_commit_to_send_p99_ms": percentile(whole_ms, 0.99),
    }
    for before, after in pairwise(STEPS):
        step = f"{before.removesuffix('_at')}_to_{after.removesuffix('_at')}"
        times_ms = [_ms(way[before], way[after]) for way in ways]
        figures[f"{name}_{step}_p50_ms"] = percentile(times_ms, 0.5)
        figures[f"{name}_{step}_p99_ms"] = percentile(times_ms, 0.99)
    return figures


def _ms(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000
