"""Daily closing prices in the database: written by sources and imports, read for correlations and volatilities."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg

from argos.core.closes import Closes, DailyCloses, unbroken
from argos.store.database import queries


class CloseRow(NamedTuple):
    symbol: str
    day: date
    close: Decimal
    source: str


def rows_of(series: DailyCloses) -> list[CloseRow]:
    return [
        CloseRow(series.symbol, day, close, series.source_told)
        for day, close in series.closes.items()
    ]


async def put(connection: asyncpg.Connection, rows: Iterable[CloseRow]) -> int:
    """Add what is not there yet; how many rows that were. What a source said first of a day stays."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return 0
    added: int = await connection.fetchval(queries("closes")["put"], *map(list, columns))
    return added


async def newest(connection: asyncpg.Connection, symbols: Sequence[str]) -> Mapping[str, Closes]:
    """By symbol, the newest 61 closes of the last 120 days from one source, cut after a split; nothing for unknown."""
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in await connection.fetch(queries("closes")["newest"], list(symbols)):
        found[row["symbol"]][row["day"]] = row["close"]
    return {symbol: unbroken(closes) for symbol, closes in found.items()}


async def listed(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """Per symbol and source: first and last day, how many, and when the last was written."""
    return [dict(row) for row in await connection.fetch(queries("closes")["listed"])]
