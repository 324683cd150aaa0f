"""Brakes in the database."""

import asyncpg

from argos.core.errors import InputError
from argos.store.database import queries
from argos.store.lanes import transaction


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
        """Commands that this brake holds, and a node has and has not spoken of yet."""
        async with transaction(self._reader) as connection:
            rows = await connection.fetch(self._sql["underway"], scope, key, mode)
        return [str(row["command_id"]) for row in rows]
