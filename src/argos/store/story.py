"""The whole story of a trade, read as of one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson

from argos.protocol.timeline import StoryItems, timeline_of
from argos.store.database import queries
from argos.store.reading import fetch_page, snapshot

ROWS_MAX: Final = 5000
"""Of each kind of row: a trade with more of them is shown in part rather than bring the gateway down."""
_LISTS: Final = {
    "intents": "intents",
    "orders": "orders",
    "fills": "executions",
    "legs": "trades",
    "discrepancies": "discrepancies",
}
_ROWS: Final = ("alerts", "commands", "facts", "refusals", "alarms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Rows as JSON texts by kind, oldest first, and the timeline that follows from them."""

    trade_id: str
    rows: Mapping[str, Sequence[str]]
    timeline: Sequence[Mapping[str, Any]]


async def read_story(pool: asyncpg.Pool, trade_id: str) -> Story | None:
    """The story of `trade_id`; None when nothing is known of it. Raises StoreError when the database is away."""
    rows: dict[str, Sequence[str]] = {}
    async with snapshot(pool) as connection:
        for kind, name in _LISTS.items():
            page = await fetch_page(
                connection, name, limit=ROWS_MAX, after=None, filters=(None, None, trade_id)
            )
            rows[kind] = page.items[::-1]
        for kind in _ROWS:
            found = await connection.fetch(queries("story")[kind], trade_id, ROWS_MAX)
            rows[kind] = [row["item"] for row in found]
    if not any(rows.values()):
        return None
    items = StoryItems(
        **{kind: [orjson.loads(text) for text in texts] for kind, texts in rows.items()}
    )
    return Story(trade_id=trade_id, rows=rows, timeline=timeline_of(items))
