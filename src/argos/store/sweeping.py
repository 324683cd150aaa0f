"""What the sweep reads and writes: standing orders, positions from both sides, discrepancies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg

from argos.core.account import AccountSnapshot
from argos.core.order import OrderStatus
from argos.core.position import Position
from argos.protocol.snapshots import decode_position
from argos.reconcile.discrepancies import UnfinishedExit
from argos.reconcile.positions import PositionKey
from argos.reconcile.story import OrderRecord
from argos.store.database import queries
from argos.store.decoding import decode_account_state
from argos.store.lanes import as_rows, transaction
from argos.store.legs import order_records, read_order


class SweepStore:
    """Everything that `flows.sweep` needs."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("sweep")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def expired_commands(
        self, connection: asyncpg.Connection, *, now: datetime
    ) -> Sequence[Mapping[str, Any]]:
        """Pending entries past their `valid_until`, locked."""
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(self._sql["expire"], now)
        return rows

    async def end_unsent(self, connection: asyncpg.Connection, rows: Mapping[str, Any]) -> None:
        """End commands that were never leased, and wake their lanes."""
        await connection.execute(self._sql["end_unsent"], as_rows(rows))

    async def standing_orders(
        self, connection: asyncpg.Connection, *, since: datetime
    ) -> list[OrderRecord]:
        """Orders that have not ended and whose state has not changed since then."""
        rows = await connection.fetch(self._sql["standing_orders"], since)
        return await order_records(connection, rows)

    async def unfinished_exits(self, connection: asyncpg.Connection) -> list[UnfinishedExit]:
        """The newest ended exit of each entry that is open though it was to be closed, with no other on its way."""
        return [
            UnfinishedExit(
                order=read_order(row),
                status=OrderStatus(row["status"]),
                ended_at=row["updated_at"],
                held_qty=row["held_qty"],
            )
            for row in await connection.fetch(self._sql["unfinished_exits"])
        ]

    async def derived_positions(
        self, connection: asyncpg.Connection
    ) -> dict[str, dict[PositionKey, Decimal]]:
        """Account -> signed units per position, as all fills add up; its cost is that of what is held now."""
        found: dict[str, dict[PositionKey, Decimal]] = {}
        for row in await connection.fetch(self._sql["derived_positions"]):
            key = (row["symbol"], row["position_id"])
            found.setdefault(row["account"], {})[key] = row["qty"]
        return found

    async def observed_positions(
        self, connection: asyncpg.Connection
    ) -> list[tuple[str, bool, list[Position]]]:
        """(account, hedging, positions) as the newest scan of each account showed them."""
        rows = await connection.fetch(self._sql["observed_positions"])
        return [
            (row["account"], row["hedging"], [decode_position(item) for item in row["positions"]])
            for row in rows
        ]

    async def account_snapshots(self, connection: asyncpg.Connection) -> list[AccountSnapshot]:
        """What the nodes of the accounts that may trade told last, terms and quotes included."""
        rows = await connection.fetch(self._sql["account_snapshots"])
        found = (decode_account_state(row) for row in rows)
        return [snapshot for snapshot in found if snapshot is not None]
