"""What is asked of Alpaca, whole lists of it. Whatever is not fully answered is VenueUnreachable: no observation."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from argos.venues.alpaca.line import CountedLine
from argos.venues.alpaca.paging import all_orders
from argos.venues.alpaca.rows import flatten_orders, is_share
from argos.venues.alpaca.trading import Row
from argos.venues.wire import QUERY_TIMEOUT_S, answered

FILLS_PAGE: Final = 100
PAGES_MAX: Final = 200
ASSETS_TIMEOUT_S: Final = 30.0


class AlpacaReading:
    """Queries of one account."""

    def __init__(self, line: CountedLine) -> None:
        self._line = line

    async def query(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = QUERY_TIMEOUT_S,
    ) -> Any:
        return answered(await self._line.call("GET", path, query=query, timeout_s=timeout_s))

    async def open_orders(self, *, symbol: str | None = None) -> list[Row]:
        """Working orders in shares, legs as well, each with its `parent_order_id`."""
        query = {"status": "open"}
        if symbol is not None:
            query["symbols"] = symbol
        return await self._orders(query)

    async def orders_since(self, after: str, *, symbol: str | None = None) -> list[Row]:
        """Orders placed later than `after`, whatever became of them, with their legs."""
        query = {"status": "all", "after": after}
        if symbol is not None:
            query["symbols"] = symbol
        return await self._orders(query)

    async def positions(self) -> list[Row]:
        rows: Sequence[Row] = await self.query("/v2/positions")
        return [row for row in rows if is_share(row)]

    async def fills_page(self, page_token: str) -> list[Row]:
        """FILL rows, newest first; those before the one whose id is `page_token`, if there is one."""
        query = {"direction": "desc", "page_size": str(FILLS_PAGE)}
        if page_token:
            query["page_token"] = page_token
        rows: list[Row] = await self.query("/v2/account/activities/FILL", query=query)
        return rows

    async def assets(self) -> list[Row]:
        rows: list[Row] = await self.query(
            "/v2/assets",
            query={"status": "active", "asset_class": "us_equity"},
            timeout_s=ASSETS_TIMEOUT_S,
        )
        return rows

    async def _orders(self, query: Mapping[str, str]) -> list[Row]:
        """A page is counted in heads, each with its legs."""
        nested = {**query, "nested": "true"}
        heads = await all_orders(self._orders_page, nested, pages_max=PAGES_MAX)
        return list(flatten_orders(row for row in heads if is_share(row)))

    async def _orders_page(self, query: Mapping[str, str]) -> list[Row]:
        rows: list[Row] = await self.query("/v2/orders", query=query)
        return rows
