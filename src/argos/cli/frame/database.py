"""The home's database for the time of one command: the running one, else the embedded one started for it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from argos.core.errors import InputError, StoreError
from argos.dsn import Access
from argos.home_database import DATABASE, embedded_server, open_access, role_passwords
from argos.settings import load_settings
from argos.stack.home import Home
from argos.store.control import ControlStore
from argos.store.database import open_pool

TURN_S_MAX: Final = 30.0
"""How long a command waits for its turn: another one may be starting or stopping the server just now."""
POLL_S: Final = 0.1


@asynccontextmanager
async def database_access(home: Home) -> AsyncIterator[Access]:
    """Access to a database that answers. Raises StoreError when it does not come up in time."""
    settings = load_settings(home, os.environ)
    if settings.database.url:
        yield open_access(home, settings)
        return
    if not (home.data.exists() and "database_admin_url" in home.secrets()):
        open_access(home, settings)  # says what is missing
    async with AsyncExitStack() as held:
        deadline_s = time.monotonic() + TURN_S_MAX
        while True:
            try:
                held.enter_context(home.lock())
            except InputError:
                if await _answers(open_access(home, settings)):
                    yield open_access(home, settings)
                    return
                if time.monotonic() > deadline_s:
                    raise
                await asyncio.sleep(POLL_S)
                continue
            server = embedded_server(home, settings)
            held.push_async_callback(server.stop)
            admin = await server.start()
            yield Access(dsn=admin.for_database(DATABASE), passwords=role_passwords(home))
            return


async def _answers(access: Access) -> bool:
    try:
        pool = await open_pool(access.as_role("argos_control"), name="cli", size_max=1)
    except StoreError:
        return False
    await pool.close()
    return True


@asynccontextmanager
async def control_store(home: Home) -> AsyncIterator[ControlStore]:
    """The configuration, as role argos_control."""
    async with database_access(home) as access:
        pool = await open_pool(access.as_role("argos_control"), name="cli", size_max=2)
        try:
            yield ControlStore(pool)
        finally:
            await pool.close()
