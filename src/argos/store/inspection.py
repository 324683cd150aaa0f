"""A look at the server itself, for `argos doctor`: who can log in, how it is set, whether the audit heads fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from argos.core.errors import StoreError
from argos.dsn import Access
from argos.store.database import CONNECTION_ERRORS, open_connection, queries
from argos.store.migrate import ROLES


async def failed_logins(access: Access) -> Mapping[str, str]:
    """Role -> why it cannot log in; empty when all can."""
    failed = {}
    for role in ROLES:
        try:
            connection = await open_connection(access.as_role(role), name="doctor")
        except StoreError as error:
            failed[role] = error.message
        else:
            await connection.close()
    return failed


async def read_server(access: Access) -> Mapping[str, Any]:
    """Version, clock, durability settings and connections of the server. Raises StoreError."""
    rows = await _fetch(access, role="argos_reader", name="server")
    return dict(rows[0])


async def read_audit_heads(access: Access) -> tuple[int, Sequence[str]]:
    """How many audit streams there are, and those whose newest entry is not the one their head names."""
    count = await _fetch(access, role="argos_audit", name="head_count")
    broken = await _fetch(access, role="argos_audit", name="broken_heads")
    return count[0]["count"], [row["stream"] for row in broken]


async def read_doubts(access: Access) -> Mapping[str, int]:
    """Account -> how many sends of the last day had no clear answer, whatever became of them since."""
    rows = await _fetch(access, role="argos_reader", name="doubts")
    return {row["account"]: row["count"] for row in rows}


async def read_outcomes(access: Access) -> Sequence[Mapping[str, Any]]:
    """The newest orders of the last day by account and role, newest first: {account, role, route, trade_id,
    planned_at, by_venue, code, said}. `code` is that of the refusal, None for what went through.
    """
    return [dict(row) for row in await _fetch(access, role="argos_reader", name="outcomes")]


async def _fetch(access: Access, *, role: str, name: str) -> list[asyncpg.Record]:
    connection = await open_connection(access.as_role(role), name="doctor")
    try:
        rows: list[asyncpg.Record] = await connection.fetch(queries("inspection")[name])
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot inspect as {role}: {error}") from error
    finally:
        await connection.close()
    return rows
