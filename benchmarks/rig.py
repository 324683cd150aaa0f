"""What every measurement stands on: a home of its own with a real PostgreSQL, and real processes beside it."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from argos.core.account import Route
from argos.doors import HOOK, HOOK_KEY, HOOK_SECRET, configure_doors
from argos.dsn import Access
from argos.home_database import embedded_server, open_access, prepare_database
from argos.settings import Settings, load_settings
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.free_ports import ports
from argos.stack.home import Home
from argos.store.control import ControlStore
from argos.store.database import open_pool
from bench_error import BenchError

ROUTE: Final = "bench"
UNLIMITED_PER_MINUTE: Final = 100_000_000
READY_S: Final = 30.0
READY_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A home whose database is up and configured: one hook without a rate limit, one route without accounts."""

    home: Home
    settings: Settings
    postgres: EmbeddedPostgres
    access: Access

    @property
    def hook_path(self) -> str:
        return f"/hooks/tradingview/{self.home.secret(HOOK_KEY)}"

    @property
    def hook_secret(self) -> str:
        return self.home.secret(HOOK_SECRET)

    def port(self, name: str) -> int:
        return ports(self.home).port(name)

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(str(self.access.dsn))
        try:
            await connection.execute("SET search_path = argos")
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def open_home() -> AsyncIterator[Home]:
    """A home that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="argos-bench-", ignore_cleanup_errors=True) as root:
        os.chmod(root, 0o711)  # as root, the server runs as another user and must get through
        yield Home.at(Path(root) / "home")


@asynccontextmanager
async def open_rig() -> AsyncIterator[Rig]:
    async with open_home() as home:
        settings = load_settings(home, {})
        postgres = embedded_server(home, settings)
        admin = await postgres.start()
        try:
            await prepare_database(admin, home)
            access = open_access(home, settings)
            await configure_hook(access, home)
            await _configure_route(access)
            yield Rig(home=home, settings=settings, postgres=postgres, access=access)
        finally:
            await postgres.stop()


async def configure_hook(access: Access, home: Home) -> None:
    """The hook, with no limit to its rate: what is measured is not the limit."""
    pool = await open_pool(access.as_role("argos_control"), name="bench", size_max=1)
    try:
        control = ControlStore(pool)
        key = home.secret(HOOK_KEY)
        await control.put_hook(HOOK, key=key, rate_per_minute=UNLIMITED_PER_MINUTE)
        await configure_doors(control, home)
    finally:
        await pool.close()


async def _configure_route(access: Access) -> None:
    pool = await open_pool(access.as_role("argos_control"), name="bench", size_max=1)
    try:
        route = Route(
            route=ROUTE, enabled=True, size=None, expiry_s=30, alert_age_s_max=60, legs=()
        )
        await ControlStore(pool).put_route(route)
    finally:
        await pool.close()


def child_environment(home: Home) -> dict[str, str]:
    """For a process of Argos over that home; settings that the caller's environment happens to hold are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARGOS_")}
    return {**kept, "ARGOS_HOME": str(home.root)}


@asynccontextmanager
async def running(
    argv: Sequence[str], *, health_url: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """A Python program as a process of its own, ready when its health page answers. Yields its pid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, env=dict(environ or os.environ)
    )
    try:
        await _until_healthy(health_url, process=process)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def running_gateway(rig: Rig) -> AsyncIterator[tuple[str, int]]:
    """The real gateway over the rig's database. Yields its address and pid."""
    port = rig.port("gateway")
    url = f"http://127.0.0.1:{port}"
    environ = {**child_environment(rig.home), "ARGOS_GATEWAY_PORT": str(port)}
    argv = ["-m", "argos.entries.gateway"]
    async with running(argv, health_url=f"{url}/health/ready", environ=environ) as pid:
        yield url, pid


async def _until_healthy(url: str, *, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + READY_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(READY_LOOK_S)
    raise BenchError(f"{url} did not answer within {READY_S:.0f} s")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` between 0 and 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


Figures = dict[str, Any]
"""A flat map of name to number: what one measurement adds to the results."""
