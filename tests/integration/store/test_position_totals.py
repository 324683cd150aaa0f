"""Positions as the sweep derives them: kept up to date with each execution, equal to the sum of all, always."""

import random
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
import pytest

from argos.reconcile.positions import PositionKey
from argos.store.collecting import CollectingStore
from argos.store.database import open_pool, queries
from argos.store.sweeping import SweepStore
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration

HEDGING, NETTING = "hedging", "netting"
_FULL = """
SELECT x.account, x.symbol, CASE WHEN a.hedging THEN x.position_id END AS position_id,
       sum(CASE WHEN x.side = 'buy' THEN x.fill_qty ELSE -x.fill_qty END) AS qty
FROM argos.executions x JOIN argos.accounts a USING (account)
GROUP BY 1, 2, 3 HAVING sum(CASE WHEN x.side = 'buy' THEN x.fill_qty ELSE -x.fill_qty END) <> 0
"""
"""All executions, from the first on: what the totals stand for."""
_ROW = {
    "order_id": None, "opening_order_id": None, "trade_id": "T", "venue_order_id": "v", "entry": "in",
    "fill_price": "1", "commission": "0", "swap": "0", "fee": "0", "profit": "0", "reason": "command", "magic": 0,
    "client_order_id": "", "comment": "", "bid_at_send": None, "ask_at_send": None,
    "timestamp_broker": "2026-01-31T12:00:00Z", "received_at": "2026-01-31T12:00:00Z",
}  # fmt: skip
Derived = Mapping[str, Mapping[PositionKey, Decimal]]


def row(number: int, *, account: str, side: str, qty: str, **changes: str) -> dict[str, Any]:
    place = {"symbol": "AAPL", "position_id": "1", **changes}
    own = {"account": account, "venue_exec_id": str(number), "side": side, "fill_qty": qty}
    return {**_ROW, **own, **place}


class Book:
    """Stores executions as the gateway does, and reads positions as the worker does."""

    def __init__(
        self, collecting: CollectingStore, sweeps: SweepStore, looking: asyncpg.Connection
    ) -> None:
        self._collecting = collecting
        self._sweeps = sweeps
        self.looking = looking

    async def store(self, *rows: Mapping[str, Any]) -> None:
        async with self._collecting.turn(HEDGING) as connection:
            await self._collecting.save_executions(connection, rows)

    async def derived(self) -> Derived:
        async with self._sweeps.transaction() as connection:
            return await self._sweeps.derived_positions(connection)

    async def in_full(self) -> Derived:
        found: dict[str, dict[PositionKey, Decimal]] = {}
        for item in await self.looking.fetch(_FULL):
            key = (item["symbol"], item["position_id"])
            found.setdefault(item["account"], {})[key] = item["qty"]
        return found


@pytest.fixture
async def book(database: FreshDatabase) -> AsyncIterator[Book]:
    looking = await asyncpg.connect(str(database.superuser))
    await looking.execute(
        "INSERT INTO argos.accounts (account, venue, hedging)"
        " VALUES ('hedging', 'paper', true), ('netting', 'paper', false)"
    )
    dispatch = await open_pool(database.dsn("argos_dispatch"), name="test", size_max=1)
    worker = await open_pool(database.dsn("argos_worker"), name="test", size_max=1)
    try:
        yield Book(CollectingStore(dispatch), SweepStore(worker), looking)
    finally:
        await dispatch.close()
        await worker.close()
        await looking.close()


@pytest.mark.parametrize("seed", range(6))
async def test_totals_equal_the_sum_of_all_executions(book: Book, seed: int) -> None:
    chance = random.Random(seed)
    number = 0
    for _ in range(40):
        rows = []
        for _ in range(chance.randint(1, 6)):
            number += 1
            rows.append(
                row(
                    number if chance.random() < 0.9 else chance.randint(1, number),
                    account=chance.choice((HEDGING, NETTING)),
                    side=chance.choice(("buy", "sell")),
                    qty=chance.choice(("1", "2", "0.5", "0.25")),
                    symbol=chance.choice(("AAPL", "EURUSD")),
                    position_id=str(chance.randint(1, 3)),
                )
            )
        await book.store(*rows)
        assert await book.derived() == await book.in_full()


async def test_an_execution_told_twice_counts_once(book: Book) -> None:
    bought = row(1, account=HEDGING, side="buy", qty="3")
    await book.store(bought, bought)
    await book.store(bought)
    assert await book.derived() == {HEDGING: {("AAPL", "1"): 3}}


async def test_what_a_rolled_back_report_told_never_counted(book: Book) -> None:
    await book.store(row(1, account=HEDGING, side="buy", qty="3"))
    with pytest.raises(Exception, match="value"):
        await book.store(
            row(2, account=HEDGING, side="buy", qty="4"),
            {**row(3, account=HEDGING, side="buy", qty="5"), "comment": None},
        )
    assert await book.derived() == {HEDGING: {("AAPL", "1"): 3}}


async def test_trades_that_are_closed_are_not_read(book: Book) -> None:
    closed = 400
    for number in range(closed):
        position = {"position_id": f"P{number}"}
        await book.store(
            row(2 * number, account=HEDGING, side="buy", qty="1", **position),
            row(2 * number + 1, account=HEDGING, side="sell", qty="1", **position),
        )
    await book.store(row(10_000, account=HEDGING, side="buy", qty="1", position_id="open"))
    assert await book.derived() == {HEDGING: {("AAPL", "open"): 1}}
    assert await book.looking.fetchval("SELECT count(*) FROM argos.position_totals") == 1

    await book.looking.execute("SET search_path = argos")
    explained = await book.looking.fetchval(
        "EXPLAIN (ANALYZE, FORMAT JSON) " + queries("sweep")["derived_positions"]
    )
    rows_of = {
        node["Relation Name"]: node["Actual Rows"] * node["Actual Loops"]
        for node in _nodes(orjson.loads(explained)[0]["Plan"])
        if "Relation Name" in node
    }
    assert rows_of.keys() == {"position_totals", "accounts"}
    assert rows_of["position_totals"] == 1


def _nodes(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in _nodes(part))]
