"""What is asked of an alpaca-like broker, whole lists of it; what trades stands in `argos.venues.alpaca.trading`."""

from collections.abc import Mapping
from typing import Any, Final

from argos.core.errors import VenueUnreachable
from argos.venues.alpaca import words
from argos.venues.alpaca.paging import all_orders
from argos.venues.alpaca.trading import Row
from argos.venues.wire import QUERY_TIMEOUT_S, Wire, answered

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 2_000


class AlpacaCalls:
    """The requests of one account. Queries raise VenueUnreachable if they were not fully answered."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def query(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = QUERY_TIMEOUT_S,
    ) -> Any:
        return answered(await self._wire.get(path, query=query, timeout_s=timeout_s))

    async def open_orders(self, *, symbol: str | None = None) -> list[Row]:
        query = {"status": "open"}
        if symbol is not None:
            query["symbols"] = symbol
        return await self._listed(query)

    async def orders_since(self, after: str) -> list[Row]:
        """Orders placed later than `after`, whatever became of them."""
        return await self._listed({"status": "all", "after": after})

    async def fills_since(self, after: str) -> list[Row]:
        """FILL rows later than `after`, oldest first, each once."""
        rows: dict[str, Row] = {}
        query = {"direction": "asc", "page_size": str(PAGE_SIZE), "after": after}
        for _ in range(PAGES_MAX):
            page = await self.query("/v2/account/activities/FILL", query=query)
            rows.update((row["id"], row) for row in page)
            if len(page) < PAGE_SIZE:
                return list(rows.values())
            query["page_token"] = page[-1]["id"]
        raise VenueUnreachable("fills without end", code="VENUE_ANSWER_UNREADABLE")

    async def opening_fill(self, symbol: str) -> Row | None:
        """The fill that began the present holding in `symbol`; None if there is none."""
        query = {"direction": "desc", "page_size": str(PAGE_SIZE)}
        for _ in range(PAGES_MAX):
            page = await self.query("/v2/account/activities/FILL", query=query)
            if not page:
                return None
            for row in page:
                if row["symbol"] == symbol and words.opens_position(row):
                    found: Row = row
                    return found
            query["page_token"] = page[-1]["id"]
        return None

    async def _listed(self, query: Mapping[str, str]) -> list[Row]:
        return await all_orders(self._orders_page, query, pages_max=PAGES_MAX)

    async def _orders_page(self, query: Mapping[str, str]) -> list[Row]:
        rows: list[Row] = await self.query("/v2/orders", query=query)
        return rows
