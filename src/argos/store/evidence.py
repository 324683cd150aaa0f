"""What the database holds, read as a whole: for the checks that hold it against the brokers' ledgers."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from argos.dsn import Dsn
from argos.store.database import open_pool, queries


class EvidenceStore:
    """Whole tables, as role argos_reader. Meant for rehearsals, not for a database of years."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("evidence")

    @classmethod
    async def open(cls, dsn: Dsn) -> "EvidenceStore":
        return cls(await open_pool(dsn, name="evidence", size_max=2))

    async def aclose(self) -> None:
        await self._pool.close()

    async def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The rows of the named query of `sql/evidence.sql`."""
        found: list[Mapping[str, Any]] = await self._pool.fetch(self._sql[name])
        return found

    async def number(self, name: str, *arguments: Any) -> int:
        return int(await self._pool.fetchval(self._sql[name], *arguments))
