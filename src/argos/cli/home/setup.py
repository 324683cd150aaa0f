"""Sets a home up: settings, database, paper accounts, hook, key. Again: adds what is missing, destroys nothing."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from argos.core.errors import InputError
from argos.core.intent import Size
from argos.doors import configure_doors
from argos.dsn import Access, parse_dsn
from argos.home_database import embedded_server, open_access, prepare_database
from argos.plans import PAPER_ROUTE, plan_paper, read_paper
from argos.provisioning import configure_paper
from argos.settings import Settings, load_settings
from argos.stack.free_ports import ports
from argos.stack.home import Home, write_atomically
from argos.store.control import ControlStore
from argos.store.database import open_pool
from argos.store.decoding import decode_route

SEED: Final = 1
"""Of the paper brokers' chance: the same home gives the same spreads and requotes to the same orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What `argos init` asks. None leaves the default, and what an earlier init chose."""

    database_url: str | None = None
    paper: bool = True
    gateway_port: int | None = None
    trusted_proxies: tuple[str, ...] = ()
    size: Size | None = None
    expiry_s: int | None = None
    alert_age_s_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What set-up came to. `fresh` is false when the home was set up before."""

    home: Home
    fresh: bool
    gateway_url: str
    database: str
    migrations: tuple[str, ...]
    accounts: tuple[str, ...]
    routes: tuple[str, ...]
    hooks: tuple[str, ...]
    settings_written: bool


def is_set_up(home: Home) -> bool:
    """Whether an init of this home came to its end."""
    return "api_key" in home.secrets() and "database_admin_url" in home.secrets()


async def set_up(home: Home, choices: Choices) -> Report:
    """Bring the home to where `argos up` can start it. Raises InputError HOME_IN_USE while it runs."""
    fresh = not is_set_up(home)
    with home.lock():
        written = _write_settings(home, choices)
        settings = load_settings(home, os.environ)
        url = gateway_url(home, settings, port=choices.gateway_port)
        async with _prepared(home, settings) as (access, migrations):
            await _configure(access, home, choices=choices, url=url)
            pool = await open_pool(access.as_role("argos_control"), name="setup", size_max=1)
            try:
                control = ControlStore(pool)
                return Report(
                    home=home,
                    fresh=fresh,
                    gateway_url=url,
                    database="external" if settings.database.url else "embedded",
                    migrations=migrations,
                    accounts=tuple(row["account"] for row in await control.accounts()),
                    routes=tuple(row["route"] for row in await control.routes()),
                    hooks=tuple(row["hook"] for row in await control.hooks()),
                    settings_written=written,
                )
            finally:
                await pool.close()


def gateway_url(home: Home, settings: Settings, *, port: int | None) -> str:
    """Where the gateway shall listen: the port asked for, or set in the settings, else one that is free.

    Raises InputError PORT_TAKEN when a port that somebody chose cannot be had.
    """
    book = ports(home)
    wanted = port or (
        settings.gateway.port if "port" in settings.gateway.model_fields_set else None
    )
    chosen = (
        book.claim("gateway", wanted)
        if wanted
        else book.port("gateway", preferred=settings.gateway.port)
    )
    return f"http://{settings.gateway.host}:{chosen}"


@asynccontextmanager
async def _prepared(
    home: Home, settings: Settings
) -> AsyncIterator[tuple[Access, tuple[str, ...]]]:
    """The database with roles and schema, and the names of the migrations applied now."""
    if settings.database.url:
        applied = await prepare_database(parse_dsn(settings.database.url), home)
        yield open_access(home, settings), tuple(item.name for item in applied)
        return
    server = embedded_server(home, settings)
    try:
        applied = await prepare_database(await server.start(), home)
        yield open_access(home, settings), tuple(item.name for item in applied)
    finally:
        await server.stop()


async def _configure(access: Access, home: Home, *, choices: Choices, url: str) -> None:
    pool = await open_pool(access.as_role("argos_control"), name="setup", size_max=1)
    try:
        control = ControlStore(pool)
        await configure_doors(control, home)
        if not choices.paper:
            return
        known = read_paper(home)
        if known is not None and PAPER_ROUTE in {row["route"] for row in await control.routes()}:
            return
        plan = plan_paper(home, gateway_url=url, seed=known.brokers[0].seed if known else SEED)
        await configure_paper(access, home, plan)
        await _adjust_route(control, choices)
    finally:
        await pool.close()


async def _adjust_route(control: ControlStore, choices: Choices) -> None:
    """The size and times that were chosen, in place of the paper route's defaults."""
    row = next(row for row in await control.routes() if row["route"] == PAPER_ROUTE)
    route = decode_route(row, row["legs"])
    await control.put_route(
        replace(
            route,
            size=choices.size or route.size,
            expiry_s=choices.expiry_s or route.expiry_s,
            alert_age_s_max=choices.alert_age_s_max or route.alert_age_s_max,
        )
    )


def _write_settings(home: Home, choices: Choices) -> bool:
    """Write argos.toml unless there is one: what an operator wrote stays. Whether it was written."""
    if home.settings_path.exists():
        _require_same(home, choices)
        return False
    proxies = ", ".join(f'"{network}"' for network in choices.trusted_proxies)
    port = choices.gateway_port
    lines = [
        "# Settings of this Argos home. docs/reference/settings.md lists them all; the environment wins.",
        "",
        "[gateway]",
        f"port = {port}" if port else "# port = 8000    # without this line: 8000, or any free one",
        f"trusted_proxies = [{proxies}]",
        "",
        "[database]",
        f'url = "{choices.database_url or ""}"    # empty: the embedded server in data/',
        "",
    ]
    write_atomically(home.settings_path, "\n".join(lines))
    return True


def _require_same(home: Home, choices: Choices) -> None:
    """A second init cannot move a home to another database: its data would seem to be gone; nor change settings."""
    settings = load_settings(home, {})
    port = settings.gateway.port if "port" in settings.gateway.model_fields_set else None
    if choices.gateway_port is not None and port not in {None, choices.gateway_port}:
        raise InputError(
            f"{home.settings_path} sets port {port}",
            code="SETTINGS_HELD",
            field="--gateway-port",
            fix="change it there",
        )
    held = settings.database.url
    if choices.database_url is not None and choices.database_url != held:
        raise InputError(
            f"this home uses {'another database' if held else 'the embedded database'} already",
            code="DATABASE_FIXED",
            field="--database-url",
            fix=f"edit {home.settings_path} if you mean it, or choose another home by --home",
        )
