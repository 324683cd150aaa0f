"""The signal service's connections: opened when first used, so that it starts and runs without a database."""

import asyncio
from typing import Final

import asyncpg

from argos.dsn import Access
from argos.store.database import open_pool

POOL_SIZE: Final = 3


class Pools:
    """A pool per role. A pool that was opened once finds back to its database by itself."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pools: dict[str, asyncpg.Pool] = {}
        self._lock = asyncio.Lock()

    async def of(self, role: str) -> asyncpg.Pool:
        """Raises StoreError while the database cannot be reached."""
        async with self._lock:
            if role not in self._pools:
                self._pools[role] = await open_pool(
                    self._access.as_role(role),
                    name=f"signals-{role[6:]}",
                    size_min=0,
                    size_max=POOL_SIZE,
                )
            return self._pools[role]

    def terminate(self) -> None:
        """End all connections at once: what was under way is found again by the next to try."""
        for pool in self._pools.values():
            pool.terminate()
