"""The gateway's copy of hooks, keys, routes and node keys: refreshed when told, and every few seconds anyway."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from argos.core.errors import StoreError
from argos.flows.accept_alert import ApiKey, Doors, Hook

REFRESH_S: Final = 5.0
NO_DOORS: Final = Doors(hooks={}, api_keys={}, routes=frozenset())
NodeKeys = Mapping[str, tuple[str, tuple[bytes, ...]]]
_log = structlog.get_logger("argos.gateway.doors")


def read_doors(found: Mapping[str, Any]) -> Doors:
    """The doors in what `store.watching.read_configuration` returns."""
    hooks = [
        Hook(
            hook=row["hook"],
            key_hash=bytes.fromhex(row["key_hash"]),
            needs_secret=row["needs_secret"],
            networks=tuple(row["networks"]),
            rate_per_minute=row["rate_per_minute"],
            routes=frozenset(row["routes"]),
            secret_hashes=tuple(bytes.fromhex(text) for text in row["secret_hashes"]),
        )
        for row in found["hooks"]
    ]
    keys = [
        ApiKey(
            name=row["name"],
            key_hash=bytes.fromhex(row["key_hash"]),
            scopes=frozenset(row["scopes"]),
        )
        for row in found["api_keys"]
    ]
    return Doors(
        hooks={hook.key_hash: hook for hook in hooks},
        api_keys={key.key_hash: key for key in keys},
        routes=frozenset(found["routes"]),
    )


class DoorsCopy:
    """Holds the newest doors and node keys. `refresh_soon` is called on a notice; nobody waits for it."""

    def __init__(
        self,
        *,
        read_doors: Callable[[], Awaitable[Doors]],
        read_node_keys: Callable[[], Awaitable[NodeKeys]],
    ) -> None:
        self._read_doors = read_doors
        self._read_node_keys = read_node_keys
        self._stale = asyncio.Event()
        self._turn = asyncio.Lock()
        self.doors = NO_DOORS
        self.node_keys: NodeKeys = {}
        self.loaded = False

    def refresh_soon(self) -> None:
        self._stale.set()

    async def refresh(self) -> None:
        """Read now; raises StoreError when the database is away.

        One after the other: a slow reading that began earlier never takes the place of a newer one.
        """
        async with self._turn:
            self.doors = await self._read_doors()
            self.node_keys = await self._read_node_keys()
            self.loaded = True

    async def run(self) -> None:
        """Refresh when told and every few seconds, until cancelled. An old copy outlives a short outage."""
        while True:
            self._stale.clear()
            try:
                await self.refresh()
            except StoreError as error:
                _log.warning("doors_not_refreshed", why=error.message)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), REFRESH_S)
