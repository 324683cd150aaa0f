"""Signals in the database: told once by the service that made them, as role argos_strategy, and read back for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from argos.core.errors import StoreError
from argos.store.database import CONNECTION_ERRORS, queries
from argos.store.lanes import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """One row to be stored. `table` is configuration, signal, end, head or refusal; `values` its columns as JSON."""

    number: int
    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """What a signal service says of itself. `waiting` rows of its outbox are not told yet."""

    chain: str
    strategy: str
    version: str
    environment: str
    route: str
    auto_execute: bool
    waiting: int
    oldest_waiting_at: datetime | None
    set_aside: int


class SignalStore:
    """All that the signal service writes beside intents."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("signals")

    async def add(self, rows: Sequence[NewRow]) -> Mapping[int, StoreError]:
        """Store rows in one transaction; those that were stored before are left as they are.

        Returned are the rows, by number, that say something else than what is stored of the same thing: each with
        SIGNAL_CONTRADICTS, and not stored. Raises StoreError when the database is away (stored or not: say it again),
        and InputError VALUE_UNSTORABLE when it cannot hold one of the rows: then none is stored.
        """
        found: dict[int, StoreError] = {}
        async with transaction(self._pool) as connection:
            for table in dict.fromkeys(row.table for row in rows):
                given = [{"number": row.number, **row.values} for row in rows if row.table == table]
                await connection.execute(self._sql[f"add_{table}"], given)
                for record in await connection.fetch(self._sql[f"check_{table}"], given):
                    found[record["number"]] = StoreError(
                        f"another {table} than this is stored under the same name",
                        code="SIGNAL_CONTRADICTS",
                        fix="find out which file was restored or copied: both say to be the same chain",
                    )
        return found

    async def report(self, report: ServiceReport) -> None:
        async with transaction(self._pool) as connection:
            await connection.execute(
                self._sql["report"],
                report.chain,
                report.strategy,
                report.version,
                report.environment,
                report.route,
                report.auto_execute,
                report.waiting,
                report.oldest_waiting_at,
                report.set_aside,
            )

    async def routes(self) -> frozenset[str]:
        """Names of all routes. Raises StoreError."""
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(self._sql["routes"])
        return frozenset(row["route"] for row in rows)

    async def is_intent(self, *, source: str, event: UUID) -> bool:
        """Whether this event became an intent. Raises StoreError."""
        async with transaction(self._pool) as connection:
            return bool(await connection.fetchval(self._sql["is_intent"], source, event))


class SignalReader:
    """What the signal service looks at, as role argos_reader. Every call raises StoreError when it cannot be read."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("signals")

    async def open_trades(self, *, source: str, chain: str) -> Sequence[Mapping[str, Any]]:
        """Trades of the chain's signals that hold something, a row per trade, account and entry."""
        try:
            rows: Sequence[Mapping[str, Any]] = await self._pool.fetch(
                self._sql["open_trades"], source, chain
            )
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            raise StoreError(f"cannot read open trades: {error}") from error
        return rows

    async def route_standing(self, route: str, bot_version: str) -> Mapping[str, Any]:
        """Route, brakes and accounts as of now; `signals.standing` makes words of it."""
        try:
            found: Mapping[str, Any] = await self._pool.fetchval(
                self._sql["route_standing"], route, bot_version
            )
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            raise StoreError(f"cannot read the route: {error}") from error
        return found
