"""The calendar of news in the database; every change is audited by trigger."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from argos.core.rule_set import NewsEvent
from argos.store.database import queries

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def put(connection: asyncpg.Connection, events: Iterable[NewsEvent]) -> None:
    """Add events; one of the same moment and title gets the currencies that are told now."""
    rows = [(event.at, event.title, sorted(event.currencies)) for event in events]
    await connection.executemany(queries("news")["put"], rows)


async def listed(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """All events, the earliest first."""
    return [dict(row) for row in await connection.fetch(queries("news")["listed"])]


async def clear(connection: asyncpg.Connection, *, since: datetime | None = None) -> int:
    """Take away the events from `since` on, else all; how many."""
    gone: int = await connection.fetchval(queries("news")["clear"], since or _BEGINNING)
    return gone
