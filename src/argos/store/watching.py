"""What the gateway judges alerts by, as the database holds it; and the channel that tells of changes."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import asyncpg

from argos.core.errors import StoreError
from argos.dsn import Dsn
from argos.store.database import CONNECTION_ERRORS, open_connection, queries

_BACKOFF_S_MAX: Final = 5.0


async def read_configuration(pool: asyncpg.Pool) -> Mapping[str, Any]:
    """Hooks, API keys and route names, hashes in hex. Raises StoreError when the database is away."""
    try:
        found: Mapping[str, Any] = await pool.fetchval(queries("alerts")["configuration"])
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot read the configuration: {error}") from error
    return found


class Listener:
    """LISTEN on a connection of its own, for ever: a notice only wakes, so losing one is harmless.

    `on_notice(channel, payload)` is called in the loop; after each (re)connect it is called once per
    channel with an empty payload, because notices may have been missed.
    """

    def __init__(
        self, dsn: Dsn, *, channels: tuple[str, ...], on_notice: Callable[[str, str], None]
    ) -> None:
        self._dsn = dsn
        self._channels = channels
        self._on_notice = on_notice
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        delay_s = 0.05
        while True:
            try:
                await self._listen()
                delay_s = 0.05
            except (StoreError, *CONNECTION_ERRORS, asyncpg.PostgresError):
                delay_s = min(_BACKOFF_S_MAX, delay_s * 2)
            await asyncio.sleep(delay_s)

    async def _listen(self) -> None:
        connection = await open_connection(self._dsn, name="listen")
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._heard)
            for channel in self._channels:
                self._on_notice(channel, "")
            await ended.wait()
        finally:
            with contextlib.suppress(*CONNECTION_ERRORS, asyncpg.PostgresError):
                await connection.close(timeout=1)

    def _heard(self, _connection: Any, _pid: int, channel: str, payload: Any) -> None:
        self._on_notice(channel, str(payload))
