"""From the alert to three paper brokers' accounts and back to the reconciled leg, everything as its own process.

The brokers are exact: no latency, slippage or partial fills of their own.
"""

from datetime import datetime
from typing import Final

import asyncpg

from argos.paperbroker.ledger import read_ledger
from argos.plans import PaperPlan, plan_paper
from argos.stack.home import Home
from memory import MemoryWatch
from rig import BenchError, Figures, median, percentile
from street import open_street, until_settled
from trades import trade_at_rate

RATE_PER_S: Final = 20

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


def _paper(home: Home, gateway_url: str) -> PaperPlan:
    return plan_paper(home, gateway_url=gateway_url, seed=1, exact=True)


async def measure_fan_out(*, seconds: float, memory: MemoryWatch) -> Figures:
    async with open_street(_paper) as street:
        street.watch(memory)
        taken = await trade_at_rate(street, rate_per_s=RATE_PER_S, seconds=seconds)
        connection = await asyncpg.connect(str(street.access.dsn))
        try:
            await connection.execute("SET search_path = argos")
            await until_settled(connection)
            alerts = RATE_PER_S * seconds
            return await _figures(connection, street.plan) | {
                f"processor_{kind}_ms_per_alert": ms / alerts for kind, ms in taken.items()
            }
        finally:
            await connection.close()


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
