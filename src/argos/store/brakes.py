"""Brakes in the database."""

from typing import Any, Final

import asyncpg

from argos.core.errors import InputError
from argos.store.database import queries
from argos.store.lanes import transaction

LEASE_OVER_S_MAX: Final = 15.0
"""After this long no node begins to send what it was given: a lease and its margin, as `flows.lease` grants them."""


class BrakeStore:
    """Sets and releases brakes, and tells which commands were already on their way."""

    def __init__(self, pool: asyncpg.Pool, *, reader: asyncpg.Pool) -> None:
        self._pool = pool
        self._reader = reader
        self._sql = queries("brakes")

    async def set_halt(self, *, scope: str, key: str, mode: str, reason: str, by: str) -> None:
        """Brake. Raises InputError with HALT_KEY_UNKNOWN: a brake that holds nobody is a mistake."""
        async with transaction(self._pool) as connection:
            await connection.execute(self._sql["await_leases"])
            held = await connection.fetchval(self._sql["set_halt"], scope, key, mode, reason, by)
            if held is None:
                raise InputError(
                    f"there is no {scope} {key!r}",
                    code="HALT_KEY_UNKNOWN",
                    field="key",
                    fix=f"see `argos {scope}s`; nothing was halted",
                )

    async def resume(self, *, scope: str, key: str, by: str) -> bool:
        """Release a brake; False when there was none. The audit log keeps who did it."""
        async with transaction(self._pool) as connection:
            await connection.execute("SELECT set_config('argos.by', $1, true)", by)
            return await connection.fetchval(self._sql["resume"], scope, key) is not None

    async def underway(self, *, scope: str, key: str, mode: str) -> list[str]:
        """Ids of commands that this brake holds and that a node may still send."""
        found = await self.commands_underway(scope=scope, key=key, mode=mode)
        return [str(item["command_id"]) for item in found if item["may_be_sent"]]

    async def commands_underway(self, *, scope: str, key: str, mode: str) -> list[dict[str, Any]]:
        """Commands that this brake holds, that a node was given and has not spoken of, newest first.

        Where `may_be_sent` is false the lease is over: such a one was sent before, or never will be.
        """
        async with transaction(self._reader) as connection:
            rows = await connection.fetch(self._sql["underway"], scope, key, mode, LEASE_OVER_S_MAX)
        return [dict(row) for row in rows]
