"""Connections: one pool per role, the same session settings everywhere, SQL read from files by name."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import asyncpg
import orjson

from argos.core.errors import StoreError
from argos.dsn import Dsn

STATEMENT_TIMEOUT_MS: Final = 10_000
LOCK_TIMEOUT_MS: Final = 5_000
CONNECTION_ERRORS: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says of a connection that died under a statement
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,
    TimeoutError,
)
"""What a database that is away looks like from here."""


def _encode_jsonb(value: Any) -> bytes:
    # what others reported may hold exact decimals: they are kept as text
    return b"\x01" + orjson.dumps(value, default=str)


def _decode_jsonb(data: bytes) -> Any:
    try:
        return orjson.loads(data[1:])
    except orjson.JSONDecodeError:  # a number beyond a double: numeric holds it, and so does an int
        return json.loads(data[1:])


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
    )


async def _keep_as_is(_: asyncpg.Connection) -> None:
    """No reset when a connection goes back: our sessions leave nothing behind, and it would be one more trip."""


def _server_settings(name: str) -> dict[str, str]:
    return {
        "search_path": "argos",
        "timezone": "UTC",
        "application_name": f"argos-{name}",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MS),
        "jit": "off",
    }


_PLANS_ONCE: Final = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
_BY_KEYS: Final = {"enable_hashjoin": "off", "enable_mergejoin": "off"}


async def open_pool(
    dsn: Dsn,
    *,
    name: str,
    size_max: int,
    size_min: int = 1,
    plans_once: bool = False,
    by_keys: bool = False,
) -> asyncpg.Pool:
    """A pool for one role. Raises StoreError when the database cannot be reached.

    `plans_once` is for few statements, often: each is planned once for all values, where statements with optional
    filters need plans for the values at hand. `by_keys`: all find rows by their keys, and shall be planned so even
    while the tables are small: such a plan outlives the day on which they were.
    """
    settings = _server_settings(name)
    settings |= _PLANS_ONCE if plans_once or by_keys else {}
    settings |= _BY_KEYS if by_keys else {}
    try:
        return await asyncpg.create_pool(
            str(dsn),
            min_size=size_min,
            max_size=size_max,
            timeout=5,
            command_timeout=STATEMENT_TIMEOUT_MS / 1000 + 2,
            init=_prepare_connection,
            reset=_keep_as_is,
            server_settings=settings,
        )
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot connect as {dsn.user}: {error}") from error


async def open_connection(dsn: Dsn, *, name: str) -> asyncpg.Connection:
    """One connection, for LISTEN or for long reading. Raises StoreError when it cannot be had."""
    try:
        connection = await asyncpg.connect(
            str(dsn), timeout=5, server_settings=_server_settings(name)
        )
        await _prepare_connection(connection)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot connect as {dsn.user}: {error}") from error
    return connection


_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str) -> Mapping[str, str]:
    """The statements of `sql/<file>.sql`, by the name in the `-- name:` line above each."""
    text = resources.files("argos.store").joinpath("sql", f"{file}.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
