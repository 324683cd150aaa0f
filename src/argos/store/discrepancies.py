"""Discrepancies in the database: opened once, resolved by a row of their own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import orjson

from argos.core.ids import uuid7
from argos.protocol.values import moment_text
from argos.reconcile.discrepancy_codes import Discrepancy
from argos.store.database import queries


class DiscrepancyBook:
    """What is open, what is new, what has gone. All calls run in the caller's transaction."""

    def __init__(self) -> None:
        self._sql = queries("sweep")

    async def open_keys(
        self, connection: asyncpg.Connection, *, codes: Sequence[str]
    ) -> dict[str, UUID]:
        """Key -> id of the discrepancies of these kinds that are not resolved."""
        rows = await connection.fetch(self._sql["open"], list(codes))
        return {row["key"]: row["discrepancy_id"] for row in rows}

    async def open_keys_of_legs(
        self,
        connection: asyncpg.Connection,
        legs: Collection[tuple[str, str]],
        *,
        codes: Sequence[str],
    ) -> dict[str, UUID]:
        """The same, of these legs (trade_id, account) alone."""
        trades = list({trade_id for trade_id, _ in legs})
        rows = await connection.fetch(self._sql["open_of_legs"], list(codes), trades)
        return {
            row["key"]: row["discrepancy_id"]
            for row in rows
            if (row["trade_id"], row["account"]) in legs
        }

    async def record(
        self,
        connection: asyncpg.Connection,
        found: Sequence[Discrepancy],
        *,
        now: datetime,
        random_bits: Sequence[int],
    ) -> None:
        """Open these discrepancies. `random_bits` gives each its id."""
        rows = [
            {
                "discrepancy_id": uuid7(unix_ms=int(now.timestamp() * 1000), random_bits=bits),
                "key": item.key,
                "code": item.code.value,
                "account": item.account,
                "trade_id": item.trade_id,
                "order_id": item.order_id,
                "expected": dict(item.expected),
                "observed": dict(item.observed),
                "found_at": moment_text(now),
            }
            for item, bits in zip(found, random_bits, strict=True)
        ]
        payload = orjson.Fragment(orjson.dumps(rows, default=str))
        await connection.execute(self._sql["record"], payload)

    async def resolve(
        self, connection: asyncpg.Connection, ids: Sequence[UUID], *, now: datetime, how: str
    ) -> None:
        await connection.execute(self._sql["resolve"], list(ids), now, how)
