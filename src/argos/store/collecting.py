"""Facts and executions into the database, and the projections that follow from them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from argos.core.errors import InvariantError
from argos.core.intent import Side
from argos.reconcile.shares import HeldEntry
from argos.store.database import queries
from argos.store.lanes import as_rows, opened_by

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""As the table of accounts has it, too."""


class CollectingStore:
    """Everything that `flows.collect` needs; all calls run in the caller's transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("collecting")

    def turn(self, account: str) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A transaction of this account's own: no other report of it is collected until the commit."""
        if not _ACCOUNT.fullmatch(account):
            raise InvariantError(f"no name of an account: {account!r}")
        # Without parameters, so that both statements travel in one message; the names of accounts need no quoting.
        return opened_by(self._pool, self._sql["begin_turn"].replace("$account", account))

    async def known(
        self, connection: asyncpg.Connection, account: str, fact_ids: Sequence[UUID]
    ) -> set[UUID]:
        """Those of these facts that are stored already."""
        rows = await connection.fetch(self._sql["known"], account, list(fact_ids))
        return {row["fact_id"] for row in rows}

    async def owners(
        self,
        connection: asyncpg.Connection,
        account: str,
        executions: Sequence[Mapping[str, Any]],
        *,
        fact_ids: Sequence[UUID],
    ) -> Sequence[Mapping[str, Any]]:
        """One row per execution: the order behind it, the one it closes, the trade they belong to.

        Each bears, as `known`, those of these facts that are stored already.
        """
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            self._sql["owners"], account, as_list(executions), list(fact_ids)
        )
        return rows

    async def order_facts(
        self,
        connection: asyncpg.Connection,
        account: str,
        order_ids: Sequence[UUID],
        *,
        command_ids: Sequence[UUID],
    ) -> Sequence[Mapping[str, Any]]:
        """Orders with their stored facts, and the kinds of the given commands."""
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            self._sql["order_facts"], account, list(order_ids), list(command_ids)
        )
        return rows

    async def save_executions(
        self, connection: asyncpg.Connection, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        await connection.execute(self._sql["save_executions"], as_list(rows))

    async def held_entries(
        self, connection: asyncpg.Connection, account: str, *, symbols: Sequence[str]
    ) -> list[HeldEntry]:
        """Entries that hold something of these symbols, first filled first; nobody else shares them out meanwhile."""
        await connection.execute(self._sql["lock_positions"], account)
        return [
            HeldEntry(
                order_id=row["order_id"],
                trade_id=row["trade_id"],
                symbol=row["symbol"],
                side=Side(row["side"]),
                open_qty=row["open_qty"],
            )
            for row in await connection.fetch(self._sql["held_entries"], account, list(symbols))
        ]

    async def save_shares(
        self, connection: asyncpg.Connection, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        await connection.execute(self._sql["save_shares"], as_list(rows))

    async def parts(
        self, connection: asyncpg.Connection, account: str, exec_ids: Sequence[str]
    ) -> Sequence[Mapping[str, Any]]:
        """Whose these executions are by all that is stored, part by part."""
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            self._sql["parts"], account, list(exec_ids)
        )
        return rows

    async def external_closings(
        self, connection: asyncpg.Connection, account: str, *, position_ids: Sequence[str]
    ) -> Sequence[Mapping[str, Any]]:
        """Executions that closed these positions and count as nobody's."""
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            self._sql["external_closings"], account, list(position_ids)
        )
        return rows

    async def save(self, connection: asyncpg.Connection, rows: Mapping[str, Any]) -> None:
        """Append `facts`, where one that is stored already is no error, and write what follows from them."""
        await connection.execute(self._sql["save"], as_rows(rows))

    async def save_flags(
        self,
        connection: asyncpg.Connection,
        node: str,
        *,
        epoch: int,
        flags: Mapping[str, Any],
    ) -> None:
        """What a node's terminal permits now, over what its hello said; a word of an older session changes nothing."""
        await connection.execute(self._sql["save_flags"], node, epoch, dict(flags))

    async def save_positions(
        self,
        connection: asyncpg.Connection,
        account: str,
        positions: Sequence[Any],
        *,
        at: datetime,
    ) -> None:
        await connection.execute(self._sql["save_positions"], account, list(positions), at)


def as_list(rows: Sequence[Mapping[str, Any]]) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(rows, default=str))
