"""Lists that come in pages, whole."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from argos.core.errors import VenueUnreachable
from argos.venues.alpaca.trading import Row

LIST_LIMIT: Final = 500


async def all_orders(
    page_of: Callable[[Mapping[str, str]], Awaitable[list[Row]]],
    query: Mapping[str, str],
    *,
    pages_max: int,
) -> list[Row]:
    """The orders that `query` asks for, ordered by creation, each once. Raises VenueUnreachable beyond `pages_max`."""
    rows: dict[str, Row] = {}
    asked = {**query, "direction": "asc", "limit": str(LIST_LIMIT)}
    for _ in range(pages_max):
        page = await page_of(asked)
        rows.update((row["id"], row) for row in page)
        if len(page) < LIST_LIMIT:
            return list(rows.values())
        # A bracket is placed in one moment: its orders must not be parted by the page.
        last = page[-1]["created_at"]
        asked["after"] = max(
            (row["created_at"] for row in page if row["created_at"] < last), default=last
        )
    raise VenueUnreachable("orders without end", code="VENUE_ANSWER_UNREADABLE")
