"""Reading for the API: lists, one alert, revisions. PostgreSQL builds the JSON; it is only passed on."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import asyncpg

from argos.core.errors import StoreError
from argos.store.database import CONNECTION_ERRORS, queries

SIGNALS_SINCE: Final = "10"
"""The migration that brings the tables of signals."""
_PARAMETER: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the moment and ids of its last item."""

    moment: datetime
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Items as JSON texts, newest first; `end` is None when nothing comes after."""

    items: Sequence[str]
    end: Place | None


@cache
def _parameter_count(statement: str) -> int:
    return max(int(number) for number in _PARAMETER.findall(statement))


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees the database as of one moment and cannot write. Raises StoreError when it is away.

    Filters are optional, so one statement has many good plans: each call gets its own.
    """
    try:
        async with (
            pool.acquire(timeout=5) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            yield connection
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot read: {error}") from error


async def fetch_page(
    connection: asyncpg.Connection,
    name: str,
    *,
    limit: int,
    after: Place | None,
    filters: Sequence[Any],
) -> Page:
    """One page of the list `name` of sql/reading.sql; `filters` are its parameters from $4 on, those left out open."""
    statement = queries("reading")[name]
    begin = [after.moment, list(after.ids)] if after else [None, None]
    given = [limit + 1, *begin, *filters]
    rows = await connection.fetch(
        statement, *given, *[None] * (_parameter_count(statement) - len(given))
    )
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Page(
        items=[row["item"] for row in shown],
        end=Place(moment=last["moment"], ids=tuple(last["ids"])) if last else None,
    )


class ReadingStore:
    """What the API shows beside the stories of trades."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("reading")

    async def page(
        self, name: str, *, limit: int, after: Place | None, filters: Sequence[Any]
    ) -> Page:
        async with snapshot(self._pool) as connection:
            return await fetch_page(connection, name, limit=limit, after=after, filters=filters)

    async def alert(self, alert_id: UUID) -> tuple[Mapping[str, Any], bytes] | None:
        """The alert's fields and its raw body; None when there is no such alert."""
        async with snapshot(self._pool) as connection:
            row = await connection.fetchrow(self._sql["alert"], alert_id)
        return (row["item"], row["body"]) if row else None

    async def latest_signals(
        self, symbol: str | None, *, limit: int
    ) -> tuple[Sequence[str], str | None]:
        """Items of the signals that stand, newest first and one per symbol; and of the newest of all, None for none."""
        async with snapshot(self._pool) as connection:
            standing = await connection.fetch(self._sql["signals_standing"], symbol, limit)
            newest = await connection.fetchval(self._sql["signals_newest"], symbol)
            ids = [row["signal_id"] for row in standing]
            items = []
            for wanted in (ids, [newest] if newest else []):
                filters = [None, None, None, None, None, None, None, wanted]
                page = await fetch_page(
                    connection, "signals", limit=limit, after=None, filters=filters
                )
                items.append(page.items)
        return items[0], items[1][0] if items[1] else None

    async def signal_stats(self, since: datetime) -> Mapping[str, Any]:
        """Figures over the signals from `since` on, and what the signal services last said of themselves."""
        async with snapshot(self._pool) as connection:
            found: Mapping[str, Any] = await connection.fetchval(self._sql["signals_stats"], since)
        return found

    async def revisions(self, trade_id: str, account: str) -> Sequence[str]:
        """All revisions of a leg as JSON texts, newest first; empty when there is no such leg."""
        async with snapshot(self._pool) as connection:
            rows = await connection.fetch(self._sql["revisions"], trade_id, account)
        return [row["item"] for row in rows]

    async def state(self) -> Mapping[str, Any]:
        """Figures for /metrics, and the applied migrations, in one cheap look.

        `signals` is None before the migration that brings them: what the database lacks is for `migrations` to tell.
        """
        async with snapshot(self._pool) as connection:
            found: dict[str, Any] = await connection.fetchval(self._sql["state"])
            found["signals"] = (
                await connection.fetchval(self._sql["signal_state"])
                if SIGNALS_SINCE in (found["migrations"] or {})
                else None
            )
        return found
